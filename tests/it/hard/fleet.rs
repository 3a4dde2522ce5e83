//! Twenty functions on three APIs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use aws_sdk_lambda::client::Waiters;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use futures::future::join_all;

use super::repeats::unneeded;
use super::statuses;
use crate::strict::endpoints::uri;
use crate::strict::{archive, change_code};
use crate::support::rules::{ApiReads, DeploymentRate, LambdaRate};
use crate::support::{ACCOUNT, Aws, Call, Log, Stack, Strict, answering};

const FUNCTIONS: usize = 20;
const APIS: usize = 3;
/// What Lambda takes, which is less than a release of this size asks for.
const LAMBDA_PER_SECOND: usize = 15;

/// A stack with more functions and more APIs than its own; function `n` is called by API `n % 3` on `/f<n>`.
struct Fleet {
    stack: Stack,
    apis: Vec<String>,
    functions: Vec<String>,
}

/// What a release may change.
#[derive(Debug, PartialEq, Eq)]
struct State {
    code: Vec<String>,
    aliases: Vec<String>,
    served: Vec<String>,
    deployments: Vec<BTreeSet<String>>,
}

impl Fleet {
    fn build() -> Self {
        let deployments = DeploymentRate::one_per(Duration::from_secs(5));
        let rules = Strict::all().with(LambdaRate::of(LAMBDA_PER_SECOND)).with(deployments).with(ApiReads::default());
        let stack = Stack::build_behind(rules, &["--function", "$NAME-f00=/f00", "--alias", "live"]);
        let functions: Vec<String> = (0..FUNCTIONS).map(|number| stack.function(&format!("f{number:02}"))).collect();
        let aws = Aws::shared();
        let role = aws.lambda.get_function_configuration().function_name(&functions[0]).send();
        let role = aws.block_on(role).unwrap().role.unwrap();
        aws.block_on(join_all(functions[1..].iter().map(|name| create_function(aws, name, &role))));
        let others = (1..APIS).map(|number| aws.create_api(&format!("{}-api{number}", stack.name)));
        let apis: Vec<String> = std::iter::once(stack.api.clone()).chain(others).collect();
        let fleet = Self { stack, apis, functions };
        for number in 1..FUNCTIONS {
            fleet.call_by_api(aws, number);
        }
        for api in &fleet.apis[1..] {
            aws.block_on(create_stage(aws, api));
        }
        fleet.stack.settings(&fleet.settings());
        fleet
    }

    fn settings(&self) -> String {
        let mut text = "region = \"us-east-1\"\n[artifacts]\nbucket = \"$NAME-artifacts\"\n".to_owned();
        for (number, name) in self.functions.iter().enumerate() {
            let rest = format!("source = \"f{number:02}\"\nname = \"{name}\"\nalias = \"live\"");
            writeln!(text, "[functions.f{number:02}]\n{rest}").unwrap();
        }
        for (number, id) in self.apis.iter().enumerate() {
            writeln!(text, "[apis.a{number}]\nid = \"{id}\"\nstage = \"dev\"").unwrap();
        }
        text + "[smoke]\napi = \"a1\"\npath = \"/f01\"\ntimeout = \"5s\"\n"
    }

    /// API `number % 3` calls the function's alias, and may.
    fn call_by_api(&self, aws: &Aws, number: usize) {
        let (api, name) = (&self.apis[number % APIS], &self.functions[number]);
        let resources = aws.resources(api);
        let root = resources.iter().find(|resource| resource.path() == Some("/")).unwrap().id().unwrap();
        let resource = aws.add_resource(api, root, &format!("f{number:02}"));
        aws.add_method(api, &resource, "GET");
        aws.put_proxy(api, &resource, "GET", &uri(&format!("{name}:live")), None);
        aws.permit(name, Some("live"), "api", &format!("arn:aws:execute-api:us-east-1:{ACCOUNT}:{api}/*/*"));
    }

    fn write(&self, number: usize, text: &str) {
        self.stack.write(&format!("f{number:02}/app.py"), answering(200, &format!("{text} {number}")));
    }

    fn write_all(&self, text: &str) {
        (0..FUNCTIONS).for_each(|number| self.write(number, text));
    }

    fn call(&self, number: usize) -> String {
        self.stack.call_of(&self.apis[number % APIS], "dev", &format!("/f{number:02}")).body
    }

    fn state(&self) -> State {
        let aws = Aws::shared();
        State {
            code: self.functions.iter().map(|name| aws.code(name, "$LATEST").0).collect(),
            aliases: self.functions.iter().map(|name| aws.alias(name, "live")).collect(),
            served: self.apis.iter().map(|api| aws.stage_deployment(api, "dev")).collect(),
            deployments: self.apis.iter().map(|api| aws.deployments(api)).collect(),
        }
    }

    /// What a release did. No read was made without need.
    #[track_caller]
    fn release(&self, outcome: &str, code: i32) -> Log {
        self.stack.proxy.take_calls();
        assert_eq!(self.stack.release(&[]).exits(code).outcome(), outcome);
        let log = self.stack.proxy.take_calls();
        let refused = |call: &&Call| call.service == "lambda" && call.status == 429;
        let count = log.iter().filter(refused).count();
        assert!(count * 10 < log.len(), "{count} calls more than Lambda takes: {log:?}");
        if code == 0 {
            assert_eq!(unneeded(&log), BTreeMap::new(), "{log:?}");
        }
        log
    }

    /// The same where each call takes a while.
    #[track_caller]
    fn measured(&self, outcome: &str) -> Log {
        self.stack.proxy.set_latency(Duration::from_secs(1), Duration::ZERO);
        let log = self.release(outcome, 0);
        self.stack.proxy.clear_orders();
        log
    }
}

async fn create_function(aws: &Aws, name: &str, role: &str) {
    let call = aws.lambda.create_function().function_name(name).role(role).runtime(Runtime::Python312);
    let code = FunctionCode::builder().zip_file(archive("placeholder")).build();
    call.handler("app.handler").code(code).publish(true).send().await.unwrap();
    let active = aws.lambda.wait_until_function_active_v2().function_name(name);
    active.wait(Duration::from_mins(1)).await.unwrap();
    let call = aws.lambda.create_alias().function_name(name).name("live").function_version("1");
    call.send().await.unwrap();
}

async fn create_stage(aws: &Aws, api: &str) {
    let made = aws.gateway.create_deployment().rest_api_id(api).send().await.unwrap();
    let call = aws.gateway.create_stage().rest_api_id(api).stage_name("dev");
    call.set_deployment_id(made.id).send().await.unwrap();
}

#[test]
fn twenty_functions_on_three_apis() {
    let fleet = Fleet::build();
    first_release(&fleet);
    unchanged(&fleet);
    one_changed_line(&fleet);
    code_to_be_kept_first(&fleet);
    all_changed(&fleet);
    all_put_back(&fleet);
}

fn first_release(fleet: &Fleet) {
    let before = fleet.state();
    fleet.write_all("one");
    let log = fleet.release("released", 0);
    assert_eq!(fleet.call(0), "one 0");
    assert_eq!(fleet.call(19), "one 19");
    let after = fleet.state();
    assert!(after.aliases.iter().all(|version| version == "2"), "{after:?}");
    assert_eq!(log.calls("PutObject").len(), 2 * FUNCTIONS, "artifacts, and the placeholders beside them");
    let made: Vec<_> = log.calls("CreateDeployment").into_iter().filter(|call| call.status == 201).collect();
    assert_eq!(made.len(), APIS);
    assert!(made.windows(2).all(|pair| pair[0].end <= pair[1].start), "one after the other");
    assert!(statuses(&log, "CreateDeployment").contains(&429), "they had to wait for their turn");
    for (now, then) in after.deployments.iter().zip(&before.deployments) {
        assert_eq!(now.len(), then.len() + 1);
    }
}

fn unchanged(fleet: &Fleet) {
    let log = fleet.measured("unchanged");
    assert_eq!((log.sent_bytes(), log.writes().len()), (0, 0), "{log:?}");
    // One wave of 40 `GetFunction`, of which 32 are under way at once.
    assert!(log.depth() <= 2, "{} {log:?}", log.depth());
}

fn one_changed_line(fleet: &Fleet) {
    fleet.write(7, "two");
    let log = fleet.measured("released");
    assert!(log.depth() <= 10, "{} {log:?}", log.depth());
    assert_eq!(log.writes().len(), 3, "{log:?}");
    assert_eq!(fleet.call(7), "two 7");
}

fn code_to_be_kept_first(fleet: &Fleet) {
    change_code(&fleet.functions[7], &answering(200, "by hand"));
    fleet.write(7, "three");
    let log = fleet.measured("released");
    assert!(log.depth() <= 10, "{} {log:?}", log.depth());
    assert_eq!(fleet.call(7), "three 7");
}

fn all_changed(fleet: &Fleet) {
    let before = fleet.state();
    fleet.write_all("four");
    let log = fleet.release("released", 0);
    let after = fleet.state();
    assert!(before.aliases.iter().zip(&after.aliases).all(|(before, after)| before != after));
    assert_eq!((before.served, before.deployments), (after.served, after.deployments), "no API changed");
    for action in ["UpdateFunctionCode", "UpdateAlias"] {
        let done = statuses(&log, action).into_iter().filter(|status| *status == 200).count();
        assert_eq!(done, FUNCTIONS, "{action}");
    }
    assert_eq!((fleet.call(0), fleet.call(13)), ("four 0".to_owned(), "four 13".to_owned()));
}

fn all_put_back(fleet: &Fleet) {
    fleet.write_all("five");
    fleet.stack.write("f01/app.py", answering(500, "broken"));
    Aws::shared().add_mock(&fleet.stack.api, fleet.stack.root(), "health");
    let before = fleet.state();
    fleet.release("failed", 4);
    assert_eq!(fleet.state(), before);
    assert_eq!((fleet.call(0), fleet.call(1)), ("four 0".to_owned(), "four 1".to_owned()));
}
