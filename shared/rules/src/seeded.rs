//! Properties are tried on the same cases every time: a test that fails by chance teaches nobody.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// So many cases, always the same.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_261_124),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
