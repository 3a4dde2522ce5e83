//! What stands between callers and a function: permission, stage variable, cache.

use super::{impatient, place, written};
use crate::strict::endpoints::{patch, put_uri, redeploy, uri};
use crate::support::{ALIAS, Aws, BY_ENDPOINT, LATEST, Stack, answering, released};

#[test]
fn a_lost_permission_is_added_again() {
    for (options, settings, qualifier) in [(&[][..], LATEST, None), (&["--alias", "live"][..], ALIAS, Some("live"))] {
        let stack = released(options, settings);
        stack.aws.forbid(&stack.function("dev"), qualifier, "AllowAPIGatewayInvoke");
        assert_eq!(stack.call("/hello").status, 500);
        stack.proxy.take_calls();
        let run = stack.release(&[]).exits(0);
        assert_eq!(run.outcome(), "released");
        assert_eq!(run.document()["plan"]["waves"][0]["steps"][0]["act"]["name"], stack.function("dev"));
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
    stack.aws.forbid(&stack.function("dev"), Some("live"), "AllowAPIGatewayInvoke");
    let before = stack.state(Some("live"));
    stack.proxy.take_calls();
    stack.release(&[]).exits(4);
    assert_eq!(written(&stack.proxy.take_calls()), ["AddPermission", "RemovePermission"]);
    assert_eq!(stack.state(Some("live")), before);
}

#[test]
fn an_integration_may_name_its_alias_by_a_stage_variable() {
    let stack = Stack::build(&["--alias", "live"]);
    let other = Aws::at(&stack.proxy.side_door);
    let named = uri(&format!("{}:${{stageVariables.alias}}", stack.function("dev")));
    put_uri(&other, &stack, "hello", &named, None);
    redeploy(Aws::shared(), &stack); // past the rules, of which one would let it wait
    patch(&other, &stack, "/variables/alias", "live");
    assert_eq!(stack.call("/hello").body, "placeholder");
    stack.settings(ALIAS);
    for text in ["one", "two"] {
        stack.releases(text);
    }
    stack.settings(&ALIAS.replace("20s", "2s"));
    stack.fails(Some("live"));
    // The stage alone says which alias is meant.
    patch(&other, &stack, "/variables/alias", "other");
    let run = stack.release(&[]).exits(3);
    assert!(run.stdout.contains("no integration uses its alias live"), "{}", run.stdout);
}

#[test]
fn a_cache_is_flushed_where_only_the_alias_moves() {
    let stack = released(&["--alias", "live", "--cache"], ALIAS);
    assert!(stack.logged("unchanged").calls("FlushStageCache").is_empty());

    stack.write("lambda/app.py", answering(200, "two"));
    let log = stack.logged("released");
    assert_eq!(written(&log), ["PutObject", "UpdateFunctionCode", "UpdateAlias", "FlushStageCache"]);
    let first = log.writes()[0].number;
    let asked = place(&log, |call| call.is_to_endpoint() && call.number > first);
    assert!(place(&log, |call| call.action == "FlushStageCache") < asked, "the smoke test sees no cached answer");
}

#[test]
fn a_cache_is_flushed_again_once_everything_is_put_back() {
    let stack = impatient(&["--alias", "live", "--cache"], BY_ENDPOINT);
    let (run, log) = stack.fails(Some("live"));
    assert!(run.document()["put_back"].to_string().contains("flushed"), "{}", run.stdout);
    let forward = ["PutObject", "UpdateFunctionCode", "UpdateAlias", "FlushStageCache"];
    // The version was live, so that it is not deleted but followed by the code from before.
    let back = ["UpdateAlias", "UpdateFunctionCode", "PublishVersion", "FlushStageCache"];
    assert_eq!(written(&log), [&forward[..], &back[..]].concat());
}

#[test]
fn a_cache_is_flushed_where_the_code_of_latest_is_put_back() {
    let stack = impatient(&["--cache"], LATEST);
    let (_, log) = stack.fails(None);
    assert_eq!(log.calls("FlushStageCache").len(), 2);
    assert_eq!(written(&log).last(), Some(&"FlushStageCache"));
}
