//! `docs/iam-policy-preview-stage.json` against the calls of a preview's whole life.
//!
//! Conditions and tags are not part of what the record of calls shows: only an account can tell.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::scene::{scene, set_variable};
use crate::preview::scene::{down, list, up};
use crate::support::scene::answering;
use crate::support::strict::{ACCOUNT, Permission, REGION, fits, permissions};
use crate::support::{Aws, Stack};

/// Granted beside what the record of calls shows.
const UNSEEN: [&str; 3] = ["apigateway:PUT", "s3:AbortMultipartUpload", "s3:ListBucket"];

#[test]
fn the_policy_allows_the_life_of_a_preview_and_no_more() {
    let stack = scene();
    up(&stack).exits(0);
    stack.write("lambda/app.py", answering(200, "next commit"));
    set_variable(&stack, "colour", "blue");
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    up(&stack).exits(0);
    list(&stack);
    down(&stack).exits(0);
    allows(&stack, "docs/iam-policy-preview-stage.json", &UNSEEN);
}

#[track_caller]
fn allows(stack: &Stack, policy: &str, unseen: &[&str]) {
    let needed: BTreeSet<Permission> = stack.proxy.take_calls().iter().flat_map(permissions).collect();
    let grants = grants(stack, policy);
    // Other tests have functions of previews, too, which are asked for their tags.
    let own = |permission: &&Permission| {
        !permission.resource.contains(":function:") || permission.resource.contains(&stack.name)
    };
    let allowed = |permission: &Permission| {
        let all = ["lambda:ListFunctions", "lambda:ListEventSourceMappings"].contains(&permission.action.as_str());
        grants
            .iter()
            .any(|(action, pattern)| *action == permission.action && (all || fits(pattern, &permission.resource)))
    };
    let missing: Vec<_> = needed.iter().filter(own).filter(|permission| !allowed(permission)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    let used: BTreeSet<&str> = needed.iter().map(|permission| permission.action.as_str()).collect();
    let unused = grants.iter().map(|(action, _)| action.as_str()).filter(|action| !used.contains(action));
    assert_eq!(unused.collect::<BTreeSet<_>>(), unseen.iter().copied().collect());
}

/// Each action with a pattern of its resource, for this stack.
fn grants(stack: &Stack, policy: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(policy);
    let values = [
        ("Region", REGION),
        ("Account", ACCOUNT),
        ("Bucket", stack.bucket()),
        ("Prefix", "hello"),
        ("Function", &stack.function("dev")),
        ("Api", &stack.api),
        ("Repository", &stack.repository()),
        ("Role", "arn:aws:iam::000000000000:role/preview"),
    ];
    let filled = |text: String, (name, value): (&str, &str)| text.replace(&format!("${{{name}}}"), value);
    let text = values.into_iter().fold(fs::read_to_string(path).unwrap(), filled);
    assert!(!text.contains("${"), "a placeholder is not known: {text}");
    let policy: Value = serde_json::from_str(&text).unwrap();
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let statements = policy["Statement"].as_array().unwrap().iter();
    let each = statements.flat_map(|statement| {
        let resources = texts(&statement["Resource"]);
        texts(&statement["Action"])
            .into_iter()
            .flat_map(move |action| resources.clone().into_iter().map(move |resource| (action.clone(), resource)))
    });
    each.collect()
}
