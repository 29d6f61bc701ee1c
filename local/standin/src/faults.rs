//! faults

/// Faults.
#[derive(Default)]
pub struct Faults {}
