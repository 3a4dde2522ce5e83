//! Digests of archives that hashicorp/archive 2.8.0 itself made of folders with links, odd names and odd patterns.

use std::path::Path;

use sls_release::model::{ArchiveFileSettings, ArchiveFormat, CodeSource, FileMode, FunctionSettings, Sourced};

use crate::package::archive_file::terraform;
use crate::package::support::{Packer, Tree, Warnings, settings};

/// Returns the digest of the archive, in base64, and the warnings. Every file gets the mode 0644.
fn packed(source: &Path, excludes: &[&str]) -> (String, Vec<String>) {
    let archive = ArchiveFileSettings { output_file_mode: Some(FileMode::new(0o644)), ..terraform(excludes) };
    packed_as(FunctionSettings { archive: ArchiveFormat::ArchiveFile(archive), ..settings(source, &[], &[]) })
}

fn packed_as(settings: FunctionSettings) -> (String, Vec<String>) {
    let (packer, listener) = (Packer::new(), Warnings::default());
    let artifact = packer.pack_with(settings, packer.out.path(), &|| false, &listener).unwrap();
    (artifact.sha256.base64(), listener.0.into_inner().unwrap())
}

#[test]
fn links_of_pnpm_are_followed() {
    let tree = Tree::new();
    let store = "node_modules/.pnpm";
    tree.write("index.js", b"exports.handler = async () => require('alpha')\n");
    tree.write(&format!("{store}/alpha@1.0.0/node_modules/alpha/index.js"), b"module.exports = require('beta')\n");
    let beta = b"module.exports = {statusCode: 200, body: 'beta'}\n";
    tree.write(&format!("{store}/beta@1.0.0/node_modules/beta/index.js"), beta);
    tree.link(&format!("{store}/alpha@1.0.0/node_modules/beta"), "../../beta@1.0.0/node_modules/beta");
    tree.link("node_modules/alpha", ".pnpm/alpha@1.0.0/node_modules/alpha");
    let (digest, warnings) = packed(tree.root(), &[]);
    assert_eq!(digest, "e/2yFzBCZtnWaK5OUAukYgfqOJpwwJ8CeVT4BILPA3M=");
    assert!(warnings.is_empty(), "{warnings:?}");
}

fn workspace() -> Tree {
    let tree = Tree::new();
    tree.write("packages/common/index.js", b"module.exports = 1\n");
    tree.write("services/api/index.js", b"require('common')\n");
    std::fs::create_dir(tree.path("services/api/node_modules")).unwrap();
    tree.link("services/api/node_modules/common", "../../../packages/common");
    tree
}

#[test]
fn links_out_of_the_source_are_followed_with_a_warning() {
    let (digest, warnings) = packed(&workspace().path("services/api"), &[]);
    assert_eq!(digest, "rCBXra07s33hI7kp4Ik0e7koS897Pdpa1TXm0UBYC/w=");
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert!(warning.contains("`node_modules/common` (`") && warning.contains("`excludes`"), "{warning}");
}

/// Git's own folder may hold a token, and files outside the checkout belong to the machine.
#[test]
fn links_out_of_the_checkout_and_into_its_git_folder_are_refused() {
    let tree = workspace();
    tree.write(".git/config", b"token");
    packed(&tree.path("services/api"), &[]);
    tree.link("services/api/token", "../../.git/config");
    tree.link("services/api/host", "/etc/hostname");
    let source = tree.path("services/api");
    let archive = ArchiveFormat::ArchiveFile(terraform(&[]));
    let refused = Packer::new().pack(FunctionSettings { archive, ..settings(&source, &[], &[]) }).unwrap_err();
    assert_eq!(refused.problems.len(), 2, "{refused}");
    std::fs::remove_file(tree.path("services/api/token")).unwrap();
    std::fs::remove_file(tree.path("services/api/host")).unwrap();

    // The checkout itself, but for the source: what is below it counts as well.
    tree.link("services/api/up", "../..");
    let archive = ArchiveFormat::ArchiveFile(terraform(&["up/services"]));
    let refused = Packer::new().pack(FunctionSettings { archive, ..settings(&source, &[], &[]) }).unwrap_err();
    assert_eq!(refused.problems.len(), 1, "{refused}");
    assert!(
        refused
            .problems
            .iter()
            .all(|problem| problem.why.contains("outside this Git checkout or in its `.git` folder")),
        "{refused}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_differ_only_in_case_are_packed_with_a_warning() {
    let tree = Tree::new();
    for name in ["README.md", "readme.md", "Crypto/__init__.py", "crypto/__init__.py", "app.py"] {
        tree.write(name, format!("{name}\n").as_bytes());
    }
    let (digest, warnings) = packed(tree.root(), &[]);
    assert_eq!(digest, "tCbzhXWoNSqkl9R8RAX2704vwwJWSbXtK6FaOvGRk/o=");
    assert!(warnings.len() == 1 && warnings[0].contains("`README.md` and `readme.md`"), "{warnings:?}");
}

#[test]
fn odd_patterns_leave_out_what_the_provider_leaves_out() {
    const NOTHING: &str = "h0ps6RH0VhzvTJZc4x06+XdBEe+t5/L3wB7LKRg83T0=";
    const TESTS: &str = "NtfAHhoRWmm8Wf5R+hvqB30YYHVgY7S55NfVHKcrm+k=";
    let tree = Tree::new();
    for name in [
        "app.py",
        "tests/a.py",
        "tests/deep/b.py",
        "pkg/vendor/x.py",
        "pkg/y.py",
        "tests.txt",
        "pkgs/z.py",
        "z.py",
        "m.py",
    ] {
        tree.write(name, format!("{name}\n").as_bytes());
    }
    for (pattern, expected) in [
        ("tests**/", TESTS),
        ("pkg**/", "jAaomQ0JqP0WrXLzf5yO088criwsXtSLNww6Q5UwjvY="),
        ("**/tests**/", TESTS),
        ("{tests,pkg}**/", "LeMOTy2mwtry+bhbSz5chm1L5O4RF4LiLwDbWstk2F4="),
        ("**/", NOTHING),
        ("[z-a]", NOTHING),
        ("[z-a].py", "1grzCsfIMW6dVcY7DX0dvN4nHH3cKtvbhzXgQe0H7Ao="),
        ("**tests/", NOTHING),
        ("te**/b.py", NOTHING),
        ("tests/**/", TESTS),
        ("tests**", "nezUZpJevaifmA4D3i1nTHaQsPHvyevydZavbnhn4dg="),
    ] {
        assert_eq!(packed(tree.root(), &[pattern]).0, expected, "{pattern}");
    }
}

#[test]
#[cfg(unix)]
fn a_source_file_may_have_a_backslash() {
    let tree = Tree::new();
    tree.write("back\\slash.py", b"x = 1\n");
    let archive = ArchiveFileSettings { output_file_mode: Some(FileMode::new(0o644)), ..terraform(&[]) };
    let source = Sourced::default_of(CodeSource::SourceFile(tree.path("back\\slash.py")));
    let archive = ArchiveFormat::ArchiveFile(archive);
    let (digest, _) = packed_as(FunctionSettings { source, archive, ..settings(tree.root(), &[], &[]) });
    assert_eq!(digest, "7Mkz71WCXKGGtbQQYyrGgH7gZucIOuDyLLCog5867bI=");
}
