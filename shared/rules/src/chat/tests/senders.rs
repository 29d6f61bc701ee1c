//! Who is served, and where answers go.

use serde_json::{Value, json};

use super::payloads::{COMMAND, click, command, form, payload};
use super::*;
use crate::chat::inbound::{
    Interaction, NotServed, Origin, Served, read_command, read_interaction,
};

#[test]
fn members_of_the_served_workspace_are_served_and_nobody_else() {
    let served = Served {
        app: Some("A0EXAMPLE".parse().unwrap()),
        teams: [team()].into(),
        enterprise: None,
    };
    let sender = |change: &dyn Fn(&mut Value)| {
        let mut value = click();
        change(&mut value);
        match read_interaction(&payload(&value)).unwrap() {
            Interaction::Actions(actions) => actions.sender,
            other @ (Interaction::Submitted(_)
            | Interaction::Closed(_)
            | Interaction::Other { .. }) => {
                panic!("{other:?}")
            }
        }
    };
    let judge = |change: &dyn Fn(&mut Value)| served.must_serve(&sender(change));
    assert_eq!(judge(&|_| {}), Ok(()));
    assert_eq!(
        judge(&|v| v["api_app_id"] = "A0OTHER".into()),
        Err(NotServed::OtherApp)
    );
    assert_eq!(
        judge(&|v| v["team"]["id"] = "T0OTHER".into()),
        Err(NotServed::OtherTeam)
    );
    assert_eq!(
        judge(&|v| v["user"]["team_id"] = "T0OTHER".into()),
        Err(NotServed::ForeignUser)
    );
    let other = judge(&|v| v["enterprise"] = json!({"id": "E0OTHER"}));
    assert_eq!(other, Err(NotServed::OtherEnterprise));
    // Not configured means nobody.
    assert!(Served::default().must_serve(&sender(&|_| {})).is_err());
}

#[test]
fn answers_are_posted_to_the_configured_host_only() {
    let at = |url: &str, origin: &str| {
        let origin: Origin = origin.parse().unwrap();
        let command = read_command(&command("response_url", Some(url)));
        command.is_ok_and(|command| command.response_url.at(&origin).is_some())
    };
    let slack = "https://hooks.slack.com";
    assert!(at("https://hooks.slack.com/commands/T/1/x", slack));
    for bad in [
        "https://hooks.slack.com.evil.example.com/x",
        "https://evil.example.com/x",
        "http://hooks.slack.com/x",
        "https://hooks.slack.com:8443/x",
        "https://hooks.slack.com",
        "https://169.254.169.254/latest",
    ] {
        assert!(!at(bad, slack), "{bad}");
    }
    assert!(at("http://127.0.0.1:8080/x", "http://127.0.0.1:8080"));
    for bad in [
        "http://hooks.slack.com",
        "https://",
        "https://a/b",
        "https://a@b",
        "ftp://a",
        "https://A",
        "https://a:1:2",
        "hooks.slack.com",
    ] {
        assert!(bad.parse::<Origin>().is_err(), "{bad}");
    }
    let shown = format!("{:?}", read_command(&form(&COMMAND)).unwrap());
    assert!(!shown.contains("hooks.slack.com"), "{shown}");
}
