//! Groups of options; each verb carries the groups that it uses.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::completion;
use crate::machine::Machine;
use crate::model::{ArchiveRequest, Common, FunctionKey, Overrides, PackageRequest, Packing, ReleaseRequest, Views};
use crate::report::{Colour, Format};
use crate::settings::parse_duration;

/// Options of every command, before or after it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct ReportOptions {
    /// Who reads the report
    #[arg(long, global = true, value_name = "FORMAT", env = "SLS_RELEASE_OUTPUT", hide_env_values = true)]
    #[arg(default_value = "human")]
    pub(super) output: Format,
    /// Which outputs get colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Colour,
    /// Say more: what needs nothing, all digits of digests, and each file of an archive
    #[arg(long, short, global = true, overrides_with = "verbose")]
    pub(super) verbose: bool,
    /// Say nothing but the result and errors
    #[arg(long, short, global = true, conflicts_with = "verbose", overrides_with = "quiet")]
    pub(super) quiet: bool,
}

/// Options of the verbs that read settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[expect(clippy::doc_markdown, reason = "clap prints these comments as they stand")]
pub(super) struct SettingsOptions {
    /// The stage to release to, or that previews are copies of, such as dev [env: SLS_RELEASE_STAGE]
    #[arg(long, value_name = "STAGE", add = ArgValueCandidates::new(completion::stages))]
    stage: Option<String>,
    /// The settings file [default: sls-release.toml, here or in a folder above]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The AWS region [env: SLS_RELEASE_REGION] [default: AWS's own]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

/// Options of the verbs that choose functions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub(super) struct FunctionOptions {
    /// Only this function, by its key in the settings; may be repeated
    #[arg(long = "function", value_name = "KEY", add = ArgValueCandidates::new(completion::functions))]
    functions: Vec<String>,
}

/// Options of the verbs that write to AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[expect(clippy::doc_markdown, reason = "clap prints these comments as they stand")]
pub(super) struct AwsOptions {
    /// The bucket for the archives [env: SLS_RELEASE_BUCKET]
    #[arg(long, value_name = "BUCKET")]
    bucket: Option<String>,
    /// How long to wait for one thing at AWS, such as 5m, 30s, 500ms [env: SLS_RELEASE_WAIT_TIMEOUT]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    wait_timeout: Option<Duration>,
    /// Release this container image of a function, by its key and URI; may be repeated
    #[arg(long = "image", value_name = "KEY=URI", value_parser = image)]
    images: Vec<(FunctionKey, String)>,
}

/// Reads a function's key and its image.
fn image(text: &str) -> Result<(FunctionKey, String), &'static str> {
    let (key, uri) = text.split_once('=').filter(|(key, uri)| !key.is_empty() && !uri.is_empty()).ok_or(
        "write the function's key and its image: hello=123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello:TAG",
    )?;
    Ok((FunctionKey::new(key), uri.to_owned()))
}

/// The options of `release`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct ReleaseOptions {
    #[command(flatten)]
    pub(super) settings: SettingsOptions,
    #[command(flatten)]
    pub(super) functions: FunctionOptions,
    #[command(flatten)]
    pub(super) archives: ArchiveRequest,
    #[command(flatten)]
    pub(super) aws: AwsOptions,
}

/// The options of `plan`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct PlanOptions {
    /// Exit with 10 where changes are pending
    #[arg(long)]
    pub(super) exit_code: bool,
    #[command(flatten)]
    pub(super) release: ReleaseOptions,
}

/// The options of `package`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct PackageOptions {
    #[command(flatten)]
    packing: Packing,
    #[command(flatten)]
    views: Views,
    /// Exit with 10 where --compare or --diff finds other files
    #[arg(long, requires = "against")]
    pub(super) exit_code: bool,
    #[command(flatten)]
    settings: SettingsOptions,
    #[command(flatten)]
    functions: FunctionOptions,
    #[command(flatten)]
    archives: ArchiveRequest,
}

impl SettingsOptions {
    /// Returns what the lower floors know of these options and of the machine.
    pub(super) fn common(&self, aws: &AwsOptions, machine: &Machine) -> Common {
        Common {
            config: self.config.clone(),
            overrides: Overrides {
                stage: self.stage.clone(),
                region: self.region.clone(),
                bucket: aws.bucket.clone(),
                wait_timeout: aws.wait_timeout,
                images: aws.images.clone(),
            },
            environment: machine.environment.clone(),
            variables: machine.variables.clone(),
            commit: machine.commit.clone(),
            base: None,
        }
    }
}

impl FunctionOptions {
    fn keys(&self) -> Vec<FunctionKey> {
        self.functions.iter().map(FunctionKey::new).collect()
    }
}

impl ReleaseOptions {
    pub(super) fn request(&self, plan_only: bool, machine: &Machine) -> ReleaseRequest {
        ReleaseRequest {
            common: self.settings.common(&self.aws, machine),
            archives: self.archives.clone(),
            only: self.functions.keys(),
            plan_only,
        }
    }
}

impl PackageOptions {
    /// Returns the options of `package` that `release` has as well.
    pub(super) fn of_release(options: ReleaseOptions) -> Self {
        let ReleaseOptions { settings, functions, archives, aws: _ } = options;
        Self { settings, functions, archives, ..Self::default() }
    }

    pub(super) fn request(&self, machine: &Machine) -> PackageRequest {
        PackageRequest {
            common: self.settings.common(&AwsOptions::default(), machine),
            archives: ArchiveRequest { packing: self.packing, ..self.archives.clone() },
            only: self.functions.keys(),
            views: self.views.clone(),
        }
    }
}
