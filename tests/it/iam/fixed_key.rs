//! What a role needs beside the policy of a release where a function has a fixed key.

use std::collections::BTreeSet;

use super::policy::{FIXED_KEY, Policy, RELEASE};
use super::user::{allow, guarded_stack};
use super::{pairs, uses_all_of_it};
use crate::support::{BY_ENDPOINT, answering, fixed_key};

/// The exit codes without each action.
const CODES: [(&str, i32); 7] = [
    ("s3:GetBucketVersioning", 3),
    ("s3:GetObjectTagging", 3),
    ("s3:PutObject", 4),
    ("s3:PutObjectTagging", 4),
    ("s3:GetObjectVersion", 4),
    ("s3:DeleteObjectVersion", 5),
    ("s3:GetObject", 3),
];

#[test]
fn a_fixed_key_needs_its_policy_and_all_of_it() {
    let stack = guarded_stack(RELEASE, &["--alias", "live"]);
    let policy = Policy::of(RELEASE, &stack).and(Policy::of(FIXED_KEY, &stack));
    allow(&stack, &policy.for_ministack());
    let object = stack.aws.s3.put_object().bucket(stack.bucket()).key("terraform/function.zip").tagging("team=a");
    stack.aws.block_on(object.body(b"placeholder".to_vec().into()).send()).unwrap();
    stack.settings(&fixed_key(&BY_ENDPOINT.replace("20s", "2s")));
    stack.write("lambda/app.py", answering(200, "one"));
    stack.release(&[]).exits(0);
    stack.write("lambda/app.py", answering(500, "broken"));
    stack.release(&[]).exits(4);
    uses_all_of_it(&stack, &policy, FIXED_KEY);
    for (action, code) in CODES {
        // Ministack knows no action for some of these.
        stack.proxy.deny(action);
        let run = stack.release(&[]);
        assert_eq!(run.code, Some(code), "{action}: {run:?}");
        assert!(run.stdout.contains(action), "{action}: {run:?}");
        stack.proxy.clear_orders();
        stack.proxy.take_calls();
    }
    let all: BTreeSet<_> = pairs(FIXED_KEY).into_iter().map(|(_, action)| action).collect();
    assert_eq!(all, CODES.into_iter().map(|(action, _)| action.to_owned()).collect());
}
