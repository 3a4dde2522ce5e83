//! A GitHub for tests: as much of its API as the program uses, with the refusals that are GitHub's own.
//!
//! GitHub's published schema judges the answers of this one as well: `tests/it/github/schema.rs`.

mod bodies;
mod faults;
mod routes;
mod state;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;

use super::strict::http::{listen, serve};

pub(crate) use bodies::payload;
pub(crate) use faults::Fault;
use state::State;
pub(crate) use state::{Comment, Deployment};

/// The token of a workflow. Nobody else's is taken.
pub(crate) const TOKEN: &str = "ghs_of_the_workflow";
/// The one repository, where a test needs no other.
pub(crate) const REPOSITORY: &str = "acme/hello";
/// The commit of `main`.
pub(crate) const BASE: &str = "0000000000000000000000000000000000000000";
/// Who writes with [`TOKEN`].
pub(crate) const WORKFLOW: &str = "github-actions[bot]";

/// A GitHub on a loopback port of its own. Its threads end with the process.
pub(crate) struct GitHubDouble {
    url: String,
    repository: String,
    state: Arc<Mutex<State>>,
}

impl GitHubDouble {
    /// Starts one without pull requests.
    pub(crate) fn start() -> Self {
        Self::of(REPOSITORY)
    }

    /// The same whose one repository is this.
    pub(crate) fn of(repository: &str) -> Self {
        Self::serving(State::of(repository))
    }

    /// One whose answers have every field of these examples, by the name of their schema.
    pub(crate) fn with_examples(examples: BTreeMap<String, Value>) -> Self {
        Self::serving(State { examples, ..State::of(REPOSITORY) })
    }

    fn serving(state: State) -> Self {
        let repository = state.repository.clone();
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let url = listen(move |client| {
            let mut last_write = None; // a client keeps its connection
            // A poisoned lock would hide what went wrong first.
            serve(client, |request| faults::answer(&mut shared.lock().unwrap(), &mut last_write, &request))
        });
        Self { url, repository, state }
    }

    /// The base of its REST API: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What a runner sets, for a job with [`TOKEN`]. Writes follow each other quicker than they would.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        self.environment_at(&self.url)
    }

    /// The same by way of a proxy.
    pub(crate) fn environment_at(&self, url: &str) -> BTreeMap<String, String> {
        let variables = [
            ("GITHUB_API_URL", url.to_owned()),
            ("GITHUB_GRAPHQL_URL", format!("{url}/graphql")),
            ("GITHUB_SERVER_URL", "https://github.com".to_owned()),
            ("GITHUB_REPOSITORY", self.repository.clone()),
            ("GITHUB_RUN_ID", "7".to_owned()),
            ("GITHUB_TOKEN", TOKEN.to_owned()),
            ("SLS_RELEASE_GITHUB_PAUSE", "30".to_owned()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Opens a pull request into `main`, closes it, or moves its head.
    pub(crate) fn pull_request(&self, number: u64, is_open: bool, head_sha: &str) {
        self.lock().pull_requests.insert(number, (is_open, head_sha.to_owned()));
    }

    /// The same, but only after somebody has looked at it so often.
    pub(crate) fn pull_request_after(&self, looks: usize, number: u64, is_open: bool, head_sha: &str) {
        self.lock().changes.push((looks, number, is_open, head_sha.to_owned()));
    }

    /// Takes a file out of a commit.
    pub(crate) fn remove_file(&self, path: &str, commit: &str) {
        self.lock().files.remove(&(path.to_owned(), commit.to_owned()));
    }

    /// Puts a file into a commit.
    pub(crate) fn file(&self, path: &str, commit: &str, content: &str) {
        self.lock().files.insert((path.to_owned(), commit.to_owned()), content.to_owned());
    }

    /// Somebody comments; the result is the comment's id.
    pub(crate) fn comment_of(&self, number: u64, login: &str, body: &str) -> u64 {
        self.lock().comment(number, login, body)
    }

    /// The comments of a pull request, from the oldest on.
    pub(crate) fn comments(&self, number: u64) -> Vec<Comment> {
        self.lock().comments.iter().filter(|comment| comment.number == number).cloned().collect()
    }

    /// Fails the test unless a pull request has one comment, which holds this text.
    #[track_caller]
    pub(crate) fn says_once(&self, number: u64, text: &str) {
        let comments = self.comments(number);
        assert!(comments.len() == 1 && comments[0].body.contains(text), "{text}: {comments:?}");
    }

    /// Somebody deletes a comment.
    pub(crate) fn delete_comment(&self, id: u64) {
        self.lock().comments.retain(|comment| comment.id != id);
    }

    /// The deployments, from the oldest on.
    pub(crate) fn deployments(&self) -> Vec<Deployment> {
        self.lock().deployments.clone()
    }

    /// GraphQL names somebody else as the owner of the token, or has an error of this type.
    pub(crate) fn viewer(&self, login: Result<&str, &'static str>) {
        self.lock().viewer = Some(login.map(ToOwned::to_owned));
    }

    /// Somebody pushes to a branch.
    pub(crate) fn tip(&self, branch: &str, commit: &str) {
        self.lock().tips.insert(branch.to_owned(), commit.to_owned());
    }

    /// A commit came to its branch by this pull request.
    pub(crate) fn brought(&self, commit: &str, number: u64) {
        self.lock().brought.entry(commit.to_owned()).or_default().push(number);
    }

    /// One commit is an ancestor of another one.
    pub(crate) fn is_ancestor(&self, older: &str, newer: &str) {
        self.lock().ancestors.insert((older.to_owned(), newer.to_owned()));
    }

    /// The branch of this pull request is another repository's.
    pub(crate) fn is_fork(&self, number: u64) {
        self.lock().forks.insert(number);
    }

    /// The next call that begins like this goes wrong: `POST /repos/acme/hello/issues/`.
    pub(crate) fn fault(&self, call: &str, fault: Fault) {
        self.lock().faults.push((call.to_owned(), fault, false));
    }

    /// Each of them does.
    pub(crate) fn always(&self, call: &str, fault: Fault) {
        self.lock().faults.push((call.to_owned(), fault, true));
    }

    /// The calls so far, in order: `GET /repos/acme/hello/pulls/42`, with their queries.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    /// Those among them that change something, since the last time that anybody asked.
    pub(crate) fn take_writes(&self) -> Vec<String> {
        let calls = std::mem::take(&mut self.lock().calls);
        calls.into_iter().filter(|call| !call.starts_with("GET ") && !call.ends_with("/graphql")).collect()
    }

    /// How many writes came too soon after another one.
    pub(crate) fn hasty_writes(&self) -> usize {
        self.lock().hasty_writes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}
