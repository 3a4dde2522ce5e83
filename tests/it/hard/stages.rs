//! What stands between callers and a function: permission, stage variable, cache.

use aws_sdk_apigateway::types::{Op, PatchOperation};

use super::{impatient, place, written};
use crate::strict::endpoints::{patch, put_uri, redeploy, uri};
use crate::support::scene::{ALIAS, LATEST, answering, released};
use crate::support::{Aws, Call, Stack};

#[test]
fn a_lost_permission_is_added_again() {
    for (options, settings, qualifier) in [(&[][..], LATEST, None), (&["--alias", "live"][..], ALIAS, Some("live"))] {
        let stack = released(options, settings);
        forbid(&stack, qualifier);
        assert_eq!(stack.call("/hello").status, 500);
        stack.proxy.take_calls();
        let run = stack.release(&[]).exits(0);
        assert_eq!(run.outcome(), "released");
        assert_eq!(run.document()["plan"]["permissions"][0]["name"], stack.function("dev"));
        assert_eq!(stack.call("/hello").body, "one");
        let log = stack.proxy.take_calls();
        assert_eq!(written(&log), ["AddPermission"], "the code is not touched");
        assert_eq!(log.writes()[0].query("Qualifier").as_deref(), qualifier);
        assert_eq!(stack.release(&[]).exits(0).outcome(), "unchanged");
    }
}

#[test]
fn a_permission_that_does_not_help_is_removed_again() {
    let stack = impatient(&["--alias", "live"], ALIAS);
    stack.settings(&ALIAS.replace("timeout = \"20s\"", "timeout = \"2s\"\nstatus = 418"));
    forbid(&stack, Some("live"));
    let before = stack.state(Some("live"));
    stack.proxy.take_calls();
    stack.release(&[]).exits(4);
    assert_eq!(written(&stack.proxy.take_calls()), ["AddPermission", "RemovePermission"]);
    assert_eq!(stack.state(Some("live")), before);
}

/// Takes API Gateway's permission away.
fn forbid(stack: &Stack, qualifier: Option<&str>) {
    let aws = Aws::shared();
    let call = aws.lambda.remove_permission().function_name(stack.function("dev"));
    let call = call.set_qualifier(qualifier.map(str::to_owned)).statement_id("AllowAPIGatewayInvoke");
    aws.block_on(call.send()).unwrap();
}

#[test]
fn an_integration_may_name_its_alias_by_a_stage_variable() {
    let stack = Stack::build(&["--alias", "live"]);
    let other = Aws::at(&stack.proxy.side_door);
    let named = uri(&format!("{}:${{stageVariables.alias}}", stack.function("dev")));
    put_uri(&other, &stack, "hello", &named, None);
    redeploy(Aws::shared(), &stack); // past the rules, of which one would let it wait
    patch(&other, &stack, PatchOperation::builder().op(Op::Replace).path("/variables/alias").value("live").build());
    assert_eq!(stack.call("/hello").body, "placeholder");
    stack.settings(ALIAS);
    for text in ["one", "two"] {
        stack.write("lambda/app.py", answering(200, text));
        assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
        assert_eq!(stack.call("/hello").body, text);
    }
    let before = stack.state(Some("live"));
    stack.settings(&ALIAS.replace("20s", "2s"));
    stack.write("lambda/app.py", answering(500, "broken"));
    stack.release(&[]).exits(4);
    assert_eq!(stack.state(Some("live")), before);
    // The stage alone says which alias is meant.
    patch(&other, &stack, PatchOperation::builder().op(Op::Replace).path("/variables/alias").value("other").build());
    let run = stack.release(&[]).exits(3);
    assert!(run.stdout.contains("no integration uses its alias live"), "{}", run.stdout);
}

#[test]
fn a_cache_is_flushed_where_only_the_alias_moves() {
    let stack = released(&["--alias", "live", "--cache"], ALIAS);
    stack.proxy.take_calls();
    assert_eq!(stack.release(&[]).exits(0).outcome(), "unchanged");
    assert!(stack.proxy.take_calls().calls("FlushStageCache").is_empty());

    stack.write("lambda/app.py", answering(200, "two"));
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    let log = stack.proxy.take_calls();
    assert_eq!(written(&log), ["PutObject", "UpdateFunctionCode", "UpdateAlias", "FlushStageCache"]);
    let asked = place(&log, Call::is_to_endpoint);
    assert!(place(&log, |call| call.action == "FlushStageCache") < asked, "the smoke test sees no cached answer");
}

#[test]
fn a_cache_is_flushed_again_once_everything_is_put_back() {
    let stack = impatient(&["--alias", "live", "--cache"], ALIAS);
    stack.write("lambda/app.py", answering(500, "broken"));
    let before = stack.state(Some("live"));
    stack.proxy.take_calls();
    let run = stack.release(&[]).exits(4);
    assert!(run.document()["put_back"].to_string().contains("flushed"), "{}", run.stdout);
    assert_eq!(stack.state(Some("live")), before);
    let forward = ["PutObject", "UpdateFunctionCode", "UpdateAlias", "FlushStageCache"];
    let back = ["UpdateAlias", "UpdateFunctionCode", "FlushStageCache"];
    assert_eq!(written(&stack.proxy.take_calls()), [&forward[..], &back[..]].concat());
}

#[test]
fn a_cache_is_flushed_where_the_code_of_latest_is_put_back() {
    let stack = impatient(&["--cache"], LATEST);
    stack.write("lambda/app.py", answering(500, "broken"));
    stack.proxy.take_calls();
    stack.release(&[]).exits(4);
    let log = stack.proxy.take_calls();
    assert_eq!(log.calls("FlushStageCache").len(), 2);
    assert_eq!(written(&log).last(), Some(&"FlushStageCache"));
}
