//! Releases of functions that have no REST API, where a call goes wrong or a signal comes: all is new, or all is as before.
//!
//! `cargo test` tries the first call of each action; with the feature `system-tools` every call is tried with every trouble.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_lambda::types::FunctionUrlAuthType;

use super::answers::names_the_action;
use super::sweep::{Attempts, Case, Trouble, first_of_each_action, troubled};
use crate::function_urls::URL;
use crate::http_apis::{BY_ID, settings};
use crate::support::rules::Busy;
use crate::support::stacks::{Lendable, Pool};
use crate::support::{Ends, Fault, Log, Run, Stack, State, Strict, When, answering, sweep};
use crate::workers::{WORKER, working};

/// What a release proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A worker, by an event.
    Worker,
    /// A function whose alias has a URL, by that.
    Url,
    /// A function behind an HTTP API whose stage does not deploy by itself; each release has a route more.
    Http,
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
    state: State,
    /// What the URL answers, or the route that comes with the release.
    answer: (u16, String),
}

/// What was there before, and what the new code answers.
struct Round {
    before: Seen,
    number: u32,
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
        let options: &[&str] = if kind == Kind::Http { &["--http", "manual"] } else { &[] };
        let stack = Stack::build_behind(rules, &[&["--alias", "live"], options].concat());
        stack.settings(&match kind {
            Kind::Worker => WORKER.to_owned(),
            Kind::Url => URL.to_owned(),
            Kind::Http => settings("dev", BY_ID),
        });
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
        let number = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        let text = format!("round {number}");
        let source = if self.kind == Kind::Worker { working(&text) } else { answering(200, &text) };
        self.stack.write("lambda/app.py", source);
        if self.kind == Kind::Http {
            self.stack.aws.add_route(&self.stack.api, &format!("GET /round-{number}"));
        }
        let before = self.look(number);
        let good = [before.state.latest[&self.function()].clone(), self.newest()].into();
        self.stack.proxy.take_calls();
        Round { before, number, text, good }
    }

    fn function(&self) -> String {
        self.stack.function("dev")
    }

    fn command(&self) -> Command {
        let mut command = self.stack.command(&["--stage", "dev", "--output", "json"]);
        Attempts::One.limit(&mut command);
        command
    }

    fn look(&self, number: u32) -> Seen {
        let answer = match self.kind {
            Kind::Worker => None,
            Kind::Url => Some(self.stack.call_url(&self.url, "/hello")),
            Kind::Http => Some(self.stack.call(&format!("/round-{number}"))),
        };
        let answer = answer.map(|answer| (answer.status, answer.body)).unwrap_or_default();
        Seen { state: self.stack.state(Some("live")), answer }
    }

    fn newest(&self) -> String {
        let (aws, function) = (self.stack.aws, self.function());
        aws.newest(&function).map_or_else(String::new, |newest| aws.code(&function, &newest).0)
    }

    fn judge(&self, run: &Run, round: &Round) -> Result<(), String> {
        let (after, before) = (self.look(round.number), &round.before);
        let latest = &after.state.latest[&self.function()];
        let is_new = *latest != before.state.latest[&self.function()]
            && after.state.aliases[&self.function()].1 == *latest
            && (self.kind == Kind::Worker || after.answer == (200, round.text.clone()))
            && (self.kind == Kind::Http) == (after.state.deployment != before.state.deployment);
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

tests! {
    some_calls_of_a_release_of_a_worker_go_wrong => sweep(Kind::Worker, some, goes_wrong);
    some_calls_of_a_release_behind_a_url_go_wrong => sweep(Kind::Url, some, goes_wrong);
    some_calls_of_a_release_behind_an_http_api_go_wrong => sweep(Kind::Http, some, goes_wrong);
}

fn some(scene: &Scene) -> Vec<Case> {
    first_of_each_action(scene.kind as usize, &scene.clean_run())
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

#[cfg(feature = "system-tools")]
mod system_tools {
    use super::super::sweep::all_of;
    use super::*;

    tests! {
        any_call_of_a_release_of_a_worker_goes_wrong => sweep(Kind::Worker, all, goes_wrong);
        any_call_of_a_release_behind_a_url_goes_wrong => sweep(Kind::Url, all, goes_wrong);
        any_call_of_a_release_behind_an_http_api_goes_wrong => sweep(Kind::Http, all, goes_wrong);
    }

    fn all(scene: &Scene) -> Vec<Case> {
        all_of(&scene.clean_run())
    }
}
