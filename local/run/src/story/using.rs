//! What the credentials open, and what they do not.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::ProvideErrorMetadata as _;
use standin::iam::Keys;

use super::{
    Amiss, Credentials, GRANT_SECONDS, Person, RequestId, SessionId, TYPED, Teller, must, nothing,
    path_of, time_of_day,
};
use crate::account::{ACCESS_ROLE, WEB_7, WEB_8};
use crate::screen::Tone;

/// The code and message of a refusal.
pub(super) type Refused = (String, String);

impl Teller<'_> {
    pub(super) async fn anna_has_credentials(
        &mut self,
        id: RequestId,
    ) -> Result<Credentials, Amiss> {
        self.step(
            "Anna has credentials issued, and the grant's clock starts. The record comes first.",
        )
        .await?;
        let answer = self
            .sends(Person::Anna, &path_of(id, "/credentials"), &nothing())
            .await?;
        answer.must_be(200)?;
        let credentials: Credentials = answer.read()?;
        must(
            credentials.request == id,
            "credentials of the request",
            credentials.request,
        )?;
        let says = format!(
            "{}, a secret and a token: for {} with document {}, until {} UTC and not a second longer.",
            credentials.access_key_id,
            "web-7",
            credentials.document,
            time_of_day(credentials.ends_at),
        );
        self.taken(&answer, 200, &says)?;
        let left = credentials
            .ends_at
            .since(self.house.clock().now())
            .as_secs();
        must(
            (1..=u64::from(GRANT_SECONDS)).contains(&left),
            "some 20 s to the end",
            format!("{left} s"),
        )?;
        Ok(credentials)
    }

    pub(super) async fn a_session_opens(
        &mut self,
        credentials: &Credentials,
    ) -> Result<SessionId, Amiss> {
        self.step(
            "With them her own tools open a session on web-7: here the AWS SDK, over its own wire.",
        )
        .await?;
        let opened = self
            .starts(credentials, WEB_7, "web-7", &credentials.document)
            .await?;
        let session = match opened {
            Ok(session) => session,
            Err((code, message)) => {
                return Err(Amiss::Unexpected {
                    expected: "a session".to_owned(),
                    got: format!("{code}: {message}"),
                });
            }
        };
        self.screen.answers("opened", Tone::Good, &session)?;
        self.screen
            .more("Its id begins with the request's, and so will its log and its audit lines.")?;
        let id: SessionId = session.parse().map_err(|_| Amiss::Unexpected {
            expected: "a session id that begins with a request's".to_owned(),
            got: session.clone(),
        })?;
        must(
            id.request() == credentials.request,
            "a session of the request",
            &session,
        )?;
        let typed = self.house.world().type_into_session(&session, TYPED);
        must(
            typed.is_ok(),
            "a session that takes what is typed",
            &session,
        )?;
        self.screen.asks("Anna", &format!("types `{TYPED}`"))?;
        Ok(id)
    }

    pub(super) async fn they_open_nothing_else(
        &mut self,
        credentials: &Credentials,
    ) -> Result<(), Amiss> {
        self.step("The same credentials open nothing else.").await?;
        let other = self
            .starts(credentials, WEB_8, "web-8", &credentials.document)
            .await?;
        self.denied(other)?;
        let document = "Postern-Shell-480";
        let longer = self.starts(credentials, WEB_7, "web-7", document).await?;
        self.denied(longer)?;

        let config = self.config(credentials)?;
        self.screen
            .asks("Anna", "ssm:DescribeSessions, to see what others do")?;
        let call = Client::new(&config)
            .describe_sessions()
            .state(aws_sdk_ssm::types::SessionState::Active)
            .send();
        let looked = Box::pin(call)
            .await
            .map(|_| "a list of sessions".to_owned());
        self.denied(looked.map_err(|error| refused(error.code(), error.message())))?;

        self.screen.asks(
            "Anna",
            "sts:AssumeRole on the access role, for credentials that last",
        )?;
        let call = aws_sdk_sts::Client::new(&config)
            .assume_role()
            .role_arn(ACCESS_ROLE)
            .role_session_name("req-more")
            .send();
        let more = Box::pin(call).await.map(|_| "more credentials".to_owned());
        self.denied(more.map_err(|error| refused(error.code(), error.message())))
    }

    /// Starts a session with the SDK; gives its id, or the refusal.
    pub(super) async fn starts(
        &mut self,
        credentials: &Credentials,
        instance: &str,
        name: &str,
        document: &str,
    ) -> Result<Result<String, Refused>, Amiss> {
        self.screen.asks(
            "Anna",
            &format!("ssm:StartSession on {name} with document {document}"),
        )?;
        let call = Client::new(&self.config(credentials)?)
            .start_session()
            .target(instance)
            .document_name(document)
            .reason("disk full on web-7")
            .send();
        Ok(match Box::pin(call).await {
            Ok(answer) => Ok(answer.session_id.unwrap_or_default()),
            Err(error) => Err(refused(error.code(), error.message())),
        })
    }

    /// That AWS said no by policy.
    pub(super) fn denied(&mut self, outcome: Result<String, Refused>) -> Result<(), Amiss> {
        let (code, message) = match outcome {
            Ok(got) => return must(false, "AccessDenied", got),
            Err(refused) => refused,
        };
        let by_policy = code.starts_with("AccessDenied");
        must(by_policy, "AccessDenied", format!("{code}: {message}"))?;
        // The message begins with who was refused, and here that is always the same.
        let why = message
            .split_once("is not authorized to perform: ")
            .map_or(&*message, |(_, why)| why);
        self.screen.answers("denied", Tone::Refused, why)?;
        Ok(())
    }

    fn config(&self, credentials: &Credentials) -> Result<aws_config::SdkConfig, Amiss> {
        let keys = Keys {
            access_key_id: credentials.access_key_id.clone(),
            secret_access_key: credentials.secret_access_key.expose().to_owned(),
            session_token: Some(credentials.session_token.expose().to_owned()),
        };
        self.house
            .sdk_config_of(&keys)
            .map_err(|fault| Amiss::NoAnswer(fault.to_string()))
    }
}

fn refused(code: Option<&str>, message: Option<&str>) -> Refused {
    let text = |part: Option<&str>| part.unwrap_or("no answer").to_owned();
    (text(code), text(message))
}
