//! The steps of a plan: all that their calls need, and nothing left to decide.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Endpoint, Reason};
use crate::model::{
    AccountId, AliasName, ApiKey, DeploymentId, FunctionKey, FunctionName, ObjectKey, Qualifier, RestApiId, RevisionId,
    Sha256, SmokeSettings, StageName, Version,
};

/// Puts an artifact into the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UploadArtifact {
    /// The function.
    pub function: FunctionKey,
    /// The object's key.
    pub key: ObjectKey,
    /// Size of the zip.
    pub bytes: u64,
}

/// Makes sure that the code that is live now is in the bucket, so that it can be put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeepLiveCode {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// `CodeSha256` of the live code.
    pub sha256: Sha256,
    /// The object's key.
    pub key: ObjectKey,
}

/// How a function gets a new version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "call")]
pub enum CodeStep {
    /// `UpdateFunctionCode` with `Publish=true`.
    Update {
        /// The artifact's object.
        key: ObjectKey,
        /// Its version where it is already there and the bucket keeps versions.
        object_version: Option<String>,
    },
    /// `PublishVersion`: `$LATEST` has the code already.
    Publish,
}

/// Whether callers see new code before the alias moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoesLive {
    /// Callers use `$LATEST`: they see it as soon as the function is updated.
    AtUpdate,
    /// Callers use an alias: they see it when the alias moves.
    WithAlias,
}

/// Gives a function a new version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangeCode {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// How.
    pub step: CodeStep,
    /// `CodeSha256` of `$LATEST` now.
    pub before: Sha256,
    /// `CodeSha256` of what is published: the artifact, or, where it holds the same files, `$LATEST`.
    pub after: Sha256,
    /// Where `before` is kept, for the way back.
    pub keep_key: ObjectKey,
    /// The observed revision of `$LATEST`.
    pub revision: RevisionId,
    /// Sent along, since an update without it may revert it.
    pub architecture: Option<String>,
    /// Sent along, since an update without it reverts it.
    pub source_kms_key: Option<String>,
    /// Sent along, since an update without it reverts it.
    pub storage_mode: Option<String>,
    /// When callers see it.
    pub goes_live: GoesLive,
    /// Why.
    pub reason: Reason,
}

/// Freezes an API's definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CreateDeployment {
    /// The API.
    pub api: ApiKey,
    /// Its id.
    pub id: RestApiId,
    /// The definition that was observed: another one at the time of the call is a refusal.
    pub definition: Sha256,
    /// Why.
    pub reason: Reason,
}

/// Makes an alias that does not exist, on the version this release publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CreateAlias {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The alias.
    pub alias: AliasName,
}

/// Lets an API's stage invoke a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AddPermission {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// Whose policy.
    pub qualifier: Qualifier,
    /// The same for the same function, API and stage.
    pub statement_id: String,
    /// Which calls: `arn:aws:execute-api:…/stage/*`.
    pub source_arn: String,
    /// The API's account.
    pub account: AccountId,
}

/// Moves an alias to the version this release publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MoveAlias {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The alias.
    pub alias: AliasName,
    /// Where it stands.
    pub from: Version,
    /// The observed revision of the alias.
    pub revision: RevisionId,
}

/// Points a stage at the new deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PointStage {
    /// The API.
    pub api: ApiKey,
    /// Its id.
    pub id: RestApiId,
    /// The stage.
    pub stage: StageName,
    /// What it serves now.
    pub from: DeploymentId,
}

/// Empties a stage's cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FlushCache {
    /// The API.
    pub api: ApiKey,
    /// Its id.
    pub id: RestApiId,
    /// The stage.
    pub stage: StageName,
}

/// Asks the endpoint until it answers well.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SmokePlan {
    /// The stage to ask; `None` where the settings give a whole URL.
    pub endpoint: Option<Endpoint>,
    /// The path on it, or the whole URL. May hold a key.
    #[serde(skip)]
    pub target: String,
    /// The target as it may be shown: without query and user.
    #[serde(rename = "target")]
    pub shown: String,
    /// Good answers in a row.
    pub hits: u32,
    /// For all of it, in whole seconds.
    #[serde(rename = "timeout_seconds", serialize_with = "seconds")]
    #[schemars(with = "u64")]
    pub timeout: Duration,
    /// The status of a good answer.
    pub status: u16,
    /// What its body holds.
    pub contains: Option<String>,
    /// Method, headers and body; may be secret.
    #[serde(skip)]
    pub settings: SmokeSettings,
}

impl SmokePlan {
    /// A path or URL without what may hold a secret: its query, its fragment, its user.
    pub fn shown(target: &str) -> String {
        let end = target.find(['?', '#']).unwrap_or(target.len());
        let target = &target[..end];
        match target
            .split_once("://")
            .map(|(scheme, rest)| (scheme, rest.split_at(rest.find('/').unwrap_or(rest.len()))))
        {
            Some((scheme, (host, path))) => {
                let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
                format!("{scheme}://{host}{path}")
            }
            None => target.to_owned(),
        }
    }
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}
