//! What the user asked for: one type per verb.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};

use super::{FunctionKey, Secret};

/// A verb, with what it was asked.
#[derive(Clone, Debug)]
pub enum Request {
    /// `release` and `plan`.
    Release(ReleaseRequest),
    /// `package`.
    Package(PackageRequest),
    /// One of the verbs of `preview`.
    Preview(PreviewRequest),
}

/// A verb of `preview`, with what it was asked.
#[derive(Clone, Debug)]
pub enum PreviewRequest {
    /// `preview up`.
    Up(PreviewUpRequest),
    /// `preview down`.
    Down(PreviewDownRequest),
    /// `preview list`.
    List(PreviewListRequest),
    /// `preview prune`.
    Prune(PreviewPruneRequest),
}

/// What every verb that reads settings is asked.
#[derive(Clone, Debug, Default)]
pub struct Common {
    /// `--config`: the settings file; `None` looks for `sls-release.toml` here and above.
    pub config: Option<PathBuf>,
    /// The flags that win over environment, file and defaults.
    pub overrides: Overrides,
    /// The variables `SLS_RELEASE_*` of the process, so that resolving settings stays pure.
    pub environment: BTreeMap<String, String>,
    /// All variables, which a smoke test may send. Never printed.
    pub variables: BTreeMap<String, Secret>,
    /// The commit for `{commit}`; unknown is an error only where it is used.
    pub commit: Option<String>,
    /// The settings of a pull request's base branch, which decide instead of the file's own.
    pub base: Option<BaseSettings>,
}

/// Where a verb's archives come from, and how they are made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[expect(clippy::doc_markdown, reason = "clap prints these comments as they stand")]
pub struct ArchiveRequest {
    /// The folder for the archives [env: SLS_RELEASE_OUT_DIR] [default: target/sls-release for `package`, else none is kept]
    #[arg(long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(folder))]
    pub out_dir: Option<PathBuf>,
    /// Take the archives of this folder, which `package` made, instead of the sources
    #[arg(long, value_name = "DIR")]
    pub artifacts: Option<PathBuf>,
    /// Go on only with this archive of a function, by its key and SHA-256; may be repeated
    #[arg(long, value_name = "KEY=DIGEST")]
    pub expect_sha256: Vec<String>,
    /// Compress all files anew, and remember nothing for the next time [env: SLS_RELEASE_CACHE_DIR names the folder]
    #[arg(long)]
    pub no_cache: bool,
    /// How `package` makes the archives; the bytes do not depend on it.
    #[arg(skip)]
    pub packing: Packing,
}

/// What `release` and `plan` are asked.
#[derive(Clone, Debug, Default)]
pub struct ReleaseRequest {
    /// The settings.
    pub common: Common,
    /// The archives.
    pub archives: ArchiveRequest,
    /// `--function`, repeated; empty means all.
    pub only: Vec<FunctionKey>,
    /// `plan`: the release ends before its first write.
    pub plan_only: bool,
}

/// What `package` is asked.
#[derive(Clone, Debug, Default)]
pub struct PackageRequest {
    /// The settings; no stage is needed unless the live code is compared.
    pub common: Common,
    /// The archives.
    pub archives: ArchiveRequest,
    /// `--function`, repeated; empty means all.
    pub only: Vec<FunctionKey>,
    /// What is shown of the archives besides their digests.
    pub views: Views,
}

/// What `preview up` is asked.
#[derive(Clone, Debug, Default)]
pub struct PreviewUpRequest {
    /// The settings.
    pub common: Common,
    /// The archives.
    pub archives: ArchiveRequest,
    /// `--pr`: the number of the pull request.
    pub number: u64,
    /// Whose preview it is.
    pub owner: PreviewOwner,
    /// The commit that is checked out; `None` where there is no checkout.
    pub checkout: Option<String>,
}

/// What `preview down` is asked.
#[derive(Clone, Debug, Default)]
pub struct PreviewDownRequest {
    /// The settings, and whose preview it is.
    pub previews: PreviewListRequest,
    /// `--pr`: the number of the pull request.
    pub number: u64,
    /// Whether no settings file is read, since a closed pull request must not decide about its own end.
    pub ignores_file: bool,
}

/// What `preview list` is asked, and every verb that looks for previews.
#[derive(Clone, Debug, Default)]
pub struct PreviewListRequest {
    /// The settings; no stage is needed.
    pub common: Common,
    /// Whose previews are meant.
    pub owner: PreviewOwner,
}

/// What `preview prune` is asked.
#[derive(Clone, Debug, Default)]
pub struct PreviewPruneRequest {
    /// The settings, and whose previews are looked at.
    pub previews: PreviewListRequest,
    /// `--older-than`: deletes the previews as well that did not change for longer.
    pub older_than: Option<Duration>,
    /// `--dry-run`: ends before the first write.
    pub dry_run: bool,
}

/// Whose previews are meant. The flags win over the settings file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[expect(clippy::doc_markdown, reason = "clap prints these comments as they stand")]
pub struct PreviewOwner {
    /// The repository [env: GITHUB_REPOSITORY] [default: the settings', else Git's remote origin]
    #[arg(long, value_name = "OWNER/NAME")]
    pub repository: Option<String>,
    /// Tells the services of one repository apart [default: the settings', else their folder, else the repository's name]
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The repository of Git's remote `origin`: used where neither flag nor settings name one.
    #[arg(skip)]
    pub remote: Option<String>,
}

/// What `settings::resolve` reads besides the settings file.
#[derive(Clone, Copy, Debug)]
pub struct SettingsInput<'a> {
    /// The flags and variables of every verb.
    pub common: &'a Common,
    /// `--function`; empty means all.
    pub only: &'a [FunctionKey],
    /// `--out-dir`.
    pub out_dir: Option<&'a Path>,
    /// Whether `{stage}` and `{commit}` may stay as they are if none is given.
    pub is_stage_optional: bool,
    /// Whether `[artifacts]` may lack a `bucket`, since the verb uploads nothing.
    pub is_bucket_optional: bool,
    /// The number of the pull request for `{pr}`.
    pub pull_request: Option<u64>,
    /// `--repository` and `--service`, which must be valid names.
    pub owner: Option<&'a PreviewOwner>,
}

/// The settings file on the base branch of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseSettings {
    /// For messages, as Git names it: `main:sls-release.toml`.
    pub shown: PathBuf,
    /// All of it.
    pub text: String,
}

/// How `package` makes archives, besides what decides their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct Packing {
    /// Inflate every entry after packing, and compare
    #[arg(long)]
    pub verify: bool,
    /// How many threads compress; the bytes are the same with any number [default: one for each core]
    #[arg(long, value_name = "COUNT", value_parser = threads)]
    pub threads: Option<NonZeroUsize>,
}

/// Reads a folder to write to. Archives do not fit on standard output.
fn folder(path: OsString) -> Result<PathBuf, &'static str> {
    if path == "-" { Err("name a folder: each function gets a file in it") } else { Ok(path.into()) }
}

/// Reads a number of threads.
fn threads(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "write a number from 1, such as 4, or leave it out for one thread each core")
}

/// What `package` shows of the archives besides their digests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Views {
    /// Compare the archive with this one: the same bytes, the same files, or what differs
    #[arg(long, value_name = "ZIP", group = "against")]
    pub compare: Option<PathBuf>,
    /// Show what differs from the code that is live, or from this archive
    #[arg(long, value_name = "ZIP", num_args = 0..=1, group = "against")]
    pub diff: Option<Option<PathBuf>>,
    /// Show where the bytes are, what was left out by which rule, and what should be looked at
    #[arg(long)]
    pub explain: bool,
    /// Draw the archive into this file, `-` for standard output: each rectangle a file, as large as it is in the zip
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

impl Views {
    /// Returns the archive that `--compare` or `--diff` names.
    pub fn against(&self) -> Option<Against> {
        let diff = self.diff.clone().map(|zip| zip.map_or(Against::Live, Against::Zip));
        self.compare.clone().map(Against::Zip).or(diff)
    }
}

/// The other archive of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// What the function's callers run.
    Live,
    /// A zip on this machine.
    Zip(PathBuf),
}

/// Flags that win over the environment, the file and the defaults.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--stage`.
    pub stage: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--bucket`.
    pub bucket: Option<String>,
    /// `--wait-timeout`.
    pub wait_timeout: Option<Duration>,
    /// `--image`, repeated: a function with its image. The last one of a function counts.
    pub images: Vec<(FunctionKey, String)>,
}

impl<'a> SettingsInput<'a> {
    /// Returns the input of a verb that needs nothing but flags and variables.
    pub fn new(common: &'a Common) -> Self {
        Self {
            common,
            only: &[],
            out_dir: None,
            is_stage_optional: false,
            is_bucket_optional: false,
            pull_request: None,
            owner: None,
        }
    }
}

impl ReleaseRequest {
    /// Returns what its settings are resolved from.
    pub fn settings_input(&self) -> SettingsInput<'_> {
        let out_dir = self.archives.out_dir.as_deref();
        SettingsInput { only: &self.only, out_dir, ..SettingsInput::new(&self.common) }
    }
}

impl PackageRequest {
    /// Returns what its settings are resolved from.
    pub fn settings_input(&self) -> SettingsInput<'_> {
        let out_dir = self.archives.out_dir.as_deref();
        SettingsInput {
            only: &self.only,
            out_dir,
            is_stage_optional: self.views.against() != Some(Against::Live),
            is_bucket_optional: true,
            ..SettingsInput::new(&self.common)
        }
    }
}

impl PreviewUpRequest {
    /// Returns what its settings are resolved from.
    pub fn settings_input(&self) -> SettingsInput<'_> {
        let (out_dir, owner) = (self.archives.out_dir.as_deref(), Some(&self.owner));
        SettingsInput { out_dir, owner, pull_request: Some(self.number), ..SettingsInput::new(&self.common) }
    }

    /// Returns the request that deletes what this one makes.
    pub fn down(&self) -> PreviewDownRequest {
        let previews = PreviewListRequest { common: self.common.clone(), owner: self.owner.clone() };
        PreviewDownRequest { previews, number: self.number, ignores_file: false }
    }
}

impl PreviewDownRequest {
    /// Returns what its settings are resolved from.
    pub fn settings_input(&self) -> SettingsInput<'_> {
        SettingsInput { pull_request: Some(self.number), ..self.previews.settings_input() }
    }
}

impl PreviewListRequest {
    /// Returns what its settings are resolved from.
    pub fn settings_input(&self) -> SettingsInput<'_> {
        let owner = Some(&self.owner);
        SettingsInput { is_stage_optional: true, is_bucket_optional: true, owner, ..SettingsInput::new(&self.common) }
    }
}
