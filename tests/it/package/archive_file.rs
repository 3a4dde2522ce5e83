//! The files that `archive = "archive-file"` packs, their order and their modes.

use std::collections::BTreeMap;
use std::path::Path;

use sls_release::model::{
    ArchiveFileSettings, ArchiveFormat, CodeSource, ExcludesMatching, FileMode, Flavour, FunctionSettings, Sourced,
};

use super::support::{Packer, Tree, Warnings, inflate, names, settings};

pub(crate) fn terraform(excludes: &[&str]) -> ArchiveFileSettings {
    ArchiveFileSettings {
        flavour: Flavour::Go1_21,
        is_assumed: false,
        excludes: excludes.iter().map(|exclude| Sourced::default_of((*exclude).to_owned())).collect(),
        matching: ExcludesMatching::Doublestar,
        exclude_symlink_directories: false,
        output_file_mode: None,
    }
}

fn of_folder(tree: &Tree, archive: ArchiveFileSettings) -> FunctionSettings {
    FunctionSettings { archive: ArchiveFormat::ArchiveFile(archive), ..settings(tree.root(), &[], &[]) }
}

pub(crate) fn packed(tree: &Tree, archive: ArchiveFileSettings) -> Vec<String> {
    names(&Packer::new().pack(of_folder(tree, archive)).unwrap())
}

fn warnings(tree: &Tree, archive: ArchiveFileSettings) -> (Vec<String>, Vec<String>) {
    warnings_in(tree, archive, Packer::new().out.path())
}

/// The names and the warnings where the archive is written to this folder.
fn warnings_in(tree: &Tree, archive: ArchiveFileSettings, out: &Path) -> (Vec<String>, Vec<String>) {
    let (packer, listener) = (Packer::new(), Warnings::default());
    let artifact = packer.pack_with(of_folder(tree, archive), out, &|| false, &listener).unwrap();
    (names(&artifact), listener.0.into_inner().unwrap())
}

#[test]
fn folders_are_walked_depth_first_and_names_sorted_within_each() {
    let tree = Tree::of(&["a-b", "a/x", "a.b/y", "B", "ä", "a/b/c"]);
    assert_eq!(packed(&tree, terraform(&[])), ["B", "a/b/c", "a/x", "a-b", "a.b/y", "ä"]);
}

/// A pattern with a slash at its end matches nothing, for the provider as well.
#[test]
fn links_out_of_the_checkout_that_are_excluded_are_not_refused() {
    let (tree, other) = (Tree::of(&[".git/config", "a"]), Tree::of(&["secret"]));
    tree.link("out", other.root());
    let pack = |exclude| Packer::new().pack(of_folder(&tree, terraform(&[".git", exclude])));
    for exclude in ["out", "out/**", "o*"] {
        assert_eq!(names(&pack(exclude).unwrap()), ["a"], "{exclude}");
    }
    assert!(pack("out/").unwrap_err().to_string().contains("outside this Git checkout"));
}

#[test]
fn excludes_are_doublestar_patterns_and_cover_folder_contents() {
    let tree = Tree::of(&["app.js", "app.test.js", "lib/x.test.js", "lib/y.js", "docs/a.md", "docs/b/c.md"]);
    let without = |excludes: &[&str]| packed(&tree, terraform(excludes));
    assert_eq!(without(&["**/*.test.js", "docs"]), ["app.js", "lib/y.js"]);
    assert_eq!(without(&["*.test.js", "docs/*"]), ["app.js", "lib/x.test.js", "lib/y.js"]);
    assert_eq!(without(&["docs/**", "{app,lib/**/x}*"]), ["lib/y.js"]);
    let exact =
        ArchiveFileSettings { matching: ExcludesMatching::Exact, ..terraform(&["**/*.js", "lib", "docs/a.md"]) };
    assert_eq!(packed(&tree, exact), ["app.js", "app.test.js", "docs/b/c.md"]);
}

#[test]
fn excludes_that_match_everything_or_are_malformed_are_an_error() {
    let tree = Tree::of(&["app.js"]);
    let all = Packer::new().pack(of_folder(&tree, terraform(&["**"]))).unwrap_err();
    assert!(all.to_string().contains("correct `excludes`"), "{all}");
    let malformed = Packer::new().pack(of_folder(&tree, terraform(&["a[", "{b"]))).unwrap_err();
    assert_eq!(malformed.problems.len(), 2, "{malformed}");
    assert!(malformed.to_string().contains("a `[` has no `]`"), "{malformed}");
}

#[test]
fn an_assumed_release_of_the_provider_is_a_warning() {
    let tree = Tree::of(&["app.py"]);
    let (_, warnings) = warnings(&tree, ArchiveFileSettings { is_assumed: true, ..terraform(&[]) });
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("set it, for example `provider_version = \"2.7.1\"`"), "{warnings:?}");
}

#[test]
fn files_that_compact_leaves_out_are_packed_with_a_warning() {
    let tree = Tree::of(&["app.py", ".env", "lib/__pycache__/a.pyc", "lib/__pycache__/b.pyc"]);
    let (names, warnings) = warnings(&tree, terraform(&[]));
    assert_eq!(names, [".env", "app.py", "lib/__pycache__/a.pyc", "lib/__pycache__/b.pyc"]);
    assert_eq!(
        warnings,
        [
            "hello: packs `.env*` (1), `__pycache__` (2), as `archive_file` does: add `excludes = [\"**/.env*\", \"**/__pycache__\"]` here and in Terraform"
        ]
    );
}

#[test]
fn links_are_followed_in_the_order_of_their_own_names() {
    let tree = Tree::linked(&["b/x", "z"], &[("a", "b"), ("c", "z")]);
    assert_eq!(packed(&tree, terraform(&[])), ["a/x", "b/x", "c", "z"]);
    assert_eq!(packed(&tree, terraform(&["a"])), ["b/x", "c", "z"]);
}

#[test]
fn a_skipped_link_to_a_folder_skips_the_rest_of_its_folder() {
    let tree = Tree::linked(&["a/1", "m/b", "m/x/y", "z"], &[("m/c", "../a")]);
    let archive = ArchiveFileSettings { exclude_symlink_directories: true, ..terraform(&[]) };
    let (names, warnings) = warnings(&tree, archive.clone());
    assert_eq!(names, ["a/1", "m/b", "z"]);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("`m/c`") && warnings[0].contains("excludes = [\"m/c\"]"), "{}", warnings[0]);
    let instead = ArchiveFileSettings { excludes: terraform(&["m/c"]).excludes, ..archive };
    assert_eq!(packed(&tree, instead), ["a/1", "m/b", "m/x/y", "z"]);
}

#[test]
fn links_that_are_broken_or_form_a_cycle_are_refused() {
    let tree = Tree::linked(&["a/x"], &[("a/cycle", ".."), ("broken", "nowhere")]);
    let refused = Packer::new().pack(of_folder(&tree, terraform(&[]))).unwrap_err();
    assert_eq!(refused.problems.len(), 2, "{refused}");
    assert!(refused.problems.iter().all(|problem| problem.fix.contains("`excludes`")), "{refused}");
    assert_eq!(packed(&tree, terraform(&["a/cycle", "broken"])), ["a/x"]);
}

#[test]
fn modes_are_those_on_disk_or_output_file_mode() {
    let tree = Tree::of(&["a", "b"]);
    tree.set_mode("a", 0o4640);
    tree.set_mode("b", 0o755);
    let modes = |archive| {
        let packer = Packer::new();
        let artifact = packer.pack(of_folder(&tree, archive)).unwrap();
        inflate(&artifact.path).into_iter().map(|(_, _, mode)| mode).collect::<Vec<_>>()
    };
    // Crate `zip` does not report setuid. The comparison with Go's archives covers it.
    assert_eq!(modes(terraform(&[])), [0o100_640, 0o100_755]);
    let same = ArchiveFileSettings { output_file_mode: Some(FileMode::new(0o4444)), ..terraform(&[]) };
    assert_eq!(modes(same), [0o100_444, 0o100_444]);
}

#[test]
fn a_source_file_is_packed_under_its_base_name_even_a_zip() {
    let tree = Tree::of(&["deep/app.zip"]);
    let of = |source| FunctionSettings { source: Sourced::default_of(source), ..of_folder(&tree, terraform(&[])) };
    let artifact = Packer::new().pack(of(CodeSource::SourceFile(tree.root().join("deep/app.zip")))).unwrap();
    assert_eq!(names(&artifact), ["app.zip"]);
}

#[test]
fn content_in_the_settings_is_packed_in_the_order_of_names() {
    let tree = Tree::of(&[]);
    let sources = BTreeMap::from([("b", "two"), ("a/c", "")].map(|(name, text)| (name.to_owned(), text.to_owned())));
    let source = Sourced::default_of(CodeSource::Sources(sources));
    let packer = Packer::new();
    let artifact = packer.pack(FunctionSettings { source, ..of_folder(&tree, terraform(&[])) }).unwrap();
    let entries: Vec<_> = inflate(&artifact.path).into_iter().map(|(name, data, _)| (name, data)).collect();
    assert_eq!(entries, [("a/c".to_owned(), Vec::new()), ("b".to_owned(), b"two".to_vec())]);
}

#[test]
fn our_own_archives_are_not_packed_again() {
    let tree = Tree::of(&["app.js", "out/old.zip"]);
    let (names, warnings) = warnings_in(&tree, terraform(&[]), &tree.path("out"));
    assert_eq!(names, ["app.js"]);
    assert!(warnings[0].contains("`out` is left out"), "{warnings:?}");
}

#[test]
fn our_own_archives_are_not_packed_through_links_either() {
    let tree = Tree::linked(&["app.js", "out/old.zip"], &[("latest", "out"), ("latest.zip", "out/old.zip")]);
    let (names, warnings) = warnings_in(&tree, terraform(&[]), &tree.path("out"));
    assert_eq!(names, ["app.js"]);
    assert_eq!(warnings.len(), 3);
}

#[test]
fn links_that_nest_folders_without_end_are_refused() {
    let tree = Tree::of(&[]);
    for place in 0..400 {
        tree.write(&format!("f{place}/x"), b"");
        tree.link(&format!("f{place}/next"), format!("../f{}", place + 1));
    }
    tree.write("f400/x", b"");
    let refused = Packer::new().pack(of_folder(&tree, terraform(&["f[1-9]*"]))).unwrap_err();
    assert!(refused.to_string().contains("200 folders deep"), "{refused}");
    let compact = Packer::new().pack(settings(tree.root(), &["f0/**"], &[])).unwrap_err();
    assert!(compact.to_string().contains("200 folders deep"), "{compact}");
}

/// Each of these folders has two links to the next one, so that there are 2^40 paths to the last one.
#[test]
fn links_that_multiply_folders_are_refused_early_or_packed_as_links() {
    let tree = Tree::of(&["f40/x"]);
    for place in 0..40 {
        tree.write(&format!("f{place}/x"), b"");
        tree.link(&format!("f{place}/one"), format!("../f{}", place + 1));
        tree.link(&format!("f{place}/two"), format!("../f{}", place + 1));
    }
    let refused = Packer::new().pack(of_folder(&tree, terraform(&[]))).unwrap_err();
    assert_eq!(refused.problems.len(), 1, "{refused}");
    assert!(refused.to_string().contains("more than 5,000 times"), "{refused}");
    let compact = Packer::new().pack(settings(tree.root(), &["**"], &[])).unwrap();
    assert_eq!(compact.entries.iter().filter(|entry| entry.is_link).count(), 80);
}

#[test]
fn a_name_that_ends_in_a_backslash_is_a_name() {
    let tree = Tree::of(&["weird\\"]);
    assert_eq!(packed(&tree, terraform(&[])), ["weird\\"]);
}

#[test]
fn a_source_file_that_is_a_folder_is_refused_with_its_key() {
    let tree = Tree::of(&["deep/app.py"]);
    let source = Sourced::default_of(CodeSource::SourceFile(tree.root().join("deep")));
    let refused = Packer::new().pack(FunctionSettings { source, ..of_folder(&tree, terraform(&[])) }).unwrap_err();
    assert!(refused.to_string().contains("use `source` instead"), "{refused}");
}
