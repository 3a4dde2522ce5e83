//! What the user asked for.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::{FunctionKey, Secret};

/// The arguments of a verb that reads settings, translated from the command line.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `--config`: the settings file; `None` looks for `sls-release.toml` here and above.
    pub config: Option<PathBuf>,
    /// Values that stand above the settings file.
    pub overrides: Overrides,
    /// `--function`, repeated; empty means all.
    pub only: Vec<FunctionKey>,
    /// `plan`: stop before the first write.
    pub plan_only: bool,
    /// `package`: what needs a stage or a commit stays as it stands where none was given.
    pub stage_optional: bool,
    /// `--out-dir`: where the archives go.
    pub out_dir: Option<PathBuf>,
    /// `--artifacts`: the folder with archives that are there already, instead of the sources.
    pub artifacts: Option<PathBuf>,
    /// `--expect-sha256`, repeated: `KEY=DIGEST`; empty expects nothing.
    pub expect_sha256: Vec<String>,
    /// How the archives are made; the bytes do not depend on it.
    pub packing: Packing,
    /// `package`: what is shown of the archives beside their digests.
    pub views: Views,
    /// `preview`: which one, and whose.
    pub preview: PreviewRequest,
    /// `GITHUB_*`, and the program's own variables of GitHub, for `preview`. Its token is never printed.
    pub github: BTreeMap<String, Secret>,
    /// The commit that is released, for `{commit}`; unknown is an error only where it is used.
    pub commit: Option<String>,
    /// The settings that decide instead of the file's own, where a workflow runs for a pull request.
    pub base: Option<BaseSettings>,
    /// `SLS_RELEASE_*` as they stood when the program began, so that resolving stays pure.
    pub environment: BTreeMap<String, String>,
}

/// The settings file on the base branch of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseSettings {
    /// For messages, as Git names it: `main:sls-release.toml`.
    pub shown: PathBuf,
    /// All of it.
    pub text: String,
}

/// The arguments of `preview`, and what the machine says of the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviewRequest {
    /// `--pr`: the pull request's number.
    pub number: Option<u64>,
    /// `--service`.
    pub service: Option<String>,
    /// `--repository`, else `GITHUB_REPOSITORY`: stands above the settings file.
    pub repository: Option<String>,
    /// What Git's remote `origin` says: stands below the settings file.
    pub remote: Option<String>,
    /// With a preview, its environment at GitHub goes as well.
    pub deletes_environment: bool,
    /// The commit that is checked out; `None` where there is no checkout.
    pub checkout: Option<String>,
    /// `preview down` where a pull request was closed: nothing of what it brings is read.
    pub without_settings: bool,
    /// `prune --older-than`: deletes what nobody touched for longer.
    pub older_than: Option<Duration>,
    /// `prune --dry-run`: stop before the first write.
    pub dry_run: bool,
}

/// How archives are made, beside what decides their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packing {
    /// `--verify`: inflate every entry after packing.
    pub verify: bool,
    /// `--threads`: how many threads compress; `None`: one for each core.
    pub threads: Option<NonZeroUsize>,
    /// `--no-cache`: compress everything anew, and remember nothing.
    pub no_cache: bool,
}

/// What `package` shows of the archives beside their digests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Views {
    /// `--compare`, `--diff`: how the archive differs from another one.
    pub against: Option<Against>,
    /// `--explain`: what is in it, and what was left out.
    pub explain: bool,
    /// `--svg`: the file for a picture of it.
    pub svg: Option<PathBuf>,
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
}
