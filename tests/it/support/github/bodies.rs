//! What this GitHub answers with: the fields that the program reads, over those of an example where there is one.

use serde_json::{Value, json};

use super::state::{Comment, Deployment, State};
use crate::support::merge;

/// GitHub tells the base as it was when somebody pushed to the pull request last.
const OLD_BASE: &str = "00000000000000000000000000000000000001d0";

pub(super) fn branch(state: &State, reference: &str) -> Option<Value> {
    let commit = state.tips.get(reference.strip_prefix("heads/")?)?;
    let url = "https://api.github.com/repos/acme/hello/git/refs/heads/main";
    let object = json!({ "type": "commit", "sha": commit, "url": url });
    Some(json!({ "ref": format!("refs/{reference}"), "node_id": "x", "url": url, "object": object }))
}

pub(super) fn pull_request(state: &State, number: u64) -> Option<Value> {
    let (is_open, head) = state.pull_requests.get(&number)?;
    let said = if *is_open { "open" } else { "closed" };
    let own = json!({
        "number": number,
        "state": said,
        "head": { "sha": head, "ref": "change", "repo": { "id": if state.forks.contains(&number) { 2 } else { 1 } } },
        "base": { "sha": OLD_BASE, "ref": "main", "repo": { "id": 1 } },
    });
    Some(over(state, "pull-request", &own))
}

pub(super) fn comment(state: &State, comment: &Comment) -> Value {
    let kind = if comment.login.ends_with("[bot]") { "Bot" } else { "User" };
    let own = json!({ "id": comment.id, "body": comment.body, "user": { "login": comment.login, "type": kind } });
    over(state, "issue-comment", &own)
}

pub(super) fn deployment(state: &State, deployment: &Deployment) -> Value {
    let asked = &deployment.asked;
    let own = json!({
        "id": deployment.id,
        "sha": asked["ref"],
        "ref": asked["ref"],
        "environment": asked["environment"],
        "task": asked["task"],
        "payload": asked["payload"],
    });
    over(state, "deployment", &own)
}

pub(super) fn status(state: &State, asked: &Value) -> Value {
    let mut status = over(state, "deployment-status", &json!({}));
    for name in ["id", "state", "description", "environment_url", "log_url"] {
        match asked.get(name) {
            Some(said) => status[name] = said.clone(),
            // GitHub's example has one. GitHub itself sends an empty text, which its own schema's format `uri` refuses.
            None => drop(status.as_object_mut().unwrap().remove(name)),
        }
    }
    status
}

/// Where the second commit is, as seen from the first.
pub(super) fn comparison(state: &State, commits: &str) -> Option<Value> {
    let (one, other) = commits.split_once("...")?;
    let is_known = |older: &str, newer: &str| state.ancestors.contains(&(older.to_owned(), newer.to_owned()));
    let status = match (is_known(other, one), is_known(one, other)) {
        (true, _) => "behind",
        (_, true) => "ahead",
        _ => return None,
    };
    Some(over(state, "commit-comparison", &json!({ "status": status })))
}

/// What GitHub sends of a pull request of the repository's own, with this head.
pub(crate) fn payload(action: &str, head: &str) -> Value {
    let head = json!({ "ref": "change", "sha": head, "repo": { "id": 1 } });
    json!({
        "action": action, "number": 42, "repository": { "id": 1, "default_branch": "main" },
        "pull_request": { "number": 42, "user": { "login": "somebody" }, "head": head, "base": { "ref": "main" } },
    })
}

fn over(state: &State, schema: &str, own: &Value) -> Value {
    let mut whole = state.examples.get(schema).cloned().unwrap_or_else(|| json!({}));
    merge(&mut whole, own);
    whole
}
