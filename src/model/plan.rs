//! The ordered steps of a release, each with its reason. Immutable once decided.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AccountId, AliasName, ApiKey, DeploymentId, FunctionKey, FunctionName, ObjectKey, Qualifier, Region, RestApiId,
    RevisionId, Sha256, SmokeSettings, StageName, Version,
};

/// What a release will do, in its order: each list runs at once, the next after it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Plan {
    /// The stage.
    pub stage: StageName,
    /// The region.
    pub region: Region,
    /// `PutObject` or a multipart upload.
    pub uploads: Vec<UploadArtifact>,
    /// Makes sure that the way back exists.
    pub keeps: Vec<KeepLiveCode>,
    /// `UpdateFunctionCode` or `PublishVersion`, and the wait for the version.
    pub code: Vec<ChangeCode>,
    /// `CreateDeployment`, without a stage.
    pub deployments: Vec<CreateDeployment>,
    /// `CreateAlias`.
    pub new_aliases: Vec<CreateAlias>,
    /// `AddPermission`.
    pub permissions: Vec<AddPermission>,
    /// `UpdateAlias`.
    pub moves: Vec<MoveAlias>,
    /// `UpdateStage`.
    pub stages: Vec<PointStage>,
    /// `FlushStageCache`.
    pub flushes: Vec<FlushCache>,
    /// The proof that the endpoint answers; only where something changes.
    pub smoke: Option<SmokePlan>,
    /// The stages of all APIs, whose endpoints are reported.
    pub endpoints: Vec<Endpoint>,
    /// What needs nothing, and why.
    pub skipped: Vec<Skip>,
    /// What the user should know before it runs.
    pub warnings: Vec<Warning>,
}

impl Plan {
    /// Whether it writes nothing at all.
    pub fn is_empty(&self) -> bool {
        self.code.is_empty()
            && self.deployments.is_empty()
            && self.new_aliases.is_empty()
            && self.permissions.is_empty()
            && self.moves.is_empty()
            && self.stages.is_empty()
    }

    /// How many steps write to AWS.
    pub fn writes(&self) -> usize {
        self.uploads.len()
            + self.keeps.len()
            + self.code.len()
            + self.deployments.len()
            + self.new_aliases.len()
            + self.permissions.len()
            + self.moves.len()
            + self.stages.len()
            + self.flushes.len()
    }
}

/// An API's stage whose endpoint is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Endpoint {
    /// The API.
    pub api: ApiKey,
    /// Its id.
    pub id: RestApiId,
    /// Its stage.
    pub stage: StageName,
}

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
    /// `CodeSha256` of the artifact.
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
    /// The path on it, or the whole URL.
    pub target: String,
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

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}

/// Why a step is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// `$LATEST` holds other code than the artifact.
    CodeDiffers,
    /// `$LATEST` holds the artifact, but the alias stands on a version with other code.
    AliasBehind {
        /// That version.
        version: Version,
    },
    /// `$LATEST` has another configuration than the alias's version.
    ConfigurationDiffers {
        /// That version.
        version: Version,
    },
    /// There is no alias yet.
    NoAlias {
        /// The alias.
        alias: AliasName,
    },
    /// The API's definition is not the one its stage serves.
    DefinitionDiffers,
    /// What the stage serves was deployed by somebody else: no digest to compare.
    DeployedElsewhere {
        /// That deployment.
        deployment: DeploymentId,
    },
    /// `redeploy = "always"`.
    RedeployAlways,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::CodeDiffers => f.write_str("$LATEST holds other code"),
            Reason::AliasBehind { version } => {
                write!(f, "the alias stands on version {version}, which holds other code")
            }
            Reason::ConfigurationDiffers { version } => {
                write!(f, "$LATEST has another configuration than version {version}, on which the alias stands")
            }
            Reason::NoAlias { alias } => write!(f, "there is no alias {alias} yet"),
            Reason::DefinitionDiffers => f.write_str("its definition differs from the deployed one"),
            Reason::DeployedElsewhere { deployment } => {
                write!(f, "deployment {deployment} was not made by sls-release, so its definition is unknown")
            }
            Reason::RedeployAlways => f.write_str("redeploy = \"always\""),
        }
    }
}

/// What needs nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "skip")]
pub enum Skip {
    /// The function runs this code already.
    CodeUnchanged {
        /// The function.
        function: FunctionKey,
        /// The code.
        sha256: Sha256,
        /// The version its callers use.
        version: Version,
    },
    /// `--function` left it out.
    FunctionNotChosen {
        /// The function.
        function: FunctionKey,
    },
    /// The object is there already.
    ArtifactPresent {
        /// The function.
        function: FunctionKey,
        /// The object.
        key: ObjectKey,
    },
    /// The stage serves this definition already.
    DefinitionUnchanged {
        /// The API.
        api: ApiKey,
        /// The definition.
        definition: Sha256,
    },
    /// `redeploy = "never"`.
    RedeployNever {
        /// The API.
        api: ApiKey,
    },
    /// It calls none of the functions that `--function` chose.
    ApiNotChosen {
        /// The API.
        api: ApiKey,
    },
    /// Nothing changes, so there is nothing to prove.
    SmokeUnneeded,
    /// The smoke test asks an API that calls none of the functions that `--function` chose.
    SmokeApiNotChosen {
        /// The API.
        api: ApiKey,
    },
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Skip::CodeUnchanged { function, version, .. } => {
                write!(f, "{function}: version {version} runs this code already")
            }
            Skip::FunctionNotChosen { function } => write!(f, "{function}: not chosen by --function"),
            Skip::ArtifactPresent { function, key } => write!(f, "{function}: {key} is in the bucket already"),
            Skip::DefinitionUnchanged { api, .. } => write!(f, "{api}: the stage serves this definition already"),
            Skip::RedeployNever { api } => write!(f, "{api}: redeploy = \"never\""),
            Skip::ApiNotChosen { api } => write!(f, "{api}: calls none of the functions chosen by --function"),
            Skip::SmokeUnneeded => f.write_str("smoke: nothing changes"),
            Skip::SmokeApiNotChosen { api } => {
                write!(f, "smoke: {api} calls none of the functions chosen by --function, so it would prove nothing")
            }
        }
    }
}

/// What the user should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "warning")]
pub enum Warning {
    /// Callers without a qualifier see new code before the smoke test.
    LatestIsLive {
        /// The function.
        function: FunctionKey,
    },
    /// No `[smoke]`: nothing proves that the endpoint answers.
    NoSmoke,
    /// Some integrations of the API call something else than what is released: not the alias, or, where
    /// none is set, not `$LATEST`.
    CallsBesideAlias {
        /// The function.
        function: FunctionKey,
        /// The API.
        api: ApiKey,
        /// What they call.
        qualifier: Qualifier,
    },
    /// The API's own endpoint is switched off, so it is not reported.
    ExecuteApiDisabled {
        /// The API.
        api: ApiKey,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::LatestIsLive { function } => write!(
                f,
                "{function}: callers use $LATEST, so new code is live as soon as the function is updated, before the \
                 smoke test; set `alias` to switch over at once"
            ),
            Warning::NoSmoke => f.write_str(
                "no [smoke] settings: nothing will prove that the endpoint answers; set `path` under [smoke]",
            ),
            Warning::CallsBesideAlias { function, api, qualifier: Qualifier::Latest } => write!(
                f,
                "{function}: some integrations of {api} call $LATEST, not the alias: for them new code is live as \
                 soon as the function is updated, before the smoke test"
            ),
            Warning::CallsBesideAlias { function, api, qualifier } => {
                write!(f, "{function}: some integrations of {api} call {qualifier}, which this release leaves as it is")
            }
            Warning::ExecuteApiDisabled { api } => {
                write!(f, "{api}: its execute-api endpoint is disabled, so no URL of it is reported")
            }
        }
    }
}
