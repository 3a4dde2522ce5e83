//! What a role needs beside the policy of a release where a function runs a container image. Ministack would find the
//! signature of a call wrong that the proxy changes, so that the proxy alone compares and denies.

use super::policy::{IMAGE, Policy, RELEASE};
use super::uses_all_of_it;
use crate::support::{Stack, answering, image_settings};

#[test]
fn an_image_needs_its_policy_and_all_of_it() {
    let stack = Stack::build(&["--alias", "live"]);
    stack.settings(&image_settings().replace("20s", "2s"));
    stack.runs_images();
    stack.push("live", &answering(200, "one"));
    stack.release(&[]).exits(0);
    let policy = Policy::of(RELEASE, &stack).and(Policy::of(IMAGE, &stack));
    uses_all_of_it(&stack, &policy, IMAGE);
    stack.proxy.deny("ecr:BatchGetImage");
    let run = stack.release(&[]).exits(3);
    assert!(run.stdout.contains("ecr:BatchGetImage"), "{run:?}");
}
