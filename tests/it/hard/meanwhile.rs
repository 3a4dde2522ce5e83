//! Somebody else changes things while a release is under way: what they did stays.

use aws_sdk_apigateway::types::{Op, PatchOperation};

use super::{impatient, left_behind, release_while, statuses, written};
use crate::strict::change_code;
use crate::strict::endpoints::patch;
use crate::support::scene::archive_of;
use crate::support::scene::{ALIAS, LATEST, answering, released};
use crate::support::strict::When;
use crate::support::{Aws, Stack};

/// Names of the paths that the API has now, deployed or not.
fn parts(stack: &Stack) -> Vec<String> {
    let aws = Aws::shared();
    let resources = aws.block_on(aws.gateway.get_resources().rest_api_id(&stack.api).send()).unwrap();
    resources.items().iter().filter_map(|resource| resource.path_part().map(str::to_owned)).collect()
}

/// Released, and both code and API have changed since.
fn changed(alias: bool) -> Stack {
    let (options, settings) = if alias { (&["--alias", "live"][..], ALIAS) } else { (&[][..], LATEST) };
    let stack = released(options, settings);
    stack.write("lambda/app.py", answering(200, "two"));
    Aws::shared().add_mock(&stack.api, stack.root(), "ours");
    stack.proxy.take_calls();
    stack
}

#[test]
fn an_api_that_changes_before_its_deployment_is_not_deployed() {
    let stack = changed(false);
    let before = stack.state(None);
    let run = release_while(&stack, "PutObject", || Aws::shared().add_mock(&stack.api, stack.root(), "theirs"));
    assert!(run.exits(4).stdout.contains("changed during the release"));
    assert_eq!(stack.state(None), before);
    assert!(stack.proxy.take_calls().calls("CreateDeployment").is_empty());
    still_releases(&stack);
}

#[test]
fn an_api_that_changes_during_its_deployment_is_not_served() {
    let stack = changed(true);
    let before = stack.state(Some("live"));
    let run = release_while(&stack, "CreateDeployment", || Aws::shared().add_mock(&stack.api, stack.root(), "theirs"));
    assert!(run.exits(4).stdout.contains("changed during the release"));
    assert_eq!(stack.state(Some("live")), before, "our deployment is deleted");
    let log = stack.proxy.take_calls();
    assert_eq!((statuses(&log, "CreateDeployment"), statuses(&log, "DeleteDeployment")), (vec![201], vec![202]));
    assert!(log.calls("UpdateStage").is_empty());
    still_releases(&stack);
}

#[test]
fn an_api_that_changes_between_the_look_and_its_deployment_is_not_served() {
    let stack = changed(false);
    let before = stack.state(None);
    let mut resources = None;
    let upload = stack.proxy.hold(When::Next("PutObject"));
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| stack.release(&[]));
        upload.wait_until_reached();
        let look = resources.insert(stack.proxy.hold(When::Next("GetResources")));
        upload.let_go();
        look.wait_until_reached();
        Aws::shared().add_mock(&stack.api, stack.root(), "theirs");
        drop(resources);
        run.join().unwrap()
    });
    assert!(run.exits(4).stdout.contains("changed during the release"));
    assert_eq!(stack.state(None), before);
    let log = stack.proxy.take_calls();
    assert_eq!(statuses(&log, "CreateDeployment"), [201], "it looked right, and was not");
    assert_eq!(statuses(&log, "DeleteDeployment"), [202]);
    still_releases(&stack);
}

/// Their change is left, and the next release brings both.
#[track_caller]
fn still_releases(stack: &Stack) {
    assert!(parts(stack).contains(&"theirs".to_owned()));
    assert_eq!(stack.call("/theirs").status, 403);
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    assert_eq!((stack.call("/ours").status, stack.call("/theirs").status), (200, 200));
    assert_eq!(stack.call("/hello").body, "two");
}

#[test]
fn a_stage_that_somebody_else_points_elsewhere_is_left_alone() {
    let stack = changed(true);
    let before = stack.state(Some("live"));
    let theirs = std::cell::OnceCell::new();
    let run = release_while(&stack, "CreateDeployment", || {
        let aws = Aws::shared();
        let made = aws.block_on(aws.gateway.create_deployment().rest_api_id(&stack.api).send()).unwrap();
        theirs.set(made.id.unwrap()).unwrap();
        patch(aws, &stack, points_at(theirs.get().unwrap()));
    });
    let run = run.exits(4);
    assert!(run.stdout.contains("stage dev"), "{}", run.stdout);
    let (after, theirs) = (stack.state(Some("live")), theirs.get().unwrap());
    assert_eq!(&after.deployment, theirs);
    assert_eq!((after.latest, after.aliases), (before.latest, before.aliases));
    let mut deployments = before.deployments;
    deployments.insert(theirs.clone());
    assert_eq!(after.deployments, deployments, "ours is deleted");
    assert!(stack.proxy.take_calls().calls("UpdateStage").is_empty());
}

#[test]
fn a_stage_that_somebody_else_points_elsewhere_after_us_is_left_alone_and_named() {
    let stack = changed(false);
    stack.settings(&LATEST.replace("hits = 2", "contains = \"never said\"").replace("20s", "3s"));
    let before = stack.state(None);
    let theirs = std::cell::OnceCell::new();
    let run = release_while(&stack, "InvokeApi", || {
        let aws = Aws::shared();
        let made = aws.block_on(aws.gateway.create_deployment().rest_api_id(&stack.api).send()).unwrap();
        theirs.set(made.id.unwrap()).unwrap();
        patch(aws, &stack, points_at(theirs.get().unwrap()));
    });
    let run = run.exits(4);
    assert_eq!(left_behind(&run), "null", "nothing of ours is left");
    let left = run.document()["left_alone"].to_string();
    assert!(left.contains("get-stage") && !left.contains("update-stage"), "it only tells how to look: {left}");
    let after = stack.state(None);
    assert_eq!(&after.deployment, theirs.get().unwrap());
    assert_eq!(after.latest, before.latest, "the code is put back all the same");
}

fn points_at(deployment: &str) -> PatchOperation {
    PatchOperation::builder().op(Op::Replace).path("/deploymentId").value(deployment).build()
}

#[test]
fn code_that_somebody_else_changes_after_the_look_stays_theirs() {
    for alias in [false, true] {
        let stack = changed(alias);
        let (function, before) = (stack.function("dev"), stack.state(None));
        let run = release_while(&stack, "PutObject", || change_code(&function, &answering(200, "theirs")));
        let run = run.exits(4);
        assert!(run.stdout.contains("PreconditionFailed"), "{}", run.stdout);
        assert_eq!(left_behind(&run), "null", "nothing of ours is left");
        assert!(!run.stdout.contains("update-function-code"), "no command that would undo theirs: {}", run.stdout);
        let log = stack.proxy.take_calls();
        assert_eq!(statuses(&log, "UpdateFunctionCode"), [412]);
        let after = stack.state(None);
        assert_ne!(after.latest, before.latest);
        assert_eq!((after.deployment, after.deployments), (before.deployment, before.deployments));
        assert!(!written(&log).contains(&"UpdateStage"), "{log:?}");
        let served = if alias { "one" } else { "theirs" };
        assert_eq!(stack.call("/hello").body, served);
    }
}

#[test]
fn code_that_somebody_else_changes_after_ours_stays_theirs_and_is_named() {
    let stack = impatient(&[], LATEST);
    let function = stack.function("dev");
    stack.write("lambda/app.py", answering(500, "two"));
    let run = release_while(&stack, "InvokeApi", || change_code(&function, &answering(500, "theirs")));
    let run = run.exits(4);
    assert_eq!(left_behind(&run), "null", "nothing of ours is left");
    let left = run.document()["left_alone"].to_string();
    assert!(left.contains("get-function") && !left.contains("update-function-code"), "{left}");
    assert_eq!(stack.call("/hello").body, "theirs");
}

#[test]
fn an_alias_that_somebody_else_moves_stays_where_it_is() {
    let stack = changed(true);
    let (function, before) = (stack.function("dev"), stack.state(Some("live")));
    let run = release_while(&stack, "PutObject", || {
        let aws = Aws::shared();
        let call = aws.lambda.update_alias().function_name(&function).name("live").function_version("1");
        aws.block_on(call.send()).unwrap();
    });
    let run = run.exits(4);
    assert!(run.stdout.contains("PreconditionFailed"), "{}", run.stdout);
    assert_eq!(left_behind(&run), "null");
    let (log, after) = (stack.proxy.take_calls(), stack.state(Some("live")));
    assert_eq!(statuses(&log, "UpdateAlias"), [412], "it is not tried again");
    assert_eq!(after.aliases[&function].0, "1");
    assert_eq!((after.latest, after.deployment), (before.latest, before.deployment));
    assert_eq!(after.deployments, before.deployments);
    assert_eq!(stack.call("/hello").body, "placeholder");
}

#[test]
fn a_version_that_somebody_else_publishes_meanwhile_is_not_taken_for_ours() {
    let stack = changed(true);
    let function = stack.function("dev");
    let run = release_while(&stack, "PutObject", || {
        let aws = Aws::shared();
        let zip = archive_of(&answering(200, "theirs"));
        let call = aws.lambda.update_function_code().function_name(&function).zip_file(zip).publish(true);
        aws.block_on(call.send()).unwrap();
    });
    run.exits(4);
    assert_eq!(stack.call("/hello").body, "one");
    stack.proxy.take_calls();
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released", "the next one sees theirs, and replaces it");
    assert_eq!(stack.call("/hello").body, "two");
}
