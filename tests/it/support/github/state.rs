//! What this GitHub keeps.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{BASE, Fault};

/// All of it.
#[derive(Default)]
pub(super) struct State {
    /// `owner/name`.
    pub(super) repository: String,
    /// Whether it is open, and its head, by number.
    pub(super) pull_requests: BTreeMap<u64, (bool, String)>,
    /// What becomes of a pull request after it was looked at so often: looks, number, whether it is open, head.
    pub(super) changes: Vec<(usize, u64, bool, String)>,
    /// The newest commit of each branch but those of pull requests.
    pub(super) tips: BTreeMap<String, String>,
    /// The numbers of those whose branch is another repository's.
    pub(super) forks: BTreeSet<u64>,
    /// Commits, each with one that is newer.
    pub(super) ancestors: BTreeSet<(String, String)>,
    /// The pull requests that brought a commit.
    pub(super) brought: BTreeMap<String, Vec<u64>>,
    /// By path and commit.
    pub(super) files: BTreeMap<(String, String), String>,
    pub(super) comments: Vec<Comment>,
    pub(super) deployments: Vec<Deployment>,
    /// Who GraphQL says the token's owner is, or the type of the error that it has instead; where no test says so, the
    /// workflow.
    pub(super) viewer: Option<Result<String, &'static str>>,
    /// The beginning of a call, what goes wrong with it, and whether that stays so.
    pub(super) faults: Vec<(String, Fault, bool)>,
    pub(super) calls: Vec<String>,
    pub(super) hasty_writes: usize,
    pub(super) next_id: u64,
    /// Fields that GitHub's schema needs and no test does.
    pub(super) examples: BTreeMap<String, Value>,
}

/// A comment on a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    /// Of the pull request.
    pub(crate) number: u64,
    pub(crate) login: String,
    pub(crate) body: String,
}

/// A deployment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Deployment {
    pub(crate) id: u64,
    /// As it was asked for.
    pub(crate) asked: Value,
    /// As they were asked for, with their ids, from the oldest on.
    pub(crate) statuses: Vec<Value>,
}

impl State {
    /// Of a repository without pull requests.
    pub(super) fn of(repository: &str) -> Self {
        let tips = BTreeMap::from([("main".to_owned(), BASE.to_owned())]);
        Self { repository: repository.to_owned(), tips, next_id: 1_000, ..Self::default() }
    }

    /// A new comment; the result is its id.
    pub(super) fn comment(&mut self, number: u64, login: &str, body: &str) -> u64 {
        let id = self.id();
        self.comments.push(Comment { id, number, login: login.to_owned(), body: body.to_owned() });
        id
    }

    /// A new deployment; the result is its id.
    pub(super) fn deployment(&mut self, asked: Value) -> u64 {
        let id = self.id();
        self.deployments.push(Deployment { id, asked, statuses: Vec::new() });
        id
    }

    /// Somebody looked at a pull request: what changes after that, changes.
    pub(super) fn looked_at(&mut self, number: u64) {
        for (looks, of, is_open, head) in &mut self.changes {
            *looks = if *of == number { looks.saturating_sub(1) } else { *looks };
            if *of == number && *looks == 0 {
                self.pull_requests.insert(number, (*is_open, head.clone()));
            }
        }
        self.changes.retain(|(looks, ..)| *looks > 0);
    }

    /// The deployment of this id.
    pub(super) fn deployment_mut(&mut self, id: u64) -> Option<&mut Deployment> {
        self.deployments.iter_mut().find(|it| it.id == id)
    }

    pub(super) fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}

impl Deployment {
    /// The state of its newest status; `pending` where there is none.
    pub(crate) fn state(&self) -> &str {
        self.statuses.last().and_then(|status| status["state"].as_str()).unwrap_or("pending")
    }

    /// Whether GitHub shows it as one that stands.
    pub(super) fn is_active(&self) -> bool {
        !matches!(self.state(), "inactive" | "failure" | "error")
    }
}
