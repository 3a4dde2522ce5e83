//! The options of `ci`: the inputs of the action.

use std::time::Duration;

use clap::Args;

use super::options::{PackageOptions, ReleaseOptions};
use super::preview::{Preview, PreviewDownOptions, PreviewOptions, PreviewPruneOptions, PreviewUpOptions, age, number};
use crate::error::{Failure, Kind, Problem};
use crate::github::{CiRun, Verb};
use crate::machine::Machine;
use crate::model::{PreviewOwner, Request};

/// The options of `ci`. A workflow has one set of inputs for all its events, so that each verb takes what it uses of
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct CiOptions {
    /// auto, release, plan, package, preview-up, preview-down, preview-list or preview-prune
    #[arg(default_value = "auto")]
    pub command: String,
    /// The pull request's number, where the event is about none
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pr: Option<u64>,
    /// Tells the services of one repository apart [default: the settings', else their folder, else the repository's name]
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// `preview prune`: delete as well what did not change for longer than this, such as 14d
    #[arg(long, value_name = "TIME", value_parser = age)]
    older_than: Option<Duration>,
    #[command(flatten)]
    release: ReleaseOptions,
}

impl CiOptions {
    /// Returns the request of the verb that the event calls for.
    ///
    /// # Errors
    /// [`Kind::Usage`] for a verb that needs a pull request, if none is named.
    pub fn request(&self, verb: Verb, run: &CiRun, machine: &Machine) -> Result<Request, Failure> {
        let ReleaseOptions { settings, archives, aws, functions: _ } = self.release.clone();
        let owner = PreviewOwner { service: self.service.clone(), ..PreviewOwner::default() };
        let previews = PreviewOptions { owner, settings };
        let preview = match verb {
            Verb::Release => return Ok(Request::Release(self.release.request(false, machine))),
            Verb::Plan => return Ok(Request::Release(self.release.request(true, machine))),
            Verb::Package => {
                return Ok(Request::Package(PackageOptions::of_release(self.release.clone()).request(machine)));
            }
            Verb::PreviewUp => Preview::Up(PreviewUpOptions { number: self.number(run)?, previews, archives, aws }),
            Verb::PreviewDown => Preview::Down(PreviewDownOptions { number: self.number(run)?, previews }),
            Verb::PreviewList => Preview::List(previews),
            Verb::PreviewPrune => {
                let older_than = self.older_than;
                Preview::Prune(PreviewPruneOptions { older_than, dry_run: false, previews })
            }
        };
        Ok(Request::Preview(preview.request(machine)))
    }

    /// Returns the number of the pull request that is meant.
    fn number(&self, run: &CiRun) -> Result<u64, Failure> {
        let in_event = run.pull_request.as_ref().map(|event| event.number);
        match (in_event, self.pr) {
            (Some(event), Some(said)) if event != said => Err(another_pull_request(event, said)),
            (event, said) => event.or(said).ok_or_else(no_pull_request),
        }
    }
}

fn another_pull_request(event: u64, said: u64) -> Failure {
    Problem::new(format!("the input `pr` is {said}, but the event is about pull request {event}"))
        .why("a run for the one must not touch the preview of the other")
        .fix("leave `pr` out; it is for events that are about no pull request")
        .into_failure(Kind::Usage)
}

fn no_pull_request() -> Failure {
    Problem::new("the pull request is not known")
        .why("the event is about none")
        .fix("set the input `pr` to its number")
        .into_failure(Kind::Usage)
}
