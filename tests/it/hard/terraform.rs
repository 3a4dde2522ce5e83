//! Beside Terraform: code that its `archive_file` packed is nothing to release, and code that was released is what it
//! would pack.

use std::fs;

use aws_sdk_lambda::primitives::Blob;
use sls_release::model::Sha256;
use sls_release::package::{GivenContents, GivenFile};

use super::written;
use crate::archive_file::oracle;
use crate::support::{LATEST, Stack, answering};

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
    stack.aws.change_code(&stack.function("dev"), Blob::new(packed_by_terraform(&stack)), false);
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
    stack.releases("two");
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
    let function = stack.function("dev");
    stack.run(&["package", "--stage", "dev"]).exits(0);
    let compact = fs::read(stack.folder().join("target/sls-release/hello.zip")).unwrap();
    stack.aws.change_code(&function, Blob::new(compact), false);
    let lines = format!("source = \"lambda\"\n{ARCHIVE_FILE}\n");
    stack.settings(&LATEST.replace("source = \"lambda\"\n", &lines));
    assert!(written(&stack.logged("released")).contains(&"UpdateFunctionCode"));
    assert_eq!(stack.aws.code(&function, "$LATEST"), before);
}
