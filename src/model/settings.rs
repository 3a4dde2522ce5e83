//! Everything known before AWS is asked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::{
    AccountId, AliasName, ApiKey, ApiKind, ArchiveFileSettings, BucketName, FunctionKey, FunctionName, ImageUri,
    ObjectKey, Qualifier, Region, RestApiId, Secret, Smoke, Sourced, StageName,
};
use crate::error::Location;

/// The settings of one stage, overrides applied and names filled in.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// The stage that is released; `{stage}` itself where `package` was given none.
    pub stage: StageName,
    /// `None`: AWS's own chain decides.
    pub region: Option<Sourced<Region>>,
    /// Where artifacts go; `None` is enough for `package`.
    pub artifacts: Option<ArtifactStore>,
    /// All functions, by key.
    pub functions: BTreeMap<FunctionKey, FunctionSettings>,
    /// The functions `--function` chose; all where it was not given.
    pub chosen: Vec<FunctionKey>,
    /// All APIs, by key.
    pub apis: BTreeMap<ApiKey, ApiSettings>,
    /// How the endpoints are proven; none: they are not.
    pub smoke: Vec<SmokeSettings>,
    /// The values of the environment that the smoke tests send.
    #[serde(skip)]
    pub secrets: Vec<Secret>,
    /// `[preview]`; `None` where the table is not there.
    #[serde(skip)]
    pub preview: Option<PreviewSettings>,
    /// How long one wait for AWS may take.
    pub wait_timeout: Duration,
    /// Where the archives are written.
    pub out_dir: PathBuf,
    /// Whether a flag, a variable or the settings file names [`Settings::out_dir`].
    #[serde(skip)]
    pub is_out_dir_named: bool,
    /// Where they are written unless a flag or a variable says otherwise: older ones may lie there.
    pub usual_out_dir: PathBuf,
    /// The settings file; `None` where a command needs none.
    pub file: PathBuf,
}

impl Settings {
    /// The chosen functions with their settings, in the order of their keys.
    pub fn chosen_functions(&self) -> impl Iterator<Item = (&FunctionKey, &FunctionSettings)> {
        self.functions.iter().filter(|(key, _)| self.chosen.contains(key))
    }

    /// Returns whether the URL of this function matters: a smoke test asks it, or no API is there to call the function.
    pub fn may_use_url(&self, function: &FunctionKey) -> bool {
        self.apis.is_empty() || self.asks_url(function)
    }

    /// Returns whether a smoke test asks the URL of this function.
    pub fn asks_url(&self, asked: &FunctionKey) -> bool {
        let is_asked = |test: &SmokeSettings| matches!(&test.target, SmokeTarget::FunctionUrl { function, .. } if function == asked);
        self.smoke.iter().any(is_asked)
    }

    /// What comes before every key in the artifacts' bucket; may be empty.
    pub fn artifact_prefix(&self) -> &str {
        self.artifacts.as_ref().map_or("", |store| store.prefix.as_str())
    }
}

/// The bucket that holds artifacts.
#[derive(Clone, Debug, Serialize)]
pub struct ArtifactStore {
    /// Its name.
    pub bucket: Sourced<BucketName>,
    /// Before every key, without a slash at either end; may be empty.
    pub prefix: String,
    /// The account that must own the bucket; `None`: the functions' account.
    pub owner: Option<AccountId>,
    /// What each upload says of its encryption; `None`: nothing, so that the bucket's default holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
}

/// How S3 is told to encrypt an object.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Encryption {
    /// By which keys.
    pub kind: EncryptionKind,
    /// The key of KMS; `None`: AWS's own key of the account, or none with [`EncryptionKind::Aes256`].
    pub kms_key: Option<String>,
}

/// The value of `x-amz-server-side-encryption`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum EncryptionKind {
    /// By keys of S3.
    #[serde(rename = "AES256")]
    Aes256,
    /// By a key of KMS.
    #[serde(rename = "aws:kms")]
    Kms,
    /// By a key of KMS, in two layers.
    #[serde(rename = "aws:kms:dsse")]
    KmsDsse,
}

impl EncryptionKind {
    /// All kinds.
    const ALL: [Self; 3] = [Self::Aes256, Self::Kms, Self::KmsDsse];

    /// Returns the kind of this name, or `None` where S3 has none.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Returns the name that S3 and the settings use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aes256 => "AES256",
            Self::Kms => "aws:kms",
            Self::KmsDsse => "aws:kms:dsse",
        }
    }
}

/// How a function's archive is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArchiveFormat {
    /// Our own smallest, fastest, reproducible zip: revision `compact-2`.
    Compact,
    /// Byte for byte what Terraform's `archive_file` makes.
    ArchiveFile(ArchiveFileSettings),
}

impl ArchiveFormat {
    /// Returns whether a function that runs the same files in other bytes needs nothing. Where the bytes themselves
    /// are wanted, it does.
    pub fn is_content_enough(&self) -> bool {
        *self == ArchiveFormat::Compact
    }
}

/// Where a function's code comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeSource {
    /// `source_file`: this file alone, also where it is a `.zip`.
    SourceFile(PathBuf),
    /// `image`: a container image in ECR, which is not packed.
    Image(ImageUri),
    /// `sources`: files with their content in the settings, by name.
    Sources(BTreeMap<String, String>),
    /// `source`: a folder, a file, or a ready `.zip`.
    #[serde(untagged)]
    Path(PathBuf),
}

/// A `[functions.<key>]` table.
#[derive(Clone, Debug, Serialize)]
pub struct FunctionSettings {
    /// Where the code is; paths are resolved against the settings file's folder.
    pub source: Sourced<CodeSource>,
    /// Globs of what goes in; default `**`. For compact.
    pub include: Vec<Sourced<String>>,
    /// Globs of what stays out. For compact.
    pub exclude: Vec<Sourced<String>>,
    /// The folder within which links that leave the source are followed; `None`: they are refused. For compact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_links_within: Option<Sourced<PathBuf>>,
    /// Which bytes are made.
    pub archive: ArchiveFormat,
    /// The fixed key of the artifact's object, which Terraform owns; `None`: the key is the artifact's digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Sourced<ObjectKey>>,
    /// The function's name in Lambda.
    pub name: Sourced<FunctionName>,
    /// The alias that is moved; `None`: `$LATEST` is released.
    pub alias: Option<Sourced<AliasName>>,
    /// `alias = false`: the function has no alias of the stage on purpose.
    pub latest_on_purpose: bool,
}

impl FunctionSettings {
    /// What its callers should use: the alias, or else `$LATEST`.
    pub fn qualifier(&self) -> Qualifier {
        self.alias.as_ref().map_or(Qualifier::Latest, |alias| Qualifier::Named(alias.value.clone()))
    }

    /// The container image that it runs; `None`: its code is packed.
    pub fn image(&self) -> Option<&ImageUri> {
        match &self.source.value {
            CodeSource::Image(uri) => Some(uri),
            _ => None,
        }
    }
}

/// How an API is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiName {
    /// By its id: no look-up.
    Id(RestApiId),
    /// By its name: one look-up more.
    Name(String),
}

/// When an API's stage gets a new deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Redeploy {
    /// When its definition differs from the deployed one.
    Changed,
    /// At each release.
    Always,
    /// Never.
    Never,
}

/// An `[apis.<key>]` table.
#[derive(Clone, Debug, Serialize)]
pub struct ApiSettings {
    /// `type`; `None`: what AWS has.
    pub kind: Option<ApiKind>,
    /// Its id or name.
    pub api: Sourced<ApiName>,
    /// The API's stage, which may have another name than ours.
    pub stage: Sourced<StageName>,
    /// When to redeploy.
    pub redeploy: Redeploy,
}

/// Which endpoint answers the smoke test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SmokeTarget {
    /// A path on the stage of this API.
    Path {
        /// The API.
        api: ApiKey,
        /// Begins with `/`; may have a query.
        path: String,
    },
    /// A path on the URL of this function.
    FunctionUrl {
        /// The function.
        function: FunctionKey,
        /// Begins with `/`; may have a query.
        path: String,
    },
    /// A whole URL: a custom domain, say.
    Url(String),
    /// No endpoint: the new version of the function is invoked with the event in this file.
    Event(PathBuf),
}

impl SmokeTarget {
    /// The target without what may be secret.
    pub fn shown(&self) -> String {
        match self {
            SmokeTarget::Path { path: target, .. }
            | SmokeTarget::FunctionUrl { path: target, .. }
            | SmokeTarget::Url(target) => Smoke::shown(target),
            SmokeTarget::Event(path) => path.display().to_string(),
        }
    }
}

/// A `[[smoke]]` table, or `[smoke]`.
#[derive(Clone, Debug, Serialize)]
pub struct SmokeSettings {
    /// The function that it proves, where the settings name it.
    pub function: Option<FunctionKey>,
    /// Where to ask.
    pub target: SmokeTarget,
    /// Where the target was set, for errors.
    pub at: Option<Location>,
    /// The HTTP method; default `GET`.
    pub method: String,
    /// Sent with each request. Values may be secret: never printed.
    #[serde(skip)]
    pub headers: BTreeMap<String, String>,
    /// Sent with each request. May be secret: never printed.
    #[serde(skip)]
    pub body: Option<String>,
    /// Whether the new version is invoked with the same request before its alias moves; `None`: where that is the same.
    pub before: Option<bool>,
    /// Whether the request is signed with the credentials of this run.
    pub sign: bool,
    /// The tenant that a function is invoked for, if Lambda keeps its tenants apart.
    pub tenant: Option<String>,
    /// What the file of `invoke` holds; `None` until it is read. May be secret: never printed.
    #[serde(skip)]
    pub event: Option<serde_json::Value>,
    /// The status of a good answer.
    pub status: u16,
    /// What the body of a good answer holds: proof that this release answers.
    pub contains: Option<String>,
    /// `contains` names the commit, so that a good answer proves more than health.
    pub proves_release: bool,
    /// Good answers in a row.
    pub hits: u32,
    /// For all of it.
    pub timeout: Duration,
}

/// The `[preview]` table.
#[derive(Clone, Debug)]
pub struct PreviewSettings {
    /// What its functions may do.
    pub role: PreviewRole,
    /// `public_url`: anybody may call the URLs of its functions.
    pub public_url: bool,
    /// Laid over the environment of each function, placeholders filled in. Values may be secret: never printed.
    pub environment: BTreeMap<String, Secret>,
    /// The same for one function.
    pub functions: BTreeMap<FunctionKey, BTreeMap<String, Secret>>,
    /// `service`; `None`: the folder of the settings file, else the repository's name.
    pub service: Option<String>,
    /// `repository`, if the settings name it.
    pub repository: Option<String>,
    /// How many there may be, and for how long their logs are kept.
    pub limits: PreviewLimits,
    /// Tags of everything that a preview creates, beside its own.
    pub tags: BTreeMap<String, String>,
    /// Where the table is, for errors.
    pub at: Option<Location>,
}

/// The role of a preview's functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreviewRole {
    /// `role`: an ARN.
    Own(Sourced<String>),
    /// `share_role = true`: the role of the function that is copied.
    Shared,
}

/// The limits of `[preview]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewLimits {
    /// `max_previews`: of one repository and service; `None`: as many as AWS takes.
    pub max_previews: Option<usize>,
    /// `when_full`.
    pub when_full: WhenFull,
    /// `log_retention_days`.
    pub log_retention_days: i32,
}

/// What a new preview does where there are as many as there may be, and all of their pull requests are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It is not made.
    Refuse,
    /// The longest idle preview is deleted.
    ReplaceOldest,
}
