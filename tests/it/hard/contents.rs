//! Live code that holds the same files in other bytes is the same code; only the live code itself can say so.

use std::fs;
use std::path::PathBuf;

use aws_sdk_s3::primitives::ByteStream;
use serde_json::Value;
use sls_release::model::Sha256;
use sls_release::package::contents;

use super::{downloads, log_downloads, written};
use crate::strict::change_code;
use crate::support::{ALIAS, Aws, LATEST, Run, Stack, answering, released};

const NO_WRITES: [&str; 0] = [];

/// The metadata that an object carries.
fn kept_contents(stack: &Stack, key: &str) -> Option<String> {
    let aws = Aws::shared();
    let head = aws.block_on(aws.s3.head_object().bucket(stack.bucket()).key(key).send()).unwrap();
    head.metadata.unwrap_or_default().remove("sls-release-contents")
}

fn key_of(sha256: &Sha256) -> String {
    format!("hello/hello/{}.zip", sha256.hex())
}

/// The key of the object that holds the function's live code, or would.
fn live_key(stack: &Stack) -> String {
    key_of(&Sha256::from_base64(&stack.aws.code(&stack.function("dev"), "$LATEST").0).unwrap())
}

fn skipped(run: &Run, tag: &str) -> Option<Value> {
    run.document()["plan"]["skipped"].as_array().unwrap().iter().find(|skip| skip["skip"] == tag).cloned()
}

/// Terraform, or somebody by hand, zipped the same files with another tool.
#[test]
fn the_same_files_by_another_tool_are_nothing_to_release() {
    let stack = released(&[], LATEST);
    let (function, ours) = (stack.function("dev"), live_key(&stack));
    change_code(&function, &answering(200, "one"));
    let (live, versions) = (live_key(&stack), stack.aws.versions(&function));
    assert_ne!(live, ours, "the bytes are others");
    log_downloads(&stack);
    stack.proxy.take_calls();

    let run = stack.run(&["plan", "--exit-code", "--stage", "dev", "--output", "json"]).exits(0);
    let skip = skipped(&run, "same_content").unwrap_or_else(|| panic!("{run:?}"));
    let digests = ["live", "packed"].map(|name| Sha256::from_base64(skip[name].as_str().unwrap()).unwrap());
    assert_eq!(digests.map(|digest| key_of(&digest)), [live.clone(), ours]);
    let shown = stack.run(&["plan", "--stage", "dev"]).exits(0);
    assert!(shown.stdout.contains("the same content in other bytes"), "{shown:?}");

    assert_eq!(stack.release(&[]).exits(0).outcome(), "unchanged");
    let log = stack.proxy.take_calls();
    assert_eq!(written(&log), NO_WRITES);
    assert_eq!((live_key(&stack), stack.aws.versions(&function)), (live, versions));
    assert_eq!(downloads(&log), 3, "the live code is no object of ours, so that each run reads it: {log:?}");
}

/// The bytes of `archive_file` are its purpose: Terraform compares them.
#[test]
fn the_same_files_in_other_bytes_are_released_where_the_bytes_are_wanted() {
    let stack = released(&[], LATEST);
    let before = live_key(&stack);
    stack.settings(&LATEST.replace("source = \"lambda\"", "source = \"lambda\"\narchive = \"archive-file\""));
    let run = stack.release(&[]).exits(0);
    assert_eq!(run.outcome(), "released");
    assert!(skipped(&run, "same_content").is_none(), "{run:?}");
    assert_ne!(live_key(&stack), before);
    assert_eq!(stack.release(&[]).exits(0).outcome(), "unchanged");
}

#[test]
fn an_alias_on_other_code_gets_latest_as_it_is() {
    let stack = released(&["--alias", "live"], ALIAS);
    let function = stack.function("dev");
    stack.write("lambda/app.py", answering(200, "two"));
    change_code(&function, &answering(200, "two"));
    let live = stack.aws.code(&function, "$LATEST");
    stack.proxy.take_calls();
    let run = stack.release(&[]).exits(0);
    assert_eq!(run.outcome(), "released");
    let log = stack.proxy.take_calls();
    assert_eq!(written(&log), ["PublishVersion", "UpdateAlias"], "nothing is uploaded, nothing updated");
    assert_eq!(stack.aws.code(&function, "$LATEST"), live);
    assert_eq!(stack.aws.code(&function, "live"), live);
    assert_eq!(stack.call("/hello").body, "two");
    let skip = stack.release(&[]).exits(0);
    assert!(skipped(&skip, "same_content").is_some(), "{skip:?}");
}

#[test]
fn what_a_release_put_there_says_that_other_files_are_others() {
    let stack = released(&[], LATEST);
    let digest = contents(&packed(&stack), 1).unwrap().digest().hex();
    assert_eq!(kept_contents(&stack, &live_key(&stack)), Some(digest));
    stack.write("lambda/app.py", answering(200, "two"));
    log_downloads(&stack);
    assert_eq!(downloads(&stack.logged("released")), 0);
}

#[test]
fn live_code_that_is_kept_is_fetched_once_and_says_what_it_holds() {
    let stack = released(&[], LATEST);
    change_code(&stack.function("dev"), &answering(200, "by hand"));
    let live = live_key(&stack);
    stack.write("lambda/app.py", answering(200, "two"));
    log_downloads(&stack);
    assert_eq!(downloads(&stack.logged("released")), 1);
    assert!(kept_contents(&stack, &live).is_some());
}

/// Whoever may write into the bucket may write any digest: it can make a release, but not keep one back.
#[test]
fn a_false_digest_keeps_no_release_back() {
    let stack = released(&[], LATEST);
    let body = fs::read(packed(&stack)).unwrap();
    stack.write("lambda/app.py", answering(200, "two"));
    stack.run(&["package", "--stage", "dev", "--out-dir", "other"]).exits(0);
    let two = contents(&stack.folder().join("other/hello.zip"), 1).unwrap().digest().hex();
    let (aws, live) = (Aws::shared(), live_key(&stack));
    let put = aws.s3.put_object().bucket(stack.bucket()).key(&live).metadata("sls-release-contents", &two);
    aws.block_on(put.body(ByteStream::from(body)).send()).unwrap();
    assert_eq!(kept_contents(&stack, &live), Some(two));
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    assert_eq!(stack.call("/hello").body, "two");
}

/// Packs the source as it is now, and returns the path of the archive.
fn packed(stack: &Stack) -> PathBuf {
    stack.run(&["package", "--stage", "dev"]).exits(0);
    stack.folder().join("target/sls-release/hello.zip")
}
