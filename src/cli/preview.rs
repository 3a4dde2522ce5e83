//! The options of `preview`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::options::{AwsOptions, SettingsOptions};
use crate::machine::Machine;
use crate::model::{
    ArchiveRequest, PreviewDownRequest, PreviewListRequest, PreviewOwner, PreviewPruneRequest, PreviewRequest,
    PreviewUpRequest,
};
use crate::settings::parse_duration;

/// The verbs of `preview`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Preview {
    /// Make, or bring up to date, a copy of a stage with its own API and functions
    #[command(after_help = page!("docs/previews.md"))]
    Up(PreviewUpOptions),
    /// Delete all of the preview of a pull request; no sources are needed
    #[command(after_help = page!("docs/previews.md"))]
    Down(PreviewDownOptions),
    /// Show the repository's previews
    #[command(after_help = page!("docs/previews.md"))]
    List(PreviewOptions),
    /// Delete the previews whose pull request is closed, and those that are idle for long
    #[command(after_help = page!("docs/previews.md"))]
    Prune(PreviewPruneOptions),
}

/// The options of `preview up`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct PreviewUpOptions {
    /// The pull request's number
    #[arg(long = "pr", value_name = "NUMBER", value_parser = number)]
    pub(super) number: u64,
    #[command(flatten)]
    pub(super) previews: PreviewOptions,
    #[command(flatten)]
    pub(super) archives: ArchiveRequest,
    #[command(flatten)]
    pub(super) aws: AwsOptions,
}

/// The options of `preview down`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct PreviewDownOptions {
    /// The pull request's number
    #[arg(long = "pr", value_name = "NUMBER", value_parser = number)]
    pub(super) number: u64,
    #[command(flatten)]
    pub(super) previews: PreviewOptions,
}

/// The options of `preview prune`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct PreviewPruneOptions {
    /// Delete as well what did not change for longer than this, such as 14d, 12h
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub(super) older_than: Option<Duration>,
    /// Only show what would be deleted, and why
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) previews: PreviewOptions,
}

/// Options of every verb of `preview`, and all of `preview list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct PreviewOptions {
    #[command(flatten)]
    pub(super) owner: PreviewOwner,
    #[command(flatten)]
    pub(super) settings: SettingsOptions,
}

/// Reads the number of a pull request.
pub(super) fn number(text: &str) -> Result<u64, String> {
    let number = text.parse::<u32>().ok().filter(|number| *number > 0);
    number.map(u64::from).ok_or_else(|| "write the number of a pull request, such as 42".to_owned())
}

/// Parses an age: days, or a duration as in the settings.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    let hours = |days: &str| Some(format!("{}h", days.parse::<u64>().ok()?.checked_mul(24)?));
    let text = text.strip_suffix('d').map_or(Some(text.to_owned()), hours);
    let age = text.and_then(|text| parse_duration(&text).ok());
    age.ok_or_else(|| "write a whole number above zero and its unit: 14d, 12h or 30m".to_owned())
}

impl Preview {
    /// Returns what the lower floors know of these options.
    pub(super) fn request(&self, machine: &Machine) -> PreviewRequest {
        match self {
            Self::Up(options) => PreviewRequest::Up(PreviewUpRequest {
                common: options.previews.settings.common(&options.aws, machine),
                archives: options.archives.clone(),
                number: options.number,
                owner: options.previews.owner(machine),
                checkout: machine.checkout.clone(),
            }),
            Self::Down(options) => PreviewRequest::Down(PreviewDownRequest {
                previews: options.previews.request(machine),
                number: options.number,
                ignores_file: false,
            }),
            Self::List(options) => PreviewRequest::List(options.request(machine)),
            Self::Prune(PreviewPruneOptions { older_than, dry_run, previews }) => {
                let (older_than, dry_run, previews) = (*older_than, *dry_run, previews.request(machine));
                PreviewRequest::Prune(PreviewPruneRequest { previews, older_than, dry_run })
            }
        }
    }
}

impl PreviewOptions {
    fn request(&self, machine: &Machine) -> PreviewListRequest {
        let common = self.settings.common(&AwsOptions::default(), machine);
        PreviewListRequest { common, owner: self.owner(machine) }
    }

    fn owner(&self, machine: &Machine) -> PreviewOwner {
        let repository = self.owner.repository.as_ref().or(machine.repository.as_ref()).cloned();
        PreviewOwner { repository, remote: machine.remote.clone(), ..self.owner.clone() }
    }
}
