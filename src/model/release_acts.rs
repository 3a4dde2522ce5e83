//! The payloads of the acts that release.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AccountId, AliasName, ApiKey, ApiKind, ApiRef, DeploymentId, DeploymentRef, FunctionKey, FunctionName, ImageUri,
    ObjectKey, PreviewId, Qualifier, Ref, Region, RestApiId, RevisionId, Sha256, StageName, Version, VersionRef, marks,
    short_digest,
};

/// An artifact for the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Upload {
    /// The function.
    pub function: FunctionKey,
    /// The object's key.
    pub key: ObjectKey,
    /// Size of the zip.
    pub bytes: u64,
}

/// An artifact for a fixed key, whose object Terraform owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplaceObject {
    /// The function.
    pub function: FunctionKey,
    /// The object's key.
    pub key: ObjectKey,
    /// Size of the zip.
    pub bytes: u64,
    /// The object that was observed; `None` where there was none.
    pub before: Option<ObjectBefore>,
}

/// An object that gets a new version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectBefore {
    /// Its entity tag: with another one, S3 refuses to replace it.
    pub etag: String,
    /// Its version; `None` for one from before the bucket kept versions.
    pub version: Option<String>,
}

/// Live code that the bucket does not have yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeepCode {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// `CodeSha256` of the live code.
    pub sha256: Sha256,
    /// The object's key.
    pub key: ObjectKey,
}

/// Live code that goes back by the call itself, since there is no bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FetchCode {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// `CodeSha256` of the live code.
    pub sha256: Sha256,
    /// The digest of the live configuration, which a version freezes with it.
    pub configuration: Sha256,
    /// The version that has it; `None`: it is published first, so that nothing is lost even where this run is killed.
    pub version: Option<Version>,
    /// The observed revision of `$LATEST`.
    pub revision: RevisionId,
}

/// New code for a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeCode {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The call.
    pub call: CodeCall,
    /// `CodeSha256` of `$LATEST` now.
    pub before: Sha256,
    /// `CodeSha256` of the new code.
    pub after: Sha256,
    /// Its code is a container image: the digests are those of manifests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_image: bool,
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
    /// The caches that may hold its answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caches: Vec<Cache>,
}

/// How a function gets new code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "call")]
pub enum CodeCall {
    /// `UpdateFunctionCode`.
    Update {
        /// The artifact's object; `None` without a bucket: the call carries the zip.
        key: Option<ObjectKey>,
        /// Its version, where it exists and the bucket keeps versions.
        object_version: Option<String>,
        /// Whether a version is published.
        publish: bool,
        /// How the code from before comes back.
        restore: Restore,
    },
    /// `UpdateFunctionCode` with an image.
    Image {
        /// The image, by its digest.
        uri: ImageUri,
        /// Whether a version is published.
        publish: bool,
        /// How the image from before comes back.
        restore: Restore,
    },
    /// `PublishVersion`: `$LATEST` has the code already.
    Publish,
}

/// How code comes back after a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Restore {
    /// From the bucket.
    Object {
        /// The key of the code from before.
        key: ObjectKey,
        /// Its version, where it exists and the bucket keeps versions.
        version: Option<String>,
    },
    /// From a private copy, which the call carries.
    Copy,
    /// By the image from before, which ECR still has.
    Image(ImageUri),
    /// It does not: the next `preview up` brings the preview up to date.
    NextRun(PreviewId),
}

/// Whether callers see new code before the alias moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoesLive {
    /// Callers use `$LATEST`: they see it as soon as the function is updated.
    AtUpdate,
    /// Callers use an alias: they see it when the alias moves.
    WithAlias,
}

/// A deployment that freezes an API's definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreateDeployment {
    /// The API.
    pub api: ApiKey,
    /// What it is.
    #[serde(default, skip_serializing_if = "ApiKind::is_rest")]
    pub kind: ApiKind,
    /// Its id.
    pub id: RestApiId,
    /// The definition that was observed: another one at the time of the call is a refusal.
    pub definition: Sha256,
}

/// An alias that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreateAlias {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The alias.
    pub alias: AliasName,
    /// The version that it points at.
    pub to: VersionRef,
    /// The caches that may hold its answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caches: Vec<Cache>,
}

/// An alias that moves to another version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MoveAlias {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The alias.
    pub alias: AliasName,
    /// The version that it points at now.
    pub from: Version,
    /// The version that it will point at.
    pub to: VersionRef,
    /// The observed revision of the alias.
    pub revision: Option<RevisionId>,
    /// What the run waits for after the move; `None` where the alias has no provisioned concurrency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<ProvisionedWait>,
    /// The caches that may hold its answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caches: Vec<Cache>,
}

/// What a run waits for after it moved an alias with provisioned concurrency: Lambda sends all calls to the version from
/// before until the new one has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProvisionedWait {
    /// Calls go to the new version, and its provisioned concurrency is ready, as it was before the move.
    Ready,
    /// Calls go to the new version. Its provisioned concurrency was not ready before the move, so it need not be after it.
    Calls,
    /// Calls go to the new version. Whether the alias has provisioned concurrency may not be read.
    CallsAlone,
}

/// A statement that lets an API invoke a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Permit {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The function or alias that has the policy.
    pub qualifier: Qualifier,
    /// Who may invoke.
    pub caller: Caller,
    /// What the function and the stage show unless another release changed them; `None` where the statement stays
    /// after a failure, because it goes with its function.
    pub known: Option<KnownStates>,
}

/// An API, or one of its stages, that invokes functions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Caller {
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// The API's region.
    pub region: Region,
    /// The API's account.
    pub account: AccountId,
    /// The API.
    pub api: ApiRef,
    /// What it is.
    #[serde(default, skip_serializing_if = "ApiKind::is_rest")]
    pub kind: ApiKind,
    /// The stage; `None`: all of the API.
    pub stage: Option<StageName>,
    /// The id of the authorizer that invokes the function, instead of the stage's methods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorizer: Option<String>,
}

impl Caller {
    /// The statement's id: the same for the same function, API and stage.
    pub fn statement_id(&self, api: &RestApiId) -> String {
        match &self.authorizer {
            Some(authorizer) => marks::authorizer_statement_id(api, authorizer),
            None => marks::statement_id(api, self.stage.as_ref()),
        }
    }

    /// `arn:aws:execute-api:<region>:<account>:<api>/<stage>/*`: the stage's methods, or all of the API;
    /// `…:<api>/authorizers/<id>`: the authorizer.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html>
    pub fn source_arn(&self, api: &RestApiId) -> String {
        let Self { partition, region, account, stage, authorizer, .. } = self;
        if let Some(authorizer) = authorizer {
            return format!("arn:{partition}:execute-api:{region}:{account}:{api}/authorizers/{authorizer}");
        }
        let stage = stage.as_ref().map(|stage| format!("{stage}/")).unwrap_or_default();
        format!("arn:{partition}:execute-api:{region}:{account}:{api}/{stage}*")
    }
}

/// The states that this run saw and the states that it makes. Any other state is another release's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownStates {
    /// `CodeSha256` of `$LATEST`.
    pub code: BTreeSet<Sha256>,
    /// The versions that the alias points at.
    pub versions: BTreeSet<VersionRef>,
    /// The deployments that the stage serves.
    pub deployments: BTreeSet<DeploymentRef>,
}

/// A stage that serves another deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PointStage {
    /// The API.
    pub api: ApiKey,
    /// What it is.
    #[serde(default, skip_serializing_if = "ApiKind::is_rest")]
    pub kind: ApiKind,
    /// Its id.
    pub id: RestApiId,
    /// The stage.
    pub stage: StageName,
    /// The deployment that it serves now.
    pub from: DeploymentId,
    /// The deployment that it will serve.
    pub to: DeploymentRef,
    /// The definition that the deployment holds.
    pub definition: Sha256,
    /// The stage's own cache, where it has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caches: Vec<Cache>,
}

/// The cache of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cache {
    /// The API.
    pub api: ApiKey,
    /// Its id.
    pub id: RestApiId,
    /// The stage.
    pub stage: StageName,
}

impl MoveAlias {
    /// Whether the alias is known to have provisioned concurrency.
    pub(super) fn waits_for_concurrency(&self) -> bool {
        matches!(self.wait, Some(ProvisionedWait::Ready | ProvisionedWait::Calls))
    }
}

impl ChangeCode {
    /// The image that the function gets; `None` where it gets a zip, or has its code already.
    pub fn image(&self) -> Option<&ImageUri> {
        if let CodeCall::Image { uri, .. } = &self.call { Some(uri) } else { None }
    }

    /// Returns a digest of its code as Lambda writes it in `CodeSha256`: that of an image in hex.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>
    pub fn code_sha256(&self, digest: &Sha256) -> String {
        code_sha256(digest, self.is_image)
    }

    pub(super) fn title(&self) -> String {
        match &self.call {
            CodeCall::Image { uri, publish, .. } => {
                let digest = short_digest(&uri.digest().unwrap_or(self.after));
                let version = if *publish { " and publish a version" } else { "" };
                format!("update {} to image {}@{digest}{version}", self.name, uri.repository())
            }
            CodeCall::Update { publish: true, .. } => format!("update the code of {} and publish a version", self.name),
            CodeCall::Update { .. } => format!("update the code of {}", self.name),
            CodeCall::Publish => format!("publish $LATEST of {} as a version", self.name),
        }
    }
}

/// A digest as Lambda writes it in `CodeSha256`.
pub fn code_sha256(digest: &Sha256, is_image: bool) -> String {
    if is_image { digest.hex() } else { digest.base64() }
}

impl Permit {
    pub(super) fn title(&self) -> String {
        let who = match &self.caller.api {
            Ref::Existing(id) => self.caller.source_arn(id),
            Ref::Made(key) => format!("the new API of {key}"),
        };
        format!("let {who} invoke {}:{}", self.name, self.qualifier)
    }
}
