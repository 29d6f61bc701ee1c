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
    for (n, expires) in [(1, 60), (2, 120), (3, 901)] {
        assert_eq!(list.deny(request(n), at(0), at(expires)), Denied::Listed);
    }
    let json: serde_json::Value = serde_json::from_str(&list.to_json()).unwrap();
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
    list.deny(request(1), at(0), at(900));
    list.deny(request(2), at(0), at(900).plus(Duration::from_millis(1)));
    assert_eq!(list.prune(at(899)), 0);
    assert_eq!(list.prune(at(900)), 1);
    assert!(!list.names(request(1)) && list.names(request(2)));
    assert_eq!(list.prune(at(1_800)), 1);
    assert!(list.is_empty());
}

#[test]
fn denying_again_changes_nothing_and_never_shortens() {
    let mut list = DenyList::default();
    assert_eq!(list.deny(request(1), at(0), at(1_800)), Denied::Listed);
    assert_eq!(list.deny(request(1), at(0), at(1_800)), Denied::Already);
    assert_eq!(list.deny(request(1), at(0), at(10)), Denied::Already);
    assert_eq!(list.deny(request(1), at(0), at(1_801)), Denied::Listed);
    assert_eq!(list.prune(at(2_699)), 0);
}

/// Revokes the grant of this number, in its second.
fn revoke(list: &mut DenyList, n: i64) -> Denied {
    let id = RequestId::new(at(n), [9; 10]);
    list.deny(id, at(n), at(3_600 + n * 7))
}

/// A list that was just one too long, and the number of the grant that was too much.
fn overfull() -> (DenyList, i64) {
    let mut list = DenyList::default();
    for n in 0..1_000 {
        match revoke(&mut list, n) {
            Denied::Listed => assert!(list.to_json().len() <= DenyList::LIMIT),
            Denied::WithAllOthers => return (list, n),
            Denied::Already => panic!("{n} is new"),
        }
    }
    panic!("it is never full");
}

#[test]
fn a_list_without_room_gives_way_to_one_statement_about_all_older_credentials() {
    let (mut list, last) = overfull();
    // Credentials live an hour: this many grants would have to be revoked within one.
    assert!(last > 250, "{last}");
    let json: serde_json::Value = serde_json::from_str(&list.to_json()).unwrap();
    let until = round_up(at(3_600 + last * 7)).seconds();
    assert_eq!(
        json,
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": format!("Until{until}Older"),
                "Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {
                    "DateLessThan": {"aws:TokenIssueTime": at(last + 1).iso_seconds()}
                }
            }]
        })
    );
    assert_eq!(DenyList::parse(&list.to_json()), Ok(list.clone()));
    // All that stood on it are denied still, and whoever is revoked later is named again.
    for n in 0..=last {
        assert_eq!(revoke(&mut list, n), Denied::Already, "{n}");
    }
    let next = RequestId::new(at(0), [0xee; 10]);
    assert_eq!(list.deny(next, at(last + 1), at(4_000)), Denied::Listed);
    assert_eq!(DenyList::parse(&list.to_json()), Ok(list.clone()));
    // It ends with the last of those that it stands for.
    assert_eq!(list.prune(Moment::from_seconds(until - 1)), 1);
    assert_eq!(list.prune(Moment::from_seconds(until)), 1);
    assert!(list.is_empty());
}

#[test]
fn what_somebody_else_wrote_is_not_a_deny_list() {
    let mut list = DenyList::default();
    list.deny(request(1), at(0), at(60));
    let good = list.to_json();
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
            list.deny(RequestId::new(at(0), entropy), at(0), at(seconds));
        }
        prop_assert_eq!(DenyList::parse(&list.to_json()), Ok(list));
    }
}
