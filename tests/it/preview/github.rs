//! GitHub as `preview prune` and `max_previews` ask it.

use std::process::Command;

use crate::support::Stack;
use crate::support::github::{Comment, Fault, GitHubDouble};

/// The stack's repository, with pull requests.
pub(super) struct GitHub {
    double: GitHubDouble,
    numbers: Vec<u64>,
}

impl GitHub {
    /// With these pull requests, `open` or `closed`.
    pub(super) fn start(stack: &Stack, pull_requests: &[(u64, &'static str)]) -> Self {
        let double = GitHubDouble::of(&stack.repository());
        for (number, state) in pull_requests {
            double.pull_request(*number, *state == "open", &"1".repeat(40));
        }
        Self { double, numbers: pull_requests.iter().map(|(number, _)| *number).collect() }
    }

    /// Answers everything with this status from now on.
    pub(super) fn break_with(&self, status: u16) {
        self.double.always("", Fault::Status(status));
    }

    /// The comments so far, with the numbers of their pull requests.
    pub(super) fn comments(&self) -> Vec<(u64, String)> {
        let all = self.numbers.iter().flat_map(|number| self.double.comments(*number));
        all.map(|Comment { number, body, .. }| (number, body)).collect()
    }

    /// Lets a run ask this repository.
    pub(super) fn known_to<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.envs(self.double.environment())
    }
}
