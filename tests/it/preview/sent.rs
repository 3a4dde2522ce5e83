//! Previews without a bucket: the calls carry the code.

use super::scene::{SETTINGS, call, down, functions, greeting, scene, source, up};
use crate::support::Log;

#[test]
fn a_preview_needs_no_bucket() {
    let stack = scene();
    stack.settings(&SETTINGS.replace("[artifacts]\nbucket = \"$NAME-artifacts\"\nprefix = \"hello\"\n", ""));
    stack.proxy.take_calls();
    let first = up(&stack).exits(0);
    assert_eq!(call(&first), (200, greeting("pull request", "table-42")));
    stack.write("lambda/app.py", source("next commit"));
    assert_eq!(up(&stack).exits(0).outcome(), "released");
    assert_eq!(call(&first), (200, greeting("next commit", "table-42")));
    assert_eq!(up(&stack).exits(0).outcome(), "unchanged");
    down(&stack).exits(0);
    assert!(functions(&stack).is_empty());
    let is_asked = |log: Log| log.iter().any(|call| call.service == "s3");
    assert!(!is_asked(stack.proxy.take_calls()), "no bucket is asked");
}
