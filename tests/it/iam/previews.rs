//! `docs/iam-policy-preview.json` under ministack's IAM, which knows the tags of functions and log groups, but not those of
//! APIs, and of a request only those of a log group.

use serde_json::{Value, json};

use super::policy::{ANY_ROLE, PREVIEW, Policy, Statement};
use super::user::{allow, guarded_stack};
use crate::preview::scene::{SETTINGS, call, down, greeting, source, up};
use crate::support::Stack;

/// With the conditions that ministack can judge. It takes all functions for the resource of a new one.
fn judged(policy: &Policy) -> Value {
    let mut statements: Vec<Value> = policy.0.iter().map(statement).collect();
    statements.push(json!({ "Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": "*" }));
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn statement(statement: &Statement) -> Value {
    let mut judged = json!({
        "Sid": statement.sid, "Effect": "Allow", "Action": statement.actions, "Resource": statement.resources,
    });
    let keys = statement.condition["StringEquals"].as_object().into_iter().flatten();
    let known = keys.filter(|(key, _)| statement.actions.iter().all(|action| knows(action, key)));
    let known: serde_json::Map<String, Value> = known.map(|(key, value)| (key.clone(), value.clone())).collect();
    if !known.is_empty() {
        judged["Condition"] = json!({ "StringEquals": known });
    }
    judged
}

/// Of a request it knows the tags of log groups alone.
fn knows(action: &str, key: &str) -> bool {
    action.starts_with("logs:") || action.starts_with("lambda:") && key.starts_with("aws:ResourceTag/")
}

/// A stack whose user may do what its previews need.
fn stack() -> Stack {
    let stack = guarded_stack(PREVIEW, &[]);
    allow(&stack, &judged(&Policy::of(PREVIEW, &stack)));
    stack.settings(SETTINGS);
    stack.write("lambda/app.py", source("pull request"));
    stack
}

#[test]
fn a_preview_lives_on_its_policy_and_a_release_does_not() {
    let stack = stack();
    let before = stack.state(None);
    let run = up(&stack).exits(0);
    assert_eq!(call(&run), (200, greeting("pull request", "table-42")));
    assert!(!run.stderr.contains("warning: failed"), "{run:?}");
    stack.write("lambda/app.py", source("next commit"));
    up(&stack).exits(0);

    let run = stack.release(&[]);
    assert!(matches!(run.code, Some(3 | 4)), "{run:?}");
    assert_eq!(stack.state(None), before);

    let run = down(&stack).exits(0);
    assert_eq!(run.document()["previews"][0]["deleted"].as_array().unwrap().len(), 3, "{run:?}");
    assert_eq!(stack.state(None), before);
}

#[test]
fn the_role_of_one_repository_changes_no_preview_of_another() {
    let stack = stack();
    up(&stack).exits(0);
    allow(&stack, &judged(&Policy::filled(PREVIEW, &stack, "acme/other", ANY_ROLE)));
    stack.write("lambda/app.py", source("next commit"));
    let run = up(&stack);
    assert!(matches!(run.code, Some(4 | 5)) && run.stdout.contains("lambda:UpdateFunctionCode"), "{run:?}");
    let run = down(&stack).exits(5);
    assert!(run.stdout.contains("lambda:DeleteFunction"), "{run:?}");
}
