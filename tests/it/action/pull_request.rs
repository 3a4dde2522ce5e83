//! A stack whose repository has pull requests: its GitHub, its commits, and the events that GitHub sends.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::runner::{Job, Told, commit_all};
use crate::preview::scene::{SETTINGS, source};
use crate::support::github::{BASE, GitHubDouble};
use crate::support::local_aws::output_of;
use crate::support::{Stack, Strict};

pub(super) const PREVIEW: &str = include_str!("../../../fixtures/workflows/preview.yml");

/// A repository with previews.
pub(super) struct Repository {
    pub(super) stack: Stack,
    pub(super) github: GitHubDouble,
    pub(super) workflow: String,
}

/// One with the settings on its base branch, and the code of pull request 42 in its checkout.
pub(super) fn repository() -> Repository {
    let stack = Stack::build_behind(Strict::all(), &[]);
    stack.settings(SETTINGS);
    stack.write("lambda/app.py", source("pull request"));
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
        git(self.stack.folder(), &["rev-parse", "HEAD"])
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
        let variables = self.github.environment();
        let names = ["GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "SLS_RELEASE_GITHUB_PAUSE"];
        let set = names.map(|name| format!("{name}={}", variables[name]));
        let set: Vec<&str> = set.iter().flat_map(|variable| ["--env", variable]).collect();
        let job = Job::of_text(&self.stack, &self.workflow, "pull_request", payload).of(&self.stack.repository());
        job.with(&set).with(arguments).run()
    }
}

/// As GitHub sends it.
pub(super) fn payload(action: &str, head: &str) -> Value {
    let head = json!({ "ref": "change", "sha": head, "repo": { "id": 1 } });
    json!({
        "action": action, "number": 42, "repository": { "id": 1, "default_branch": "main" },
        "pull_request": { "number": 42, "user": { "login": "somebody" }, "head": head, "base": { "ref": "main" } },
    })
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let said = output_of(Command::new("git").current_dir(folder).args(arguments)).unwrap();
    String::from_utf8(said).unwrap().trim().to_owned()
}
