//! What a role needs beside the policy of a release where a function runs a container image. Ministack would find the
//! signature of a call wrong that the proxy changes, so that the proxy alone compares and denies.

use std::collections::BTreeSet;

use super::policy::{Grant, IMAGE, Policy, RELEASE};
use crate::support::{Stack, answering, image_settings, permissions};

#[test]
fn an_image_needs_its_policy_and_all_of_it() {
    let stack = Stack::build(&["--alias", "live"]);
    stack.settings(&image_settings().replace("20s", "2s"));
    stack.runs_images();
    stack.push("live", &answering(200, "one"));
    stack.release(&[]).exits(0);
    let policy = Policy::of(RELEASE, &stack).and(Policy::of(IMAGE, &stack));
    let mut used: BTreeSet<Grant> = BTreeSet::new();
    for permission in stack.proxy.take_calls().iter().flat_map(permissions) {
        let allowing = policy.allowing(&permission);
        assert!(!allowing.is_empty(), "{permission:?} is not allowed");
        used.extend(allowing);
    }
    assert!(Policy::template(IMAGE).grants().is_subset(&used), "docs/{IMAGE} allows what no run needed");
    stack.proxy.deny("ecr:BatchGetImage");
    let run = stack.release(&[]).exits(3);
    assert!(run.stdout.contains("ecr:BatchGetImage"), "{run:?}");
}
