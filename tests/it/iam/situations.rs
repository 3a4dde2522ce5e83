//! Runs that together make every call that the program can make, each by a user who may do no more than the policy says.

use serde_json::Value;

use super::policy::{PLAN, RELEASE};
use super::user::guarded_stack;
use crate::support::{ACCOUNT, ALIAS, BY_ENDPOINT, Fault, LATEST, REGION, Stack, State, When, answering, noise};

/// More than one part holds, of bytes that do not compress.
pub(super) const LARGE: usize = 17 * 1024 * 1024;

/// An alias and its permission are made, code and API change, a version is published of code that is there already,
/// and a release whose code answers 500 is put back.
pub(super) fn with_an_alias() -> Stack {
    let stack = before_the_first_release(RELEASE);
    stack.release(&[]).exits(0);
    assert_eq!(stack.call("/hello").body, "one");
    stack.write("lambda/app.py", answering(200, "two"));
    stack.aws.add_mock(&stack.api, stack.root(), "health");
    stack.release(&[]).exits(0);
    assert_eq!((stack.call("/hello").body.as_str(), stack.call("/health").status), ("two", 200));
    set_back(&stack);
    stack.release(&[]).exits(0);
    assert_eq!(stack.call("/hello").body, "two");

    take_permission_away(&stack);
    let before = stack.state(Some("live"));
    break_it(&stack);
    stack.release(&[]).exits(4);
    assert_eq!(stack.state(Some("live")), before);
    stack.aws.add_mock(&stack.api, stack.root(), "never");
    fails_before_traffic(&stack);
    stack.release(&[]).exits(4);
    assert_eq!(stack.state(Some("live")), before);
    stack.proxy.clear_orders();
    stack.settings(&without_apis(ALIAS));
    stack.write("lambda/app.py", answering(200, "without an API"));
    stack.release(&[]).exits(0);
    stack
}

/// The next release adds the permission to an alias that exists.
pub(super) fn take_permission_away(stack: &Stack) {
    let function = stack.function("dev");
    for statement in stack.aws.statements(&function, Some("live")) {
        stack.aws.forbid(&function, Some("live"), &statement);
    }
}

/// The next release of an API that changed publishes a version, and fails before the alias moves.
pub(super) fn fails_before_traffic(stack: &Stack) {
    stack.write("lambda/app.py", answering(200, "never live"));
    stack.proxy.fault(When::Action("CreateDeployment"), Fault::NotDone);
}

/// All that the first release makes is taken back.
pub(super) fn put_back_at_first() -> Stack {
    let stack = before_the_first_release(RELEASE);
    break_it(&stack);
    let before = left(&stack);
    stack.release(&[]).exits(4);
    assert_eq!(left(&stack), before);
    stack
}

/// A large package: one upload is broken off, and one arrives. Callers use `$LATEST`, which they may not call yet.
pub(super) fn large_and_without_an_alias() -> Stack {
    let stack = guarded_stack(RELEASE, &[]);
    stack.settings(LATEST);
    stack.write("lambda/app.py", answering(200, "large"));
    stack.write("lambda/noise.bin", noise(LARGE));
    stack.aws.forbid(&stack.function("dev"), None, "AllowAPIGatewayInvoke");
    stack.proxy.fault(When::Action("UploadPart"), Fault::NotDone);
    stack.release(&[]).exits(4);
    stack.proxy.clear_orders();
    stack.release(&[]).exits(0);
    assert_eq!(stack.call("/hello").body, "large");
    stack.settings(&without_an_api());
    stack.write("lambda/app.py", answering(200, "without an API"));
    stack.release(&[]).exits(0);
    stack
}

/// Settings that name neither an API nor an alias.
pub(super) fn without_an_api() -> String {
    without_apis(LATEST)
}

/// These settings without their API.
pub(super) fn without_apis(settings: &str) -> String {
    settings.split("[apis.public]").next().unwrap().to_owned()
}

/// Plans, and packs, by a user who may not release.
pub(super) fn planned() -> Stack {
    let stack = before_the_first_release(PLAN);
    let before = left(&stack);
    stack.run(&["plan", "--stage", "dev", "--exit-code"]).exits(10);
    let (lambda, function) = (&stack.aws.lambda, stack.function("dev"));
    let alias = lambda.create_alias().function_name(&function).name("live").function_version("1");
    stack.aws.block_on(alias.send()).unwrap();
    stack.run(&["plan", "--stage", "dev", "--exit-code"]).exits(10);
    stack.settings(&without_apis(ALIAS));
    stack.run(&["plan", "--stage", "dev", "--exit-code"]).exits(10);
    stack.aws.delete_alias(&function, "live");
    stack.settings(&without_an_api());
    stack.run(&["plan", "--stage", "dev", "--exit-code"]).exits(10);
    stack.settings(&ALIAS.replace("id = \"$API\"", "name = \"$NAME-api\""));
    let calls = stack.proxy.calls().len();
    stack.run(&["package", "--stage", "dev"]).exits(0);
    assert_eq!(stack.proxy.calls().len(), calls, "to pack takes no call");
    assert_eq!(left(&stack), before);
    stack
}

/// A stack whose API, found by its name, calls an alias that does not exist, of a function with a configuration for
/// code signing; with a cache.
pub(super) fn before_the_first_release(policy: &str) -> Stack {
    let stack = guarded_stack(policy, &["--alias", "live", "--cache"]);
    stack.settings(&ALIAS.replace("id = \"$API\"", "name = \"$NAME-api\""));
    stack.write("lambda/app.py", answering(200, "one"));
    let (aws, function) = (stack.aws, stack.function("dev"));
    aws.forbid(&function, Some("live"), "AllowAPIGatewayInvoke");
    let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0");
    let config = aws.lambda.put_function_code_signing_config().function_name(&function).code_signing_config_arn(arn);
    aws.block_on(config.send()).unwrap();
    aws.delete_alias(&function, "live");
    stack
}

/// Somebody lets the alias stand on the placeholder.
pub(super) fn set_back(stack: &Stack) {
    stack.aws.move_alias(&stack.function("dev"), "live", "1");
}

/// The next release changes code and API, and its endpoint answers 500.
pub(super) fn break_it(stack: &Stack) {
    stack.settings(&BY_ENDPOINT.replace("20s", "2s"));
    stack.write("lambda/app.py", answering(500, "broken"));
    stack.aws.add_mock(&stack.api, stack.root(), "broken");
}

/// What there is, whether the alias exists or not: the version it stands on, its policy, and everything else.
pub(super) fn left(stack: &Stack) -> (Option<String>, Vec<Value>, State) {
    let (aws, function) = (stack.aws, stack.function("dev"));
    (aws.find_alias(&function, "live"), aws.policy(&function, Some("live")), stack.state(None))
}
