//! The observed state, read in one wave. Plain data: the planner's fixtures are made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tempfile::TempPath;

use super::{
    AccountId, AliasName, ApiDefinition, ApiKey, ApiKind, Artifact, CommitId, DeploymentId, FunctionKey, FunctionName,
    FunctionUrl, ImageUri, LambdaTarget, Md5, ObjectKey, ObservedImage, OlderCommit, Qualifier, Region, RestApiId,
    RevisionId, Sha256, StageName, Version,
};

/// A value that is used and never shown or serialized.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes the value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The state of a stage in AWS before anything was written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Observed {
    /// The region that was asked.
    pub region: Region,
    /// The chosen functions; `None` where AWS has none of that name.
    pub functions: BTreeMap<FunctionKey, Option<ObservedFunction>>,
    /// The APIs; `None` where AWS has none.
    pub apis: BTreeMap<ApiKey, Option<ObservedApi>>,
    /// The objects that were asked for (artifacts, live code), by key; `None` where the bucket has none.
    pub objects: BTreeMap<ObjectKey, Option<ObservedObject>>,
    /// The artifacts' bucket.
    pub bucket: ObservedBucket,
    /// The images of functions that are released as such.
    #[serde(default)]
    pub images: BTreeMap<FunctionKey, ObservedImage>,
    /// The bucket keeps versions; asked where the code of a function with a fixed key changes.
    #[serde(default)]
    pub keeps_versions: bool,
    /// What is in the archives of functions whose code differs, where equal files are enough.
    #[serde(default)]
    pub contents: BTreeMap<FunctionKey, ObservedContents>,
    /// The live code is of a newer commit than the one to release, as far as Git or GitHub knows; asked where code changes.
    #[serde(default)]
    pub older_commit: Option<OlderCommit>,
}

impl Observed {
    /// Whether something was not read of a function that does not change.
    pub fn is_partial(&self) -> bool {
        self.functions.values().flatten().any(|function| function.policies.is_empty())
    }
}

/// What is in a function's two archives: [`super::ArchiveContents::digest`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ObservedContents {
    /// Of the artifact.
    pub packed: Sha256,
    /// Of the code of `$LATEST`; `None` where it is known to be another, or could not be read.
    #[serde(default)]
    pub live: Option<Sha256>,
    /// The code of `$LATEST`, where it was fetched; it goes away with the last of its owners.
    #[serde(skip)]
    pub live_file: Option<Arc<TempPath>>,
}

/// What the look at the bucket showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservedBucket {
    /// It answers.
    Present,
    /// There is none of that name.
    Missing,
    /// It is in another region.
    Elsewhere,
    /// S3 answers 403: it belongs to another account, or a permission is missing. AWS's message.
    Forbidden(String),
}

/// An object under an artifact's key, or under a fixed one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedObject {
    /// Its size.
    pub bytes: u64,
    /// The version, where the bucket keeps versions.
    pub version_id: Option<String>,
    /// Its entity tag: the MD5 of an object that was put as a whole and not encrypted by KMS.
    #[serde(default)]
    pub etag: Option<String>,
    /// What was set on it beside its bytes.
    #[serde(default)]
    pub fields: ObjectFields,
    /// S3's SHA-256 of it: of the whole, or of the parts' (`…-3`); `None` where S3 keeps none.
    pub checksum_sha256: Option<String>,
    /// The digest of its contents, as its metadata claims.
    #[serde(default)]
    pub contents: Option<Sha256>,
    /// The commit of the release that uploaded it, as its metadata claims.
    #[serde(default)]
    pub commit: Option<CommitId>,
}

/// What was set on an object beside its bytes. A new version has none of it unless it is sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectFields {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `x-amz-meta-…`.
    pub metadata: BTreeMap<String, String>,
    /// Read of objects under fixed keys alone.
    pub tags: BTreeMap<String, String>,
}

impl ObservedObject {
    /// Returns whether it is known to be the object of this artifact.
    pub fn holds(&self, artifact: &Artifact) -> bool {
        let sums = [&artifact.checksum_sha256, &artifact.sha256.base64()];
        let is_its = self.checksum_sha256.as_ref().is_some_and(|sum| sums.contains(&sum));
        let md5 = artifact.md5.as_ref().map(Md5::hex);
        self.bytes == artifact.zipped_bytes && (is_its || md5.is_some() && self.etag.as_deref() == md5)
    }

    /// Returns whether it may be the object of these bytes. A checksum of parts (`…-3`) proves nothing.
    pub fn may_hold(&self, bytes: u64, sha256: &Sha256) -> bool {
        let over_all = self.checksum_sha256.as_ref().filter(|sum| !sum.contains('-'));
        self.bytes == bytes && over_all.is_none_or(|sum| *sum == sha256.base64())
    }
}

/// A function, its alias and its policies.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ObservedFunction {
    /// Its name.
    pub name: FunctionName,
    /// Its ARN, without a qualifier.
    pub arn: String,
    /// The owner.
    pub account: AccountId,
    /// `$LATEST`.
    pub latest: ObservedCode,
    /// The alias of the settings; `None` where it does not exist, or none is set.
    #[serde(default)]
    pub alias: Option<ObservedAlias>,
    /// Who may invoke: statements by qualifier, of those that were asked for.
    #[serde(default)]
    pub policies: BTreeMap<Qualifier, Vec<PolicyStatement>>,
    /// Code signing refuses unsigned code.
    #[serde(default)]
    pub signing_enforced: bool,
    /// All its aliases, where its code changes and the settings name neither an alias of it nor an API.
    #[serde(default)]
    pub aliases: BTreeSet<AliasName>,
    /// The event source mappings that call it, or an alias or a version of it, where its code changes.
    #[serde(default)]
    pub event_sources: Vec<EventSource>,
    /// Its URL and that of its alias, where a smoke test asks one, and where its code changes and the settings have no API.
    #[serde(default)]
    pub urls: BTreeMap<Qualifier, FunctionUrl>,
    /// What the role may not read, and a release does not need.
    #[serde(default)]
    pub denied: BTreeSet<OptionalRead>,
    /// A ten-minute link to the live code: used, never shown.
    #[serde(skip)]
    pub code_link: Option<Secret>,
}

impl ObservedFunction {
    /// The URL whose callers get what is released of this qualifier: that of the alias, or else the function's own.
    pub fn url_of(&self, released: &Qualifier) -> Option<(&Qualifier, &FunctionUrl)> {
        self.urls.get_key_value(released).or_else(|| self.urls.get_key_value(&Qualifier::Latest))
    }
}

/// An event source mapping.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventSource {
    /// Its UUID.
    pub id: String,
    /// The ARN of the queue, the stream or the table; `None` for a source without one, such as one's own Kafka.
    #[serde(default)]
    pub source: Option<String>,
    /// What it calls.
    #[serde(default)]
    pub qualifier: Qualifier,
}

/// Code and configuration of `$LATEST` or of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedCode {
    /// `$LATEST` or a number.
    pub version: Version,
    /// `CodeSha256`; of an image the digest of its manifest.
    pub sha256: Sha256,
    /// `ResolvedImageUri`; `None` for zips, and where Lambda did not return it.
    #[serde(default)]
    pub image: Option<ImageUri>,
    /// `CodeSize`: of the zip. `None` if Lambda did not return it.
    #[serde(default)]
    pub zipped_bytes: Option<u64>,
    /// Digest of everything of the configuration that a version freezes.
    pub configuration: Sha256,
    /// For the next write.
    pub revision: RevisionId,
    /// `State`: `Active`, `Pending`, `Inactive`, `Failed`.
    pub state: String,
    /// `LastUpdateStatus`: `Successful`, `InProgress`, `Failed`.
    pub last_update_status: String,
    /// AWS's words on a failed state or update. May be empty.
    #[serde(default)]
    pub status_reason: String,
    /// `Zip` or `Image`.
    pub package_type: String,
    /// `python3.13`; `None` for images.
    pub runtime: Option<String>,
    /// `app.handler`.
    pub handler: Option<String>,
    /// `x86_64` or `arm64`.
    pub architecture: Option<String>,
    /// `Timeout`: how long one invocation may take.
    #[serde(default)]
    pub timeout_seconds: Option<u32>,
    /// `LoggingConfig.LogGroup`: where it logs.
    #[serde(default)]
    pub log_group: Option<String>,
    /// `TenancyConfig`: each invocation needs a tenant's id.
    #[serde(default)]
    pub has_tenants: bool,
    /// In order.
    #[serde(default)]
    pub layers: Vec<ObservedLayer>,
    /// `SourceKMSKeyArn`: an update that omits it reverts it.
    #[serde(default)]
    pub source_kms_key: Option<String>,
    /// `S3ObjectStorageMode`: `COPY` or `REFERENCE`; an update that omits it reverts it.
    #[serde(default)]
    pub storage_mode: Option<String>,
    /// Runs on a capacity provider: unqualified calls go to `$LATEST.PUBLISHED`.
    #[serde(default)]
    pub on_capacity_provider: bool,
    /// A durable function: its executions stay on the version they began on.
    #[serde(default)]
    pub durable: bool,
}

impl ObservedCode {
    /// Its code is a container image.
    pub fn is_image(&self) -> bool {
        self.package_type == "Image"
    }

    /// An update of it, or its creation, is in progress: Lambda refuses further writes until that ends.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
    pub fn is_busy(&self) -> bool {
        self.last_update_status == "InProgress" || self.state == "Pending"
    }
}

/// A layer of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedLayer {
    /// Size of its archive, the lower bound of what it unzips to.
    pub zipped_bytes: u64,
}

/// An alias and its version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservedAlias {
    /// Its name.
    pub name: AliasName,
    /// The version it points at.
    pub version: Version,
    /// For the next write; `None` where nothing of the function changes, since then `GetAlias` is not asked.
    #[serde(default)]
    pub revision: Option<RevisionId>,
    /// `RoutingConfig`: further versions with their share of the calls, as `GetAlias` tells.
    #[serde(default)]
    pub weights: BTreeMap<Version, f64>,
    /// Its provisioned concurrency; `None` where it has none, and where the alias neither moves nor has weights, since
    /// then Lambda is not asked.
    #[serde(default)]
    pub provisioned: Option<Provisioned>,
    /// Code and configuration of that version.
    pub code: ObservedCode,
}

impl ObservedAlias {
    /// The alias as `GetFunction` of it tells: the version that it points at.
    pub fn of_code(name: AliasName, code: ObservedCode) -> Self {
        let version = code.version.clone();
        Self { name, version, revision: None, weights: BTreeMap::new(), provisioned: None, code }
    }

    /// The version that gets all calls by a weight, although the alias points at another: so Lambda does it until the
    /// other version has its provisioned concurrency.
    ///
    /// <https://github.com/hashicorp/terraform-provider-aws/pull/48116>
    pub fn stands_in(&self) -> Option<&Version> {
        let mut weights = self.weights.iter();
        let only = weights.next().filter(|_| weights.next().is_none());
        only.filter(|(_, share)| **share >= 1.0).map(|(version, _)| version)
    }
}

/// The provisioned concurrency of an alias.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provisioned {
    /// `READY`.
    Ready,
    /// `IN_PROGRESS`: Lambda is allocating it, for a new version or because autoscaling changed it.
    InProgress,
    /// `FAILED`, with AWS's reason.
    Failed(String),
}

/// A read that a release can do without; it is denied where a role may not do it. Displayed: what is not known then.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, derive_more::Display,
)]
pub enum OptionalRead {
    /// `GetProvisionedConcurrencyConfig` of the alias.
    #[serde(rename = "lambda:GetProvisionedConcurrencyConfig")]
    #[display(
        "it is not known whether its alias has provisioned concurrency: the run waits until calls go to the new version, but would not see that its concurrency failed"
    )]
    ProvisionedConcurrency,
    /// `ListAliases` of a function for which the settings name neither an alias nor an API.
    #[serde(rename = "lambda:ListAliases")]
    #[display("it is not known whether its callers use an alias, which stays on its version")]
    Aliases,
    /// `GetPolicy` of the function itself or, without an API, of its alias.
    #[serde(rename = "lambda:GetPolicy")]
    #[display("it is not known which services may call it, and when they get new code")]
    Policy,
    /// `ListEventSourceMappings`.
    #[serde(rename = "lambda:ListEventSourceMappings")]
    #[display("it is not known which event sources call it, and when they get new code")]
    EventSources,
    /// `GetFunctionUrlConfig` of a function that no smoke test asks by its URL.
    #[serde(rename = "lambda:GetFunctionUrlConfig")]
    #[display("it is not known whether it has a URL, and when callers of that get new code")]
    Url,
    /// `GetFunctionCodeSigningConfig`.
    #[serde(rename = "lambda:GetFunctionCodeSigningConfig")]
    #[display("it is not known whether code signing refuses unsigned code; if it does, AWS refuses the update")]
    CodeSigning,
    /// `GetCodeSigningConfig` of the function's code signing configuration.
    #[serde(rename = "lambda:GetCodeSigningConfig")]
    #[display(
        "it is not known whether its code signing configuration refuses unsigned code; if it does, AWS refuses the update"
    )]
    CodeSigningPolicy,
    /// The environment of `$LATEST`, which Lambda decrypts for those who may use its key.
    #[serde(rename = "kms:Decrypt")]
    #[display(
        "it is not known whether the environment of $LATEST differs from that of the alias's version: a change of it alone is not released"
    )]
    Environment,
}

impl OptionalRead {
    /// The action, as IAM names it.
    pub fn action(self) -> &'static str {
        match self {
            Self::ProvisionedConcurrency => "lambda:GetProvisionedConcurrencyConfig",
            Self::Aliases => "lambda:ListAliases",
            Self::Policy => "lambda:GetPolicy",
            Self::EventSources => "lambda:ListEventSourceMappings",
            Self::Url => "lambda:GetFunctionUrlConfig",
            Self::CodeSigning => "lambda:GetFunctionCodeSigningConfig",
            Self::CodeSigningPolicy => "lambda:GetCodeSigningConfig",
            Self::Environment => "kms:Decrypt",
        }
    }
}

/// A statement of a function's resource policy, as far as invoking goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyStatement {
    /// Its id.
    pub sid: String,
    /// The statement as AWS keeps it.
    pub statement: serde_json::Value,
}

/// A REST API with the stage of the settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ObservedApi {
    /// What it is.
    #[serde(default)]
    pub kind: ApiKind,
    /// Its id.
    pub id: RestApiId,
    /// What would be deployed now.
    pub definition: ApiDefinition,
    /// `None` where the API has no such stage.
    pub stage: Option<ObservedStage>,
    /// Its deployments.
    #[serde(default)]
    pub deployments: Vec<ObservedDeployment>,
    /// `disableExecuteApiEndpoint`.
    #[serde(default)]
    pub execute_api_disabled: bool,
}

impl ObservedApi {
    /// The deployment that the stage serves, where it is listed.
    pub fn live_deployment(&self) -> Option<&ObservedDeployment> {
        let live = self.stage.as_ref()?.deployment.as_ref()?;
        self.deployments.iter().find(|deployment| deployment.id == *live)
    }

    /// The functions that its integrations and its authorizers call.
    pub fn lambda_targets(&self) -> Vec<LambdaTarget> {
        let none = BTreeMap::new();
        let variables = self.stage.as_ref().map_or(&none, |stage| &stage.variables);
        let integrations = self.definition.integrations.iter().filter_map(|one| one.lambda_target(variables));
        let authorizers = self.definition.document["authorizers"].as_object().into_iter().flatten();
        let uris = authorizers.filter_map(|(_, authorizer)| authorizer["uri"].as_str());
        integrations.chain(uris.filter_map(|uri| LambdaTarget::of_uri(uri, variables))).collect()
    }
}

/// A stage of a REST API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedStage {
    /// Its name.
    pub name: StageName,
    /// What it serves; `None` for a stage without a deployment.
    pub deployment: Option<DeploymentId>,
    /// Its variables, which integrations may use.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// It has a cache cluster.
    #[serde(default)]
    pub has_cache: bool,
    /// A canary takes part of the calls.
    #[serde(default)]
    pub has_canary: bool,
    /// API Gateway deploys each change of the API by itself; the stage of an HTTP API only.
    #[serde(default)]
    pub auto_deploy: bool,
    /// What API Gateway said of its last deployment by itself, if it failed.
    #[serde(default)]
    pub last_deployment: Option<String>,
}

/// A deployment of a REST API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedDeployment {
    /// Its id.
    pub id: DeploymentId,
    /// Holds the definition's digest where we made it.
    #[serde(default)]
    pub description: String,
}
