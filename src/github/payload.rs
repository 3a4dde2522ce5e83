//! What GitHub tells of an event, as far as a decision needs it.
//!
//! <https://docs.github.com/webhooks/webhook-events-and-payloads>

use std::{fs, io};

use serde::Deserialize;

use crate::error::{Failure, Kind, Problem};

/// The file that `GITHUB_EVENT_PATH` names.
///
/// # Errors
/// [`Kind::Usage`] where it cannot be read: who is not known gets nothing.
pub(super) fn read(path: &str) -> Result<Payload, Failure> {
    let read = || io::Result::Ok(serde_json::from_slice(&fs::read(path)?)?);
    read().map_err(|error| {
        Problem::new(format!("failed to read the event in `{path}`"))
            .why(error.to_string())
            .fix("GITHUB_EVENT_PATH must name the JSON that GitHub sent")
            .into_failure(Kind::Usage)
    })
}

/// An event. What is absent is unknown, never assumed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Payload {
    /// Of an event with several kinds: `opened`, `published`.
    pub(super) action: Option<String>,
    /// `push`: the branch or tag is gone.
    #[serde(default)]
    pub(super) deleted: bool,
    /// Who caused it.
    sender: Option<User>,
    /// Where the workflow runs.
    repository: Option<Repository>,
    pull_request: Option<PullRequest>,
    /// `labeled`, `unlabeled`: which label.
    label: Option<Label>,
    workflow_run: Option<WorkflowRun>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct User {
    #[serde(default)]
    login: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Repository {
    id: Option<u64>,
    #[serde(default)]
    private: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct PullRequest {
    number: Option<u64>,
    user: Option<User>,
    #[serde(default)]
    head: Head,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    labels: Vec<Label>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Label {
    name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Head {
    sha: Option<String>,
    /// `null` where it was deleted.
    repo: Option<Repository>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct WorkflowRun {
    head_repository: Option<Repository>,
    /// How the run ended: `success`, `failure`, `cancelled`, …
    #[serde(default)]
    conclusion: Option<String>,
}

/// Whose code an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// This repository's.
    Own,
    /// That of another repository, or of one that GitHub does not name.
    Fork,
    /// That of a repository that is gone.
    Deleted,
}

/// The pull request that an event is about, as it was then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPullRequest {
    /// Its number.
    pub number: u64,
    /// The newest commit of its branch; not the merge that GitHub makes of it, which is `GITHUB_SHA`.
    pub head_sha: String,
    /// The event is that it was closed.
    pub is_closing: bool,
}

impl Payload {
    /// How the run ended that caused this one, unless it ended well.
    ///
    /// <https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_run>
    pub(super) fn bad_conclusion(&self) -> Option<&str> {
        let conclusion = self.workflow_run.as_ref()?.conclusion.as_deref().unwrap_or("unknown");
        (conclusion != "success").then_some(conclusion)
    }

    /// The pull request, where the event is about one.
    pub fn pull_request(&self) -> Option<EventPullRequest> {
        let pull_request = self.pull_request.as_ref()?;
        Some(EventPullRequest {
            number: pull_request.number?,
            head_sha: pull_request.head.sha.clone()?,
            is_closing: self.action.as_deref() == Some("closed"),
        })
    }

    /// Returns whether the pull request is a draft.
    pub(super) fn is_draft(&self) -> bool {
        self.pull_request.as_ref().is_some_and(|it| it.draft)
    }

    /// Returns whether the pull request had this label when the event happened.
    pub(super) fn has_label(&self, name: &str) -> bool {
        self.pull_request.iter().flat_map(|it| &it.labels).any(|label| label.name == name)
    }

    /// Returns the label that the event added or removed.
    pub(super) fn changed_label(&self) -> Option<&str> {
        self.label.as_ref().map(|label| label.name.as_str())
    }

    /// Returns whether the workflow's repository is known to be private.
    pub(super) fn is_private(&self) -> bool {
        self.repository.as_ref().is_some_and(|it| it.private)
    }

    /// Whose code the event is about: by the repositories' ids, since names move.
    pub(super) fn origin(&self) -> Origin {
        let from_pull_request = self.pull_request.as_ref().map(|it| it.head.repo.as_ref());
        let from_run = self.workflow_run.as_ref().map(|it| it.head_repository.as_ref());
        let here = self.repository.as_ref().and_then(|it| it.id);
        match from_pull_request.or(from_run) {
            None => Origin::Own,
            Some(None) => Origin::Deleted,
            Some(Some(head)) if head.id.is_some() && head.id == here => Origin::Own,
            Some(Some(_)) => Origin::Fork,
        }
    }

    /// Whether this user caused the event, or opened the pull request that it is about.
    pub(super) fn is_of(&self, login: &str) -> bool {
        let author = self.pull_request.as_ref().and_then(|it| it.user.as_ref());
        [self.sender.as_ref(), author].into_iter().flatten().any(|user| user.login == login)
    }
}
