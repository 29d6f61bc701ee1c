//! What the roles of a house have used, for a check that holds it against what they are granted.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use standin::World;

/// Names the directory that every house leaves the powers in which its roles have used: a file for
/// each house, and in it a line of role, action and resource, with tabs between.
const DIRECTORY: &str = "POSTERN_POWERS";

fn directory() -> Option<OsString> {
    std::env::var_os(DIRECTORY).filter(|name| !name.is_empty())
}

/// Has them recorded, where somebody wants to know.
pub(super) fn record(world: &World) {
    if directory().is_some() {
        world.record_powers();
    }
}

/// Leaves them there. What cannot be written is missed by the check.
pub(super) fn tell(world: &World) {
    static HOUSES: AtomicU64 = AtomicU64::new(0);
    let Some(directory) = directory() else {
        return;
    };
    let mut lines = String::new();
    for power in world.powers() {
        let _ = writeln!(
            lines,
            "{}\t{}\t{}",
            power.role, power.action, power.resource
        );
    }
    let number = HOUSES.fetch_add(1, Ordering::Relaxed);
    let file = format!("{}-{number}.tsv", std::process::id());
    let _ = fs::write(PathBuf::from(directory).join(file), lines);
}
