//! A stack whose preview the cases of a sweep create, update and delete.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::parts::{Parts, parts};
use crate::faults::probe::Probe;
use crate::faults::sweep::Attempts;
use crate::preview::scene::{SETTINGS, source};
use crate::support::rules::{ApiRate, Busy};
use crate::support::stacks::{Lendable, Pool};
use crate::support::{Aws, Ends, Log, Run, Stack, Strict};

/// The state of the preview before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Start {
    /// There is no preview.
    New,
    /// The preview has older code and an older definition of its API.
    Existing,
    /// The preview has a function with older code, but its API was deleted.
    WithoutApi,
}

/// The verb of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Up,
    Down,
}

/// A stack with the source of a pull request. Each round changes both.
pub(super) struct Scene {
    pub(super) start: Start,
    pub(super) stack: Stack,
    round: AtomicU32,
    probe: Probe,
}

/// What a run starts from, and what it has to reach.
pub(super) struct Round {
    pub(super) before: Parts,
    /// The text that the new code answers.
    pub(super) text: String,
    /// The status that the new definition answers at `/probe`.
    pub(super) probe: u16,
}

impl Lendable for Scene {
    type Shape = Start;

    fn pool() -> &'static Pool<Self> {
        static POOL: Pool<Scene> = Pool::new();
        &POOL
    }

    fn build(start: Start) -> Self {
        let rules = Strict::all().with(Busy::settling_in(Duration::from_millis(100))).with(ApiRate::scaled_by(0.01));
        let stack = Stack::build_behind(rules, &[]);
        stack.settings(SETTINGS);
        let probe = Probe::new(&stack);
        Self { start, stack, round: AtomicU32::new(0), probe }
    }

    /// Deletes the preview without the program.
    fn heal(&self) {
        self.stack.proxy.clear_orders();
        self.remove();
    }
}

impl Scene {
    fn remove(&self) {
        let aws = Aws::shared();
        aws.remove_all(&self.stack.function("dev-pr-"));
        aws.remove_all(&self.stack.function("api-pr-"));
    }

    /// Creates the state that a run starts from, and changes the code and the stage's API.
    pub(super) fn prepare(&self) -> Round {
        self.stack.proxy.clear_orders();
        match self.start {
            Start::New => self.remove(),
            Start::Existing if self.is_gone() => {
                self.change();
                self.run(Verb::Up).exits(0);
            }
            Start::Existing => {}
            Start::WithoutApi => {
                self.remove();
                self.change();
                self.run(Verb::Up).exits(0);
                Aws::shared().remove_all(&self.stack.function("api-pr-"));
            }
        }
        let (text, probe) = self.change();
        let before = parts(&self.stack);
        self.stack.proxy.take_calls();
        Round { before, text, probe }
    }

    /// Whether neither function nor API of the preview exists.
    fn is_gone(&self) -> bool {
        let aws = Aws::shared();
        aws.functions(&self.stack.function("dev-pr-")).is_empty()
            && aws.api_documents(&self.stack.function("api-pr-")).is_empty()
    }

    fn change(&self) -> (String, u16) {
        let round = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        let text = format!("round {round}");
        self.stack.write("lambda/app.py", source(&text));
        let probe = self.probe.change(&self.stack, round);
        self.stack.deploy();
        (text, probe)
    }

    /// Returns the command, without repetitions by the SDK.
    pub(super) fn command(&self, verb: Verb) -> Command {
        let mut command = match verb {
            Verb::Up => self.stack.preview_command("up", &["--pr", "42", "--stage", "dev"]),
            Verb::Down => self.stack.preview_command("down", &["--pr", "42"]),
        };
        Attempts::One.limit(&mut command);
        command
    }

    /// Runs the verb.
    pub(super) fn run(&self, verb: Verb) -> Run {
        self.command(verb).ended()
    }

    /// Returns the calls of a run without trouble.
    pub(super) fn clean_run(&self, verb: Verb) -> Log {
        let round = self.prepare();
        let run = self.run(verb).exits(0);
        let calls = self.stack.proxy.calls();
        self.judge(verb, &run, &round).unwrap();
        calls
    }
}
