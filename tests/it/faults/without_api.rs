//! Releases of functions without an API, where a call goes wrong or a signal comes: all is new, or all is as before.
//!
//! `cargo test` tries the first call of each action; with the feature `system-tools` every call is tried with every trouble.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_lambda::types::FunctionUrlAuthType;

use super::answers::names_the_action;
use super::sweep::{Attempts, Trouble, in_turn, troubled};
use crate::function_urls::URL;
use crate::support::rules::Busy;
use crate::support::stacks::{Lendable, Pool};
use crate::support::{Call, Ends, Fault, Log, Run, Stack, Strict, When, answering, sweep};
use crate::workers::{WORKER, working};

/// What a release proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A worker, by an event.
    Worker,
    /// A function whose alias has a URL, by that.
    Url,
}

/// A stack that is released to again and again.
struct Scene {
    kind: Kind,
    stack: Stack,
    /// The id of the URL.
    url: String,
    round: AtomicU32,
}

/// What a release may change, as AWS says it and as callers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    /// `CodeSha256` of `$LATEST`.
    latest: String,
    /// The version of the alias, and its `CodeSha256`.
    alias: (String, String),
    /// What the URL answers.
    answer: (u16, String),
}

/// What was there before, and what the new code answers.
struct Round {
    before: Seen,
    text: String,
    /// `CodeSha256` of what may be the newest version after a failure.
    good: BTreeSet<String>,
}

impl Lendable for Scene {
    type Shape = Kind;

    fn pool() -> &'static Pool<Self> {
        static POOL: Pool<Scene> = Pool::new();
        &POOL
    }

    fn build(kind: Kind) -> Self {
        let rules = Strict::all().with(Busy::settling_in(Duration::from_millis(100)));
        let stack = Stack::build_behind(rules, &["--alias", "live"]);
        stack.settings(if kind == Kind::Url { URL } else { WORKER });
        stack.write("event.json", r#"{ "job": 7 }"#);
        let url = stack.give_url(Some("live"), &FunctionUrlAuthType::None);
        let scene = Self { kind, stack, url, round: AtomicU32::new(0) };
        scene.heal();
        scene
    }

    fn heal(&self) {
        let round = self.prepare();
        let run = self.command().ended();
        self.judge(&run, &round).unwrap();
        run.exits(0);
    }
}

impl Scene {
    fn prepare(&self) -> Round {
        self.stack.proxy.clear_orders();
        let text = format!("round {}", self.round.fetch_add(1, Ordering::Relaxed) + 1);
        let source = if self.kind == Kind::Url { answering(200, &text) } else { working(&text) };
        self.stack.write("lambda/app.py", source);
        let before = self.look();
        let good = [before.latest.clone(), self.newest()].into();
        self.stack.proxy.take_calls();
        Round { before, text, good }
    }

    fn command(&self) -> Command {
        let mut command = self.stack.command(&["--stage", "dev", "--output", "json"]);
        Attempts::One.limit(&mut command);
        command
    }

    fn look(&self) -> Seen {
        let (aws, function) = (self.stack.aws, self.stack.function("dev"));
        let version = aws.alias(&function, "live");
        let sha256 = aws.code(&function, &version).0;
        let answer = if self.kind == Kind::Url {
            let answer = self.stack.call_url(&self.url, "/hello");
            (answer.status, answer.body)
        } else {
            (0, String::new())
        };
        Seen { latest: aws.code(&function, "$LATEST").0, alias: (version, sha256), answer }
    }

    fn newest(&self) -> String {
        let (aws, function) = (self.stack.aws, self.stack.function("dev"));
        aws.newest(&function).map_or_else(String::new, |newest| aws.code(&function, &newest).0)
    }

    fn judge(&self, run: &Run, round: &Round) -> Result<(), String> {
        let (after, before) = (self.look(), &round.before);
        let is_new = after.latest != before.latest
            && after.alias.1 == after.latest
            && (self.kind == Kind::Worker || after.answer == (200, round.text.clone()));
        let wrote = !self.stack.proxy.calls().writes().is_empty();
        let right = match run.code {
            Some(0) if is_new => Ok(()),
            Some(3) if wrote => Err("it wrote, and says it did not"),
            Some(3 | 4) if !round.good.contains(&self.newest()) => Err("the newest version is one that failed"),
            Some(3 | 4) if after == *before => Ok(()),
            _ => Err("it is neither as before nor new"),
        };
        right.map_err(|problem| format!("{problem}\nbefore: {before:#?}\nafter: {after:#?}\n{run:?}"))
    }

    /// The calls of a release without trouble.
    fn clean_run(&self) -> Log {
        self.heal();
        self.stack.proxy.take_calls()
    }
}

const TROUBLES: [Trouble; 5] = [
    Trouble::Fault(Fault::NotDone),
    Trouble::Fault(Fault::DoneButReset),
    Trouble::Fault(Fault::Throttled),
    Trouble::Fault(Fault::Denied),
    Trouble::Signal,
];

type Case = (usize, Trouble);

tests! {
    some_calls_of_a_release_of_a_worker_go_wrong => sweep(Kind::Worker, some, goes_wrong);
    some_calls_of_a_release_behind_a_url_go_wrong => sweep(Kind::Url, some, goes_wrong);
}

/// The first call of each action: every trouble for a write, one for another call.
fn some(scene: &Scene) -> Vec<Case> {
    let (calls, mut known) = (scene.clean_run(), BTreeSet::new());
    let first: Vec<&Call> = calls.iter().filter(|call| known.insert(call.action)).collect();
    in_turn(scene.kind as usize, first, &TROUBLES)
}

fn goes_wrong(scene: &Scene, (number, trouble): &Case) -> Result<(), String> {
    let round = scene.prepare();
    let when = When::Call(*number);
    let (run, stopped) = troubled(scene.command(), &scene.stack, &when, *trouble);
    scene.judge(&run, &round)?;
    // Behind the move of the alias nothing follows the release of a worker.
    let is_over = scene.kind == Kind::Worker
        && scene.stack.proxy.calls().writes().last().is_some_and(|write| write.number <= *number);
    match (trouble, run.code) {
        (Trouble::Fault(Fault::Denied), _) => names_the_action(&scene.stack, &run, &when),
        (Trouble::Signal, Some(0)) if stopped && !is_over => Err(format!("it did not stop: {run:?}")),
        _ => Ok(()),
    }
}

/// Every call with every trouble.
#[cfg(feature = "system-tools")]
mod system_tools {
    use super::*;

    tests! {
        any_call_of_a_release_of_a_worker_goes_wrong => sweep(Kind::Worker, all, goes_wrong);
        any_call_of_a_release_behind_a_url_goes_wrong => sweep(Kind::Url, all, goes_wrong);
    }

    fn all(scene: &Scene) -> Vec<Case> {
        let numbers = 1..=scene.clean_run().len();
        numbers.flat_map(|number| TROUBLES.map(|trouble| (number, trouble))).collect()
    }
}
