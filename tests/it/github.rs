//! GitHub's API as the program uses it, against a double of GitHub: what is written once, and what goes wrong.

mod comment;
mod deployment;
mod openapi;
mod prism;
mod races;
mod reads;
mod releases;
pub(crate) mod reporting;
mod schema;

use std::collections::BTreeMap;

use crate::support::github::GitHubDouble;
use sls_release::error::{Failure, Problem};
use sls_release::github::{Access, GitHub, Task};
use sls_release::report::marker;

/// The head of the pull request.
pub(crate) const HEAD: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";

/// A GitHub with pull request 42, open.
fn with_pull_request() -> GitHubDouble {
    let double = GitHubDouble::start();
    double.pull_request(42, true, HEAD);
    double
}

/// A client as these variables say.
async fn connect(variables: &BTreeMap<String, String>) -> Result<Option<GitHub>, Failure> {
    let repository = sls_release::github::repository(variables).unwrap_or_default();
    GitHub::connect(&Access::of(variables), &repository).await
}

/// Does this with a client of its own.
fn with_client<T>(double: &GitHubDouble, work: impl AsyncFnOnce(GitHub) -> T) -> T {
    with_client_at(double, double.url(), work)
}

/// Does this with a client of its own, by way of a proxy.
fn with_client_at<T>(double: &GitHubDouble, url: &str, work: impl AsyncFnOnce(GitHub) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let environment = double.environment_at(url);
    runtime.block_on(async { work(connect(&environment).await.unwrap().unwrap()).await })
}

/// The task of the preview of the service `hello`.
fn task() -> Task {
    Task::of_preview("hello", 42)
}

/// The body of the comment of this service.
fn body_of(service: &str, text: &str) -> String {
    format!("{}\n{text}", marker(service))
}

/// Writes the comment of the service `hello`.
fn comment(double: &GitHubDouble, body: &str) -> Result<(), Problem> {
    with_client(double, async |github| github.comment(42, body).await)
}
