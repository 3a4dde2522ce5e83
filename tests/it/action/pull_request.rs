//! A stack whose repository has pull requests: its GitHub, its commits, and the events that GitHub sends.

use serde_json::Value;

use super::runner::{Job, Told, commit_all, git};
use crate::preview::scene::{SETTINGS, scene};
use crate::support::Stack;
use crate::support::github::{BASE, GitHubDouble, payload};

pub(super) const PREVIEW: &str = include_str!("../../../fixtures/workflows/preview.yml");

/// A repository with previews.
pub(super) struct Repository {
    pub(super) stack: Stack,
    pub(super) github: GitHubDouble,
    pub(super) workflow: String,
}

/// One with the settings on its base branch, and the code of pull request 42 in its checkout.
pub(super) fn repository() -> Repository {
    let stack = scene();
    let github = GitHubDouble::of(&stack.repository());
    github.file("sls-release.toml", BASE, &settings_of(&stack, SETTINGS));
    Repository { stack, github, workflow: PREVIEW.to_owned() }
}

/// With the names of the stack.
pub(super) fn settings_of(stack: &Stack, text: &str) -> String {
    text.replace("$NAME", &stack.name).replace("$API", &stack.api)
}

impl Repository {
    /// Commits what there is, and tells GitHub that it is the head of the pull request.
    pub(super) fn push(&self) -> String {
        let head = self.commit();
        self.github.pull_request(42, true, &head);
        head
    }

    /// Commits what there is; the commit.
    pub(super) fn commit(&self) -> String {
        self.stack.write(".github/workflows/workflow.yml", &self.workflow);
        commit_all(self.stack.folder(), &self.stack.repository());
        git(self.stack.folder(), &["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Pushes, and runs the workflow for what was done to the pull request.
    pub(super) fn event(&self, action: &str) -> Told {
        let head = self.push();
        if action == "closed" {
            self.github.pull_request(42, false, &head);
        }
        self.run(action, &head)
    }

    /// Runs the workflow for what was done to the pull request when this was its head.
    pub(super) fn run(&self, action: &str, head: &str) -> Told {
        self.run_with(payload(action, head), &[])
    }

    /// The same with this payload, and more arguments of `act`.
    pub(super) fn run_with(&self, payload: Value, arguments: &[&str]) -> Told {
        self.on("pull_request", payload, arguments)
    }

    /// The same for another event.
    pub(super) fn on(&self, event: &str, payload: Value, arguments: &[&str]) -> Told {
        let job = Job::of_text(&self.stack, &self.workflow, event, payload).of(&self.stack.repository());
        job.with(arguments).run_beside(&self.github)
    }
}
