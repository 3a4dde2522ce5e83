//! Somebody else changes things while a release is under way: what they did stays.

use super::{impatient, left_behind, statuses, written};
use crate::strict::change_code;
use crate::strict::endpoints::redeploy;
use crate::support::{ALIAS, Aws, Fault, LATEST, Run, Stack, When, answering, archive_of, release_while, released};

/// Released, and both code and API have changed since.
fn changed(alias: bool) -> Stack {
    let (options, settings) = if alias { (&["--alias", "live"][..], ALIAS) } else { (&[][..], LATEST) };
    let stack = released(options, settings);
    stack.write("lambda/app.py", answering(200, "two"));
    Aws::shared().add_mock(&stack.api, stack.root(), "ours");
    stack.proxy.take_calls();
    stack
}

/// Somebody changes the API during a release: what it deployed is deleted, and never served.
#[track_caller]
fn is_not_served(stack: &Stack, alias: Option<&str>, release: impl FnOnce(&Stack) -> Run, deployed: &[u16]) {
    let before = stack.state(alias);
    assert!(release(stack).exits(4).stdout.contains("changed during the release"));
    assert_eq!(stack.state(alias), before, "our deployment is deleted");
    let log = stack.proxy.take_calls();
    assert_eq!(statuses(&log, "CreateDeployment"), deployed);
    assert_eq!(statuses(&log, "DeleteDeployment"), deployed.iter().map(|_| 202).collect::<Vec<_>>());
    assert!(log.calls("UpdateStage").is_empty());
    still_releases(stack);
}

fn theirs(stack: &Stack) {
    Aws::shared().add_mock(&stack.api, stack.root(), "theirs");
}

#[test]
fn an_api_that_changes_before_its_deployment_is_not_deployed() {
    is_not_served(&changed(false), None, |stack| release_while(stack, "PutObject", || theirs(stack)), &[]);
}

#[test]
fn an_api_that_changes_during_its_deployment_is_not_served() {
    let release = |stack: &Stack| release_while(stack, "CreateDeployment", || theirs(stack));
    is_not_served(&changed(true), Some("live"), release, &[201]);
}

/// It looks right, and is not.
#[test]
fn an_api_that_changes_between_the_look_and_its_deployment_is_not_served() {
    let release = |stack: &Stack| {
        let upload = stack.proxy.hold(When::Next("PutObject"));
        std::thread::scope(|scope| {
            let run = scope.spawn(|| stack.release(&[]));
            upload.wait_until_reached();
            let look = stack.proxy.hold(When::Next("GetResources"));
            upload.let_go();
            look.wait_until_reached();
            theirs(stack);
            look.let_go();
            run.join().unwrap()
        })
    };
    is_not_served(&changed(false), None, release, &[201]);
}

/// Their change is left, and the next release brings both.
#[track_caller]
fn still_releases(stack: &Stack) {
    assert!(stack.aws.resources(&stack.api).iter().any(|resource| resource.path_part() == Some("theirs")));
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
    let run =
        release_while(&stack, "CreateDeployment", || theirs.set(redeploy(Aws::shared(), &stack)).unwrap()).exits(4);
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
    let run = release_while(&stack, "InvokeApi", || theirs.set(redeploy(Aws::shared(), &stack)).unwrap()).exits(4);
    assert_eq!(left_behind(&run), "null", "nothing of ours is left");
    let left = run.document()["left_alone"].to_string();
    assert!(left.contains("get-stage") && !left.contains("update-stage"), "it only tells how to look: {left}");
    let after = stack.state(None);
    assert_eq!(&after.deployment, theirs.get().unwrap());
    assert_eq!(after.latest, before.latest, "the code is put back all the same");
}

/// The call that points the stage is throttled, and another release points it elsewhere before the next attempt.
#[test]
fn a_stage_that_changes_between_two_attempts_is_left_alone() {
    let stack = changed(true);
    stack.proxy.fault(When::Next("UpdateStage"), Fault::Throttled);
    let theirs = std::cell::OnceCell::new();
    let run = release_while(&stack, "UpdateStage", || theirs.set(redeploy(Aws::shared(), &stack)).unwrap());
    assert!(run.exits(4).stdout.contains("changed during the release"));
    assert_eq!(&stack.state(Some("live")).deployment, theirs.get().unwrap());
    assert_eq!(statuses(&stack.proxy.take_calls(), "UpdateStage"), [429]);
}

/// The update is throttled, or refused since Lambda is busy, and another run writes the same bytes before the next attempt.
#[test]
fn the_same_code_of_another_run_between_two_attempts_is_not_put_back() {
    for (first, last) in [
        (Fault::Throttled, None),
        (Fault::Conflict, None),
        (Fault::Throttled, Some(Fault::Denied)),
        (Fault::Conflict, Some(Fault::Denied)),
    ] {
        let stack = changed(false);
        let function = stack.function("dev");
        stack.run(&["package", "--stage", "dev"]).exits(0);
        let zip = std::fs::read(stack.folder().join("target/sls-release/hello.zip")).unwrap();
        stack.settings(&LATEST.replace("hits = 2", "contains = \"never said\"").replace("20s", "1s"));
        stack.proxy.fault(When::Next("UpdateFunctionCode"), first);
        let run = release_while(&stack, "UpdateFunctionCode", || {
            Aws::shared().change_code(&function, aws_sdk_lambda::primitives::Blob::new(zip), false);
            if let Some(fault) = last {
                stack.proxy.fault(When::Next("UpdateFunctionCode"), fault);
            }
        });
        let run = run.exits(4);
        assert_eq!(left_behind(&run), "null", "{first:?} {last:?}: {run:?}");
        assert_eq!(stack.call("/hello").body, "two", "{first:?} {last:?}: theirs stays: {run:?}");
        let is_told = run.stderr.contains("another run released the same at the same time: it was faster to update");
        assert_eq!(is_told, last.is_none(), "{first:?} {last:?}: {run:?}");
        let log = stack.proxy.take_calls();
        let statuses = statuses(&log, "UpdateFunctionCode");
        assert!(statuses.iter().all(|status| *status >= 400), "{first:?} {last:?}: {statuses:?}");
    }
}

/// The answer is lost, and another run writes other code before the next attempt, which is 412.
#[test]
fn code_that_changes_after_a_lost_answer_stays_theirs() {
    let stack = changed(false);
    let function = stack.function("dev");
    stack.proxy.fault(When::Next("UpdateFunctionCode"), Fault::NotDone);
    let theirs = || change_code(&function, &answering(200, "theirs"));
    let run = release_while(&stack, "UpdateFunctionCode", theirs).exits(4);
    assert_eq!(left_behind(&run), "null", "nothing of ours is left");
    assert_eq!(stack.call("/hello").body, "theirs", "{run:?}");
    let log = stack.proxy.take_calls();
    assert!(statuses(&log, "UpdateFunctionCode").iter().all(|status| [500, 412].contains(status)), "{log:?}");
    assert_eq!(statuses(&log, "UpdateFunctionCode").last(), Some(&412), "{log:?}");
    assert_eq!(statuses(&log, "UpdateStage"), [0_u16; 0]);
}

#[test]
fn code_that_somebody_else_changes_after_the_look_stays_theirs() {
    for alias in [false, true] {
        let stack = changed(alias);
        let (function, before) = (stack.function("dev"), stack.state(None));
        let run = release_while(&stack, "PutObject", || change_code(&function, &answering(200, "theirs"))).exits(4);
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
    let run = release_while(&stack, "InvokeApi", || change_code(&function, &answering(500, "theirs"))).exits(4);
    assert_eq!(left_behind(&run), "null", "nothing of ours is left");
    let left = run.document()["left_alone"].to_string();
    assert!(left.contains("get-function") && !left.contains("update-function-code"), "{left}");
    assert_eq!(stack.call("/hello").body, "theirs");
}

#[test]
fn an_alias_that_somebody_else_moves_stays_where_it_is() {
    let stack = changed(true);
    let (function, before) = (stack.function("dev"), stack.state(Some("live")));
    let run = release_while(&stack, "PutObject", || Aws::shared().move_alias(&function, "live", "1")).exits(4);
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
    let publish = || Aws::shared().change_code(&function, archive_of(&answering(200, "theirs")), true);
    release_while(&stack, "PutObject", publish).exits(4);
    assert_eq!(stack.call("/hello").body, "one");
    // The next one sees theirs, and replaces it.
    stack.releases("two");
}
