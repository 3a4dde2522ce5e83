//! Runs for one pull request that overlap, as those of workflows without a concurrency group do.

use super::HEAD;
use super::reporting::{NEXT, command, opened};
use crate::preview::scene::{apis, functions, greeting, source};
use crate::support::{Ends, When, get};

/// The teardown has ended before the run that makes the preview goes on.
#[test]
fn a_pull_request_that_is_closed_while_it_deploys_leaves_nothing() {
    for held in ["CreateFunction", "CreateRestApi", "CreateDeployment"] {
        let (stack, double) = opened();
        let held = stack.proxy.hold(When::Next(held));
        let up = command(&stack, &double, "opened", HEAD).env("SLS_RELEASE_WAIT_TIMEOUT", "3s").spawn().unwrap();
        held.wait_until_reached();
        double.pull_request(42, false, HEAD);
        command(&stack, &double, "closed", HEAD).ended().exits(0);
        held.let_go();
        // What the teardown took from under it may have made it fail: the end is the same.
        let run = up.ended();
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(functions(&stack).is_empty() && apis(&stack).is_empty(), "{run:?}");
        assert!(double.deployments().is_empty(), "{:?}", double.deployments());
    }
}

/// The older commit's run is the last to write.
#[test]
fn a_pull_request_that_is_pushed_to_twice_ends_with_the_newer_commit() {
    let (stack, double) = opened();
    command(&stack, &double, "opened", HEAD).ended().exits(0);
    stack.write("lambda/app.py", source("older"));
    double.pull_request(42, true, NEXT);
    let held = stack.proxy.hold(When::Next("UpdateFunctionCode"));
    let older = command(&stack, &double, "synchronize", NEXT).spawn().unwrap();
    held.wait_until_reached();
    let newest = "beef".repeat(10);
    stack.write("lambda/app.py", source("newer"));
    double.pull_request(42, true, &newest);
    let newer = command(&stack, &double, "synchronize", &newest).spawn().unwrap();
    held.let_go();
    let (older, newer) = (older.ended(), newer.ended());
    assert!(older.exits(0).stdout.contains("is beefbee by now"));
    newer.exits(0);
    double.says_once(42, "beefbee");
    let deployments = double.deployments();
    assert_eq!((deployments.len(), deployments[0].state()), (1, "success"), "{deployments:?}");
    let url = deployments[0].statuses.last().unwrap()["environment_url"].as_str().unwrap();
    assert_eq!(get(&format!("{url}/hello")).unwrap().body, greeting("newer", "table-42"));
}

/// GitHub starts no run for a newer commit that is in conflict with the base branch.
#[test]
fn a_newer_commit_that_no_run_follows_leaves_the_truth_about_the_older_one() {
    let (stack, double) = opened();
    double.pull_request_after(2, 42, true, NEXT);
    let run = command(&stack, &double, "opened", HEAD).ended().exits(0);
    let comments = double.comments(42);
    assert!(comments.len() == 1 && comments[0].body.contains(&HEAD[..7]), "{comments:?}");
    assert!(comments[0].body.contains(&format!("is {} by now", &NEXT[..7])), "{comments:?}");
    let deployments = double.deployments();
    assert_eq!((deployments.len(), deployments[0].state()), (1, "success"), "{run:?}");
    let url = deployments[0].statuses.last().unwrap()["environment_url"].as_str().unwrap();
    assert_eq!(get(&format!("{url}/hello")).unwrap().body, greeting("pull request", "table-42"));

    // A run that is overtaken before its first write leaves the deployment as it was.
    double.pull_request(42, true, HEAD);
    double.pull_request_after(1, 42, true, NEXT);
    let run = command(&stack, &double, "synchronize", HEAD).ended().exits(0);
    assert!(run.stdout.contains(&format!("is {} by now", &NEXT[..7])), "{run:?}");
    let statuses = &double.deployments()[0].statuses;
    let states: Vec<_> = statuses.iter().map(|status| status["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["in_progress", "success", "in_progress", "success"]);
    assert_eq!(statuses[3]["environment_url"], url);
}
