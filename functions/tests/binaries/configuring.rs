use serde_json::Value;

use crate::process::{API, ISSUE, SWEEPER, log, start};

#[test]
fn a_function_that_is_not_configured_tells_all_that_is_wrong_and_does_not_start() {
    for binary in [API, ISSUE, SWEEPER] {
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
            "POSTERN_POLICY",
            "POSTERN_ISSUER",
            "POSTERN_AUDIENCES",
        ] {
            assert!(
                wrong.contains(&setting.into()),
                "{setting} of {binary}: {wrong:?}"
            );
        }
    }
}
