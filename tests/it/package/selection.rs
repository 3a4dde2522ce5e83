//! The selection of files.

use super::support::{Packer, Tree, all_of, names, pack_all, settings};

fn selected(tree: &Tree, include: &[&str], exclude: &[&str]) -> Vec<String> {
    names(&Packer::new().pack(settings(tree.root(), include, exclude)).unwrap())
}

#[test]
fn globs_match_whole_paths_and_a_star_stops_at_a_slash() {
    let tree = Tree::of(&["a.js", "b.ts", "lib/c.js", "lib/deep/d.js", ".hidden"]);
    assert_eq!(selected(&tree, &["**"], &[]), [".hidden", "a.js", "b.ts", "lib/c.js", "lib/deep/d.js"]);
    assert_eq!(selected(&tree, &["*.js"], &[]), ["a.js"]);
    assert_eq!(selected(&tree, &["**/*.js"], &[]), ["a.js", "lib/c.js", "lib/deep/d.js"]);
    assert_eq!(selected(&tree, &["lib/*"], &[]), ["lib/c.js"]);
    assert_eq!(selected(&tree, &["lib/"], &[]), ["lib/c.js", "lib/deep/d.js"]);
    assert_eq!(selected(&tree, &["{a,b}.?s"], &[]), ["a.js", "b.ts"]);
    assert_eq!(selected(&tree, &["**"], &["**/*.js"]), [".hidden", "b.ts"]);
}

#[test]
fn files_that_git_ignores_are_packed() {
    let tree = Tree::of(&["dist/index.js", "index.js"]);
    tree.write(".gitignore", b"dist\n");
    tree.write(".ignore", b"index.js\n");
    tree.write(".git/HEAD", b"ref: refs/heads/main\n");
    assert_eq!(selected(&tree, &["**"], &[]), [".gitignore", ".ignore", "dist/index.js", "index.js"]);
}

#[test]
fn an_excluded_folder_is_not_walked() {
    let tree = Tree::of(&["a.js", "tests/t.js", "lib/tests/u.js"]);
    // Walking into the folder would be refused.
    tree.link("tests/broken", "nowhere");
    assert_eq!(selected(&tree, &["**"], &["tests/**"]), ["a.js", "lib/tests/u.js"]);
    assert_eq!(selected(&tree, &["**"], &["tests"]), ["a.js", "lib/tests/u.js"]);
    assert_eq!(selected(&tree, &["**"], &["**/tests/"]), ["a.js"]);
    assert_eq!(selected(&tree, &["lib/**", "*"], &[]), ["a.js", "lib/tests/u.js"]);
}

#[test]
fn secrets_and_caches_stay_out_unless_they_are_named() {
    let tree = Tree::of(&[
        "a.py",
        ".env",
        ".env.production",
        "lib/.env.local",
        ".git/config",
        "__pycache__/a.pyc",
        "lib/__pycache__/b.pyc",
        ".terraform/x",
        "environment",
    ]);
    assert_eq!(selected(&tree, &["**"], &[]), ["a.py", "environment"]);
    assert_eq!(selected(&tree, &["*.py", ".env.production"], &[]), [".env.production", "a.py"]);
    assert_eq!(selected(&tree, &["**", ".env.production"], &[]), [".env.production", "a.py", "environment"]);
    assert_eq!(selected(&tree, &["*.py", "**/.env*"], &[]), [".env", ".env.production", "a.py", "lib/.env.local"]);
    assert_eq!(selected(&tree, &[".git/**"], &[]), [".git/config"]);
    assert_eq!(selected(&tree, &["**/__pycache__/**"], &[]), ["__pycache__/a.pyc", "lib/__pycache__/b.pyc"]);
    assert_eq!(selected(&tree, &["*.py", ".env"], &[".env"]), ["a.py"]);
}

#[test]
fn our_own_files_stay_out_unless_they_are_named() {
    let tree = Tree::of(&["a.js", "sls-release.toml", "target/out/hello.zip"]);
    let packer = Packer { keep_out: vec![tree.path("sls-release.toml")], ..Packer::new() };
    let chosen = |include: &[&str], out: &str| {
        names(&packer.pack_to(settings(tree.root(), include, &[]), &tree.path(out)).unwrap())
    };
    assert_eq!(chosen(&["**"], "target/out"), ["a.js"]);
    assert_eq!(chosen(&["**"], "not/yet/there"), ["a.js", "target/out/hello.zip"]);
    assert_eq!(chosen(&["**"], "target/out"), ["a.js", "not/yet/there/hello.zip"]);
    assert_eq!(chosen(&["*.js", "sls-release.toml"], "target/out"), ["a.js", "sls-release.toml"]);
}

#[test]
fn an_out_dir_above_the_source_does_not_hide_it() {
    let tree = Tree::of(&["lambda/a.js"]);
    let artifact = Packer::new().pack_to(all_of(&tree.path("lambda")), tree.root()).unwrap();
    assert_eq!(names(&artifact), ["a.js"]);
}

#[test]
fn a_single_file_is_the_only_entry() {
    let tree = Tree::of(&["build/bootstrap"]);
    let (_packer, artifact) = pack_all(&tree.path("build/bootstrap"), 1);
    assert_eq!(names(&artifact), ["bootstrap"]);
}

#[test]
fn links_that_stay_inside_are_followed() {
    let tree = Tree::linked(&["lib/a.js", "other/b.js"], &[("other/lib", "../lib"), ("main.js", "lib/a.js")]);
    tree.link("source", tree.root().join("other"));
    let expected = ["lib/a.js", "main.js", "other/b.js", "other/lib/a.js", "source/b.js", "source/lib/a.js"];
    assert_eq!(selected(&tree, &["**"], &[]), expected);
}

#[test]
fn a_link_does_not_include_what_is_left_out() {
    let tree = Tree::linked(&["a.js", ".env", ".git/config"], &[("settings", ".env"), ("git", ".git")]);
    assert_eq!(selected(&tree, &["**"], &[]), ["a.js"]);
}

#[test]
fn files_that_are_not_selected_are_not_refused() {
    let tree = Tree::linked(&["a.js", "lib/b.js"], &[("out", "/etc"), ("lib/broken", "nowhere"), ("lib/cycle", "..")]);
    assert_eq!(selected(&tree, &["*.js", "lib/*.js"], &["lib/cycle"]), ["a.js", "lib/b.js"]);
}
