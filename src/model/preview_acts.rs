//! The payloads of the acts that make and delete previews.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ApiKey, ApiRef, FunctionKey, FunctionName, ImageUri, ObjectKey, PreviewId, Ref, RestApiId, RevisionId, RunId,
    Sha256, marks,
};

/// The log group of a preview's function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreateLogGroup {
    /// The preview.
    pub preview: PreviewId,
    /// The function that writes to it.
    pub function: FunctionName,
    /// The group's ARN.
    pub arn: String,
    /// For how many days CloudWatch keeps what is logged.
    pub retention_days: i32,
}

/// A function of a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreateFunction {
    /// The preview.
    pub preview: PreviewId,
    /// The function that it is a copy of.
    pub function: FunctionKey,
    /// That function's ARN.
    pub original: String,
    /// Its name.
    pub name: FunctionName,
    /// Its ARN.
    pub arn: String,
    /// The container image that it runs; `None`: its code is a zip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageUri>,
    /// The artifact's object; `None` without a bucket: the call carries the zip.
    pub key: Option<ObjectKey>,
    /// Its version, where it exists and the bucket keeps versions.
    pub object_version: Option<String>,
    /// The variables of its environment that name a copy instead of the function that is copied.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rewritten: BTreeMap<String, FunctionName>,
}

/// A preview's function whose configuration differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigureFunction {
    /// The preview.
    pub preview: PreviewId,
    /// The function that it is a copy of.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The observed revision of `$LATEST`.
    pub revision: RevisionId,
    /// The variables of its environment that name a copy instead of the function that is copied.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rewritten: BTreeMap<String, FunctionName>,
}

impl CreateFunction {
    /// What of its environment names a copy, in words that go behind the function's name; may be empty.
    pub fn in_environment(&self) -> String {
        in_environment(&self.rewritten)
    }
}

impl ConfigureFunction {
    /// What of its environment names a copy, in words that go behind the function's name; may be empty.
    pub fn in_environment(&self) -> String {
        in_environment(&self.rewritten)
    }
}

/// `; in its environment WORKER names worker-dev-pr-42`.
fn in_environment(rewritten: &BTreeMap<String, FunctionName>) -> String {
    let named: Vec<_> = rewritten.iter().map(|(variable, function)| format!("{variable} names {function}")).collect();
    if named.is_empty() { String::new() } else { format!("; in its environment {}", named.join(", ")) }
}

/// An API of a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreateApi {
    /// The preview.
    pub preview: PreviewId,
    /// The API that it is a copy of.
    pub api: ApiKey,
    /// That API's id and stage.
    pub original: String,
    /// Its name.
    pub name: String,
}

/// A preview's API that gets another definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WriteApi {
    /// The preview.
    pub preview: PreviewId,
    /// The API that it is a copy of.
    pub api: ApiKey,
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: ApiRef,
}

/// A deployment for the stage of a preview's API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeployStage {
    /// The preview.
    pub preview: PreviewId,
    /// The API that it is a copy of.
    pub api: ApiKey,
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: ApiRef,
    /// The digest of document and variables.
    pub definition: Sha256,
}

/// An existing API of a preview that a run wrote to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagApi {
    /// The preview.
    pub preview: PreviewId,
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: RestApiId,
    /// `aws`, `aws-cn`, …
    pub partition: String,
}

/// Something of a preview that is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delete {
    /// What.
    pub target: Target,
    /// The preview that it must belong to.
    pub owner: Owner,
}

/// Something that belongs to a preview as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "target")]
pub enum Target {
    /// A function.
    Function {
        /// Its name.
        name: FunctionName,
        /// Its ARN.
        arn: String,
    },
    /// A log group.
    LogGroup {
        /// Its name.
        name: String,
        /// Its ARN.
        arn: String,
        /// The function that writes to it. If this run deleted the function, the group needs no tags to be deleted.
        function: Option<FunctionName>,
    },
    /// A REST API, with its stages and deployments.
    Api {
        /// Its id.
        id: ApiRef,
        /// Its name.
        name: String,
    },
}

impl Target {
    /// What its tags have to match.
    pub fn carrier(&self) -> marks::Carrier<'_> {
        match self {
            Target::Function { name, arn } => marks::Carrier::Function { name: name.as_str(), arn },
            Target::LogGroup { name, .. } => marks::Carrier::LogGroup { name },
            Target::Api { name, .. } => marks::Carrier::Api { name },
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Function { name, .. } => write!(f, "function {name}"),
            Target::LogGroup { name, .. } => write!(f, "log group {name}"),
            Target::Api { id: Ref::Existing(id), name } => write!(f, "API {name} ({id})"),
            Target::Api { name, .. } => write!(f, "API {name}"),
        }
    }
}

/// Who must be named by the tags of what is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Owner {
    /// The preview.
    pub preview: PreviewId,
    /// The run that made it; `None`: any.
    pub run: Option<RunId>,
}
