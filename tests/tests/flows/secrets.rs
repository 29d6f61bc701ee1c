//! What is never written down: a whole flow with everything logged that any crate would log, down
//! to TRACE, and not one secret in it (THREATS I1).
//!
//! All of Postern, the SDKs under it and the stand-in run on the thread of the test, under its
//! subscriber. What people do with their own tools is not Postern's to log, so they work under
//! none; they are told apart by that, and not by what is in a line.

use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials as _;
use postern_local::account::{Function, WEB_7, WEB_8};
use postern_local::people::Person::{Ada, Anna, Ben, Cleo};
use rules::wire::Credentials;
use serde_json::json;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use crate::log::Log;
use crate::scene::{GRANT, Scene, Visitor, of, shell_on};

/// What must not be found, each with what it is.
#[derive(Debug, Default)]
struct Canaries(Vec<(String, String)>);

impl Canaries {
    fn add(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 20, "{what} is too short to look for");
        self.0.push((what.to_owned(), secret.to_owned()));
    }

    fn add_issued(&mut self, what: &str, credentials: &Credentials) {
        self.add(
            &format!("the secret key of {what}"),
            credentials.secret_access_key.expose(),
        );
        self.add(
            &format!("the session token of {what}"),
            credentials.session_token.expose(),
        );
    }

    /// The canaries that stand in a text, whole or by one of their ends.
    fn found_in(&self, text: &str) -> Vec<&str> {
        let stands = |secret: &str| {
            let ends = [secret.get(..20), secret.get(secret.len() - 20..)];
            ends.into_iter().flatten().any(|end| text.contains(end))
        };
        let found = self.0.iter().filter(|(_, secret)| stands(secret));
        found.map(|(what, _)| what.as_str()).collect()
    }
}

/// The end of a token: its head and the beginning of its claims are the same for everybody.
fn signature(token: &str) -> &str {
    token.rsplit_once('.').expect("a token has parts").1
}

#[tokio::test]
async fn a_whole_flow_at_trace_holds_no_secret() {
    let (log, _guard) = Log::of_everything_on_this_thread();
    let scene = Scene::open().await;
    let mut canaries = Canaries::default();
    for function in Function::ALL {
        let provider = scene
            .house()
            .sdk_config(function)
            .credentials_provider()
            .unwrap();
        let keys = provider.provide_credentials().await.unwrap();
        canaries.add(
            &format!("the secret key of {function:?}"),
            keys.secret_access_key(),
        );
        canaries.add(
            &format!("the session token of {function:?}"),
            keys.session_token().unwrap(),
        );
    }
    let mut person = |person| -> Visitor {
        let token = scene.house().token(person).unwrap();
        canaries.add(&format!("the token of {person}"), signature(&token));
        scene.bearing(&token)
    };
    let (anna, ben, cleo, ada) = (person(Anna), person(Ben), person(Cleo), person(Ada));

    // A grant that is used, with what goes wrong on the way.
    let id = anna.ask(&shell_on(WEB_7)).await.must_be(201).id();
    cleo.show(id).await.must_say(404, "request-not-found");
    ben.approve(id).await.must_be(200);
    let faults = scene.world().faults();
    let refused = FaultKind::Fail {
        status: 403,
        code: "AccessDenied".to_owned(),
    };
    faults.inject(FaultRule::once(Service::Sts, "AssumeRole", refused));
    anna.does("credentials", id)
        .await
        .must_say(503, "aws-unavailable");
    faults.inject(FaultRule::once(
        Service::Sts,
        "AssumeRole",
        FaultKind::TimeoutAfterEffect,
    ));
    anna.does("credentials", id)
        .await
        .must_say(503, "aws-unavailable");
    let first: Credentials = anna.does("credentials", id).await.must_be(200).read();
    let process = of(id, "credentials?format=credential_process");
    let second = anna.post(&process, &json!({})).await.must_be(200).body;
    canaries.add_issued("the first issue", &first);
    for secret in ["SecretAccessKey", "SessionToken"] {
        canaries.add(
            &format!("{secret} of the second issue"),
            second[secret].as_str().unwrap(),
        );
    }
    let opening = scene
        .ssm(&first)
        .start_session()
        .target(WEB_7)
        .document_name(&first.document);
    let opened = Box::pin(opening.send())
        .with_subscriber(NoSubscriber::default())
        .await
        .unwrap();
    canaries.add("the token of the session", opened.token_value().unwrap());
    canaries.add("the stream of the session", opened.stream_url().unwrap());

    // Another one, revoked, with the deny list and its sweep.
    let other = cleo.ask(&shell_on(WEB_8)).await.must_be(201).id();
    ben.approve(other).await.must_be(200);
    let revoked: Credentials = cleo.does("credentials", other).await.must_be(200).read();
    canaries.add_issued("the revoked issue", &revoked);
    ben.does("revoke", other).await.must_be(200);
    scene.sweep().await;
    scene.advance(GRANT);
    scene.sweep().await;
    scene.advance(Duration::from_secs(5 * 60));
    scene.sweep().await;
    ada.get(&of(id, "entries")).await.must_be(200);
    ada.get("/v1/requests?view=all").await.must_be(200);

    // Tokens that were not good, one of them only for somebody else.
    let mut foreign = scene.house().issuer().claims(Anna);
    foreign["aud"] = "somebody-else".into();
    let foreign = scene.house().issuer().sign(&foreign).unwrap();
    canaries.add("the token for somebody else", signature(&foreign));
    scene
        .bearing(&foreign)
        .get("/v1/requests")
        .await
        .must_say(401, "unauthenticated");

    let text = log.text();
    assert_eq!(canaries.found_in(&text), Vec::<&str>::new());
    for sign in [
        "answered a call",
        "TRACE",
        "DEBUG",
        "TransactWriteItems",
        "DescribeSessions",
    ] {
        assert!(text.contains(sign), "nothing was logged of {sign}");
    }
    // They would have been found.
    for (_, secret) in &canaries.0 {
        tracing::trace!(secret, "for once");
    }
    let since = log.text().split_off(text.len());
    assert_eq!(canaries.found_in(&since).len(), canaries.0.len());
}
