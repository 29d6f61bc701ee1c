use proptest::prelude::*;
use serde_json::json;

use super::*;

fn request(n: u8) -> RequestId {
    RequestId::new(Moment::from_seconds(1_764_000_000), [n; 10])
}

fn at(seconds: i64) -> Moment {
    Moment::from_seconds(1_764_000_000 + seconds)
}

#[test]
fn the_policy_denies_everything_by_role_session_name() {
    let mut list = DenyList::default();
    assert!(list.deny(request(1), at(60)));
    assert!(list.deny(request(2), at(120)));
    assert!(list.deny(request(3), at(901)));
    let json: serde_json::Value = serde_json::from_str(&list.to_json().unwrap()).unwrap();
    let statement = |sid: i64, names: &[u8]| {
        let patterns: Vec<String> = names.iter().map(|n| format!("*:{}", request(*n))).collect();
        json!({
            "Sid": format!("Until{sid}"), "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"StringLike": {"aws:userid": patterns}}
        })
    };
    assert_eq!(
        json,
        json!({
            "Version": "2012-10-17",
            "Statement": [statement(1_764_000_900, &[1, 2]), statement(1_764_001_800, &[3])]
        })
    );
}

#[test]
fn an_entry_outlives_its_credentials_and_is_then_pruned() {
    let mut list = DenyList::default();
    list.deny(request(1), at(900));
    list.deny(request(2), at(900).plus(Duration::from_millis(1)));
    assert_eq!(list.prune(at(899)), 0);
    assert_eq!(list.prune(at(900)), 1);
    assert!(!list.denies(request(1)) && list.denies(request(2)));
    assert_eq!(list.prune(at(1_800)), 1);
    assert!(list.is_empty());
}

#[test]
fn denying_again_changes_nothing_and_never_shortens() {
    let mut list = DenyList::default();
    assert!(list.deny(request(1), at(1_800)));
    assert!(!list.deny(request(1), at(1_800)));
    assert!(!list.deny(request(1), at(10)));
    assert!(list.deny(request(1), at(1_801)));
    assert_eq!(list.prune(at(2_699)), 0);
}

#[test]
fn more_than_a_role_takes_is_an_error_and_not_a_shorter_list() {
    let mut list = DenyList::default();
    let mut held = 0_u32;
    let overflow = loop {
        let id = RequestId::new(at(i64::from(held)), [9; 10]);
        list.deny(id, at(i64::from(held % 4) * 900));
        match list.to_json() {
            Ok(json) => assert!(json.len() <= DenyList::LIMIT),
            Err(overflow) => break overflow,
        }
        held += 1;
    };
    assert!(overflow.characters > DenyList::LIMIT);
    // Credentials live an hour: this many grants would have to be revoked within one.
    assert!(held > 250, "{held}");
}

#[test]
fn what_somebody_else_wrote_is_not_a_deny_list() {
    let mut list = DenyList::default();
    list.deny(request(1), at(60));
    let good = list.to_json().unwrap();
    let changed = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value: serde_json::Value = serde_json::from_str(&good).unwrap();
        change(&mut value);
        DenyList::parse(&value.to_string())
    };
    assert_eq!(changed(&|_| {}), Ok(list.clone()));
    let allow = json!({"Sid": "x", "Effect": "Allow", "Action": "*", "Resource": "*"});
    let tampered: [&dyn Fn(&mut serde_json::Value); 8] = [
        &|v| v["Statement"][0]["Effect"] = json!("Allow"),
        &|v| v["Statement"][0]["Action"] = json!("ssm:StartSession"),
        &|v| v["Statement"][0]["Sid"] = json!("Forever"),
        &|v| v["Statement"][0]["Condition"]["StringLike"]["aws:userid"] = json!(["*:*"]),
        &|v| v["Statement"][0]["Condition"]["DateLessThan"] = json!({}),
        &|v| v["Statement"].as_array_mut().unwrap().push(allow.clone()),
        &|v| v["Version"] = json!("2008-10-17"),
        &|v| {
            // The same request twice: which end holds would be a guess.
            let mut twin = v["Statement"][0].clone();
            twin["Sid"] = json!("Until1764009000");
            v["Statement"].as_array_mut().unwrap().push(twin);
        },
    ];
    for (n, change) in tampered.iter().enumerate() {
        assert_eq!(changed(change), Err(NotADenyList), "{n}");
    }
    for text in ["", "{}", "[]", "not json"] {
        assert_eq!(DenyList::parse(text), Err(NotADenyList), "{text}");
    }
}

proptest! {
    #![proptest_config(crate::seeded::cases(256))]

    #[test]
    fn a_list_reads_back_as_it_was_written(
        entries in proptest::collection::vec((any::<[u8; 10]>(), 0_i64..10_000), 0..60),
    ) {
        let mut list = DenyList::default();
        for (entropy, seconds) in entries {
            list.deny(RequestId::new(at(0), entropy), at(seconds));
        }
        prop_assert_eq!(DenyList::parse(&list.to_json().unwrap()), Ok(list));
    }
}
