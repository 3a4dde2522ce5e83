//! The log groups of a preview's functions.

use serde_json::{Value, json};

use super::scene::{SETTINGS, call, down, greeting, previewed, scene, up};
use crate::support::{Aws, Fault, Stack, When};

fn group(stack: &Stack) -> String {
    format!("/aws/lambda/{}", stack.function("dev-pr-42"))
}

/// The log groups of the stack's previews: names with days of retention.
pub(crate) fn groups(stack: &Stack) -> Vec<(String, Option<i64>)> {
    let group = |group: &Value| (group["logGroupName"].as_str().unwrap().to_owned(), group["retentionInDays"].as_i64());
    Aws::shared().log_groups(&stack.function("dev-pr-")).iter().map(group).collect()
}

#[test]
fn a_log_group_is_there_before_its_function_and_goes_with_it() {
    let stack = scene();
    stack.settings(&SETTINGS.replace("[preview]\n", "[preview]\nlog_retention_days = 7\n"));
    stack.proxy.take_calls();
    up(&stack).exits(0);
    let calls = stack.proxy.take_calls();
    let at = |action: &str| calls.iter().position(|call| call.action == action).unwrap();
    assert!(at("CreateLogGroup") < at("CreateFunction"), "{calls:?}");
    assert_eq!(groups(&stack), [(group(&stack), Some(7))]);
    let tags = Aws::shared().logs("ListTagsLogGroup", &json!({ "logGroupName": group(&stack) }));
    assert_eq!(tags["tags"]["sls-release:repository"], stack.repository());
    let run = down(&stack).exits(0);
    assert!(run.stdout.contains(&format!("log group {} deleted", group(&stack))), "{run:?}");
    assert_eq!(groups(&stack), []);
}

/// The SDK repeats the call, and AWS answers that the log group exists.
#[test]
fn a_log_group_whose_creation_got_no_answer_has_its_retention() {
    let stack = scene();
    stack.proxy.fault(When::Next("CreateLogGroup"), Fault::DoneButReset);
    up(&stack).exits(0);
    assert_eq!(groups(&stack), [(group(&stack), Some(14))]);
}

#[test]
fn who_may_not_use_log_groups_is_warned_and_gets_a_preview() {
    let stack = scene();
    for action in ["CreateLogGroup", "ListTagsForResource", "DescribeLogGroups", "DeleteLogGroup"] {
        stack.proxy.deny(&format!("logs:{action}"));
    }
    let run = up(&stack).exits(0);
    assert_eq!(call(&run), (200, greeting("pull request", "table-42")));
    assert!(run.stderr.contains("its logs may be kept for ever"), "{run:?}");
    let run = down(&stack).exits(0);
    assert!(run.stderr.contains(&format!("log group {} may be left", group(&stack))), "{run:?}");
}

#[test]
fn the_log_group_that_lambda_made_goes_with_its_function() {
    let stack = scene();
    stack.proxy.deny("logs:CreateLogGroup");
    up(&stack).exits(0);
    stack.proxy.clear_orders();
    if groups(&stack).is_empty() {
        Aws::shared().logs("CreateLogGroup", &json!({ "logGroupName": group(&stack) }));
    }
    down(&stack).exits(0);
    assert_eq!(groups(&stack), []);
}

#[test]
fn the_log_group_of_somebody_else_stays() {
    let other =
        json!({ "sls-release:repository": "acme/other", "sls-release:pull-request": "42", "sls-release:service": "x" });
    for tags in [other, json!({ "Owner": "audit" })] {
        let stack = scene();
        Aws::shared().logs("CreateLogGroup", &json!({ "logGroupName": group(&stack), "tags": tags }));
        up(&stack).exits(0);
        down(&stack).exits(0);
        assert_eq!(groups(&stack), [(group(&stack), None)], "{tags}");
        Aws::shared().logs("DeleteLogGroup", &json!({ "logGroupName": group(&stack) }));
    }
}

#[test]
fn the_log_group_of_a_function_that_is_gone_is_found_by_its_tags() {
    let (stack, _) = previewed();
    stack.proxy.deny("logs:DeleteLogGroup");
    down(&stack).exits(0);
    stack.proxy.clear_orders();
    assert_eq!(groups(&stack).len(), 1);
    down(&stack).exits(0);
    assert_eq!(groups(&stack), []);
}
