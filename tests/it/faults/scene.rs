//! A stack that is released to again and again; each release has the same steps as the one before.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_apigateway::types::IntegrationType;

use crate::support::scene::{ALIAS, LATEST, answering};
use crate::support::stack::State;
use crate::support::strict::ACCOUNT;
use crate::support::strict::rules::Busy;
use crate::support::{Aws, Run, Stack, Strict};

/// Ministack imports botocore into every new function, to count calls of functions by functions. This one calls
/// nobody, and starts in a fraction of the time with this in its place.
pub(super) const NO_BOTOCORE: &str = "raise ImportError\n";

/// What a release of the scene does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// New code behind an alias, a deployment, and an invoke permission that is missing.
    Alias,
    /// The same where there is no alias yet, and the live code is in no bucket.
    First,
    /// New code that callers see at once, and a deployment.
    Latest,
    /// New code behind an alias, and a cache to flush.
    Cached,
}

impl Kind {
    fn options(self) -> &'static [&'static str] {
        match self {
            Kind::Alias | Kind::First => &["--alias", "live"],
            Kind::Latest => &[],
            Kind::Cached => &["--alias", "live", "--cache"],
        }
    }

    fn alias(self) -> Option<&'static str> {
        (self != Kind::Latest).then_some("live")
    }

    fn redeploys(self) -> bool {
        self != Kind::Cached
    }
}

/// A stack, and how often it was released to.
pub(super) struct Scene {
    pub(super) kind: Kind,
    pub(super) stack: Stack,
    round: AtomicU32,
    /// The resource whose answer changes with every release that makes a deployment.
    probe: String,
}

/// Everything a release may change, as AWS says it and as callers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) state: State,
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
}

impl Scene {
    /// A stack with a first release.
    pub(super) fn build(kind: Kind) -> Self {
        let rules = Strict::all().with(Busy::settling_in(Duration::from_millis(100)));
        let stack = Stack::build_behind(rules, kind.options());
        stack.settings(if kind.alias().is_some() { ALIAS } else { LATEST });
        stack.write("lambda/botocore.py", NO_BOTOCORE);
        let (aws, root) = (Aws::shared(), stack.root().to_owned());
        let probe = aws.block_on(async {
            let create = |part| aws.gateway.create_resource().rest_api_id(&stack.api).parent_id(&root).path_part(part);
            let probe = create("probe").send().await.unwrap().id.unwrap();
            let more = create("more").send().await.unwrap().id.unwrap();
            for resource in [&probe, &more] {
                let call = aws.gateway.put_method().rest_api_id(&stack.api).resource_id(resource).http_method("GET");
                call.authorization_type("NONE").send().await.unwrap();
            }
            let function = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{}", stack.function("dev"));
            let function = kind.alias().map_or(function.clone(), |alias| format!("{function}:{alias}"));
            let path = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions";
            let call = aws.gateway.put_integration().rest_api_id(&stack.api).resource_id(&more).http_method("GET");
            let call = call.r#type(IntegrationType::AwsProxy).integration_http_method("POST");
            call.uri(format!("{path}/{function}/invocations")).send().await.unwrap();
            probe
        });
        let scene = Self { kind, stack, round: AtomicU32::new(0), probe };
        scene.narrow_permission();
        scene.change_api(0);
        // Deploys what the stack left undeployed, and allows what is not allowed yet, whatever the kind.
        scene.prepare();
        Run::from(scene.command().output().unwrap()).exits(0);
        scene
    }

    /// The stack's own permission is for `/hello` alone from now on.
    fn narrow_permission(&self) {
        let (aws, function) = (Aws::shared(), self.stack.function("dev"));
        let alias = self.kind.alias().map(str::to_owned);
        let remove = aws.lambda.remove_permission().function_name(&function).set_qualifier(alias.clone());
        aws.block_on(remove.statement_id("AllowAPIGatewayInvoke").send()).unwrap();
        let add = aws.lambda.add_permission().function_name(&function).set_qualifier(alias);
        let source = format!("arn:aws:execute-api:us-east-1:{ACCOUNT}:{}/*/GET/hello", self.stack.api);
        let add = add.statement_id("hello").action("lambda:InvokeFunction").principal("apigateway.amazonaws.com");
        aws.block_on(add.source_arn(source).send()).unwrap();
    }

    /// Makes something to release.
    pub(super) fn prepare(&self) -> Round {
        let round = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        let text = format!("round {round}");
        self.stack.write("lambda/app.py", answering(200, &text));
        let probe = if self.kind.redeploys() { self.change_api(round) } else { self.probe() };
        match self.kind {
            Kind::Alias => self.take_permission_away(),
            Kind::First => self.take_alias_away(round),
            Kind::Latest | Kind::Cached => {}
        }
        self.stack.proxy.clear_orders();
        let before = self.look();
        self.stack.proxy.take_calls();
        Round { before, text, probe }
    }

    fn change_api(&self, round: u32) -> u16 {
        let status = u16::try_from(201 + round % 90).unwrap();
        let aws = Aws::shared();
        let call = aws.gateway.put_integration().rest_api_id(&self.stack.api).resource_id(&self.probe);
        let call = call.http_method("GET").r#type(IntegrationType::Mock);
        let template = format!(r#"{{"statusCode": {status}}}"#);
        aws.block_on(call.request_templates("application/json", template).send()).unwrap();
        status
    }

    fn take_permission_away(&self) {
        let (aws, function) = (Aws::shared(), self.stack.function("dev"));
        for statement in aws.statements(&function, self.kind.alias()) {
            if statement.starts_with("sls-release") || self.kind == Kind::First {
                let call = aws.lambda.remove_permission().function_name(&function).statement_id(statement);
                aws.block_on(call.set_qualifier(self.kind.alias().map(str::to_owned)).send()).unwrap();
            }
        }
    }

    /// The alias and its policy, which ministack would keep; and the code that is live was never in the bucket.
    fn take_alias_away(&self, round: u32) {
        let (aws, function) = (Aws::shared(), self.stack.function("dev"));
        self.take_permission_away();
        if aws.find_alias(&function, "live").is_some() {
            aws.block_on(aws.lambda.delete_alias().function_name(&function).name("live").send()).unwrap();
        }
        let archive = crate::strict::archive(&format!("placeholder {round}"));
        aws.block_on(aws.lambda.update_function_code().function_name(&function).zip_file(archive).send()).unwrap();
    }

    /// A release without trouble, after which everything is new.
    pub(super) fn heal(&self) {
        let round = self.prepare();
        let run: Run = self.command().output().unwrap().into();
        self.judge(&run, &round).unwrap();
        run.exits(0);
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
        Seen { state: self.stack.state(self.kind.alias()), more: (more.status, more.body), probe: self.probe() }
    }

    fn probe(&self) -> u16 {
        self.stack.call("/probe").status
    }

    /// Whether the run ended as it may: all is new after exit 0, all as before after 3 and 4.
    pub(super) fn judge(&self, run: &Run, round: &Round) -> Result<(), String> {
        let after = self.look();
        let right = match run.code {
            Some(0) => self.is_released(&after, round, 0),
            Some(3) if !self.stack.proxy.calls().writes().is_empty() => Err("it wrote, and says it did not".to_owned()),
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

    /// Whether the alias, where there is one, has the code of `$LATEST`.
    pub(super) fn is_whole(&self, seen: &Seen) -> bool {
        let (function, state) = (self.stack.function("dev"), &seen.state);
        let alias = state.aliases.get(&function).map(|(_, sha256)| sha256);
        self.kind == Kind::Latest || alias == state.latest.get(&function)
    }
}
