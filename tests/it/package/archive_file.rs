//! Which files `archive = "archive-file"` packs, in which order, with which modes.

use std::collections::BTreeMap;
use std::sync::Mutex;

use sls_release::model::{
    ArchiveFileSettings, ArchiveFormat, CodeSource, Event, ExcludesMatching, FileMode, Flavour, FunctionSettings,
    Listener, Sourced,
};

use super::support::{Packer, Tree, inflate, names, settings};

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
    let artifact = Packer::new().pack(of_folder(tree, archive)).unwrap();
    names(&artifact).into_iter().map(str::to_owned).collect()
}

#[derive(Default)]
struct Warnings(Mutex<Vec<String>>);

impl Listener for Warnings {
    fn hear(&self, event: Event) {
        if let Event::Warning(text) = event {
            self.0.lock().unwrap().push(text);
        }
    }
}

fn warnings(tree: &Tree, archive: ArchiveFileSettings) -> (Vec<String>, Vec<String>) {
    let (packer, heard) = (Packer::new(), Warnings::default());
    let artifact = packer.pack_with(of_folder(tree, archive), packer.out.path(), &|| false, &heard).unwrap();
    (names(&artifact).into_iter().map(str::to_owned).collect(), heard.0.into_inner().unwrap())
}

#[test]
fn folders_are_walked_depth_first_and_names_sorted_within_each() {
    let tree = Tree::of(&["a-b", "a/x", "a.b/y", "B", "ä", "a/b/c"]);
    assert_eq!(packed(&tree, terraform(&[])), ["B", "a/b/c", "a/x", "a-b", "a.b/y", "ä"]);
}

#[test]
fn excludes_are_doublestar_patterns_and_a_folder_stays_out_whole() {
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
fn what_excludes_all_or_is_malformed_is_an_error() {
    let tree = Tree::of(&["app.js"]);
    let all = Packer::new().pack(of_folder(&tree, terraform(&["**"]))).unwrap_err();
    assert!(all.to_string().contains("mend `excludes`"), "{all}");
    let malformed = Packer::new().pack(of_folder(&tree, terraform(&["a[", "{b"]))).unwrap_err();
    assert_eq!(malformed.problems.len(), 2, "{malformed}");
    assert!(malformed.to_string().contains("a `[` has no `]`"), "{malformed}");
}

#[test]
fn an_assumed_release_of_the_provider_is_a_warning() {
    let tree = Tree::of(&["app.py"]);
    let (_, warnings) = warnings(&tree, ArchiveFileSettings { is_assumed: true, ..terraform(&[]) });
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("write `provider_version = \"2.7.1\"`, say"), "{warnings:?}");
}

#[test]
fn what_compact_leaves_out_is_packed_with_a_warning() {
    let tree = Tree::of(&["app.py", ".env", "lib/__pycache__/a.pyc", "lib/__pycache__/b.pyc"]);
    let (names, warnings) = warnings(&tree, terraform(&[]));
    assert_eq!(names, [".env", "app.py", "lib/__pycache__/a.pyc", "lib/__pycache__/b.pyc"]);
    assert_eq!(
        warnings,
        [
            "hello: packs `.env*` (1), `__pycache__` (2), as `archive_file` does: write `excludes = [\"**/.env*\", \"**/__pycache__\"]` here and in Terraform"
        ]
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_where_they_stand() {
    let tree = Tree::of(&["b/x", "z"]);
    tree.link("a", "b");
    tree.link("c", "z");
    assert_eq!(packed(&tree, terraform(&[])), ["a/x", "b/x", "c", "z"]);
    assert_eq!(packed(&tree, terraform(&["a"])), ["b/x", "c", "z"]);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_that_is_left_out_takes_the_rest_of_its_folder_along() {
    let tree = Tree::of(&["a/1", "m/b", "m/x/y", "z"]);
    tree.link("m/c", "../a");
    let archive = ArchiveFileSettings { exclude_symlink_directories: true, ..terraform(&[]) };
    let (names, warnings) = warnings(&tree, archive.clone());
    assert_eq!(names, ["a/1", "m/b", "z"]);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("`m/c`") && warnings[0].contains("excludes = [\"m/c\"]"), "{}", warnings[0]);
    let instead = ArchiveFileSettings { excludes: terraform(&["m/c"]).excludes, ..archive };
    assert_eq!(packed(&tree, instead), ["a/1", "m/b", "m/x/y", "z"]);
}

#[cfg(unix)]
#[test]
fn links_out_broken_or_in_a_circle_are_refused() {
    let tree = Tree::of(&["a/x"]);
    tree.link("a/circle", "..");
    tree.link("broken", "nowhere");
    tree.link("out", "/etc/hostname");
    let refused = Packer::new().pack(of_folder(&tree, terraform(&[]))).unwrap_err();
    assert_eq!(refused.problems.len(), 3, "{refused}");
    assert!(refused.problems.iter().all(|problem| problem.fix.contains("`excludes`")), "{refused}");
    assert_eq!(packed(&tree, terraform(&["a/circle", "broken", "out"])), ["a/x"]);
}

#[cfg(unix)]
#[test]
fn modes_are_those_on_disk_or_all_the_same() {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    let tree = Tree::of(&["a", "b"]);
    fs::set_permissions(tree.root().join("a"), fs::Permissions::from_mode(0o4640)).unwrap();
    fs::set_permissions(tree.root().join("b"), fs::Permissions::from_mode(0o755)).unwrap();
    let modes = |archive| {
        let packer = Packer::new();
        let artifact = packer.pack(of_folder(&tree, archive)).unwrap();
        inflate(&artifact.path).into_iter().map(|(_, _, mode)| mode).collect::<Vec<_>>()
    };
    // Crate `zip` does not tell of setuid; Go reads it in the comparison with its archives.
    assert_eq!(modes(terraform(&[])), [0o100_640, 0o100_755]);
    let same = ArchiveFileSettings { output_file_mode: Some(FileMode::new(0o4444)), ..terraform(&[]) };
    assert_eq!(modes(same), [0o100_444, 0o100_444]);
}

#[test]
fn one_file_goes_in_under_its_base_name_even_a_zip() {
    let tree = Tree::of(&["deep/app.zip"]);
    let of = |source| FunctionSettings { source: Sourced::default_of(source), ..of_folder(&tree, terraform(&[])) };
    let artifact = Packer::new().pack(of(CodeSource::SourceFile(tree.root().join("deep/app.zip")))).unwrap();
    assert_eq!(names(&artifact), ["app.zip"]);
}

#[test]
fn content_of_the_settings_goes_in_by_name() {
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
    let (packer, heard) = (Packer::new(), Warnings::default());
    let out = tree.root().join("out");
    let artifact = packer.pack_with(of_folder(&tree, terraform(&[])), &out, &|| false, &heard).unwrap();
    assert_eq!(names(&artifact), ["app.js"]);
    assert!(heard.0.lock().unwrap()[0].contains("`out` is left out"), "{:?}", heard.0.lock().unwrap());
}

#[cfg(unix)]
#[test]
fn our_own_archives_are_not_packed_through_links_either() {
    let tree = Tree::of(&["app.js", "out/old.zip"]);
    tree.link("latest", "out");
    tree.link("latest.zip", "out/old.zip");
    let (packer, heard) = (Packer::new(), Warnings::default());
    let artifact =
        packer.pack_with(of_folder(&tree, terraform(&[])), &tree.root().join("out"), &|| false, &heard).unwrap();
    assert_eq!(names(&artifact), ["app.js"]);
    assert_eq!(heard.0.into_inner().unwrap().len(), 3);
}

#[cfg(unix)]
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
    assert!(refused.to_string().contains("write `source` instead"), "{refused}");
}
