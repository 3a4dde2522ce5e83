//! Releases behind an HTTP API whose stage does not deploy by itself, where a call goes wrong or a signal comes: all is new,
//! or all is as before.
//!
//! `cargo test` tries the first call of each action; with the feature `system-tools` every call is tried with every trouble.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::answers::names_the_action;
use super::sweep::{Attempts, Trouble, in_turn, troubled};
use crate::http_apis::{BY_ID, settings};
use crate::support::rules::Busy;
use crate::support::stacks::{Lendable, Pool};
use crate::support::{Call, Ends, Fault, Log, Run, Stack, State, Strict, When, answering, sweep};

/// A stack that is released to again and again, each time with new code and one route more.
struct Scene {
    stack: Stack,
    round: AtomicU32,
}

/// What a release may change, as AWS says it and as callers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    state: State,
    /// The status of the route that comes with the next deployment.
    route: u16,
}

/// What was there before, and what the new code answers.
struct Round {
    before: Seen,
    number: u32,
    /// `CodeSha256` of what may be the newest version after a failure.
    good: BTreeSet<String>,
}

impl Lendable for Scene {
    type Shape = ();

    fn pool() -> &'static Pool<Self> {
        static POOL: Pool<Scene> = Pool::new();
        &POOL
    }

    fn build((): ()) -> Self {
        let rules = Strict::all().with(Busy::settling_in(Duration::from_millis(100)));
        let stack = Stack::build_behind(rules, &["--alias", "live", "--http", "manual"]);
        stack.settings(&settings("dev", BY_ID));
        let scene = Self { stack, round: AtomicU32::new(0) };
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
        let number = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        self.stack.write("lambda/app.py", answering(200, &format!("round {number}")));
        self.stack.aws.add_route(&self.stack.api, &format!("GET /round-{number}"));
        let before = self.look(number);
        let latest = before.state.latest.values().next().cloned().unwrap_or_default();
        let good = [latest, self.newest()].into();
        self.stack.proxy.take_calls();
        Round { before, number, good }
    }

    fn command(&self) -> Command {
        let mut command = self.stack.command(&["--stage", "dev", "--output", "json"]);
        Attempts::One.limit(&mut command);
        command
    }

    fn look(&self, number: u32) -> Seen {
        let route = self.stack.call(&format!("/round-{number}")).status;
        Seen { state: self.stack.state(Some("live")), route }
    }

    fn newest(&self) -> String {
        let (aws, function) = (self.stack.aws, self.stack.function("dev"));
        aws.newest(&function).map_or_else(String::new, |newest| aws.code(&function, &newest).0)
    }

    fn judge(&self, run: &Run, round: &Round) -> Result<(), String> {
        let (after, before) = (self.look(round.number), &round.before);
        let is_new = after.state.answers["/hello"] == (200, format!("round {}", round.number))
            && after.state.deployment != before.state.deployment
            && after.route == 200;
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
    some_calls_of_a_release_behind_an_http_api_go_wrong => sweep((), some, goes_wrong);
}

/// The first call of each action: every trouble for a write, one for another call.
fn some(scene: &Scene) -> Vec<Case> {
    let (calls, mut known) = (scene.clean_run(), BTreeSet::new());
    let first: Vec<&Call> = calls.iter().filter(|call| known.insert(call.action)).collect();
    in_turn(2, first, &TROUBLES)
}

fn goes_wrong(scene: &Scene, (number, trouble): &Case) -> Result<(), String> {
    let round = scene.prepare();
    let when = When::Call(*number);
    let (run, stopped) = troubled(scene.command(), &scene.stack, &when, *trouble);
    scene.judge(&run, &round)?;
    match (trouble, run.code) {
        (Trouble::Fault(Fault::Denied), _) => names_the_action(&scene.stack, &run, &when),
        (Trouble::Signal, Some(0)) if stopped => Err(format!("it did not stop: {run:?}")),
        _ => Ok(()),
    }
}

/// Every call with every trouble.
#[cfg(feature = "system-tools")]
mod system_tools {
    use super::*;

    tests! {
        any_call_of_a_release_behind_an_http_api_goes_wrong => sweep((), all, goes_wrong);
    }

    fn all(scene: &Scene) -> Vec<Case> {
        let numbers = 1..=scene.clean_run().len();
        numbers.flat_map(|number| TROUBLES.map(|trouble| (number, trouble))).collect()
    }
}
