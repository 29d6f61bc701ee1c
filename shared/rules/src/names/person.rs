//! Who somebody is.
//!
//! A person is the pair of issuer and subject of an OIDC token, never an e-mail address: two
//! subjects with one address are two people, and a subject is compared as it stands.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::is_plain;
use super::{Digest, made_of, text_name};

text_name!(
    /// The `iss` of an OIDC token: an `https` address (or loopback `http` in the local run) of at
    /// most 255 printable ASCII characters.
    Issuer,
    "an issuer: an http(s) address of at most 255 printable ASCII characters",
    |text| (text.starts_with("https://") || text.starts_with("http://"))
        && made_of(text, 10, 255, |c| c.is_ascii_graphic())
);

text_name!(
    /// The `sub` of an OIDC token: 1 to 255 printable ASCII characters, compared exactly (OpenID
    /// Connect Core, section 2).
    Subject,
    "a subject of 1 to 255 printable ASCII characters",
    |text| made_of(text, 1, 255, |c| c.is_ascii_graphic())
);

text_name!(
    /// A group of the configured claim: 1 to 128 plain characters.
    Group,
    "a group name of 1 to 128 characters, without control or invisible characters",
    |text| made_of(text, 1, 128, is_plain) && text.trim() == text
);

text_name!(
    /// What the identity provider calls the human being behind an account, the same in all of their
    /// accounts, such as an employee number: 1 to 255 printable ASCII characters.
    HumanId,
    "the id of a human being: 1 to 255 printable ASCII characters",
    |text| made_of(text, 1, 255, |c| c.is_ascii_graphic())
);

/// One human being as the identity provider names them: issuer and subject together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// Who vouches for them.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "https://login.example.com"))]
    pub iss: Issuer,
    /// Who they are there.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "u-7f3a"))]
    pub sub: Subject,
}

impl Person {
    /// The person as one fixed-length key: the digest of issuer and subject.
    #[must_use]
    pub fn key(&self) -> Digest {
        // Neither part can hold a line break, so the pair is unambiguous.
        Digest::of(
            "postern.person",
            format!("{}\n{}", self.iss, self.sub).as_bytes(),
        )
    }

    /// The person as an STS source identity: 2 to 64 of `[\w+=,.@-]` (AWS-FACTS 1.20).
    ///
    /// The subject itself where it fits, so that CloudTrail reads well; otherwise its digest, which
    /// `GET /v1/requests/{id}` joins back to the person.
    #[must_use]
    pub fn source_identity(&self) -> String {
        const HASHED: &str = "sub-sha256.";
        let sub = self.sub.as_str();
        let fits = made_of(sub, 2, 64, |c| {
            c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
        });
        if fits && !sub.starts_with(HASHED) {
            sub.to_owned()
        } else {
            let key: String = self.key().hex().chars().take(48).collect();
            format!("{HASHED}{key}")
        }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.sub, self.iss)
    }
}

/// An account, and the human being behind it where the identity provider tells.
///
/// Somebody may have several accounts. What one person must not do twice, or to themselves, is
/// compared by both: two accounts are one human being if either is the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The account.
    pub person: Person,
    /// Who is behind it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub human: Option<HumanId>,
}

impl Identity {
    /// Whether both are known to be one human being.
    #[must_use]
    pub fn is_one_with(&self, other: &Self) -> bool {
        self.person == other.person || (self.human.is_some() && self.human == other.human)
    }

    /// Keys by which one human being is recognised: that of the account, and that of whoever is
    /// behind it. Two identities of one human being have one in common.
    pub fn keys(&self) -> impl Iterator<Item = Digest> {
        let human = self
            .human
            .as_ref()
            .map(|human| Digest::of("postern.human", human.as_str().as_bytes()));
        std::iter::once(self.person.key()).chain(human)
    }
}

text_name!(
    /// A user of an instance's operating system, and never `root`: 1 to 32 lower-case letters,
    /// digits or `-_`, of which the first is a letter or `_`.
    OsUser,
    "a user such as `deploy`: 1 to 32 lower-case letters, digits or `-_`, and not `root`",
    |text| made_of(text, 1, 32, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text != "root"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn person(sub: &str) -> Person {
        Person {
            iss: "https://login.example.com".parse().unwrap(),
            sub: sub.parse().unwrap(),
        }
    }

    #[test]
    fn a_source_identity_always_fits_what_sts_takes() {
        for sub in [
            "u-1",
            "x",
            "auth0|62a",
            "a@example.com",
            &"y".repeat(255),
            "sub-sha256.abc",
        ] {
            let identity = person(sub).source_identity();
            assert!((2..=64).contains(&identity.len()), "{identity}");
            assert!(
                identity
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
            );
        }
    }

    #[test]
    fn a_subject_cannot_pose_as_the_digest_of_another() {
        let odd = person("auth0|62a");
        assert_ne!(
            person(&odd.source_identity()).source_identity(),
            odd.source_identity()
        );
    }

    #[test]
    fn people_with_other_case_are_other_people() {
        assert_ne!(person("Anna").key(), person("anna").key());
    }
}
