//! The constraints of the service's model, and the words it refuses them with.

use std::ops::RangeInclusive;

use crate::call::AwsError;

/// A member that does not meet its constraint.
pub(super) fn violated(member: &str, value: &str, constraint: &str) -> AwsError {
    AwsError::validation(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
         {constraint}"
    ))
}

/// A member that must be there.
pub(super) fn required<T>(member: &str, value: Option<T>) -> Result<T, AwsError> {
    value.ok_or_else(|| {
        AwsError::validation(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
             Member must not be null"
        ))
    })
}

/// A text of so many characters.
pub(super) fn length(
    member: &str,
    value: &str,
    bounds: RangeInclusive<usize>,
) -> Result<(), AwsError> {
    let characters = value.chars().count();
    if characters < *bounds.start() {
        let least = format!(
            "Member must have length greater than or equal to {}",
            bounds.start()
        );
        return Err(violated(member, value, &least));
    }
    if characters > *bounds.end() {
        let most = format!(
            "Member must have length less than or equal to {}",
            bounds.end()
        );
        return Err(violated(member, value, &most));
    }
    Ok(())
}

/// A number between bounds.
pub(super) fn between(
    member: &str,
    value: i64,
    bounds: RangeInclusive<i64>,
) -> Result<(), AwsError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    let constraint = format!(
        "Member must have value between {} and {}",
        bounds.start(),
        bounds.end()
    );
    Err(violated(member, &value.to_string(), &constraint))
}

/// A text of these characters, 3 to 128 of them: the shape of document names.
pub(super) fn document_name(member: &str, value: &str, besides: &str) -> Result<(), AwsError> {
    let fits = (3..=128).contains(&value.len())
        && value.chars().all(|character| {
            character.is_ascii_alphanumeric()
                || "_-.".contains(character)
                || besides.contains(character)
        });
    if fits {
        return Ok(());
    }
    let constraint = format!(
        "Member must satisfy regular expression pattern: ^[a-zA-Z0-9_\\-.{besides}]{{3,128}}$"
    );
    Err(violated(member, value, &constraint))
}

/// Milliseconds as the JSON protocols write a time: seconds, with a fraction.
pub(super) fn epoch_seconds(millis: i64) -> f64 {
    std::time::Duration::from_millis(u64::try_from(millis).unwrap_or(0)).as_secs_f64()
}
