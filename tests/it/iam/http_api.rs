//! What a role needs beside the policy of a release where an API is an HTTP API.

use std::collections::BTreeSet;

use super::policy::{Grant, HTTP, Policy, RELEASE};
use super::user::{allow, guarded_stack};
use crate::http_apis::{BY_ID, settings};
use crate::support::{answering, permissions};

#[test]
fn an_http_api_needs_its_policy_and_all_of_it() {
    let stack = guarded_stack(RELEASE, &["--alias", "live", "--http", "manual"]);
    let policy = Policy::of(RELEASE, &stack).and(Policy::of(HTTP, &stack));
    allow(&stack, &policy.for_ministack());
    let by_name = "type = \"http\"\nname = \"$NAME-api\"";
    for (round, kind) in [BY_ID, by_name].into_iter().enumerate() {
        stack.settings(&settings("dev", kind));
        stack.write("lambda/app.py", answering(200, &format!("round {round}")));
        stack.aws.add_route(&stack.api, &format!("GET /round-{round}"));
        stack.release(&[]).exits(0);
    }
    stack.settings(&settings("dev", BY_ID).replace("20s", "2s\"\nbefore = false #"));
    stack.write("lambda/app.py", answering(500, "broken"));
    stack.aws.add_route(&stack.api, "GET /broken");
    stack.release(&[]).exits(4);
    let mut used: BTreeSet<Grant> = BTreeSet::new();
    for permission in stack.proxy.take_calls().iter().flat_map(permissions) {
        let allowing = policy.allowing(&permission);
        assert!(!allowing.is_empty(), "{permission:?} is not allowed");
        used.extend(allowing);
    }
    let unused: Vec<Grant> = Policy::template(HTTP).grants().difference(&used).cloned().collect();
    assert!(unused.is_empty(), "docs/{HTTP} allows what no run needed: {unused:?}");
    for action in ["apigateway:GET", "apigateway:POST"] {
        stack.proxy.deny(action);
        let run = stack.release(&[]);
        assert!(matches!(run.code, Some(3 | 4)) && run.stdout.contains(action), "{action}: {run:?}");
        stack.proxy.clear_orders();
    }
}
