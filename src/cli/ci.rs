//! The arguments of `ci`: the inputs of the action that are no options of every command.

use std::time::Duration;

use clap::Args;

use super::preview::{Preview, PreviewArguments, PreviewOwner, PruneArguments};
use crate::error::{Failure, Kind, Problem};
use crate::github::PreviewVerb;

/// The arguments of `ci`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Ci {
    /// auto, release, plan, package, preview-up, preview-down, preview-list or preview-prune
    #[arg(default_value = "auto")]
    pub command: String,
    /// The pull request's number, where the event is about none
    #[arg(long, value_name = "NUMBER", value_parser = super::preview::number)]
    pr: Option<u64>,
    /// Tells the services of one repository apart [default: the settings', else the repository's name]
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// `preview prune`: delete as well what did not change for longer than this, such as 14d
    #[arg(long, value_name = "TIME", value_parser = super::times::age)]
    older_than: Option<Duration>,
}

impl Ci {
    /// The verb of `preview` with these arguments.
    pub(super) fn preview(self, verb: PreviewVerb, pull_request: Option<u64>) -> Result<Preview, Failure> {
        let owner = PreviewOwner { service: self.service, ..PreviewOwner::default() };
        let number = match (pull_request, self.pr) {
            (Some(event), Some(said)) if event != said => Err(another_pull_request(event, said)),
            (event, said) => event.or(said).ok_or_else(no_pull_request),
        };
        Ok(match verb {
            PreviewVerb::Up => Preview::Up(PreviewArguments { number: number?, owner }),
            PreviewVerb::Down => Preview::Down(PreviewArguments { number: number?, owner }),
            PreviewVerb::List => Preview::List(owner),
            PreviewVerb::Prune => Preview::Prune(PruneArguments { owner, older_than: self.older_than, dry_run: false }),
        })
    }
}

fn another_pull_request(event: u64, said: u64) -> Failure {
    Problem::new(format!("the input `pr` is {said}, but the event is about pull request {event}"))
        .why("a run for the one must not touch the preview of the other")
        .fix("leave `pr` out; it is for events that are about no pull request")
        .into_failure(Kind::Usage)
}

fn no_pull_request() -> Failure {
    Problem::new("nobody said which pull request is meant")
        .why("the event is about none")
        .fix("set the input `pr` to its number")
        .into_failure(Kind::Usage)
}
