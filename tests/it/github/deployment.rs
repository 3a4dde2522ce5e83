//! The deployment of a preview: one, whatever goes wrong, and none of others' touched.

use serde_json::json;
use sls_release::github::{Deployment as OfRun, State, Task};

use super::{HEAD, task, with_client, with_pull_request};
use crate::support::github::{Deployment, Fault, GitHubDouble};

const CREATE: &str = "POST /repos/acme/hello/deployments";
const STATUS: &str = "POST /repos/acme/hello/deployments/";
const NEXT: &str = "c0ffee09b5b57875f334f61aebed695e2e4193db";

fn log_url() -> String {
    "https://github.com/acme/hello/actions/runs/7".to_owned()
}

fn success() -> State {
    State::Success { environment_url: Some("https://a1.example.com/pr-42".to_owned()), log_url: Some(log_url()) }
}

/// A whole run for this commit that ends so.
fn deployed(double: &GitHubDouble, commit: &str, end: &State) -> OfRun {
    with_client(double, async |github| {
        let deployment = github.deployment(&task(), commit).await.unwrap();
        github.set_state(&deployment, &State::InProgress { log_url: Some(log_url()) }).await.unwrap();
        github.set_state(&deployment, end).await.unwrap();
        deployment
    })
}

/// The deployment of the preview of another pull request.
fn deployed_by_others(double: &GitHubDouble) -> u64 {
    with_client(double, async |github| github.deployment(&Task::of_preview("hello", 7), HEAD).await.unwrap().id)
}

fn ids(double: &GitHubDouble) -> Vec<u64> {
    double.deployments().iter().map(|it| it.id).collect()
}

/// The states of a deployment, from the oldest on.
fn states(deployment: &Deployment) -> Vec<&str> {
    deployment.statuses.iter().map(|status| status["state"].as_str().unwrap()).collect()
}

#[test]
fn a_deployment_is_of_the_head_and_merges_and_waits_for_nothing() {
    let double = with_pull_request();
    deployed(&double, HEAD, &success());
    let deployments = double.deployments();
    assert_eq!(deployments.len(), 1);
    let asked = &deployments[0].asked;
    assert_eq!((&asked["ref"], &asked["task"]), (&json!(HEAD), &json!("preview/hello/42")));
    assert_eq!(asked["environment"], "preview", "one for all, since only an administrator may delete one");
    assert_eq!((&asked["auto_merge"], &asked["required_contexts"]), (&json!(false), &json!([])));
    let kinds = (&asked["transient_environment"], &asked["production_environment"]);
    assert_eq!(kinds, (&json!(true), &json!(false)));
    assert_eq!(states(&deployments[0]), ["in_progress", "success"]);
    let last = &deployments[0].statuses[1];
    assert_eq!(last["environment_url"], "https://a1.example.com/pr-42");
    assert_eq!(last["description"], "hello at 6dcb09b");
    assert_eq!(double.hasty_writes(), 0);
}

#[test]
fn a_failure_names_the_log() {
    let double = with_pull_request();
    deployed(&double, HEAD, &State::Failure { log_url: Some(log_url()) });
    let last = double.deployments()[0].statuses.last().unwrap().clone();
    assert_eq!(last["state"], "failure");
    assert_eq!(last["log_url"], "https://github.com/acme/hello/actions/runs/7");
    assert!(last.get("environment_url").is_none());
}

/// Thirty pushes, and one deployment: its end takes as many calls as after one push.
#[test]
fn all_runs_of_a_preview_share_one_deployment() {
    let double = with_pull_request();
    let other = deployed_by_others(&double);
    let first = deployed(&double, HEAD, &success());
    assert_eq!(first.before, State::Inactive);
    for _ in 0..29 {
        let next = deployed(&double, NEXT, &success());
        assert_eq!((next.id, next.before), (first.id, success()));
    }
    assert_eq!(ids(&double), [other, first.id]);
    let before = double.calls().len();
    with_client(&double, async |github| github.delete_deployments(&task()).await.unwrap());
    assert_eq!(double.calls().len() - before, 4, "{:?}", double.calls().split_off(before));
    assert_eq!(ids(&double), [other]);
    with_client(&double, async |github| github.delete_deployments(&task()).await.unwrap());
}

#[test]
fn a_run_sees_that_another_one_reports_by_now() {
    let double = with_pull_request();
    let begin = |commit, log: Option<&str>| {
        deployed(&double, commit, &State::InProgress { log_url: log.map(ToOwned::to_owned) })
    };
    let is_overtaken =
        |run: &OfRun, log| with_client(&double, async |github| github.is_overtaken(&task(), run, log).await.unwrap());
    let older = begin(HEAD, None);
    assert!(!is_overtaken(&older, None));
    let newer = begin(NEXT, None);
    assert!(is_overtaken(&older, None) && !is_overtaken(&newer, None));
    // Another run for the same commit.
    let (first, second) =
        ("https://github.com/acme/hello/actions/runs/8", "https://github.com/acme/hello/actions/runs/9");
    let of_first = begin(NEXT, Some(first));
    assert!(!is_overtaken(&of_first, Some(first)));
    let of_second = begin(NEXT, Some(second));
    assert!(is_overtaken(&of_first, Some(first)) && !is_overtaken(&of_second, Some(second)));
}

#[test]
fn what_is_inactive_is_not_told_again() {
    let double = with_pull_request();
    let other = deployed_by_others(&double);
    let own = deployed(&double, HEAD, &success());
    let retire = || with_client(&double, async |github| github.retire(&task()).await.unwrap());
    retire();
    let state = |id| double.deployments().iter().find(|it| it.id == id).unwrap().state().to_owned();
    assert_eq!((state(own.id).as_str(), state(other).as_str()), ("inactive", "pending"));
    double.take_writes();
    retire();
    assert!(double.take_writes().is_empty());
}

#[test]
fn there_is_one_deployment_whatever_answer_is_lost() {
    for fault in [Fault::DoneButReset, Fault::DoneBut(500), Fault::DoneBut(502), Fault::Reset, Fault::Status(503)] {
        let double = with_pull_request();
        double.fault(CREATE, fault);
        let made = with_client(&double, async |github| github.deployment(&task(), HEAD).await.unwrap());
        assert_eq!(ids(&double), [made.id], "{fault:?}");
    }
}

#[test]
fn each_state_is_told_once_whatever_answer_is_lost() {
    for fault in [Fault::DoneButReset, Fault::DoneBut(500), Fault::Reset, Fault::Status(503), Fault::SecondaryLimit(1)]
    {
        let double = with_pull_request();
        let run = deployed(&double, HEAD, &State::Failure { log_url: None });
        double.fault(STATUS, fault);
        with_client(&double, async |github| github.set_state(&run, &success()).await.unwrap());
        assert_eq!(states(&double.deployments()[0]), ["in_progress", "failure", "success"], "{fault:?}");
    }
}

#[test]
fn what_github_does_not_deploy_is_told_in_its_words() {
    for (fault, told) in [
        (Fault::Merged, "Auto-merged main into the branch"),
        (Fault::Status(409), "409: "),
        (Fault::Status(403), "give the job the permission `deployments: write`"),
    ] {
        let double = with_pull_request();
        double.fault(CREATE, fault);
        let problem = with_client(&double, async |github| github.deployment(&task(), HEAD).await).unwrap_err();
        assert!(problem.to_string().contains(told), "{fault:?}: {problem}");
        assert!(double.deployments().is_empty());
    }
    let double = with_pull_request();
    let problem = with_client(&double, async |github| github.deployment(&task(), "unknown").await).unwrap_err();
    assert!(problem.to_string().contains("No ref found for: unknown"), "{problem}");
}
