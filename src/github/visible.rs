//! Whether there is anything to see.

use serde::Deserialize;

use super::api::GitHub;
use super::call::{Answer, Call};
use crate::error::Problem;

/// A commit that came by more pull requests than this is news to none of them.
const MOST: usize = 3;

#[derive(Deserialize)]
struct Found {
    number: u64,
}

impl GitHub {
    /// The numbers of the pull requests that brought a commit into the default branch, or else of those that are open
    /// with it; none where this token may not see them, since it was not meant to.
    ///
    /// <https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn pull_requests_of(&self, commit: &str) -> Result<Vec<u64>, Problem> {
        // Somebody may have given the release another name than its commit's.
        if commit.len() < 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Vec::new());
        }
        let call = Call::get(self.path(&format!("commits/{commit}/pulls?per_page={}", MOST + 1)));
        match self.rest.read(&call).await.and_then(|reply| reply.document::<Vec<Found>>()) {
            Ok(found) if found.len() > MOST => Ok(Vec::new()),
            Ok(found) => Ok(found.into_iter().map(|it| it.number).collect()),
            Err(error) if matches!(error.answer, Answer::NotFound | Answer::Denied) => Ok(Vec::new()),
            Err(error) => {
                Err(error
                    .into_problem(format!("failed to look for the pull request of {commit}"), "pull-requests: read"))
            }
        }
    }

    /// Whether this token may list the repository's pull requests. Where it may not, GitHub says of each that there is
    /// none.
    ///
    /// <https://docs.github.com/rest/pulls/pulls#list-pull-requests>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn shows_pull_requests(&self) -> Result<bool, Problem> {
        match self.rest.read(&Call::get(self.path("pulls?state=all&per_page=1"))).await {
            Ok(_) => Ok(true),
            Err(error) if error.answer == Answer::NotFound => Ok(false),
            Err(error) => Err(error.into_problem("failed to list the pull requests".to_owned(), "pull-requests: read")),
        }
    }
}
