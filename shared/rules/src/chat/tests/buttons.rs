//! What is clicked is what was seen.

use proptest::prelude::*;

use super::*;
use crate::chat::button::{Button, Foreign};
use crate::refusal::Verb;

fn button(verb: Verb) -> Button {
    let scene = Scene::new();
    Button::of(verb, &view(&scene, &scene.asked()))
}

#[test]
fn a_button_comes_back_as_it_was_put_there() {
    for verb in Verb::ALL {
        let value = button(verb).seal(&secrets(), &team());
        assert!(value.len() < 250 && value.is_ascii(), "{value}");
        let opened = Button::open(&value, &secrets(), &team());
        // There is no button that hands out credentials, not even a signed one.
        let expected = if verb == Verb::Issue {
            Err(Foreign)
        } else {
            Ok(button(verb))
        };
        assert_eq!(opened, expected, "{verb:?}");
    }
}

#[test]
fn a_button_of_elsewhere_is_foreign() {
    let value = button(Verb::Approve).seal(&secrets(), &team());
    let elsewhere: TeamId = "T0OTHER".parse().unwrap();
    assert_eq!(Button::open(&value, &secrets(), &elsewhere), Err(Foreign));
    let other = Secrets::read(OTHER_SECRET).unwrap();
    assert_eq!(Button::open(&value, &other, &team()), Err(Foreign));
    let both = Secrets::read(&format!("{OTHER_SECRET}\n{SECRET}")).unwrap();
    assert!(Button::open(&value, &both, &team()).is_ok());
    let (plain, signature) = value.rsplit_once(' ').unwrap();
    for bad in [
        "",
        " ",
        plain,
        signature,
        &format!("{value} "),
        &value.to_uppercase(),
        &value.replace("approve", "revoke"),
        &format!("{value}{}", "0".repeat(2_000)),
    ] {
        assert_eq!(
            Button::open(bad, &secrets(), &team()),
            Err(Foreign),
            "{bad}"
        );
    }
    // What was signed for another purpose is no button.
    let slack = secrets().sign(&[b"v0:1:", plain.as_bytes()]);
    let forged = format!("{plain} {}", hex::encode(slack));
    assert_eq!(Button::open(&forged, &secrets(), &team()), Err(Foreign));
}

#[test]
fn an_answer_is_to_what_was_seen_and_taking_access_away_to_the_request() {
    let scene = Scene::under(&scene::needing(2));
    let asked = scene.asked();
    let seen = |verb| Button::of(verb, &view(&scene, &asked));
    let ben = Scene::approver();
    let once = scene.approve(&asked, &ben, scene::after(1)).unwrap();
    let once = once.request();
    for verb in [Verb::Approve, Verb::Deny, Verb::Review] {
        assert_eq!(seen(verb).must_fit(&asked), Ok(()), "{verb:?}");
        let stale = seen(verb).must_fit(once).unwrap_err();
        assert!(stale.to_string().contains("pending"), "{stale}");
    }
    for verb in [Verb::Withdraw, Verb::Revoke, Verb::Release, Verb::Extend] {
        assert_eq!(seen(verb).must_fit(once), Ok(()), "{verb:?}");
    }
    let other = Scene::new().asked_with(|ask| ask.duration_seconds = 30.try_into().unwrap());
    let foreign = Button {
        shown: other.shown(),
        ..seen(Verb::Approve)
    };
    assert!(foreign.must_fit(&asked).is_err());
}

proptest! {
    #[test]
    fn whatever_is_changed_in_a_button_it_is_foreign(at in 0_usize..1_000, with in 32_u8..127) {
        let value = button(Verb::Approve).seal(&secrets(), &team());
        let mut bytes = value.clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != with);
        bytes[at] = with;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(Button::open(&changed, &secrets(), &team()), Err(Foreign));
    }

    #[test]
    fn no_value_makes_it_panic(value in any::<String>()) {
        prop_assert_eq!(Button::open(&value, &secrets(), &team()), Err(Foreign));
    }
}
