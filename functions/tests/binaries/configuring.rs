use serde_json::Value;

use crate::process::{API, DOCTOR, ISSUE, SWEEPER, log, start};

#[test]
fn a_function_that_is_not_configured_tells_all_that_is_wrong_and_does_not_start() {
    for binary in [API, ISSUE, SWEEPER, DOCTOR] {
        let mut child = start(
            binary,
            &[("POSTERN_TABLE_SHARDS", "99"), ("POSTERN_LOG", "trace")],
        );
        assert_eq!(child.wait().unwrap().code(), Some(1), "{binary}");
        let wrong: Vec<Value> = log(&mut child)
            .iter()
            .map(|line| line["setting"].clone())
            .collect();
        for setting in [
            "POSTERN_HOME_ACCOUNT",
            "POSTERN_PLACES",
            "POSTERN_TABLE",
            "POSTERN_TABLE_SHARDS",
        ] {
            assert!(
                wrong.contains(&setting.into()),
                "{setting} of {binary}: {wrong:?}"
            );
        }
        for setting in ["POSTERN_POLICY", "POSTERN_ISSUER", "POSTERN_AUDIENCES"] {
            // What is over ends whatever the policy says and whoever may sign in.
            let needed = binary != SWEEPER;
            assert_eq!(
                wrong.contains(&setting.into()),
                needed,
                "{setting} of {binary}: {wrong:?}"
            );
        }
    }
}
