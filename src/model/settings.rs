//! Everything known before AWS is asked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::{
    AccountId, AliasName, ApiKey, ArchiveFileSettings, BucketName, FunctionKey, FunctionName, PreviewSettings, Region,
    RestApiId, StageName,
};
use crate::error::Location;

/// Where a value came from; precedence is in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A flag, such as `--stage`.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// The settings file.
    File(Location),
    /// Nobody said anything.
    Default,
}

/// A value with its source, so that an error can point at the line to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Who said so.
    pub source: Source,
}

impl<T> Sourced<T> {
    /// A value that nobody set.
    pub fn default_of(value: T) -> Self {
        Self { value, source: Source::Default }
    }

    /// The place in the settings file, where it came from there.
    pub fn location(&self) -> Option<Location> {
        match &self.source {
            Source::File(location) => Some(location.clone()),
            _ => None,
        }
    }

    /// The same source with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { value: change(self.value), source: self.source }
    }
}

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
    /// How the endpoint is proven; `None`: it is not.
    pub smoke: Option<SmokeSettings>,
    /// `[preview]`; `None` where the table is not there.
    #[serde(skip)]
    pub preview: Option<PreviewSettings>,
    /// How long one wait for AWS may take.
    pub wait_timeout: Duration,
    /// Where the archives are written.
    pub out_dir: PathBuf,
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
}

/// How a function's archive is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArchiveFormat {
    /// Our own smallest, fastest, reproducible zip: revision `compact-1`.
    Compact,
    /// Byte for byte what Terraform's `archive_file` makes.
    ArchiveFile(ArchiveFileSettings),
}

/// Where a function's code comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeSource {
    /// `source_file`: this file alone, also where it is a `.zip`.
    SourceFile(PathBuf),
    /// `sources`: files whose content stands in the settings, by name.
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
    /// Which bytes are made.
    pub archive: ArchiveFormat,
    /// The function's name in Lambda.
    pub name: Sourced<FunctionName>,
    /// The alias that is moved; `None`: callers use `$LATEST`.
    pub alias: Option<Sourced<AliasName>>,
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

/// An `[apis.<key>]` table; REST APIs.
#[derive(Clone, Debug, Serialize)]
pub struct ApiSettings {
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
    /// A whole URL: a custom domain, say.
    Url(String),
}

/// The `[smoke]` table.
#[derive(Clone, Debug, Serialize)]
pub struct SmokeSettings {
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
