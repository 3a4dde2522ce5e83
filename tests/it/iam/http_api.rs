//! What a role needs beside the policy of a release where an API is an HTTP API.

use super::policy::{HTTP, Policy, RELEASE};
use super::user::{allow, guarded_stack};
use super::uses_all_of_it;
use crate::http_apis::{BY_ID, settings};
use crate::support::answering;

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
    uses_all_of_it(&stack, &policy, HTTP);
    for action in ["apigateway:GET", "apigateway:POST"] {
        stack.proxy.deny(action);
        let run = stack.release(&[]);
        assert!(matches!(run.code, Some(3 | 4)) && run.stdout.contains(action), "{action}: {run:?}");
        stack.proxy.clear_orders();
    }
}
