//! Judges the claims of a token, and is the only door to a [`Caller`].
//!
//! The claims come as JSON and every one that matters is required with its right type. A library
//! that reads claims into a structure takes a missing `aud` for none to check, or an `exp` that is
//! a text for no `exp` at all, so nothing here is optional by accident.
//!
//! The judge sees claims only. Whoever calls it has verified the signature over exactly these
//! bytes, and has refused a document that names one member twice: of two values of one claim, a
//! judge would see one and somebody else the other.
//!
//! Groups are read whole or not at all. A policy may forbid by group, so a group that is dropped
//! on the way could open a door; a claim with an unreadable entry refuses the token, and so does a
//! token that says that its groups are to be had elsewhere (OpenID Connect Core, section 5.6.2).

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::caller::Caller;
use crate::moment::Moment;
use crate::names::text::is_plain;
use crate::names::{Group, HumanId, Identity, Issuer, Person, Subject, made_of, text_name};

text_name!(
    /// An `aud` that tokens for this Postern carry: 1 to 255 printable ASCII characters.
    Audience,
    "an audience of 1 to 255 printable ASCII characters",
    |text| made_of(text, 1, 255, |c| c.is_ascii_graphic())
);

text_name!(
    /// The name of the claim that holds a person's groups, such as `groups`: 1 to 255 printable
    /// ASCII characters, and none of the claims that are judged otherwise.
    GroupsClaim,
    "the name of a groups claim: 1 to 255 printable ASCII characters, and no registered claim",
    |text| made_of(text, 1, 255, |c| c.is_ascii_graphic())
        && !["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "name"].contains(&text)
);

text_name!(
    /// The name of the claim that says which human being is behind an account, such as
    /// `employee_id`: 1 to 255 printable ASCII characters, and none of the claims that are judged
    /// otherwise.
    HumanClaim,
    "the name of a claim: 1 to 255 printable ASCII characters, and no registered claim",
    |text| made_of(text, 1, 255, |c| c.is_ascii_graphic())
        && !["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "name"].contains(&text)
);

/// By how much the clocks of the identity provider and of Postern may differ: at most 30 s.
///
/// A stolen token lives longer by this much, so it stays small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leeway(u8);

/// A leeway of more than 30 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a leeway of `{0}` seconds is more than the 30 that are allowed")]
pub struct TooMuchLeeway(u64);

impl Leeway {
    /// The most seconds there may be.
    pub const MOST_SECONDS: u8 = 30;

    /// A leeway of that many seconds.
    ///
    /// # Errors
    /// More than [`Leeway::MOST_SECONDS`].
    pub fn of_seconds(seconds: u64) -> Result<Self, TooMuchLeeway> {
        match u8::try_from(seconds) {
            Ok(short) if short <= Self::MOST_SECONDS => Ok(Self(short)),
            Ok(_) | Err(_) => Err(TooMuchLeeway(seconds)),
        }
    }

    fn length(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }
}

impl Default for Leeway {
    fn default() -> Self {
        Self(Self::MOST_SECONDS)
    }
}

/// What a token must say to be for this Postern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The only issuer that is believed, compared exactly.
    pub issuer: Issuer,
    /// The audiences of which a token must name one, exactly. No audience, no caller.
    pub audiences: BTreeSet<Audience>,
    /// Where the groups stand.
    pub groups_claim: GroupsClaim,
    /// Where it stands who is behind the account, in an organisation whose people have several.
    /// Every token must say it then: an account that does not might be anybody's second one.
    pub human_claim: Option<HumanClaim>,
    /// How far clocks may differ.
    pub leeway: Leeway,
}

/// Why claims make no caller. For the log only: an answer never says which it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// The claims are not a JSON object.
    #[error("the claims are not an object")]
    NotAnObject,
    /// A claim that every token must have is missing.
    #[error("claim `{0}` is missing")]
    Missing(&'static str),
    /// A claim is there with a JSON type that it must not have.
    #[error("claim `{0}` has the wrong type")]
    WrongType(&'static str),
    /// `iss` is not the configured issuer.
    #[error("the token is of another issuer")]
    OtherIssuer,
    /// `aud` names none of the configured audiences.
    #[error("the token is for another audience")]
    OtherAudience,
    /// `sub` is empty, too long, or holds characters that no subject has.
    #[error("claim `sub` is not a subject")]
    BadSubject,
    /// `exp` is reached. The end is exclusive.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` lies in the future.
    #[error("claim `{0}` lies in the future")]
    NotYet(&'static str),
    /// The claim that says who is behind the account is missing or is no such id.
    #[error("the token does not say which human being is behind the account")]
    NoHuman,
    /// The groups claim is not an array of group names.
    #[error("the groups claim is not an array of group names")]
    BadGroups,
    /// The token says that its groups are too many and to be asked for elsewhere.
    #[error("the token leaves its groups out and points elsewhere for them")]
    GroupsElsewhere,
}

/// Judges the claims of a token whose signature was verified.
///
/// # Errors
/// The first reason found why the claims make no caller.
pub fn judge(claims: &Value, expected: &Expected, now: Moment) -> Result<Caller, Unauthenticated> {
    let claims = claims.as_object().ok_or(Unauthenticated::NotAnObject)?;
    if text(claims, "iss")? != expected.issuer.as_str() {
        return Err(Unauthenticated::OtherIssuer);
    }
    judge_audience(claims, expected)?;
    let sub: Subject = text(claims, "sub")?
        .parse()
        .map_err(|_| Unauthenticated::BadSubject)?;
    judge_times(claims, expected.leeway, now)?;
    let person = Person {
        iss: expected.issuer.clone(),
        sub,
    };
    let human = match &expected.human_claim {
        None => None,
        Some(claim) => Some(human(claims, claim)?),
    };
    let groups = groups(claims, &expected.groups_claim)?;
    let identity = Identity { person, human };
    Ok(Caller::judged(identity, groups, display_name(claims)))
}

fn required<'a>(
    claims: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a Value, Unauthenticated> {
    claims.get(name).ok_or(Unauthenticated::Missing(name))
}

fn text<'a>(
    claims: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a str, Unauthenticated> {
    required(claims, name)?
        .as_str()
        .ok_or(Unauthenticated::WrongType(name))
}

/// `aud` is one text, or an array of texts and nothing else (RFC 7519, section 4.1.3).
fn judge_audience(claims: &Map<String, Value>, expected: &Expected) -> Result<(), Unauthenticated> {
    let wrong_type = Unauthenticated::WrongType("aud");
    let aud = required(claims, "aud")?;
    let named: Vec<&str> = match (aud.as_str(), aud.as_array()) {
        (Some(one), _) => vec![one],
        (None, Some(several)) => several
            .iter()
            .map(|each| each.as_str().ok_or(wrong_type))
            .collect::<Result<_, _>>()?,
        (None, None) => return Err(wrong_type),
    };
    if named
        .iter()
        .any(|aud| expected.audiences.iter().any(|ours| ours.as_str() == *aud))
    {
        Ok(())
    } else {
        Err(Unauthenticated::OtherAudience)
    }
}

fn judge_times(
    claims: &Map<String, Value>,
    leeway: Leeway,
    now: Moment,
) -> Result<(), Unauthenticated> {
    let exp = seconds("exp", required(claims, "exp")?)?;
    if now >= exp.plus(leeway.length()) {
        return Err(Unauthenticated::Expired);
    }
    for name in ["nbf", "iat"] {
        if let Some(claim) = claims.get(name)
            && seconds(name, claim)? > now.plus(leeway.length())
        {
            return Err(Unauthenticated::NotYet(name));
        }
    }
    Ok(())
}

/// A time in whole seconds since 1970. RFC 7519 allows fractions; no issuer is known to need them,
/// and a fraction is one more number that two readers may round differently.
fn seconds(name: &'static str, claim: &Value) -> Result<Moment, Unauthenticated> {
    claim
        .as_u64()
        .and_then(|seconds| i64::try_from(seconds).ok())
        .map(Moment::from_seconds)
        .ok_or(Unauthenticated::WrongType(name))
}

fn human(claims: &Map<String, Value>, claim: &HumanClaim) -> Result<HumanId, Unauthenticated> {
    let id = claims.get(claim.as_str()).and_then(Value::as_str);
    id.and_then(|id| id.parse().ok())
        .ok_or(Unauthenticated::NoHuman)
}

fn groups(
    claims: &Map<String, Value>,
    name: &GroupsClaim,
) -> Result<BTreeSet<Group>, Unauthenticated> {
    // A provider with too many groups for the token names another place for them, either in the
    // standard's way or, for groups above its limit in a token without room for that, by a flag.
    let pointed_at = claims
        .get("_claim_names")
        .is_some_and(|names| names.get(name.as_str()).is_some());
    let flagged = claims
        .get("hasgroups")
        .is_some_and(|flag| flag.as_bool() != Some(false));
    if pointed_at || flagged {
        return Err(Unauthenticated::GroupsElsewhere);
    }
    let Some(claim) = claims.get(name.as_str()) else {
        return Ok(BTreeSet::new());
    };
    claim
        .as_array()
        .ok_or(Unauthenticated::BadGroups)?
        .iter()
        .map(|group| group.as_str()?.parse().ok())
        .collect::<Option<_>>()
        .ok_or(Unauthenticated::BadGroups)
}

/// A name to show, where the token has one that is safe to show. It decides nothing, so a bad one
/// is left out and refuses nobody.
fn display_name(claims: &Map<String, Value>) -> Option<String> {
    let name = claims.get("name")?.as_str()?.trim();
    made_of(name, 1, 80, is_plain).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
