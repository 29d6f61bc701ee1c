//! Documents by name, and the calls about them (AWS-FACTS 8.1).
//!
//! Only documents of type Session can be made. A document has one version here: making it again
//! is refused over the wire, and a seed replaces it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::State;
use super::check::{between, document_name, epoch_seconds, required};
use super::document::Schema;
use super::owned::{self, COMMAND_DOCUMENT, DEFAULT_DOCUMENT};
use super::page;
use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::world::World;

/// The most documents of an account and Region.
const MOST_DOCUMENTS: usize = 500;
/// Prefixes that only AWS may use.
const RESERVED: [&str; 3] = ["aws", "amazon", "amzn"];

/// A document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) name: String,
    /// The account, or `Amazon`.
    pub(super) owner: String,
    pub(super) content: String,
    pub(super) created_millis: i64,
}

impl Document {
    fn is_of_amazon(&self) -> bool {
        self.owner == "Amazon"
    }

    fn kind(&self) -> &'static str {
        if self.name == COMMAND_DOCUMENT {
            "Command"
        } else {
            "Session"
        }
    }

    /// What a session makes of it.
    ///
    /// # Errors
    /// `InvalidDocument` when it is not of type Session.
    pub(super) fn session_schema(&self) -> Result<Schema, AwsError> {
        Schema::read(&self.content).map_err(|_| unknown(&self.name))
    }
}

fn unknown(name: &str) -> AwsError {
    let message = format!("Document with name {name} does not exist or is not of type Session.");
    AwsError::new(400, "InvalidDocument", message)
}

/// The ARN of a document; AWS's own have no account (AWS-FACTS 1.4).
pub(super) fn arn(region: &str, account: &str, name: &str) -> String {
    let account = if owned::NAMES.contains(&name) {
        ""
    } else {
        account
    };
    format!("arn:aws:ssm:{region}:{account}:document/{name}")
}

/// The ARN of a document that a call names by name or ARN.
///
/// # Errors
/// `ValidationException`.
pub(super) fn named(call: &Call, member: &str, name: &str) -> Result<String, AwsError> {
    document_name(member, name, ":/")?;
    if name.starts_with("arn:") {
        return Ok(name.to_owned());
    }
    Ok(arn(&call.region, &call.caller.account, name))
}

/// A document by its ARN.
///
/// # Errors
/// `InvalidDocument`.
pub(super) fn find(state: &State, call: &Call, arn: &str) -> Result<Document, AwsError> {
    let name = arn.rsplit_once(":document/").map_or(arn, |(_, name)| name);
    // A document of another account or Region is not to be seen: none is shared here.
    if arn != self::arn(&call.region, &call.caller.account, name) {
        return Err(unknown(name));
    }
    if let Some(found) = state.documents.get(arn) {
        return Ok(found.clone());
    }
    let content = owned::content(name).ok_or_else(|| unknown(name))?;
    let owner = if name == DEFAULT_DOCUMENT {
        call.caller.account.as_str()
    } else {
        "Amazon"
    };
    Ok(Document {
        name: name.to_owned(),
        owner: owner.to_owned(),
        content: content.to_string(),
        created_millis: 0,
    })
}

pub(super) fn exists(state: &State, arn: &str) -> bool {
    state.documents.contains_key(arn)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    name: Option<String>,
    content: Option<String>,
    document_type: Option<String>,
    document_format: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: Option<String>,
    document_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    #[serde(default)]
    filters: Vec<ListFilter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListFilter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

/// What `CreateDocument` needs.
pub(super) fn create_demand(call: &Call) -> Result<Demand, AwsError> {
    let request: Create = call.json_as()?;
    let name = required("name", request.name)?;
    document_name("name", &name, "")?;
    let mut demand = Demand::new(
        "ssm:CreateDocument",
        arn(&call.region, &call.caller.account, &name),
    );
    for tag in request.tags {
        demand = demand
            .with("aws:TagKeys", tag.key.clone())
            .with(format!("aws:RequestTag/{}", tag.key), tag.value);
    }
    Ok(demand)
}

/// Answers `CreateDocument`.
pub(super) fn create(world: &World, call: &Call) -> Handled {
    let request: Create = call.json_as()?;
    let name = required("name", request.name)?;
    let content = required("content", request.content)?;
    if RESERVED
        .iter()
        .any(|prefix| name.to_ascii_lowercase().starts_with(prefix))
    {
        let message = format!("the document name `{name}` begins with a reserved prefix");
        return Err(AwsError::validation(message));
    }
    if request.document_type.as_deref() != Some("Session") {
        return Err(AwsError::validation(
            "the stand-in makes documents of type Session only",
        ));
    }
    if request
        .document_format
        .is_some_and(|format| format != "JSON")
    {
        return Err(AwsError::validation(
            "the stand-in reads documents in JSON only",
        ));
    }
    Schema::read(&content)?;
    let account = &call.caller.account;
    let arn = arn(&call.region, account, &name);
    let document = Document {
        name,
        owner: account.clone(),
        content,
        created_millis: call.now_millis,
    };
    {
        let mut state = world.ssm_state();
        if state.documents.contains_key(&arn) {
            let message = format!("Document with name {} already exists.", document.name);
            return Err(AwsError::new(400, "DocumentAlreadyExists", message));
        }
        let home = format!("arn:aws:ssm:{}:{account}:", call.region);
        if state
            .documents
            .keys()
            .filter(|arn| arn.starts_with(&home))
            .count()
            >= MOST_DOCUMENTS
        {
            return Err(AwsError::new(
                400,
                "DocumentLimitExceeded",
                "there are 500 documents",
            ));
        }
        state.documents.insert(arn.clone(), document.clone());
    }
    world.tag_resource(
        arn,
        request.tags.into_iter().map(|tag| (tag.key, tag.value)),
    );
    Ok(Answer::json_1_1(
        &json!({ "DocumentDescription": description(&document) }),
    ))
}

/// What `GetDocument` and `DescribeDocument` need.
pub(super) fn named_demand(world: &World, call: &Call) -> Result<Demand, AwsError> {
    let request: Named = call.json_as()?;
    let arn = named(call, "name", &required("name", request.name)?)?;
    let action = format!("ssm:{}", call.operation);
    Ok(super::with_tags(world, Demand::new(action, &arn), &arn))
}

fn asked_for(world: &World, call: &Call) -> Result<Document, AwsError> {
    let request: Named = call.json_as()?;
    let arn = named(call, "name", &required("name", request.name)?)?;
    let document = find(&world.ssm_state(), call, &arn)?;
    match request.document_version.as_deref() {
        None | Some("1" | "$LATEST" | "$DEFAULT") => Ok(document),
        Some(_) => Err(AwsError::new(
            400,
            "InvalidDocumentVersion",
            "there is version 1 only",
        )),
    }
}

/// Answers `GetDocument`.
pub(super) fn get(world: &World, call: &Call) -> Handled {
    let document = asked_for(world, call)?;
    Ok(Answer::json_1_1(&json!({
        "Name": document.name,
        "CreatedDate": epoch_seconds(document.created_millis),
        "DocumentVersion": "1",
        "Status": "Active",
        "Content": document.content,
        "DocumentType": document.kind(),
        "DocumentFormat": "JSON",
    })))
}

/// Answers `DescribeDocument`.
pub(super) fn describe(world: &World, call: &Call) -> Handled {
    let document = asked_for(world, call)?;
    Ok(Answer::json_1_1(
        &json!({ "Document": description(&document) }),
    ))
}

fn description(document: &Document) -> Value {
    let mut shown = identifier(document);
    if let (Some(members), Ok(schema)) = (shown.as_object_mut(), Schema::read(&document.content)) {
        let parameters: Vec<Value> = schema
            .parameters
            .iter()
            .map(|(name, parameter)| {
                json!({
                    "Name": name,
                    "Type": parameter.kind,
                    "Description": parameter.description,
                    "DefaultValue": parameter.default,
                })
            })
            .collect();
        members.insert("Parameters".to_owned(), parameters.into());
        members.insert("Description".to_owned(), schema.description.into());
    }
    if let Some(members) = shown.as_object_mut() {
        let digest = hex::encode(Sha256::digest(&document.content));
        members.extend(
            [
                ("Hash", digest.as_str()),
                ("HashType", "Sha256"),
                ("Status", "Active"),
            ]
            .into_iter()
            .chain([("LatestVersion", "1"), ("DefaultVersion", "1")])
            .map(|(name, value)| (name.to_owned(), value.into())),
        );
    }
    shown
}

fn identifier(document: &Document) -> Value {
    let schema_version = if document.kind() == "Session" {
        "1.0"
    } else {
        "2.2"
    };
    json!({
        "Name": document.name,
        "Owner": document.owner,
        "CreatedDate": epoch_seconds(document.created_millis),
        "PlatformTypes": ["Windows", "Linux", "MacOS"],
        "DocumentVersion": "1",
        "DocumentType": document.kind(),
        "SchemaVersion": schema_version,
        "DocumentFormat": "JSON",
    })
}

/// Answers `ListDocuments`.
pub(super) fn list(world: &World, call: &Call) -> Handled {
    let request: List = call.json_as()?;
    let size = request.max_results.unwrap_or(50);
    between("maxResults", size, 1..=50)?;
    request.filters.iter().try_for_each(ListFilter::check)?;
    let all: BTreeMap<String, Document> = {
        let state = world.ssm_state();
        let home = format!("arn:aws:ssm:{}:{}:", call.region, call.caller.account);
        let made = state
            .documents
            .iter()
            .filter(|(arn, _)| arn.starts_with(&home));
        let made = made.map(|(_, document)| document.clone());
        let given = owned::NAMES
            .iter()
            .filter_map(|name| find(&state, call, &arn(&call.region, "", name)).ok());
        made.chain(given)
            .map(|document| (document.name.clone(), document))
            .collect()
    };
    let listed: Vec<Document> = all
        .into_values()
        .filter(|document| request.filters.iter().all(|filter| filter.holds(document)))
        .collect();
    let identity = request.filters.iter().fold(String::new(), |text, filter| {
        format!("{text}\n{}={}", filter.key, filter.values.join(","))
    });
    let query = format!("{}\n{}{identity}", call.caller.account, call.region);
    let size = usize::try_from(size).unwrap_or(1);
    let key = |document: &Document| document.name.clone();
    let (shown, next) = page::cut(&listed, key, &query, request.next_token.as_deref(), size)?;
    let list: Vec<Value> = shown.iter().map(identifier).collect();
    let mut answer = json!({ "DocumentIdentifiers": list });
    if let (Some(next), Some(members)) = (next, answer.as_object_mut()) {
        members.insert("NextToken".to_owned(), next.into());
    }
    Ok(Answer::json_1_1(&answer))
}

impl ListFilter {
    fn check(&self) -> Result<(), AwsError> {
        if ["Name", "Owner", "DocumentType", "PlatformTypes"].contains(&self.key.as_str()) {
            return Ok(());
        }
        let message = format!("the filter key `{}` is not offered", self.key);
        Err(AwsError::new(400, "InvalidFilterKey", message))
    }

    fn holds(&self, document: &Document) -> bool {
        self.values.iter().any(|value| match self.key.as_str() {
            "Name" => document.name.starts_with(value),
            "Owner" => match value.as_str() {
                "Self" | "Private" => !document.is_of_amazon(),
                "Amazon" | "Public" => document.is_of_amazon(),
                "All" => true,
                other => document.owner == other,
            },
            "DocumentType" => document.kind() == value,
            _ => true,
        })
    }
}
