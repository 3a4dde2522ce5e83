//! A stack that is released to again and again; each release has the same steps as the one before.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::probe::{self, Probe};
use crate::strict::archive;
use crate::strict::endpoints::uri;
use crate::support::rules::Busy;
use crate::support::stacks::{Lendable, Pool};
use crate::support::{
    ACCOUNT, ALIAS, Aws, Ends, LATEST, Run, Stack, State, Strict, answering, fixed_key, image_settings, without_bucket,
};

/// What a release of the scene does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// New code behind an alias, a deployment, and an invoke permission that is missing.
    Alias,
    /// The same where there is no alias yet, and the live code is in no bucket.
    First,
    /// The same without a bucket.
    Sent,
    /// New code behind an alias, under a fixed key.
    Fixed,
    /// A new image behind an alias.
    Image,
    /// New code that callers see at once, and a deployment.
    Latest,
    /// New code behind an alias, and a cache to flush.
    Cached,
}

impl Kind {
    fn options(self) -> &'static [&'static str] {
        match self {
            Kind::Alias | Kind::First | Kind::Sent | Kind::Fixed | Kind::Image => &["--alias", "live"],
            Kind::Latest => &[],
            Kind::Cached => &["--alias", "live", "--cache"],
        }
    }

    fn alias(self) -> Option<&'static str> {
        (self != Kind::Latest).then_some("live")
    }

    fn settings(self) -> String {
        match self {
            Kind::Alias | Kind::First | Kind::Cached => ALIAS.to_owned(),
            Kind::Latest => LATEST.to_owned(),
            Kind::Sent => without_bucket(ALIAS),
            Kind::Fixed => fixed_key(ALIAS),
            Kind::Image => image_settings(),
        }
    }

    fn redeploys(self) -> bool {
        ![Kind::Cached, Kind::Image].contains(&self)
    }
}

/// A stack, and how often it was released to.
pub(super) struct Scene {
    pub(super) kind: Kind,
    pub(super) stack: Stack,
    round: AtomicU32,
    /// Its answer changes with every release that makes a deployment.
    probe: Probe,
}

/// Everything a release may change, as AWS says it and as callers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) state: State,
    /// Entity tag and version of the object under the fixed key.
    pub(super) object: Option<(String, Option<String>)>,
    /// Status and body of `/more`, which lacks the permission before each release.
    more: (u16, String),
    /// The status of `/probe`, which tells which deployment answers.
    probe: u16,
}

/// What is to be released, and what was there before.
pub(super) struct Round {
    pub(super) before: Seen,
    /// What the new code answers.
    pub(super) text: String,
    probe: u16,
    /// `CodeSha256` of what may be the newest version after a failure: what was, and what `$LATEST` had.
    good: BTreeSet<String>,
}

impl Lendable for Scene {
    type Shape = Kind;

    fn pool() -> &'static Pool<Self> {
        static POOL: Pool<Scene> = Pool::new();
        &POOL
    }

    /// A stack with a first release.
    fn build(kind: Kind) -> Self {
        let rules = Strict::all().with(Busy::settling_in(Duration::from_millis(100)));
        let stack = Stack::build_behind(rules, kind.options());
        stack.settings(&kind.settings());
        if kind == Kind::Image {
            stack.runs_images();
        }
        let (probe, more) = (Probe::new(&stack), probe::path(&stack, "more"));
        let function = stack.function("dev");
        let function = kind.alias().map_or(function.clone(), |alias| format!("{function}:{alias}"));
        stack.aws.put_proxy(&stack.api, &more, "GET", &uri(&function), None);
        let scene = Self { kind, stack, round: AtomicU32::new(0), probe };
        scene.narrow_permission();
        scene.probe.change(&scene.stack, 0);
        // Deploys what the stack left undeployed, and allows what is not allowed yet, whatever the kind.
        scene.prepare();
        scene.command().ended().exits(0);
        scene
    }

    /// Releases without trouble, so that everything is new.
    fn heal(&self) {
        self.stack.proxy.clear_orders();
        let round = self.prepare();
        let run = self.command().ended();
        self.judge(&run, &round).unwrap();
        run.exits(0);
    }
}

impl Scene {
    /// The stack's own permission is for `/hello` alone from now on.
    fn narrow_permission(&self) {
        let (aws, function) = (Aws::shared(), self.stack.function("dev"));
        aws.forbid(&function, self.kind.alias(), "AllowAPIGatewayInvoke");
        let source = format!("arn:aws:execute-api:us-east-1:{ACCOUNT}:{}/*/GET/hello", self.stack.api);
        aws.permit(&function, self.kind.alias(), "hello", &source);
    }

    /// Makes something to release.
    pub(super) fn prepare(&self) -> Round {
        let round = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        let text = format!("round {round}");
        if self.kind == Kind::Image {
            self.stack.push("live", &answering(200, &text));
        } else {
            self.stack.write("lambda/app.py", answering(200, &text));
        }
        let probe =
            if self.kind.redeploys() { self.probe.change(&self.stack, round) } else { Probe::status(&self.stack) };
        match self.kind {
            Kind::Alias => self.take_permission_away(),
            Kind::First | Kind::Sent => self.take_alias_away(round),
            Kind::Latest | Kind::Cached | Kind::Fixed | Kind::Image => {}
        }
        self.stack.proxy.clear_orders();
        let before = self.look();
        let good = before.state.latest.values().cloned().chain([self.newest()]).collect();
        self.stack.proxy.take_calls();
        Round { before, text, probe, good }
    }

    fn take_permission_away(&self) {
        let (aws, function) = (Aws::shared(), self.stack.function("dev"));
        for statement in aws.statements(&function, self.kind.alias()) {
            if statement.starts_with("sls-release") || matches!(self.kind, Kind::First | Kind::Sent) {
                aws.forbid(&function, self.kind.alias(), &statement);
            }
        }
    }

    /// The alias and its policy, which ministack would keep; and the code that is live was never in the bucket.
    fn take_alias_away(&self, round: u32) {
        let (aws, function) = (Aws::shared(), self.stack.function("dev"));
        self.take_permission_away();
        if aws.find_alias(&function, "live").is_some() {
            aws.delete_alias(&function, "live");
        }
        aws.change_code(&function, archive(&format!("placeholder {round}")), false);
    }

    /// The program, without repetitions by the SDK, so that every fault meets the program itself.
    pub(super) fn command(&self) -> Command {
        let mut command = self.stack.command(&["--stage", "dev", "--output", "json"]);
        command.env("AWS_MAX_ATTEMPTS", "1");
        command
    }

    /// How the stack is now.
    pub(super) fn look(&self) -> Seen {
        let more = self.stack.call("/more");
        Seen {
            state: self.stack.state(self.kind.alias()),
            object: self.stack.object("terraform/function.zip"),
            more: (more.status, more.body),
            probe: Probe::status(&self.stack),
        }
    }

    /// `CodeSha256` of the newest version.
    fn newest(&self) -> String {
        let (aws, function) = (Aws::shared(), self.stack.function("dev"));
        aws.newest(&function).map_or_else(String::new, |newest| aws.code(&function, &newest).0)
    }

    /// Whether the run ended as it may: all is new after exit 0, all as before after 3 and 4.
    pub(super) fn judge(&self, run: &Run, round: &Round) -> Result<(), String> {
        let after = self.look();
        let right = match run.code {
            Some(0) => self.is_released(&after, round, 0),
            Some(3) if !self.stack.proxy.calls().writes().is_empty() => Err("it wrote, and says it did not".to_owned()),
            Some(3 | 4) if !round.good.contains(&self.newest()) => {
                Err("the newest version is one that failed".to_owned())
            }
            Some(3 | 4) if after == round.before => Ok(()),
            Some(3 | 4) => Err(format!("before: {:#?}\nafter: {after:#?}", round.before)),
            _ => Err("it ended in another way".to_owned()),
        };
        right.map_err(|problem| format!("{problem}\n{}\n{}", run.stdout, run.stderr))
    }

    /// Whether all is new; `others` is the number of deployments that somebody else made meanwhile.
    pub(super) fn is_released(&self, after: &Seen, round: &Round, others: usize) -> Result<(), String> {
        let (was, is) = (&round.before.state, &after.state);
        let answer = (200, round.text.clone());
        let made = usize::from(self.kind.redeploys());
        let news = [
            ("code", is.latest != was.latest),
            ("/hello", is.answers["/hello"] == answer),
            ("/more", after.more == answer),
            ("/probe", after.probe == round.probe),
            (
                "deployments",
                (was.deployments.len() + made..=was.deployments.len() + made + others).contains(&is.deployments.len()),
            ),
            ("stage", (is.deployment != was.deployment) == self.kind.redeploys()),
            ("alias", self.is_whole(after)),
            ("object", (after.object != round.before.object) == (self.kind == Kind::Fixed)),
        ];
        let missing: Vec<_> = news.into_iter().filter(|(_, right)| !right).map(|(name, _)| name).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!("half released: {missing:?}\nbefore: {:#?}\nafter: {after:#?}", round.before))
    }

    /// Whether every path that leads to the function answers so.
    pub(super) fn callers_see(seen: &Seen, text: &str) -> bool {
        let answer = (200, text.to_owned());
        seen.state.answers["/hello"] == answer && seen.more == answer
    }

    /// Whether the stage serves a deployment of the API as it is since the round began.
    pub(super) fn serves_what_is_new(seen: &Seen, round: &Round) -> bool {
        seen.probe == round.probe && seen.state.deployment != round.before.state.deployment
    }

    /// Whether the alias, where there is one, has the code of `$LATEST`.
    pub(super) fn is_whole(&self, seen: &Seen) -> bool {
        let (function, state) = (self.stack.function("dev"), &seen.state);
        let alias = state.aliases.get(&function).map(|(_, sha256)| sha256);
        self.kind == Kind::Latest || alias == state.latest.get(&function)
    }
}
