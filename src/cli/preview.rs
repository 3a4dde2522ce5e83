//! The arguments of `preview`.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::model::PreviewRequest;

/// The verbs of `preview`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Preview {
    /// Make, or bring up to date, a copy of a stage with its own API and functions
    Up(PreviewArguments),
    /// Delete all of the preview of a pull request; no sources are needed
    Down(PreviewArguments),
    /// Show the repository's previews
    List(PreviewOwner),
    /// Delete the previews whose pull request is closed, and those that nobody touched for long
    Prune(PruneArguments),
}

/// The arguments of `preview up` and `preview down`.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct PreviewArguments {
    /// The pull request's number
    #[arg(long = "pr", value_name = "NUMBER", value_parser = number)]
    pub(super) number: u64,
    #[command(flatten)]
    pub(super) owner: PreviewOwner,
}

/// The number of a pull request.
pub(super) fn number(text: &str) -> Result<u64, String> {
    let number = text.parse::<u32>().ok().filter(|number| *number > 0);
    number.map(u64::from).ok_or_else(|| "write the number of a pull request, such as 42".to_owned())
}

/// The arguments of `preview prune`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct PruneArguments {
    /// Delete as well what did not change for longer than this, such as 14d, 12h
    #[arg(long, value_name = "TIME", value_parser = super::times::age)]
    pub(super) older_than: Option<Duration>,
    /// Only show what would be deleted, and why
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) owner: PreviewOwner,
}

/// Whose previews.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[expect(clippy::doc_markdown, reason = "clap prints these comments as they stand")]
pub struct PreviewOwner {
    /// The repository [env: GITHUB_REPOSITORY] [default: the settings', else Git's remote origin]
    #[arg(long, value_name = "OWNER/NAME")]
    pub(super) repository: Option<String>,
    /// Tells the services of one repository apart [default: the settings', else the repository's name]
    #[arg(long, value_name = "NAME")]
    pub(super) service: Option<String>,
}

impl Preview {
    /// The arguments as the lower floors know them.
    pub(super) fn request(&self) -> PreviewRequest {
        let of = |owner: &PreviewOwner| PreviewRequest {
            service: owner.service.clone(),
            repository: owner.repository.clone(),
            ..PreviewRequest::default()
        };
        match self {
            Self::Up(said) | Self::Down(said) => PreviewRequest { number: Some(said.number), ..of(&said.owner) },
            Self::List(owner) => of(owner),
            Self::Prune(said) => {
                PreviewRequest { older_than: said.older_than, dry_run: said.dry_run, ..of(&said.owner) }
            }
        }
    }
}
