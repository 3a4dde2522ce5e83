//! Previews that fail: nothing that the run made is left.

use std::time::Duration;

use super::scene::{SETTINGS, apis, call, down, functions, greeting, previewed, scene, source, up};
use crate::support::rules::Busy;
use crate::support::{Aws, Ends, Fault, Stack, When, answering, signal};

/// The writes of a first `preview up` behind the upload, in their order.
const WRITES: [&str; 5] = ["CreateFunction", "CreateRestApi", "PutRestApi", "CreateDeployment", "AddPermission"];

fn nothing_is_left(stack: &Stack) {
    assert_eq!((functions(stack), apis(stack)), (Vec::new(), Vec::new()));
    assert_eq!(stack.call("/hello").body, "placeholder");
}

/// Lets the code answer 500, and gives the smoke test little patience.
fn breaks(stack: &Stack) {
    stack.settings(&SETTINGS.replace("20s", "2s"));
    stack.write("lambda/app.py", answering(500, "broken"));
}

#[test]
fn a_failure_in_the_middle_leaves_nothing() {
    let stack = scene();
    for action in WRITES {
        stack.proxy.fault(When::Action(action), Fault::Denied);
        let run = up(&stack).exits(4);
        assert!(run.stdout.contains("AccessDenied"), "{action}: {run:?}");
        nothing_is_left(&stack);
        stack.proxy.clear_orders();
    }
    up(&stack).exits(0);
}

/// AWS throttles each attempt, so it is known that nothing was done.
#[test]
fn an_update_that_was_only_throttled_left_nothing() {
    let (stack, first) = previewed();
    stack.settings(&format!("wait_timeout = \"2s\"\n{SETTINGS}"));
    stack.write("lambda/app.py", source("changed"));
    stack.proxy.fault(When::Action("UpdateFunctionCode"), Fault::Throttled);
    let run = up(&stack).exits(4);
    assert_eq!(run.document()["not_put_back"], serde_json::Value::Null, "{run:?}");
    assert_eq!(call(&first), (200, greeting("pull request", "table-42")));
}

#[test]
fn a_lost_answer_does_no_harm() {
    let stack = scene();
    for action in WRITES {
        stack.proxy.fault(When::Next(action), Fault::DoneButReset);
    }
    let run = up(&stack).exits(0);
    assert_eq!(call(&run), (200, greeting("pull request", "table-42")));
    assert_eq!((functions(&stack).len(), apis(&stack).len()), (1, 1));
    for action in ["DeleteFunction", "DeleteRestApi"] {
        stack.proxy.fault(When::Next(action), Fault::DoneButReset);
    }
    down(&stack).exits(0);
    nothing_is_left(&stack);
}

#[test]
fn a_preview_that_does_not_answer_well_is_deleted_again() {
    let stack = scene();
    breaks(&stack);
    let run = up(&stack).exits(4);
    assert_eq!(run.document()["put_back"].as_array().unwrap().len(), 3);
    nothing_is_left(&stack);
}

#[test]
fn what_a_failed_update_left_is_named() {
    let (stack, _) = previewed();
    breaks(&stack);
    let run = up(&stack).exits(5);
    let left = &run.document()["not_put_back"];
    assert_eq!(left[0]["what"], format!("function {}", stack.function("dev-pr-42")));
    let repository = stack.repository();
    let command = format!("sls-release preview up --pr 42 --stage dev --repository {repository} --service hello");
    assert_eq!(left[0]["command"], command);
    // Again without a change, it is not well because of that.
    stack.proxy.take_calls();
    let again = up(&stack).exits(4);
    assert!(again.document()["failure"]["problems"].to_string().contains("failed to get a good answer"), "{again:?}");
    stack.proxy.take_calls().writes_nothing();
    stack.write("lambda/app.py", source("mended"));
    assert_eq!(call(&up(&stack).exits(0)), (200, greeting("mended", "table-42")));
}

#[test]
fn a_function_whose_last_update_failed_is_updated_again() {
    let (stack, _) = previewed();
    let name = stack.function("dev-pr-42");
    stack.proxy.show("GetFunction", move |function| {
        if function["Configuration"]["FunctionName"] == name.as_str() {
            function["Configuration"]["LastUpdateStatus"] = "Failed".into();
            function["Configuration"]["LastUpdateStatusReason"] = "the subnet is full".into();
        }
    });
    stack.proxy.take_calls();
    let run = up(&stack).exits(5);
    assert!(run.stdout.contains("the subnet is full"), "{run:?}");
    assert_eq!(stack.proxy.take_calls().calls("UpdateFunctionCode").len(), 1);
    stack.proxy.clear_orders();
    assert_eq!(call(&up(&stack).exits(0)), (200, greeting("pull request", "table-42")));
}

/// Of a run that was killed, say: what it leads to has another revision.
#[test]
fn an_update_that_is_under_way_is_awaited() {
    let (stack, _) = previewed();
    stack.write("lambda/app.py", source("next commit"));
    stack.proxy.rule::<Busy>().make_busy(&stack.function("dev-pr-42"), Duration::from_secs(2));
    stack.proxy.take_calls();
    assert_eq!(call(&up(&stack).exits(0)), (200, greeting("next commit", "table-42")));
    assert_eq!(stack.proxy.take_calls().calls("UpdateFunctionCode").len(), 1, "none was refused");
}

#[test]
fn a_signal_leaves_nothing() {
    let stack = scene();
    let held = stack.proxy.hold(When::Next("CreateDeployment"));
    let repository = stack.repository();
    let arguments = ["preview", "up", "--pr", "42", "--stage", "dev", "--repository", &repository];
    let child = stack.command(&arguments).spawn().unwrap();
    held.wait_until_reached();
    assert_eq!((functions(&stack).len(), apis(&stack).len()), (1, 1));
    signal(&child, "-TERM");
    held.let_go();
    let run = child.ended().exits(4);
    assert!(run.stderr.contains("the run was cancelled"), "{run:?}");
    nothing_is_left(&stack);
}

#[test]
fn a_preview_that_lost_its_api_gets_another() {
    let (stack, aws) = (scene(), Aws::shared());
    let first = up(&stack).exits(0);
    let id = first.document()["endpoints"]["public"].as_str().unwrap().split('/').nth(4).unwrap().to_owned();
    aws.block_on(aws.gateway.delete_rest_api().rest_api_id(&id).send()).unwrap();
    let run = up(&stack).exits(0);
    assert_ne!(run.document()["endpoints"], first.document()["endpoints"]);
    assert_eq!(call(&run), (200, greeting("pull request", "table-42")));
}

#[test]
fn what_could_not_be_deleted_is_named_and_goes_with_the_next_attempt() {
    let (stack, _) = previewed();
    stack.proxy.fault(When::Next("DeleteFunction"), Fault::Denied);
    let run = down(&stack).exits(5);
    let left = &run.document()["not_put_back"];
    assert_eq!(left[0]["what"], format!("failed to delete function {}", stack.function("dev-pr-42")));
    let command = format!("sls-release preview down --pr 42 --repository {} --service hello", stack.repository());
    assert_eq!(left[0]["command"], command);
    assert_eq!((functions(&stack).len(), apis(&stack).len()), (1, 0));
    down(&stack).exits(0);
    nothing_is_left(&stack);
}
