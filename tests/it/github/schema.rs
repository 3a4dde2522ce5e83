//! GitHub's own schema as the judge: of each request, and of the answers of the double that the other tests believe.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use sls_release::github::State;
use sls_release::model::CommitId;
use sls_release::report::marker;

use super::openapi::{self, example, trimmed};
use super::prism::Prism;
use super::{HEAD, body_of, task, with_client_at, with_pull_request};
use crate::support::github::{BASE, Fault, GitHubDouble, REPOSITORY, TOKEN};
use crate::support::{Message, send};

/// The double, whose answers have all that GitHub's have.
fn whole_double() -> GitHubDouble {
    let document: Value = serde_json::from_slice(&fs::read(trimmed(&openapi::folder())).unwrap()).unwrap();
    let named = [
        ("pull-request", "pull-request"),
        ("issue-comment", "issue-comment"),
        ("deployment", "deployment-items"),
        ("deployment-status", "deployment-status"),
        ("commit-comparison", "commit-comparison"),
    ];
    let mut examples: BTreeMap<String, Value> =
        named.into_iter().map(|(schema, name)| (schema.to_owned(), example(&document, name))).collect();
    assert!(examples.values().all(Value::is_object), "an example has another name by now");
    // GitHub's example does not fit GitHub's schema here: its teams lack their type.
    examples.get_mut("pull-request").unwrap()["requested_teams"] = json!([]);
    let double = GitHubDouble::with_examples(examples);
    double.pull_request(42, true, HEAD);
    double.brought(HEAD, 42);
    double.is_ancestor(BASE, HEAD);
    double
}

/// Files are left out: the schema has no raw ones.
#[test]
fn each_request_and_each_answer_of_the_double_fits_githubs_schema() {
    let double = whole_double();
    let judge = Prism::proxy(double.url());
    let (task, body) = (task(), |text: &str| body_of("hello", text));
    with_client_at(&double, &judge.url, async |github| {
        assert!(github.pull_request(42).await.unwrap().unwrap().is_open);
        assert!(github.pull_request(43).await.unwrap().is_none());
        assert!(github.shows_pull_requests().await.unwrap());
        assert_eq!(github.pull_requests_of(HEAD).await.unwrap(), [42]);
        assert_eq!(github.tip("main").await.unwrap().as_deref(), Some(BASE));
        assert_eq!(github.tip("feature/none").await.unwrap(), None);
        let [base, head] = [BASE, HEAD].map(|commit| CommitId::read(commit).unwrap());
        assert!(github.is_ancestor(&base, &head).await.unwrap());
        assert!(!github.is_ancestor(&head, &base).await.unwrap());
        github.comment(42, &body("up")).await.unwrap();
        github.comment(42, &body("up again")).await.unwrap();
        let url = || Some("https://example.com/".to_owned());
        for state in [
            State::Success { environment_url: url(), log_url: url() },
            State::Failure { log_url: url() },
            State::Success { environment_url: None, log_url: None },
        ] {
            let deployment = github.deployment(&task, HEAD).await.unwrap();
            github.set_state(&deployment, &State::InProgress { log_url: url() }).await.unwrap();
            github.set_state(&deployment, &state).await.unwrap();
            let log = json!(state)["log_url"].as_str().map(ToOwned::to_owned);
            assert!(!github.is_overtaken(&task, &deployment, log.as_deref()).await.unwrap());
        }
        github.retire(&task).await.unwrap();
        github.delete_deployments(&task).await.unwrap();
    });
    assert_eq!(double.comments(42)[0].body, body("up again"));
    assert!(double.deployments().is_empty());
}

#[test]
fn each_refusal_of_the_double_fits_githubs_schema() {
    let double = whole_double();
    let judge = Prism::proxy(double.url());
    let long = body_of("hello", &"x".repeat(70_000));
    with_client_at(&double, &judge.url, async |github| {
        let refused = github.comment(42, &long).await.unwrap_err();
        assert!(refused.why.contains("422: Validation Failed: body is too long"), "{refused}");
        double.fault("POST ", Fault::Merged);
        let task = task();
        let merged = github.deployment(&task, HEAD).await.unwrap_err();
        assert!(merged.why.contains("Auto-merged"), "{merged}");
        let unknown = github.deployment(&task, "unknown").await.unwrap_err();
        assert!(unknown.why.contains("422: No ref found"), "{unknown}");
    });
}

#[test]
fn githubs_own_examples_are_understood() {
    let double = with_pull_request();
    let mock = Prism::mock();
    with_client_at(&double, &mock.url, async |github| {
        let pull_request = github.pull_request(42).await.unwrap().unwrap();
        assert!(pull_request.is_open && pull_request.head_sha.len() == 40, "{pull_request:?}");
        assert!(pull_request.is_own, "{pull_request:?}");
        assert_eq!(github.tip("main").await.unwrap().unwrap().len(), 40);
        assert!(github.shows_pull_requests().await.unwrap());
        assert!(!github.pull_requests_of(HEAD).await.unwrap().is_empty());
        github.comment(42, &marker("hello")).await.unwrap();
        let deployment = github.deployment(&task(), HEAD).await.unwrap();
        github.set_state(&deployment, &State::Inactive).await.unwrap();
        github.retire(&task()).await.unwrap();
    });
    assert!(double.calls().is_empty());
}

/// Without this, the judge might not be one.
#[test]
fn the_judge_refuses_what_github_does_not_know() {
    let double = whole_double();
    let judge = Prism::proxy(double.url());
    let address = judge.url.strip_prefix("http://").unwrap();
    let status = |body: Value| {
        let target = format!("/repos/{REPOSITORY}/issues/42/comments");
        let request = Message::request("POST", &target, body.to_string().into_bytes())
            .with_header("Host", address)
            .with_header("Content-Type", "application/json")
            .with_header("User-Agent", "test")
            .with_header("Authorization", &format!("Bearer {TOKEN}"));
        send(address, &request).unwrap().status()
    };
    assert_eq!(status(json!({ "body": "fits" })), 201);
    assert_eq!(status(json!({ "body": "fits", "colour": "red" })), 422);
    assert_eq!(status(json!({ "text": "does not" })), 422);
    assert_eq!(double.comments(42).len(), 1);
}
