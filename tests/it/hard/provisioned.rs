//! Aliases with provisioned concurrency: after a move, their calls go to the version from before for a while.

use super::statuses;
use crate::support::rules::ProvisionedConcurrency;
use crate::support::{Aws, BY_ENDPOINT, Ends, Log, Stack, When, answering, released, signal};

const READ: &str = "GetProvisionedConcurrencyConfig";

/// Released, with provisioned concurrency since, and new code that is not released yet. The smoke test has little patience.
fn provisioned() -> (Stack, String) {
    let stack = released(&["--alias", "live"], &BY_ENDPOINT.replace("20s", "2s"));
    let function = stack.function("dev");
    stack.aws.provision(&function, "live");
    stack.write("lambda/app.py", answering(200, "two"));
    stack.proxy.take_calls();
    (stack, function)
}

fn rule(stack: &Stack) -> &ProvisionedConcurrency {
    stack.proxy.rule()
}

/// The weights that each `UpdateAlias` sent, in order.
fn sent_weights(log: &Log) -> Vec<String> {
    log.calls("UpdateAlias").iter().map(|call| call.document()["RoutingConfig"].to_string()).collect()
}

/// The numbers of the requests to the endpoint once something was written.
fn asked_after_writes(log: &Log) -> Vec<usize> {
    let first = log.writes()[0].number;
    log.calls("InvokeApi").iter().map(|call| call.number).filter(|number| *number > first).collect()
}

const NONE: &str = r#"{"AdditionalVersionWeights":{}}"#;

#[test]
fn a_release_waits_until_its_calls_go_to_the_new_version() {
    let (stack, _) = provisioned();
    rule(&stack).moves_last(4);
    let run = stack.release(&[]).exits(0);
    assert_eq!(run.outcome(), "released");
    let log = stack.proxy.take_calls();
    let moved = log.calls("UpdateAlias")[0].number;
    let asked = asked_after_writes(&log)[0];
    let looks = |action| log.calls(action).iter().filter(|call| (moved..asked).contains(&call.number)).count();
    assert_eq!((looks("GetAlias"), looks(READ)), (6, 6), "until the weight is gone and it is ready: {log:?}");
    assert_eq!(sent_weights(&log), ["null"]);
    assert_eq!(stack.call("/hello").body, "two");
    assert!(stack.logged("unchanged").calls(READ).is_empty(), "nothing moves, so nothing is asked");
}

#[test]
fn concurrency_that_fails_is_put_back() {
    let (stack, _) = provisioned();
    let before = stack.state(Some("live"));
    rule(&stack).fails("FUNCTION_ERROR_INIT_FAILURE");
    let run = stack.release(&[]).exits(4);
    assert!(run.stdout.contains("FUNCTION_ERROR_INIT_FAILURE"), "{}", run.stdout);
    assert_eq!(stack.state(Some("live")), before);
    let log = stack.proxy.take_calls();
    assert!(asked_after_writes(&log).is_empty(), "callers had the old code, so that a smoke test proves nothing");
    assert_eq!((sent_weights(&log), statuses(&log, "UpdateAlias")), (vec!["null".into(), NONE.into()], vec![200, 200]));
}

#[test]
fn a_signal_while_it_is_provisioned_puts_back() {
    let (stack, _) = provisioned();
    let before = stack.state(Some("live"));
    rule(&stack).moves_last(usize::MAX - 1);
    let moved = stack.proxy.hold(When::Next("UpdateAlias"));
    let child = stack.command(&["--stage", "dev", "--output", "json"]).spawn().unwrap();
    moved.wait_until_reached();
    let look = stack.proxy.hold(When::Next(READ));
    moved.let_go();
    look.wait_until_reached();
    signal(&child, "-TERM");
    look.let_go();
    assert_eq!(child.ended().exits(4).outcome(), "failed");
    assert_eq!(stack.state(Some("live")), before);
    assert_eq!(sent_weights(&stack.proxy.take_calls()), ["null", NONE]);
}

#[test]
fn concurrency_that_was_in_progress_need_not_get_ready() {
    let (stack, _) = provisioned();
    rule(&stack).scales();
    rule(&stack).moves_last(3);
    let run = stack.release(&[]).exits(0);
    assert!(run.stdout.contains("\"wait\": \"calls\""), "{}", run.stdout);
    assert_eq!(stack.call("/hello").body, "two");
}

/// The version from before has no concurrency any more, so that for a while its calls would go to the bad one.
#[test]
fn a_move_back_does_not_wait_for_concurrency() {
    let (stack, _) = provisioned();
    let (before, log) = (stack.state(Some("live")), stack.fails(Some("live")).1);
    assert_eq!(sent_weights(&log), ["null", NONE, NONE]);
    assert_eq!(stack.state(Some("live")), before);
}

#[test]
fn a_move_in_progress_is_waited_for_by_people() {
    let (stack, function) = provisioned();
    rule(&stack).moves_last(usize::MAX - 1);
    let side = Aws::at(&stack.proxy.side_door);
    side.move_alias(&function, "live", "1");
    stack.proxy.take_calls();
    let run = stack.run(&["--stage", "dev"]).exits(3);
    stack.proxy.take_calls().writes_nothing();
    assert!(run.stderr.contains("wait until `aws lambda get-provisioned-concurrency-config"), "{run:?}");
    assert!(!run.stderr.contains("leftover"), "{run:?}");
}

/// A run of Terraform, or of another tool, did not notice.
#[test]
fn a_move_that_failed_is_refused_with_the_way_back() {
    let (stack, function) = provisioned();
    rule(&stack).fails("FUNCTION_ERROR_INIT_FAILURE");
    let side = Aws::at(&stack.proxy.side_door);
    side.move_alias(&function, "live", "1");
    for _ in 0..3 {
        let status = side.lambda.get_provisioned_concurrency_config().function_name(&function).qualifier("live");
        side.block_on(status.send()).unwrap();
    }
    stack.proxy.take_calls();
    let run = stack.run(&["--stage", "dev"]).exits(3);
    stack.proxy.take_calls().writes_nothing();
    let fix = "--name live --function-version 2 --routing-config AdditionalVersionWeights={}";
    assert!(run.stderr.contains("FUNCTION_ERROR_INIT_FAILURE") && run.stderr.contains(fix), "{run:?}");
}

#[test]
fn who_may_not_read_it_waits_for_the_weights_alone() {
    let (stack, _) = provisioned();
    rule(&stack).moves_last(3);
    stack.proxy.deny("lambda:GetProvisionedConcurrencyConfig");
    let run = stack.release(&[]).exits(0);
    let warnings = run.document()["plan"]["warnings"].to_string();
    assert!(warnings.contains("lambda:GetProvisionedConcurrencyConfig"), "{warnings}");
    let log = stack.proxy.take_calls();
    assert_eq!(log.calls(READ).len(), 1, "it is not asked again: {log:?}");
    assert_eq!(stack.call("/hello").body, "two");
}

/// A weight of another version is no weight of AWS.
#[test]
fn weights_that_somebody_set_meanwhile_are_left_alone() {
    let (stack, function) = provisioned();
    stack.write("lambda/app.py", answering(500, "broken"));
    let asked = stack.proxy.hold(When::NextAfterWrite("InvokeApi"));
    let child = stack.command(&["--stage", "dev", "--output", "json"]).spawn().unwrap();
    asked.wait_until_reached();
    let routing = aws_sdk_lambda::types::AliasRoutingConfiguration::builder().additional_version_weights("1", 0.1);
    let call = stack.aws.lambda.update_alias().function_name(&function).name("live").routing_config(routing.build());
    stack.aws.block_on(call.send()).unwrap();
    asked.let_go();
    let run = child.ended().exits(4);
    let left = run.document()["left_alone"].to_string();
    assert!(left.contains("it sends a part of its calls to version 1"), "{left}");
    assert_eq!(stack.aws.alias(&function, "live"), "3");
}
