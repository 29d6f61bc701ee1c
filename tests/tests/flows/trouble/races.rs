//! Many people, and many sweeps, at the same time: one conditional write decides (THREATS E4, T4).

mod answering;
mod ending;
mod issuing;

use tokio::task::JoinSet;

use crate::scene::Reply;

/// How many calls there are at once.
const MANY: usize = 50;

/// Makes all these calls at once; what each came to, in no promised order.
async fn at_once<T: Send + 'static>(
    calls: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let calls: JoinSet<T> = calls.into_iter().collect();
    calls.join_all().await
}

/// Splits what people were told into the calls that were taken and the others.
fn taken(replies: Vec<Reply>) -> (Vec<Reply>, Vec<Reply>) {
    replies
        .into_iter()
        .partition(|reply| (200..300).contains(&reply.status))
}

/// That whoever was not taken was told why, in one of these ways.
#[track_caller]
fn all_say(replies: Vec<Reply>, status: u16, codes: &[&str]) {
    for reply in replies {
        let code = reply.code().to_owned();
        assert!(codes.contains(&code.as_str()), "{}", reply.text());
        reply.must_say(status, &code);
    }
}
