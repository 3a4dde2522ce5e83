//! GitHub's API as the program uses it, against a double of GitHub: what is written once, and what goes wrong.

mod comment;
mod deployment;
mod openapi;
mod prism;
mod races;
mod reads;
mod releases;
mod reporting;
mod schema;

use crate::support::github::GitHubDouble;
use sls_release::error::Problem;
use sls_release::github::GitHub;

/// The head of the pull request.
const HEAD: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";

/// A GitHub with pull request 42, open.
fn with_pull_request() -> GitHubDouble {
    let double = GitHubDouble::start();
    double.pull_request(42, true, HEAD);
    double
}

/// Does this with a client of its own.
fn with_client<T>(double: &GitHubDouble, work: impl AsyncFnOnce(GitHub) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { work(GitHub::connect(&double.environment()).unwrap().unwrap()).await })
}

/// Writes the comment of the service `hello`.
fn comment(double: &GitHubDouble, body: &str) -> Result<(), Problem> {
    with_client(double, async |github| github.comment(42, body).await)
}
