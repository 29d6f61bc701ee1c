//! A chat user has power once a login and a code have bound them, and for a while.

use std::time::Duration;

use super::*;
use crate::caller::{Caller, Channel};
use crate::chat::link::{Attempt, Code, Link, LinkAge, LinkOver, NotLinked, State, Verifier};

fn state() -> State {
    State::of([7; 32])
}

fn begun() -> Attempt {
    Attempt::begin(
        user("U0BEN"),
        &state(),
        Verifier::of([9; 32]),
        scene::after(0),
    )
}

fn code() -> Code {
    Code::of([1, 2, 3, 4, 5])
}

fn ben() -> Caller {
    scene::caller("ben", &["engineers", "leads"])
}

fn signed_in() -> Attempt {
    begun()
        .signed_in(&state(), &ben(), &code(), scene::after(30))
        .unwrap()
}

pub(super) fn link() -> Link {
    let link = signed_in().confirmed(&user("U0BEN"), &code(), LinkAge::USUAL, scene::after(60));
    link.unwrap()
}

#[test]
fn a_login_and_its_code_in_chat_bind_a_user() {
    let link = link();
    assert_eq!(link.identity.person, scene::somebody("ben"));
    assert_eq!(link.made_at, scene::after(30));
    let caller = link.caller(&user("U0BEN"), scene::after(61)).unwrap();
    assert_eq!(
        (caller.identity(), caller.groups()),
        (ben().identity(), ben().groups())
    );
    assert_eq!(caller.channel(), Channel::ChatTap);
}

#[test]
fn whoever_is_sent_anothers_page_and_signs_in_there_hands_over_nothing() {
    // The attacker begins, the victim signs in, and the attacker does not know the code.
    let attempt = signed_in();
    let guess = Code::of([9; 5]);
    let wrong = attempt.confirmed(&user("U0BEN"), &guess, LinkAge::USUAL, scene::after(60));
    assert!(matches!(wrong, Err(NotLinked::WrongCode(Some(_)))));
    // Nor does anybody else's chat user get it with the code.
    let other = attempt.confirmed(&user("U0EVE"), &code(), LinkAge::USUAL, scene::after(60));
    assert_eq!(other, Err(NotLinked::OtherUser));
}

#[test]
fn five_wrong_codes_end_an_attempt() {
    let mut attempt = signed_in();
    let guess = Code::of([9; 5]);
    for _ in 0..4 {
        let wrong = attempt.confirmed(&user("U0BEN"), &guess, LinkAge::USUAL, scene::after(60));
        let Err(NotLinked::WrongCode(Some(next))) = wrong else {
            panic!("it goes on: {wrong:?}")
        };
        attempt = *next;
    }
    let last = attempt.confirmed(&user("U0BEN"), &guess, LinkAge::USUAL, scene::after(60));
    assert_eq!(last, Err(NotLinked::WrongCode(None)));
}

#[test]
fn an_attempt_lasts_ten_minutes_and_is_good_for_one_login() {
    let end = begun().ends_at;
    let just_before = end.minus(Duration::from_millis(1));
    assert!(
        begun()
            .signed_in(&state(), &ben(), &code(), just_before)
            .is_ok()
    );
    let late = begun().signed_in(&state(), &ben(), &code(), end);
    assert_eq!(late, Err(NotLinked::Over));
    let late = signed_in().confirmed(&user("U0BEN"), &code(), LinkAge::USUAL, end);
    assert_eq!(late, Err(NotLinked::Over));
    let again = signed_in().signed_in(&state(), &ben(), &code(), scene::after(31));
    assert_eq!(again, Err(NotLinked::OtherStep));
    let foreign = begun().signed_in(&State::of([8; 32]), &ben(), &code(), scene::after(1));
    assert_eq!(foreign, Err(NotLinked::OtherUser));
    let early = begun().confirmed(&user("U0BEN"), &code(), LinkAge::USUAL, scene::after(1));
    assert_eq!(early, Err(NotLinked::OtherStep));
}

#[test]
fn a_link_counts_until_its_end_and_for_its_user() {
    let link = link();
    let until = link.until;
    assert!(
        link.caller(&user("U0BEN"), until.minus(Duration::from_millis(1)))
            .is_ok()
    );
    assert_eq!(link.caller(&user("U0BEN"), until), Err(LinkOver));
    assert_eq!(link.caller(&user("U0EVE"), scene::after(61)), Err(LinkOver));
    assert_eq!(link.caller(&user("U0BEN"), scene::after(0)), Err(LinkOver));
    assert!(LinkAge::new(Duration::from_secs(599)).is_err());
    assert!(LinkAge::new(Duration::from_secs(7 * 86_400 + 1)).is_err());
}

#[test]
fn a_link_is_seen_and_cut_by_its_owner_and_by_operators() {
    let (link, offices) = (link(), Scene::new().offices);
    for (who, groups, may) in [
        ("ben", &[][..], true),
        ("olga", &["operators"][..], true),
        ("carla", &["auditors"][..], false),
        ("eve", &["leads"][..], false),
    ] {
        let caller = scene::caller(who, groups);
        assert_eq!(link.is_in_hands_of(&caller, &offices), may, "{who}");
    }
}

#[test]
fn what_is_random_has_one_spelling_and_is_not_shown() {
    let state = state();
    assert_eq!(state.as_str().len(), 43);
    assert_eq!(state.as_str().parse::<State>().unwrap().key(), state.key());
    let padded = format!("{}=", state.as_str());
    // The last character holds four bits that must be nought.
    let other = format!("{}x", state.as_str().get(..42).unwrap());
    for bad in ["", "abc", padded.as_str(), other.as_str()] {
        assert!(bad.parse::<State>().is_err(), "{bad}");
    }
    // RFC 7636, appendix B.
    let bytes = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37,
        77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    let verifier = Verifier::of(bytes);
    assert_eq!(
        verifier.as_str(),
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    assert_eq!(
        verifier.challenge(),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
    let code = code();
    assert_eq!(code.for_people().len(), 9);
    for typed in [
        code.for_people(),
        code.for_people().to_lowercase(),
        code.for_people().replace('-', ""),
    ] {
        assert_eq!(typed.parse::<Code>().unwrap(), code, "{typed}");
    }
    for bad in ["", "ABCD", "ABCDEFGHJ", "ABCD-EFG!", "UUUUUUUU"] {
        assert!(bad.parse::<Code>().is_err(), "{bad}");
    }
    let shown = format!("{:?} {:?}", signed_in(), (state.clone(), code.clone()));
    for secret in [
        state.as_str(),
        &code.for_people().replace('-', ""),
        verifier.as_str(),
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
