//! The deployments of a preview: one for each run, whatever goes wrong, and none of others' touched.

use serde_json::json;
use sls_release::github::{Environment, State};

use super::{HEAD, environment, with_client, with_pull_request};
use crate::support::github::{Deployment, Fault, GitHubDouble, REPOSITORY};

const CREATE: &str = "POST /repos/acme/hello/deployments";
const STATUS: &str = "POST /repos/acme/hello/deployments/";

fn log_url() -> String {
    "https://github.com/acme/hello/actions/runs/7".to_owned()
}

fn success() -> State {
    State::Success { environment_url: Some("https://a1.example.com/pr-42".to_owned()), log_url: Some(log_url()) }
}

/// A whole deployment that ends so; the result is its id.
fn deployed(double: &GitHubDouble, end: &State) -> u64 {
    with_client(double, async |github| {
        let id = github.deploy(&environment(), HEAD).await.unwrap();
        github.set_state(id, &State::InProgress { log_url: Some(log_url()) }).await.unwrap();
        github.set_state(id, end).await.unwrap();
        id
    })
}

/// A deployment of a tool of somebody else; the result is its id.
fn deployed_by_others(double: &GitHubDouble) -> u64 {
    let other = Environment::of_preview("acme/other", "other", 42);
    with_client(double, async |github| github.deploy(&other, HEAD).await.unwrap())
}

fn ids(double: &GitHubDouble) -> Vec<u64> {
    double.deployments().iter().map(|it| it.id).collect()
}

/// The states of a deployment, from the oldest on.
fn states(deployment: &Deployment) -> Vec<&str> {
    deployment.statuses.iter().map(|status| status["state"].as_str().unwrap()).collect()
}

#[test]
fn an_environment_is_named_as_the_pull_request_and_the_service_where_there_are_several() {
    assert_eq!(environment().name, "preview/pr-42");
    assert_eq!(Environment::of_preview(REPOSITORY, "worker", 42).name, "preview/worker/pr-42");
}

#[test]
fn a_deployment_is_of_the_head_and_merges_and_waits_for_nothing() {
    let double = with_pull_request();
    deployed(&double, &success());
    let deployments = double.deployments();
    assert_eq!(deployments.len(), 1);
    let asked = &deployments[0].asked;
    assert_eq!(asked["ref"], HEAD);
    assert_eq!(asked["environment"], "preview/pr-42");
    assert_eq!((&asked["auto_merge"], &asked["required_contexts"]), (&json!(false), &json!([])));
    let kinds = (&asked["transient_environment"], &asked["production_environment"]);
    assert_eq!(kinds, (&json!(true), &json!(false)));
    assert_eq!(states(&deployments[0]), ["in_progress", "success"]);
    assert_eq!(deployments[0].statuses[1]["environment_url"], "https://a1.example.com/pr-42");
    assert_eq!(double.hasty_writes(), 0);
}

#[test]
fn a_failure_names_the_log() {
    let double = with_pull_request();
    deployed(&double, &State::Failure { log_url: Some(log_url()) });
    let last = double.deployments()[0].statuses.last().unwrap().clone();
    assert_eq!(last["state"], "failure");
    assert_eq!(last["log_url"], "https://github.com/acme/hello/actions/runs/7");
    assert!(last.get("environment_url").is_none());
}

#[test]
fn earlier_ones_become_inactive_and_those_of_others_stay() {
    let double = with_pull_request();
    let of_another_tool = deployed_by_others(&double);
    let first = deployed(&double, &success());
    let second = deployed(&double, &success());
    with_client(&double, async |github| github.retire(&environment(), Some(second)).await.unwrap());
    let state = |id| double.deployments().iter().find(|it| it.id == id).unwrap().state().to_owned();
    assert_eq!(state(first), "inactive");
    assert_eq!(state(second), "success");
    assert_eq!(state(of_another_tool), "pending");
    double.take_writes();
    with_client(&double, async |github| github.retire(&environment(), Some(second)).await.unwrap());
    assert!(double.take_writes().is_empty(), "what is inactive already is not told again");
}

#[test]
fn on_close_all_of_a_preview_go_and_no_others() {
    let double = with_pull_request();
    let other = deployed_by_others(&double);
    deployed(&double, &State::Failure { log_url: None });
    deployed(&double, &success());
    with_client(&double, async |github| github.delete_deployments(&environment()).await.unwrap());
    assert_eq!(ids(&double), [other]);
    with_client(&double, async |github| github.delete_deployments(&environment()).await.unwrap());
}

#[test]
fn an_environment_is_deleted_where_the_token_may() {
    let double = with_pull_request();
    let delete = || with_client(&double, async |github| github.delete_environment(&environment()).await);
    delete().unwrap();
    assert_eq!(double.deleted_environments(), ["preview/pr-42"]);
    double.fault("DELETE /repos/acme/hello/environments/preview%2Fpr-42", Fault::Status(403));
    let problem = delete().unwrap_err();
    assert!(problem.fix.contains("administrator"), "{problem}");
    double.fault("DELETE /repos/acme/hello/environments/", Fault::Status(404));
    delete().unwrap();
}

#[test]
fn there_is_one_deployment_whatever_answer_is_lost() {
    for fault in [Fault::DoneButReset, Fault::DoneBut(500), Fault::DoneBut(502), Fault::Reset, Fault::Status(503)] {
        let double = with_pull_request();
        double.fault(CREATE, fault);
        let id = with_client(&double, async |github| github.deploy(&environment(), HEAD).await.unwrap());
        assert_eq!(ids(&double), [id], "{fault:?}");
    }
}

#[test]
fn each_state_is_told_once_whatever_answer_is_lost() {
    for fault in [Fault::DoneButReset, Fault::DoneBut(500), Fault::Reset, Fault::Status(503), Fault::SecondaryLimit(1)]
    {
        let double = with_pull_request();
        let id = deployed(&double, &State::Failure { log_url: None });
        double.fault(STATUS, fault);
        with_client(&double, async |github| github.set_state(id, &success()).await.unwrap());
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
        let problem = with_client(&double, async |github| github.deploy(&environment(), HEAD).await).unwrap_err();
        assert!(problem.to_string().contains(told), "{fault:?}: {problem}");
        assert!(double.deployments().is_empty());
    }
    let double = with_pull_request();
    let problem = with_client(&double, async |github| github.deploy(&environment(), "unknown").await).unwrap_err();
    assert!(problem.to_string().contains("No ref found for: unknown"), "{problem}");
}
