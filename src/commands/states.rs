//! The pull requests of previews: their state, and the report of a deletion.

use std::collections::BTreeMap;

use super::session::Session;
use crate::error::{Failure, Problem};
use crate::github::{GitHub, Task};
use crate::model::{ExistingPreview, PreviewId, PullRequestState};

/// The pull requests of one repository, at GitHub.
pub(super) struct PullRequests {
    github: Option<GitHub>,
    comments: bool,
}

/// Why the state of a pull request is unknown.
const NO_TOKEN: &str = "there is no token for GitHub";

impl PullRequests {
    /// Connects to the repository that the previews belong to, which may be another one than the workflow's.
    pub(super) async fn connect(repository: &str, session: &Session<'_>) -> Result<Self, Failure> {
        let github = GitHub::connect(session.access, repository).await?;
        Ok(Self { github, comments: session.ci.is_none_or(|ci| ci.comments) })
    }

    /// Returns whether there is a token to ask GitHub with.
    pub(super) fn has_token(&self) -> bool {
        self.github.is_some()
    }

    /// Returns the state of each preview's pull request; none without a token. GitHub asks
    /// clients to send one request after the other. After one call without an answer, no other is sent.
    pub(super) async fn states(&self, existing: &[ExistingPreview]) -> BTreeMap<u64, PullRequestState> {
        let mut states = BTreeMap::new();
        let mut broken = None;
        for ExistingPreview { id, .. } in existing.iter().filter(|_| self.has_token()) {
            if states.contains_key(&id.number) {
                continue;
            }
            let state = match &broken {
                Some(unknown) => PullRequestState::clone(unknown),
                None => self.state(id.number).await,
            };
            if matches!(state, PullRequestState::Unknown(_)) {
                broken = Some(state.clone());
            }
            states.insert(id.number, state);
        }
        states
    }

    /// Returns the state of one pull request. One that is not found counts as closed only where this token may see the
    /// repository's pull requests: without that permission GitHub returns 404 for all.
    ///
    /// <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#404-not-found-for-an-existing-resource>
    pub(super) async fn state(&self, number: u64) -> PullRequestState {
        let Some(github) = &self.github else { return PullRequestState::Unknown(NO_TOKEN.to_owned()) };
        let asked = async {
            Ok(match github.pull_request(number).await? {
                Some(found) if found.is_open => PullRequestState::Open,
                None if !github.shows_pull_requests().await? => PullRequestState::Unknown(
                    "this token may not see the pull requests: give the job the permission `pull-requests: read`"
                        .to_owned(),
                ),
                Some(_) | None => PullRequestState::Closed,
            })
        };
        asked.await.unwrap_or_else(|problem: Problem| PullRequestState::Unknown(problem.to_string()))
    }

    /// Reports on the pull request of a deleted preview. An open one gets a comment, and its deployment becomes inactive.
    /// Of a closed one, the comment is changed, if there is one, and the deployment is deleted. The error says why not, in
    /// words.
    pub(super) async fn report(&self, id: &PreviewId, is_closed: bool, text: &str) -> Result<(), String> {
        let github = self.github.as_ref().ok_or_else(|| NO_TOKEN.to_owned())?;
        let task = Task::of_preview(&id.service, id.number);
        let commented = match (self.comments, is_closed) {
            (false, _) => Ok(()),
            (true, true) => github.comment_again(id.number, text).await,
            (true, false) => github.comment(id.number, text).await,
        };
        let deployed = if is_closed { github.delete_deployments(&task).await } else { github.retire(&task).await };
        each([commented, deployed])
    }
}

/// Returns both errors in one; each of the calls was made, whatever the other returned.
fn each(all: [Result<(), Problem>; 2]) -> Result<(), String> {
    let failed: Vec<String> = all.into_iter().filter_map(Result::err).map(|it| it.to_string()).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}
