//! The preview of one pull request: what AWS has of it, and of the stage that it copies.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AccountId, AliasName, ApiKey, ApiKind, FunctionConfiguration, FunctionKey, FunctionUrl, Moment, ObjectKey,
    ObservedCode, ObservedImage, Qualifier, Region, RestApiId, Secret, Sha256, Version,
};

/// Identifies a preview; everything that belongs to it carries this in its tags.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PreviewId {
    /// `owner/name`.
    pub repository: String,
    /// The pull request's number.
    pub number: u64,
    /// The service; a repository may have several.
    pub service: String,
}

/// The answer to `GetFunction`, for `$LATEST`, a version or an alias.
#[derive(Clone, Debug, Deserialize)]
pub struct GotFunction {
    /// Its ARN, without a qualifier.
    pub arn: String,
    /// The owner.
    pub account: AccountId,
    /// The part of the configuration that a preview copies.
    pub configuration: FunctionConfiguration,
    /// Code, state and revision.
    pub code: ObservedCode,
    /// It mounts a file system.
    #[serde(default)]
    pub has_file_system: bool,
    /// Fields of its configuration that are set and that no copy has, such as `NewConfig`: those of a later Lambda.
    #[serde(default)]
    pub unknown_fields: BTreeSet<String>,
    /// Why Lambda does not show its environment, in AWS's words: most often a key that may not be used. The
    /// configuration then has an empty environment.
    #[serde(default)]
    pub environment_hidden: Option<String>,
    /// A ten-minute link to the code: used, never shown.
    #[serde(skip)]
    pub code_link: Option<Secret>,
}

/// A stage of an API that is copied.
#[derive(Clone, Debug, Deserialize)]
pub struct SourceApi {
    /// What it is.
    #[serde(default)]
    pub kind: ApiKind,
    /// Its id.
    pub id: RestApiId,
    /// Its name.
    pub name: String,
    /// What the stage serves: an OpenAPI 3 document with API Gateway's extensions.
    pub document: Value,
    /// The stage's variables.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// The API has a resource policy.
    #[serde(default)]
    pub has_policy: bool,
    /// It is reached from a VPC alone.
    #[serde(default)]
    pub is_private: bool,
    /// Its execute-api endpoint is switched off: it is reached by its own domain alone.
    #[serde(default)]
    pub execute_api_disabled: bool,
}

/// An existing function with the preview's name.
#[derive(Clone, Debug, Deserialize)]
pub struct ExistingFunction {
    /// Its ARN.
    pub arn: String,
    /// All of its tags.
    pub tags: BTreeMap<String, String>,
    /// As it is.
    pub configuration: FunctionConfiguration,
    /// As it is.
    pub code: ObservedCode,
    /// The ids of the statements of its policy.
    #[serde(default)]
    pub statements: BTreeSet<String>,
    /// Its URL, and those of its commits, where it is a copy of a function that has one.
    #[serde(default)]
    pub urls: BTreeMap<Qualifier, FunctionUrl>,
    /// The aliases of its commits, with their versions.
    #[serde(default)]
    pub commits: BTreeMap<AliasName, Version>,
}

/// An existing API of the preview.
#[derive(Clone, Debug, Deserialize)]
pub struct ExistingApi {
    /// Its id.
    pub id: RestApiId,
    /// Its name, which it keeps where the API that it is a copy of was renamed.
    pub name: String,
    /// The API and stage that it is a copy of, as [`super::marks::api_original`] writes them.
    pub original: String,
    /// The digest that the description of its stage's deployment carries.
    pub definition: Option<Sha256>,
}

/// Something that carries the tags of a preview that were not made for it. It is left alone.
#[derive(Clone, Debug, Deserialize)]
pub struct Mistagged {
    /// What, in words: `function hello-pr-42`.
    pub what: String,
    /// The preview that its tags name.
    pub preview: PreviewId,
    /// Why it is not a part of it, in words.
    pub why: String,
}

impl Mistagged {
    /// What may be done about it.
    pub const FIX: &str =
        "delete it by hand if it was the preview's, else remove its tags whose names begin with `sls-release:`";
}

impl fmt::Display for Mistagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self { what, preview, why }, fix) = (self, Self::FIX);
        let PreviewId { repository, number, service } = preview;
        write!(
            f,
            "{what} is left alone: its tags name the preview of pull request {number} of {repository}, service {service}, \
             but {why}; {fix}"
        )
    }
}

/// An API whose tags name no preview.
#[derive(Clone, Debug, Deserialize)]
pub struct UntaggedApi {
    /// Its id.
    pub id: RestApiId,
    /// Its name.
    pub name: String,
}

/// What AWS has of the stage that is copied, and of the preview.
#[derive(Clone, Debug, Deserialize)]
pub struct ObservedPreview {
    /// The region that was asked.
    pub region: Region,
    /// The functions that are copied: of the alias, or of `$LATEST` where the settings name none. `None` where AWS has
    /// none of that name.
    pub sources: BTreeMap<FunctionKey, Option<GotFunction>>,
    /// Which of them have a URL.
    #[serde(default)]
    pub source_urls: BTreeSet<FunctionKey>,
    /// `None` where AWS has no such API or stage.
    pub source_apis: BTreeMap<ApiKey, Option<SourceApi>>,
    /// Functions of the preview's names.
    #[serde(default)]
    pub functions: BTreeMap<FunctionKey, ExistingFunction>,
    /// APIs that carry the preview's tags; more than one of a key is a refusal.
    #[serde(default)]
    pub apis: BTreeMap<ApiKey, Vec<ExistingApi>>,
    /// What carries the preview's tags and is not a part of it.
    #[serde(default)]
    pub mistagged: Vec<Mistagged>,
    /// APIs whose names end as those of this preview do, and whose tags name no preview.
    #[serde(default)]
    pub untagged: Vec<UntaggedApi>,
    /// The images of functions that are copied as such.
    #[serde(default)]
    pub images: BTreeMap<FunctionKey, ObservedImage>,
    /// The artifacts that are in the bucket, with their version where it keeps versions.
    #[serde(default)]
    pub objects: BTreeMap<ObjectKey, Option<String>>,
}

/// A preview with at least one resource in AWS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ExistingPreview {
    /// Which.
    pub id: PreviewId,
    /// When anything of it changed last; `None` if AWS does not show it.
    pub active: Option<Moment>,
}

/// What is known of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullRequestState {
    /// It is open.
    Open,
    /// It is closed, merged, or there is none of its number.
    Closed,
    /// Unknown, and why, in words.
    Unknown(String),
}
