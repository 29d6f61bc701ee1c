//! The chat bot: the function `chatops`.
//!
//! It is invoked in three ways, told apart by their shape:
//!
//! - by API Gateway, with a call of Slack, of another chat system or of a browser ([`router`]);
//! - by itself, asynchronously, with the work of a call that was answered ([`Work`]);
//! - by EventBridge, with something that happened to a request, and by its schedule each minute, with
//!   nothing: then it tells what has yet to be told.
//!
//! A call of Slack is answered at once, whatever becomes of its work. A deployment without chat serves
//! none of its routes.

mod calls;
mod hook;
mod links;
mod pages;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use broker::chat::{Chat, Told, Undone, Work};
use broker::clock::Clock;
use broker::identity::Verifier;
use broker::lambda::{FunctionName, Functions};
use lambda_runtime::{Error, LambdaEvent};
use rules::moment::Moment;
use rules::names::RequestId;
use serde_json::Value;
use serde_json::value::RawValue;
use tower::ServiceExt as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::metrics::{Figure, Metrics};
use crate::problem::chain;
use crate::{boundary, gateway};

/// What is left of an invocation when it stops telling.
const MARGIN: Duration = Duration::from_secs(10);

/// What the routes of `chatops` work with.
#[derive(Debug, Clone)]
pub struct ChatState {
    /// The chat.
    pub chat: Arc<Chat>,
    /// Who says who is calling, where somebody has a token.
    pub verifier: Arc<Verifier>,
    /// Whom work is handed on to: this very function.
    pub work: HandOn,
    /// What answers are counted by.
    pub metrics: Metrics,
}

/// Hands work on to a function.
#[derive(Debug, Clone)]
pub struct HandOn {
    /// The functions of the account.
    pub functions: Functions,
    /// Which of them.
    pub name: FunctionName,
}

impl FromRef<ChatState> for Arc<Verifier> {
    fn from_ref(state: &ChatState) -> Self {
        Self::clone(&state.verifier)
    }
}

impl FromRef<ChatState> for Arc<Chat> {
    fn from_ref(state: &ChatState) -> Self {
        Self::clone(&state.chat)
    }
}

/// The routes of `chatops`, described.
pub(crate) fn routes() -> OpenApiRouter<ChatState> {
    of_any_chat().merge(of_slack()).merge(of_hook())
}

/// For people with a token, and for browsers.
fn of_any_chat() -> OpenApiRouter<ChatState> {
    OpenApiRouter::default()
        .routes(routes!(links::links))
        .routes(routes!(links::unlink))
        .routes(routes!(pages::link))
        .routes(routes!(pages::back))
        .routes(routes!(pages::approve, pages::said))
}

fn of_slack() -> OpenApiRouter<ChatState> {
    OpenApiRouter::default()
        .routes(routes!(calls::command))
        .routes(routes!(calls::interaction))
}

fn of_hook() -> OpenApiRouter<ChatState> {
    OpenApiRouter::default().routes(routes!(hook::document))
}

/// The router of `chatops`. Without chat it has no route.
pub fn router(state: Option<ChatState>, metrics: Metrics) -> Router {
    let Some(state) = state else {
        return boundary::around(Router::new(), metrics);
    };
    let mut served = of_any_chat();
    if state.chat.has_slack() {
        served = served.merge(of_slack());
    }
    if state.chat.has_hook() {
        served = served.merge(of_hook());
    }
    let (router, _) = served.split_for_parts();
    boundary::around(router.with_state(state), metrics)
}

/// Why an invocation came.
#[derive(Debug)]
enum Woken {
    /// Somebody calls.
    Call,
    /// There is work to do.
    Work(Box<Work>),
    /// Something has happened to a request.
    Changed(RequestId),
    /// It is time, or something happened that is told of no request.
    Time,
}

impl Woken {
    fn by(event: &Value) -> Self {
        if event.get("requestContext").is_some() {
            return Self::Call;
        }
        if let Ok(work) = serde_json::from_value(event.clone()) {
            return Self::Work(Box::new(work));
        }
        let is_ours = event.get("source").and_then(Value::as_str) == Some("postern");
        let request = event.pointer("/detail/request").and_then(Value::as_str);
        let request = request.filter(|_| is_ours).and_then(|id| id.parse().ok());
        request.map_or(Self::Time, Self::Changed)
    }
}

/// The function.
#[derive(Debug, Clone)]
pub struct Chatops {
    router: Router,
    chat: Option<Arc<Chat>>,
    clock: Clock,
    metrics: Metrics,
}

impl Chatops {
    /// The function of a deployment with a chat, or without one.
    #[must_use]
    pub fn new(state: Option<ChatState>, clock: Clock, metrics: Metrics) -> Self {
        Self {
            chat: state.as_ref().map(|state| Arc::clone(&state.chat)),
            router: router(state, metrics.clone()),
            clock,
            metrics,
        }
    }

    /// Its routes.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// One invocation.
    ///
    /// # Errors
    /// What came was not done, and may be if it comes again.
    pub async fn handle(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Value, Error> {
        let (event, context) = event.into_parts();
        let read: Value = serde_json::from_str(event.get()).unwrap_or_default();
        match Woken::by(&read) {
            Woken::Call => {
                let call = LambdaEvent::new(event, context);
                let answer = gateway::behind(self.router.clone()).oneshot(call).await?;
                Ok(serde_json::to_value(answer)?)
            }
            woken @ (Woken::Work(_) | Woken::Changed(_) | Woken::Time) => {
                let deadline = i64::try_from(context.deadline).unwrap_or(i64::MAX);
                let deadline = Moment::from_millis(deadline).minus(MARGIN);
                let until = self.clock.now().plus(Duration::from_secs(50)).min(deadline);
                self.wake(woken, until).await?;
                Ok(Value::Null)
            }
        }
    }

    /// Does what nobody waits for.
    ///
    /// # Errors
    /// It was not done, and may be if it comes again.
    pub async fn handle_in_background(&self, event: &Value) -> Result<(), Error> {
        let until = self.clock.now().plus(Duration::from_secs(50));
        self.wake(Woken::by(event), until).await
    }

    async fn wake(&self, woken: Woken, until: Moment) -> Result<(), Error> {
        let Some(chat) = &self.chat else {
            return Ok(());
        };
        let told = match woken {
            Woken::Call => return Ok(()),
            Woken::Work(work) => match Box::pin(chat.work(&work)).await {
                Ok(None) => return Ok(()),
                Ok(Some(changed)) => Box::pin(chat.tell(changed)).await?,
                Err(undone @ (Undone::NotSigned(_) | Undone::Unreadable)) => {
                    tracing::error!(cause = chain(&undone), "dropped work of chat");
                    return Ok(());
                }
                Err(Undone::Trouble(trouble)) => {
                    tracing::warn!(cause = chain(&trouble), "work of chat has to be done again");
                    return Err(trouble.into());
                }
            },
            Woken::Changed(id) => Box::pin(chat.tell(id)).await?,
            Woken::Time => Box::pin(chat.tell_all(until)).await?,
        };
        self.log(&told);
        Ok(())
    }

    fn log(&self, told: &Told) {
        for trouble in &told.troubles {
            tracing::warn!(cause = trouble, "chat was not told");
        }
        let troubles = u64::try_from(told.troubles.len()).unwrap_or(u64::MAX);
        self.metrics.tell(&[
            Figure::count("ChatTold", told.told.into()),
            Figure::count("ChatWaiting", told.waiting.into()),
            Figure::count("ChatTroubles", troubles),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_wakes_it_is_told_by_its_shape() {
        let work = json!({"chat": "command", "timestamp": "1", "signature": "v0=", "body": "a=b"});
        assert!(matches!(Woken::by(&work), Woken::Work(_)));
        let more =
            json!({"chat": "command", "timestamp": "1", "signature": "v0=", "body": "", "x": 1});
        assert!(matches!(Woken::by(&more), Woken::Time));
        let id = crate::probe::ID;
        let changed = json!({"source": "postern", "detail": {"request": id}});
        assert!(matches!(Woken::by(&changed), Woken::Changed(_)));
        let others = json!({"source": "somebody", "detail": {"request": id}});
        assert!(matches!(Woken::by(&others), Woken::Time));
        assert!(matches!(
            Woken::by(&json!({"source": "aws.scheduler"})),
            Woken::Time
        ));
        let call = json!({"requestContext": {"http": {"method": "GET"}}, "rawPath": "/"});
        assert!(matches!(Woken::by(&call), Woken::Call));
    }
}
