//! Listings: names in order, page by page.
//!
//! Both listings make the whole sequence of what they would show and cut a page out of it. With
//! a delimiter, names that share what comes up to it are shown once, as a common prefix.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::store::ObjectVersion;
use super::{Target, document, iso};
use crate::call::{AwsError, Call, Handled};
use crate::world::World;
use crate::xml::Element;

const MAX_KEYS: usize = 1000;

/// What `encoding-type=url` leaves as it is.
const URL: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// What both listings are asked for.
struct Asked<'a> {
    prefix: &'a str,
    delimiter: Option<&'a str>,
    max_keys: usize,
    url_encoded: bool,
}

impl<'a> Asked<'a> {
    fn of(call: &'a Call) -> Result<Self, AwsError> {
        let max_keys = match call.query_value("max-keys") {
            None => MAX_KEYS,
            Some(text) => text.parse::<usize>().map_err(|_| {
                AwsError::new(
                    400,
                    "InvalidArgument",
                    "Provided max-keys not an integer or within \
                                                       integer range",
                )
            })?,
        };
        Ok(Self {
            prefix: call.query_value("prefix").unwrap_or_default(),
            delimiter: call
                .query_value("delimiter")
                .filter(|text| !text.is_empty()),
            max_keys: max_keys.min(MAX_KEYS),
            url_encoded: call.query_value("encoding-type") == Some("url"),
        })
    }

    /// The common prefix under which a key is shown, if it is not shown itself.
    fn common_prefix(&self, key: &str) -> Option<String> {
        let delimiter = self.delimiter?;
        let (head, _) = key.strip_prefix(self.prefix)?.split_once(delimiter)?;
        Some(format!("{}{head}{delimiter}", self.prefix))
    }

    fn name(&self, text: &str) -> String {
        match self.url_encoded {
            true => utf8_percent_encode(text, URL).to_string(),
            false => text.to_owned(),
        }
    }

    /// The parts that both documents have in common.
    fn frame(&self, root: &'static str, target: &Target, truncated: bool) -> Element {
        Element::new(root)
            .leaf("Name", target.bucket.as_str())
            .leaf("Prefix", self.name(self.prefix))
            .leaf("MaxKeys", self.max_keys.to_string())
            .maybe("Delimiter", self.delimiter.map(|text| self.name(text)))
            .maybe("EncodingType", self.url_encoded.then_some("url"))
            .leaf("IsTruncated", truncated.to_string())
    }

    fn prefix_element(&self, prefix: &str) -> Element {
        Element::new("CommonPrefixes").leaf("Prefix", self.name(prefix))
    }
}

/// One line of a listing.
enum Line<'a> {
    Version {
        version: &'a ObjectVersion,
        is_latest: bool,
    },
    Prefix(String),
}

impl Line<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Version { version, .. } => &version.key,
            Self::Prefix(prefix) => prefix,
        }
    }

    fn version_id(&self) -> &str {
        match self {
            Self::Version { version, .. } => &version.version_id,
            Self::Prefix(_) => "",
        }
    }
}

/// Puts versions under their common prefixes, each prefix once, where its first name was.
fn grouped<'a>(
    asked: &Asked<'_>,
    versions: impl Iterator<Item = (&'a ObjectVersion, bool)>,
) -> Vec<Line<'a>> {
    let mut shown = BTreeSet::new();
    versions
        .filter(|(version, _)| version.key.starts_with(asked.prefix))
        .filter_map(
            |(version, is_latest)| match asked.common_prefix(&version.key) {
                None => Some(Line::Version { version, is_latest }),
                Some(prefix) => shown.insert(prefix.clone()).then_some(Line::Prefix(prefix)),
            },
        )
        .collect()
}

pub(super) fn objects(world: &World, call: &Call, target: &Target) -> Handled {
    let asked = Asked::of(call)?;
    let token = call.query_value("continuation-token");
    let start_after = call.query_value("start-after").unwrap_or_default();
    let after = match token {
        None => start_after.to_owned(),
        Some(token) => URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| {
                AwsError::new(
                    400,
                    "InvalidArgument",
                    "The continuation token provided is incorrect",
                )
            })?,
    };
    let state = world.s3_state();
    let bucket = state.bucket(&target.bucket)?;
    let current = bucket
        .objects
        .keys()
        .filter_map(|key| bucket.current(key))
        .filter(|version| token.is_some() || version.key.as_str() > after.as_str())
        .map(|version| (version, true));
    let mut lines = grouped(&asked, current);
    lines.retain(|line| line.name() > after.as_str());
    let truncated = lines.len() > asked.max_keys;
    lines.truncate(asked.max_keys);
    let next = match lines.last() {
        Some(last) if truncated => Some(URL_SAFE_NO_PAD.encode(last.name())),
        Some(_) | None => None,
    };
    let fetch_owner = call.query_value("fetch-owner") == Some("true");
    let root = asked
        .frame("ListBucketResult", target, truncated && next.is_some())
        .leaf("KeyCount", lines.len().to_string())
        .maybe("ContinuationToken", token)
        .maybe("NextContinuationToken", next)
        .maybe(
            "StartAfter",
            Some(start_after).filter(|text| !text.is_empty()),
        )
        .children(lines.iter().map(|line| match line {
            Line::Prefix(prefix) => asked.prefix_element(prefix),
            Line::Version { version, .. } => {
                let contents = described(Element::new("Contents"), &asked, version);
                match fetch_owner {
                    true => contents.child(Element::new("Owner").leaf("ID", bucket.owner.as_str())),
                    false => contents,
                }
            }
        }));
    Ok(document(root))
}

pub(super) fn versions(world: &World, call: &Call, target: &Target) -> Handled {
    let asked = Asked::of(call)?;
    let key_marker = call.query_value("key-marker").unwrap_or_default();
    let id_marker = call
        .query_value("version-id-marker")
        .filter(|text| !text.is_empty());
    if id_marker.is_some() && key_marker.is_empty() {
        return Err(AwsError::new(
            400,
            "InvalidArgument",
            "A version-id marker cannot be specified without a key marker.",
        ));
    }
    let state = world.s3_state();
    let bucket = state.bucket(&target.bucket)?;
    let newest_first = bucket.objects.values().flat_map(|versions| {
        versions
            .iter()
            .rev()
            .enumerate()
            .map(|(age, version)| (version, age == 0))
    });
    let lines = grouped(&asked, newest_first);
    let from = match id_marker {
        // After exactly this version; a version that is gone since ends its key.
        Some(id) => lines
            .iter()
            .position(|line| line.name() == key_marker && line.version_id() == id)
            .map(|index| index.saturating_add(1)),
        None => None,
    };
    let from = from.unwrap_or_else(|| {
        lines
            .iter()
            .position(|line| line.name() > key_marker)
            .unwrap_or(lines.len())
    });
    let rest = lines.get(from..).unwrap_or_default();
    let truncated = rest.len() > asked.max_keys;
    let page = rest.get(..asked.max_keys).unwrap_or(rest);
    let last = page.last().filter(|_| truncated);
    let root = asked
        .frame("ListVersionsResult", target, last.is_some())
        .leaf("KeyMarker", asked.name(key_marker))
        .leaf("VersionIdMarker", id_marker.unwrap_or_default())
        .maybe("NextKeyMarker", last.map(|line| asked.name(line.name())))
        .maybe(
            "NextVersionIdMarker",
            last.map(Line::version_id).filter(|id| !id.is_empty()),
        )
        .children(page.iter().map(|line| match line {
            Line::Prefix(prefix) => asked.prefix_element(prefix),
            Line::Version { version, is_latest } => {
                let element = match version.delete_marker {
                    true => Element::new("DeleteMarker")
                        .leaf("Key", asked.name(&version.key))
                        .leaf("LastModified", iso(version.last_modified_millis)),
                    false => described(Element::new("Version"), &asked, version),
                };
                element
                    .leaf("VersionId", version.version_id.as_str())
                    .leaf("IsLatest", is_latest.to_string())
                    .child(Element::new("Owner").leaf("ID", bucket.owner.as_str()))
            }
        }));
    Ok(document(root))
}

fn described(element: Element, asked: &Asked<'_>, version: &ObjectVersion) -> Element {
    element
        .leaf("Key", asked.name(&version.key))
        .leaf("LastModified", iso(version.last_modified_millis))
        .leaf("ETag", format!("\"{}\"", version.etag))
        .maybe(
            "ChecksumAlgorithm",
            version
                .checksum
                .as_ref()
                .map(|(name, _)| name.to_uppercase()),
        )
        .maybe(
            "ChecksumType",
            version.checksum.as_ref().map(|_| "FULL_OBJECT"),
        )
        .leaf("Size", version.body.len().to_string())
        .leaf("StorageClass", "STANDARD")
}
