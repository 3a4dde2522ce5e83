//! The policies of `docs/` are what the program needs: no more, and no less.
//!
//! Ministack enforces signatures and IAM here. The calls that the proxy saw are compared with the policies in both
//! directions, and each action is taken away in turn. Where ministack's IAM is not AWS's, the proxy refuses in AWS's
//! words: see [`ministack_cannot_tell`].

mod fixed_key;
mod http_api;
mod image;
pub(crate) mod policy;
mod previews;
mod situations;
mod user;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use crate::support::{ALIAS, Call, Fault, LATEST, Run, Stack, When, answering, noise, permissions};
use policy::{Grant, PLAN, Policy, RELEASE};
use situations::{
    LARGE, before_the_first_release, break_it, fails_before_traffic, left, set_back, take_permission_away,
    without_an_api, without_apis,
};
use user::{allow, guarded_stack};

/// Statements and actions of the first release, in the order in which it needs them, with its exit code without them.
const FIRST: [(&str, &str, i32); 8] = [
    ("PutArtifacts", "s3:PutObject", 4),
    ("PutArtifacts", "s3:GetObjectVersion", 4),
    ("ReleaseFunctions", "lambda:UpdateFunctionCode", 4),
    ("Deploy", "apigateway:POST", 4),
    ("ReleaseFunctions", "lambda:CreateAlias", 4),
    ("LetApiGatewayInvoke", "lambda:AddPermission", 4),
    ("PointStages", "apigateway:PATCH", 4),
    // The new code was live before it could be flushed, so a cache may hold its answers.
    ("FlushCaches", "apigateway:DELETE", 5),
];

/// Of later releases alone.
const LATER: [(&str, &str, i32); 3] = [
    (READ_ALIAS.0, READ_ALIAS.1, 3),
    ("ReleaseFunctions", "lambda:PublishVersion", 4),
    ("ReleaseFunctions", "lambda:UpdateAlias", 4),
];

/// Needed only where there is an alias.
const READ_ALIAS: (&str, &str) = ("ReadAliasesAndCodeSigning", "lambda:GetAlias");

/// Needed only to put things back, so that nothing tells before that they are missing.
const BACK: [(&str, &str); 3] = [
    ("TakeDeploymentsBack", "apigateway:DELETE"),
    ("TakePermissionsBack", "lambda:RemovePermission"),
    ("ReleaseFunctions", "lambda:DeleteAlias"),
];

/// Needed only to prove more, and to tell more of a failure.
const PROOF: [(&str, &str); 2] =
    [("ProveNewVersions", "lambda:InvokeFunction"), ("SayWhatFailed", "logs:FilterLogEvents")];

/// Needed only to delete a version that failed, which else is followed by another one.
const FAILED_VERSIONS: [(&str, &str); 2] = [
    ("DeleteFailedVersionsNeverFunctions", "lambda:DeleteFunction"),
    ("SeeEventSources", "lambda:ListEventSourceMappings"),
];

/// Needed only to know whether a version that fails was there before.
const LIST: (&str, &str) = ("ReadAliasesAndCodeSigning", "lambda:ListVersionsByFunction");

/// Reads of a plan without which a release goes on, with a warning.
const UNREAD: [(&str, &str); 6] = [
    ("ReadProvisionedConcurrency", "lambda:GetProvisionedConcurrencyConfig"),
    ("SeeEventSources", "lambda:ListEventSourceMappings"),
    ("ReadAliasesAndCodeSigning", "lambda:GetFunctionCodeSigningConfig"),
    ("ReadCodeSigningConfigs", "lambda:GetCodeSigningConfig"),
    URLS,
    ALIASES,
];

/// Needed only where the settings have no API, or a smoke test asks a URL.
const URLS: (&str, &str) = ("ReadUrls", "lambda:GetFunctionUrlConfig");

/// Needed only where the settings have neither an alias nor an API.
const ALIASES: (&str, &str) = ("ReadAliasesAndCodeSigning", "lambda:ListAliases");

/// Needed only to clean up after a broken upload.
const ABORT: (&str, &str) = ("PutArtifacts", "s3:AbortMultipartUpload");

/// What ministack 1.5.33 does not ask IAM for, by its `core/iam_actions.py`: it takes the calls of one alias for
/// `ListAliases`, which it therefore always allows here, and the read of provisioned concurrency for `GetFunction`, knows no action for a configuration of code
/// signing, and lets Lambda read an object without asking whether the caller may, and anybody read logs.
fn ministack_cannot_tell(action: &str) -> bool {
    let of_lambda = [
        "GetAlias",
        "ListAliases",
        "UpdateAlias",
        "DeleteAlias",
        "GetCodeSigningConfig",
        "GetProvisionedConcurrencyConfig",
    ];
    ["s3:GetObjectVersion", "logs:FilterLogEvents"].contains(&action)
        || action.strip_prefix("lambda:").is_some_and(|name| of_lambda.contains(&name))
}

#[test]
fn a_release_needs_its_policy_and_all_of_it() {
    let situations = [situations::with_an_alias, situations::put_back_at_first, situations::large_and_without_an_alias];
    let stacks = thread::scope(|scope| {
        let runs = situations.map(|situation| scope.spawn(situation));
        runs.map(|run| run.join().unwrap())
    });
    used_is_allowed_and_allowed_is_used(RELEASE, &stacks);
    permissions_are_added_for_api_gateway_alone(&stacks);
}

#[test]
fn a_plan_needs_its_policy_and_all_of_it() {
    let stack = situations::planned();
    used_is_allowed_and_allowed_is_used(PLAN, std::slice::from_ref(&stack));
    let before = left(&stack);
    stack.release(&[]).exits(4);
    assert_eq!(left(&stack), before);
}

/// Every call so far is allowed, and everything that this file allows was needed by one of them.
fn uses_all_of_it(stack: &Stack, policy: &Policy, file: &str) {
    let mut used: BTreeSet<Grant> = BTreeSet::new();
    for permission in stack.proxy.take_calls().iter().flat_map(permissions) {
        let allowing = policy.allowing(&permission);
        assert!(!allowing.is_empty(), "{permission:?} is not allowed");
        used.extend(allowing);
    }
    let unused: Vec<Grant> = Policy::template(file).grants().difference(&used).cloned().collect();
    assert!(unused.is_empty(), "docs/{file} allows what no run needed: {unused:?}");
}

/// Both ways: every call is allowed, and everything that is allowed was needed by a call.
fn used_is_allowed_and_allowed_is_used(file: &str, stacks: &[Stack]) {
    let mut used: BTreeSet<Grant> = BTreeSet::new();
    for stack in stacks {
        let policy = Policy::of(file, stack);
        for call in stack.proxy.calls().iter() {
            assert!(!call.action.is_empty(), "the proxy does not know this call: {call:?}");
            for permission in permissions(call) {
                let allowing = policy.allowing(&permission);
                assert!(!allowing.is_empty(), "docs/{file} does not allow {permission:?}");
                used.extend(allowing);
            }
            assert_ne!(call.status, 403, "{call:?}");
        }
    }
    let unused: Vec<Grant> = Policy::template(file).grants().difference(&used).cloned().collect();
    assert!(unused.is_empty(), "docs/{file} allows what no run needed: {unused:?}");
}

/// Ministack has no `lambda:Principal`, so the calls are compared with the condition here.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html>
fn permissions_are_added_for_api_gateway_alone(stacks: &[Stack]) {
    let policy = Policy::template(RELEASE);
    let conditional: Vec<_> = policy.0.iter().filter(|statement| !statement.condition.is_null()).collect();
    assert_eq!(conditional.len(), 1);
    assert_eq!(conditional[0].actions, ["lambda:AddPermission"]);
    let condition = serde_json::json!({ "StringEquals": { "lambda:Principal": "apigateway.amazonaws.com" } });
    assert_eq!(conditional[0].condition, condition);
    for call in stacks.iter().flat_map(|stack| stack.proxy.calls().0).filter(|call| call.action == "AddPermission") {
        assert_eq!(call.document()["Principal"], "apigateway.amazonaws.com");
    }
}

/// The rows of the README's table, and what IAM calls their services.
const LISTED: [(&str, &str); 4] =
    [("| Lambda |", "lambda"), ("| CloudWatch Logs |", "logs"), ("| S3 |", "s3"), ("| API Gateway |", "apigateway")];

/// The table of the README: the same actions, and resources that the policy has.
#[test]
fn the_readme_lists_the_policy() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let policy = Policy::template(RELEASE);
    let mut listed: BTreeSet<String> = BTreeSet::new();
    for (title, service) in LISTED {
        let row = readme.lines().find(|line| line.starts_with(title)).unwrap();
        let (paths, actions): (Vec<&str>, Vec<&str>) =
            row.split('`').skip(1).step_by(2).partition(|word| word.starts_with('/'));
        listed.extend(actions.into_iter().map(|action| format!("{service}:{action}")));
        for path in paths.into_iter().map(|path| path.replace("<stage>", "${Stage}")) {
            let resources = policy.0.iter().flat_map(|statement| &statement.resources);
            assert!(resources.into_iter().any(|one| one.trim_end_matches("/*").ends_with(&path)), "{path}");
        }
    }
    assert_eq!(listed, pairs(RELEASE).into_iter().map(|(_, action)| action).collect());
    for name in ["Region", "Account", "Bucket", "Prefix", "Function", "Api", "Stage"] {
        assert!(Policy::text(RELEASE).contains(&format!("${{{name}}}")) && readme.contains(&format!("{name} = \"")));
    }
}

/// To plan is a part of to release.
#[test]
fn the_policy_of_a_plan_is_a_part_of_that_of_a_release() {
    let release = Policy::template(RELEASE).grants();
    assert!(Policy::template(PLAN).grants().is_subset(&release));
}

#[test]
fn who_may_not_read_is_refused_before_the_first_write() {
    let stack = before_the_first_release(RELEASE);
    let before = left(&stack);
    let unread = UNREAD.into_iter().chain([READ_ALIAS]);
    let unread: BTreeSet<_> = unread.map(|(sid, action)| (sid.to_owned(), action.to_owned())).collect();
    for (sid, action) in pairs(PLAN).into_iter().filter(|pair| !unread.contains(pair)) {
        let run = release_without(&stack, &sid, &action);
        assert_eq!(run.code, Some(3), "{action}: {run:?}");
        assert!(stack.proxy.take_calls().writes().is_empty(), "{action}");
    }
    assert_eq!(left(&stack), before);
}

#[test]
fn who_may_not_write_leaves_everything_as_it_was() {
    leaves_everything(&before_the_first_release(RELEASE), &FIRST);
}

#[test]
fn who_may_not_publish_or_move_leaves_everything_as_it_was() {
    let stack = before_the_first_release(RELEASE);
    stack.release(&[]).exits(0);
    set_back(&stack);
    leaves_everything(&stack, &LATER);
}

/// Takes these actions away in turn: the run ends so, and all is as before.
fn leaves_everything(stack: &Stack, actions: &[(&str, &str, i32)]) {
    let before = left(stack);
    for (sid, action, code) in actions {
        let run = release_without(stack, sid, action);
        assert_eq!(run.code, Some(*code), "{action}: {run:?}");
        assert_eq!(left(stack), before, "{action}");
    }
}

#[test]
fn what_may_not_be_put_back_is_named_with_its_command() {
    let without = |(sid, action): (&str, &str), command: &str| {
        let stack = before_the_first_release(RELEASE);
        // A permission of an alias that the run makes goes with it.
        if action == "lambda:RemovePermission" {
            stack.release(&[]).exits(0);
            take_permission_away(&stack);
        }
        break_it(&stack);
        let run = release_without(&stack, sid, action);
        assert_eq!(run.code, Some(5), "{action}: {run:?}");
        let left = run.document()["not_put_back"].clone();
        assert_eq!(left.as_array().unwrap().len(), 1, "{action}: {left}");
        assert!(left[0]["command"].as_str().unwrap().contains(command), "{action}: {left}");
    };
    thread::scope(|scope| {
        for (pair, command) in BACK.into_iter().zip(["get-deployments", "remove-permission", "delete-alias"]) {
            scope.spawn(move || without(pair, command));
        }
    });
}

/// The newest version is never one that failed, since Terraform would make it live.
#[test]
fn who_may_not_delete_a_failed_version_publishes_the_code_from_before() {
    let stack = before_the_first_release(RELEASE);
    stack.release(&[]).exits(0);
    let newest = || {
        let versions = stack.aws.versions(&stack.function("dev"));
        versions.into_iter().map(|version| version.parse::<u64>().unwrap()).max().unwrap()
    };
    let code = |version: u64| stack.aws.code(&stack.function("dev"), &version.to_string()).0;
    let (before, live) = (newest(), code(newest()));
    stack.aws.add_mock(&stack.api, stack.root(), "never");
    fails_before_traffic(&stack);
    allow(&stack, &Policy::of(RELEASE, &stack).for_ministack());
    stack.release(&[]).exits(4);
    assert_eq!(newest(), before, "the version that failed is deleted");
    for (sid, action) in FAILED_VERSIONS {
        fails_before_traffic(&stack);
        let run = release_without(&stack, sid, action);
        assert_eq!(run.code, Some(4), "{action}: {run:?}");
        assert_eq!(code(newest()), live, "{action}");
        assert!(newest() > before, "{action}: it was followed by another one");
    }
}

#[test]
fn who_may_not_prove_or_read_logs_is_told() {
    let stack = before_the_first_release(RELEASE);
    let run = release_without(&stack, PROOF[0].0, PROOF[0].1);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("not proven by GET /hello") && run.stderr.contains(PROOF[0].1), "{run:?}");
    situations::break_it(&stack);
    let run = release_without(&stack, PROOF[1].0, PROOF[1].1);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(run.stdout.contains("to see its error here, allow logs:FilterLogEvents"), "{run:?}");
}

#[test]
fn who_may_not_list_versions_is_told_what_that_means() {
    let stack = before_the_first_release(RELEASE);
    stack.release(&[]).exits(0);
    set_back(&stack);
    let run = release_without(&stack, LIST.0, LIST.1);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("a version that fails would stay the newest one"), "{run:?}");
}

#[test]
fn who_may_not_read_what_most_do_not_have_is_warned() {
    let stack = before_the_first_release(RELEASE);
    stack.release(&[]).exits(0);
    for (number, (sid, action)) in UNREAD.into_iter().enumerate() {
        if (sid, action) == URLS {
            stack.settings(&without_apis(ALIAS));
        }
        if (sid, action) == ALIASES {
            stack.settings(&without_an_api());
        }
        stack.write("lambda/app.py", answering(200, &format!("without {number}")));
        let run = release_without(&stack, sid, action);
        assert_eq!(run.code, Some(0), "{action}: {run:?}");
        assert!(run.document()["plan"]["warnings"].to_string().contains(action), "{action}: {run:?}");
    }
}

#[test]
fn who_may_not_abort_learns_of_the_parts_that_stay() {
    let stack = guarded_stack(RELEASE, &[]);
    stack.settings(LATEST);
    stack.write("lambda/app.py", "def handler(event, context):\n    return {}\n");
    stack.write("lambda/noise.bin", noise(LARGE));
    let before = stack.state(None);
    stack.proxy.fault(When::Action("UploadPart"), Fault::NotDone);
    let run = release_without(&stack, ABORT.0, ABORT.1);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(run.stderr.contains("aws s3api abort-multipart-upload"), "{}", run.stderr);
    assert_eq!(stack.state(None), before);
}

#[test]
fn every_action_is_taken_away_once() {
    let forward = FIRST.into_iter().chain(LATER).map(|(sid, action, _)| (sid, action));
    let taken = forward.chain(BACK).chain(FAILED_VERSIONS).chain(PROOF).chain([ABORT, LIST]);
    let mut taken: BTreeSet<(String, String)> =
        taken.map(|(sid, action)| (sid.to_owned(), action.to_owned())).collect();
    taken.extend(pairs(PLAN));
    assert_eq!(taken, pairs(RELEASE));
}

/// Releases without one action of one statement, and looks whether the refusal names the action and its resource.
fn release_without(stack: &Stack, sid: &str, action: &str) -> Run {
    allow(stack, &Policy::of(RELEASE, stack).without(sid, action).for_ministack());
    if ministack_cannot_tell(action) {
        stack.proxy.deny(action);
    }
    stack.proxy.take_calls();
    let run = stack.release(&[]);
    let log = stack.proxy.calls();
    stack.proxy.clear_orders();
    // CloudWatch refuses with 400.
    let is_refused = |call: &&Call| call.status == 403 || call.service == "logs" && call.status == 400;
    let refused = log.iter().filter(is_refused).flat_map(permissions);
    let resources: BTreeSet<String> =
        refused.filter(|one| one.action == action).map(|one| in_words(&one.resource)).collect();
    assert!(!resources.is_empty(), "nothing was refused without {action}: {run:?}");
    let printed = format!("{}{}", run.stdout, run.stderr);
    assert!(printed.contains(action), "{action}: {run:?}");
    // The warning names the function; its configuration for code signing is known to Lambda alone.
    let is_named = resources.iter().any(|resource| printed.contains(resource));
    assert!(is_named || action == "lambda:GetCodeSigningConfig", "{resources:?}: {run:?}");
    run
}

/// A resource as users know it: a name, a key, a path.
fn in_words(arn: &str) -> String {
    let name = arn.split(':').skip(5).collect::<Vec<_>>().join(":");
    let name = name.strip_prefix("log-group:").map_or(name.clone(), |group| group.trim_end_matches(":*").to_owned());
    let name = name.strip_prefix("function:").map_or(name.as_str(), |name| name.split(':').next().unwrap_or(name));
    name.to_owned()
}

/// The statements of a policy with their actions.
fn pairs(file: &str) -> BTreeSet<(String, String)> {
    Policy::template(file).grants().into_iter().map(|(sid, action, _)| (sid, action)).collect()
}
