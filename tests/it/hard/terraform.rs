//! Beside Terraform: code that its `archive_file` packed is nothing to release, and code that was released is what it
//! would pack.

use std::fs;

use aws_sdk_lambda::primitives::Blob;
use sls_release::model::Sha256;
use sls_release::package::{GivenContents, GivenFile};

use super::written;
use crate::archive_file::oracle;
use crate::support::scene::{LATEST, answering};
use crate::support::{Aws, Stack};

/// The functions' files in the order of `archive_file`, which is not that of their names.
const FILES: [&str; 4] = ["app.py", "lib/a/x.py", "lib/a-b.py", "lib/tests/t.py"];
const MODE: u32 = 0o100_644;

/// What Go's `archive/zip` makes of the folder, as Terraform's provider does.
fn packed_by_terraform(stack: &Stack) -> Vec<u8> {
    let file = |name: &str| GivenFile {
        name: name.to_owned(),
        contents: GivenContents::Path(stack.folder().join("lambda").join(name)),
        mode: Some(MODE),
    };
    let files: Vec<GivenFile> = FILES.iter().filter(|name| !name.contains("tests")).map(|name| file(name)).collect();
    let path = stack.folder().join("terraform.zip");
    oracle::start(&files, &path).finish();
    fs::read(path).unwrap()
}

/// A stack that Terraform made, with its code.
fn by_terraform(format: &str) -> Stack {
    let stack = Stack::build(&["--minimal"]);
    let lines = format!("name = \"$NAME-{{stage}}\"\n{format}\n");
    stack.settings(&LATEST.replace("name = \"$NAME-{stage}\"\n", &lines));
    for name in FILES {
        stack.write(&format!("lambda/{name}"), answering(200, name));
    }
    let (aws, code) = (Aws::shared(), packed_by_terraform(&stack));
    let update = aws.lambda.update_function_code().function_name(stack.function("dev")).zip_file(Blob::new(code));
    aws.block_on(update.send()).unwrap();
    stack
}

const ARCHIVE_FILE: &str =
    "archive = \"archive-file\"\nexcludes = [\"**/tests\"]\noutput_file_mode = \"0644\"\nprovider_version = \"2.7.1\"";
const COMPACT: &str = "exclude = [\"**/tests\"]";

#[test]
fn what_terraform_packed_is_nothing_to_release_in_either_format() {
    let stack = by_terraform(ARCHIVE_FILE);
    let plan = stack.run(&["plan", "--stage", "dev", "--output", "json"]).exits(0);
    let steps = &plan.document()["plan"];
    assert_eq!(steps["skipped"][0]["skip"], "code_unchanged", "{plan:?}");
    let compare = ["package", "--stage", "dev", "--output", "json", "--exit-code", "--compare", "terraform.zip"];
    let compared = stack.run(&compare).exits(0);
    assert_eq!(compared.document()["comparisons"]["hello"]["verdict"], "same_bytes", "{compared:?}");
    stack.settings(&LATEST.replace("source = \"lambda\"\n", &format!("source = \"lambda\"\n{COMPACT}\n")));
    let compact = stack.run(&["plan", "--stage", "dev", "--output", "json"]).exits(0);
    assert_eq!(compact.document()["plan"]["skipped"][0]["skip"], "same_content", "{compact:?}");
}

#[test]
fn what_is_released_has_the_hash_that_terraform_computes() {
    let stack = by_terraform(ARCHIVE_FILE);
    stack.write("lambda/app.py", answering(200, "two"));
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    assert_eq!(stack.call("/hello").body, "two");
    let expected = Sha256::of(&packed_by_terraform(&stack)).base64();
    assert_eq!(stack.aws.code(&stack.function("dev"), "$LATEST").0, expected);
}

/// The bytes are its purpose: other bytes of the same files are released, and compact's are not.
#[test]
fn other_bytes_of_the_same_files_are_released_as_archive_file_alone() {
    let stack = by_terraform(COMPACT);
    let before = stack.aws.code(&stack.function("dev"), "$LATEST");
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released", "the API was never deployed by a release");
    assert_eq!(stack.aws.code(&stack.function("dev"), "$LATEST"), before);
    let (aws, function) = (Aws::shared(), stack.function("dev"));
    let compact = fs::read(stack.folder().join("target/sls-release/hello.zip")).unwrap();
    aws.block_on(aws.lambda.update_function_code().function_name(&function).zip_file(Blob::new(compact)).send())
        .unwrap();
    let lines = format!("source = \"lambda\"\n{ARCHIVE_FILE}\n");
    stack.settings(&LATEST.replace("source = \"lambda\"\n", &lines));
    stack.proxy.take_calls();
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    assert!(written(&stack.proxy.take_calls()).contains(&"UpdateFunctionCode"));
    assert_eq!(stack.aws.code(&function, "$LATEST"), before);
}
