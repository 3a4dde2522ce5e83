//! What GitHub says of the pull requests of previews.

use std::collections::BTreeMap;

use crate::error::{Failure, Problem};
use crate::github::{Environment, GitHub};
use crate::model::{PreviewId, PullRequestState, Request, StandingPreview};

/// The pull requests of one repository.
pub(super) struct PullRequests {
    github: Option<GitHub>,
    deletes_environment: bool,
}

/// Why nobody knows.
const NO_TOKEN: &str = "there is no token for GitHub";

impl PullRequests {
    /// Those of the repository that the previews belong to, whatever repository this run is of.
    pub(super) fn connect(request: &Request, repository: &str) -> Result<Self, Failure> {
        let text = |(name, value): (&String, &crate::model::Secret)| (name.clone(), value.reveal().to_owned());
        let mut variables: BTreeMap<String, String> = request.github.iter().map(text).collect();
        variables.insert("GITHUB_REPOSITORY".to_owned(), repository.to_owned());
        Ok(Self { github: GitHub::connect(&variables)?, deletes_environment: request.preview.deletes_environment })
    }

    /// Whether there is anybody to ask.
    pub(super) fn can_tell(&self) -> bool {
        self.github.is_some()
    }

    /// Those of what stands; none where there is nobody to ask. GitHub wants its readers to ask one after the other.
    /// Where it does not answer once, it is not asked again.
    pub(super) async fn states(&self, standing: &[StandingPreview]) -> BTreeMap<u64, PullRequestState> {
        let mut states: BTreeMap<u64, PullRequestState> = BTreeMap::new();
        let mut broken = None;
        for StandingPreview { id, .. } in standing.iter().filter(|_| self.can_tell()) {
            if states.contains_key(&id.number) {
                continue;
            }
            let state = match &broken {
                Some(why) => PullRequestState::Unknown(String::clone(why)),
                None => self.state(id.number).await,
            };
            if let PullRequestState::Unknown(why) = &state {
                broken = Some(why.clone());
            }
            states.insert(id.number, state);
        }
        states
    }

    /// One that is not found counts as closed only where this token may see the repository's pull requests: to others
    /// GitHub says the same of all that there are.
    ///
    /// <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#404-not-found-for-an-existing-resource>
    pub(super) async fn state(&self, number: u64) -> PullRequestState {
        let Some(github) = &self.github else { return PullRequestState::Unknown(NO_TOKEN.to_owned()) };
        match github.pull_request(number).await {
            Ok(Some(found)) if found.is_open => PullRequestState::Open,
            Ok(Some(_)) => PullRequestState::Closed,
            Ok(None) => match github.shows_pull_requests().await {
                Ok(true) => PullRequestState::Closed,
                Ok(false) => PullRequestState::Unknown(
                    "this token may not see the pull requests: give the job the permission `pull-requests: read`"
                        .to_owned(),
                ),
                Err(problem) => PullRequestState::Unknown(problem.to_string()),
            },
            Err(problem) => PullRequestState::Unknown(problem.to_string()),
        }
    }

    /// Puts a comment on the pull request of a preview that is gone, and shows no deployment of it as one that stands;
    /// in words, why not.
    pub(super) async fn tell(&self, id: &PreviewId, text: &str) -> Result<(), String> {
        let github = self.github.as_ref().ok_or_else(|| NO_TOKEN.to_owned())?;
        let environment = Environment::of_preview(&id.repository, &id.service, id.number);
        let commented = github.comment(id.number, text).await;
        each([commented, github.retire(&environment, None).await])
    }

    /// The same where the pull request is closed: its deployments go, its environment where that is wished for, and
    /// nobody is told who was not told before. Nothing where there is nobody to tell.
    pub(super) async fn close(&self, id: &PreviewId, text: &str) -> Result<(), String> {
        let Some(github) = &self.github else { return Ok(()) };
        let environment = Environment::of_preview(&id.repository, &id.service, id.number);
        let commented = github.comment_again(id.number, text).await;
        let deployments = github.delete_deployments(&environment).await;
        let gone = if self.deletes_environment { github.delete_environment(&environment).await } else { Ok(()) };
        each([commented, deployments, gone])
    }
}

/// Where one could not be done, the others were.
fn each<const N: usize>(all: [Result<(), Problem>; N]) -> Result<(), String> {
    let failed: Vec<String> = all.into_iter().filter_map(Result::err).map(|it| it.to_string()).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}
