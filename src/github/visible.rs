//! Whether there is anything to see.

use super::api::GitHub;
use super::call::{Answer, Call};
use crate::error::Problem;

impl GitHub {
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
