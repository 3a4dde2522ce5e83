//! `preview up` of a function with a URL, where a call goes wrong or a signal comes: the preview is complete, as before, or named.
//!
//! `cargo test` tries the first call of each action; with the feature `system-tools` every call is tried with every trouble.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_lambda::types::FunctionUrlAuthType;

use super::answers::names_the_action;
use super::sweep::{Attempts, Case, Trouble, first_of_each_action, troubled};
use crate::function_urls::{URL, signed};
use crate::support::rules::Busy;
use crate::support::stacks::{Lendable, Pool};
use crate::support::{Ends, Fault, Log, Run, Stack, Strict, When, answering, sweep};

/// The state of the preview before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    /// There is no preview.
    New,
    /// It is of older commits.
    Existing,
}

/// A stack whose function has a public URL, as its previews have.
struct Scene {
    start: Start,
    stack: Stack,
    round: AtomicU32,
}

/// The function of the preview; `None` where there is none.
type Seen = Option<(String, BTreeMap<String, String>)>;

/// What was there before, the commit, and what its code answers.
struct Round {
    before: Seen,
    commit: String,
    text: String,
}

impl Lendable for Scene {
    type Shape = Start;

    fn pool() -> &'static Pool<Self> {
        static POOL: Pool<Scene> = Pool::new();
        &POOL
    }

    fn build(start: Start) -> Self {
        let rules = Strict::all().with(Busy::settling_in(Duration::from_millis(100)));
        let stack = Stack::build_behind(rules, &["--alias", "live"]);
        stack.settings(&URL.replace("share_role", "public_url = true\nshare_role"));
        stack.give_url(Some("live"), &FunctionUrlAuthType::None);
        Self { start, stack, round: AtomicU32::new(0) }
    }

    fn heal(&self) {
        self.stack.proxy.clear_orders();
        self.stack.preview("down", &["--pr", "42"]).exits(0);
    }
}

impl Scene {
    fn name(&self) -> String {
        self.stack.function("dev-pr-42")
    }

    fn prepare(&self) -> Round {
        self.stack.proxy.clear_orders();
        let exists = !self.stack.aws.functions(&self.name()).is_empty();
        match self.start {
            Start::New if exists => drop(self.stack.preview("down", &["--pr", "42"]).exits(0)),
            Start::Existing if !exists => drop(self.up(&self.change()).ended().exits(0)),
            Start::New | Start::Existing => {}
        }
        let round = self.change();
        self.stack.proxy.take_calls();
        round
    }

    fn change(&self) -> Round {
        let round = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        let text = format!("round {round}");
        self.stack.write("lambda/app.py", answering(200, &text));
        Round { before: self.look(), commit: format!("{round:07x}"), text }
    }

    fn up(&self, round: &Round) -> Command {
        let mut command = self.stack.preview_command("up", &["--pr", "42", "--stage", "dev"]);
        command.env("SLS_RELEASE_COMMIT", format!("{:0<40}", round.commit));
        Attempts::One.limit(&mut command);
        command
    }

    /// `CodeSha256` of the function, and its aliases with their versions.
    fn look(&self) -> Seen {
        let (aws, name) = (self.stack.aws, self.name());
        if aws.functions(&name).is_empty() {
            return None;
        }
        let aliases = aws.block_on(aws.lambda.list_aliases().function_name(&name).max_items(50).send()).unwrap();
        let aliases = aliases.aliases.unwrap_or_default().into_iter();
        let aliases = aliases.filter_map(|alias| Some((alias.name?, alias.function_version?))).collect();
        Some((aws.code(&name, "$LATEST").0, aliases))
    }

    fn judge(&self, run: &Run, round: &Round) -> Result<(), String> {
        let after = self.look();
        let wrote = !self.stack.proxy.calls().writes().is_empty();
        let right = match run.code {
            Some(0) => self.is_complete(run, round),
            Some(3) if wrote => Err("it wrote, and says it did not".to_owned()),
            Some(3 | 4) if after == round.before => Ok(()),
            Some(5) if self.start == Start::Existing => self.is_named_and_recovered(run, round),
            _ => Err("it is neither complete nor as before".to_owned()),
        };
        right.map_err(|problem| format!("{problem}\nbefore: {:#?}\nafter: {after:#?}\n{run:?}", round.before))
    }

    /// Both URLs answer with the new code, to everybody.
    fn is_complete(&self, run: &Run, round: &Round) -> Result<(), String> {
        let preview = &run.document()["previews"][0];
        let id = |url: &serde_json::Value| url.as_str().unwrap_or_default().rsplit('/').next().unwrap().to_owned();
        let (own, commit) = (id(&preview["function_urls"]["hello"]), &preview["commits"][0]);
        for id in [own, id(&commit["url"])] {
            let open = self.stack.call_url(&id, "/hello");
            let answers = [(open.status, open.body), signed(&self.stack, &id)];
            if answers != [(200, round.text.clone()), (200, round.text.clone())] {
                return Err(format!("{id} answers {answers:?}"));
            }
        }
        if commit["commit"] == round.commit { Ok(()) } else { Err(format!("the first commit is {commit}")) }
    }

    fn is_named_and_recovered(&self, run: &Run, round: &Round) -> Result<(), String> {
        let left = run.document()["not_put_back"].to_string();
        if !left.contains(&self.name()) || !left.contains("preview up") {
            return Err(format!("it does not name what it left: {left}"));
        }
        self.stack.proxy.clear_orders();
        self.is_complete(&self.up(round).ended().exits(0), round)
    }

    /// The calls of a run without trouble.
    fn clean_run(&self) -> Log {
        let round = self.prepare();
        let run = self.up(&round).ended().exits(0);
        let calls = self.stack.proxy.take_calls();
        self.judge(&run, &round).unwrap();
        calls
    }
}

tests! {
    some_calls_of_a_new_preview_with_a_url_go_wrong => sweep(Start::New, some, goes_wrong);
    some_calls_of_another_commit_with_a_url_go_wrong => sweep(Start::Existing, some, goes_wrong);
}

fn some(scene: &Scene) -> Vec<Case> {
    first_of_each_action(scene.start as usize, &scene.clean_run())
}

fn goes_wrong(scene: &Scene, (number, trouble): &Case) -> Result<(), String> {
    let round = scene.prepare();
    let when = When::Call(*number);
    let (run, stopped) = troubled(scene.up(&round), &scene.stack, &when, *trouble);
    scene.judge(&run, &round)?;
    match (trouble, run.code) {
        (Trouble::Fault(Fault::Denied), Some(0..=4)) => names_the_action(&scene.stack, &run, &when),
        (Trouble::Signal, Some(0)) if stopped => Err(format!("it did not stop: {run:?}")),
        _ => Ok(()),
    }
}

#[cfg(feature = "system-tools")]
mod system_tools {
    use super::super::sweep::all_of;
    use super::*;

    tests! {
        any_call_of_a_new_preview_with_a_url_goes_wrong => sweep(Start::New, all, goes_wrong);
        any_call_of_another_commit_with_a_url_goes_wrong => sweep(Start::Existing, all, goes_wrong);
    }

    fn all(scene: &Scene) -> Vec<Case> {
        all_of(&scene.clean_run())
    }
}
