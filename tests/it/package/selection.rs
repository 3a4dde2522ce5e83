//! Which files go in.

use super::support::{Packer, Tree, names, pack_all, settings};

fn selected(tree: &Tree, include: &[&str], exclude: &[&str]) -> Vec<String> {
    let artifact = Packer::new().pack(settings(tree.root(), include, exclude)).unwrap();
    names(&artifact).into_iter().map(str::to_owned).collect()
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
fn what_git_ignores_is_packed_all_the_same() {
    let tree = Tree::of(&["dist/index.js", "index.js"]);
    tree.write(".gitignore", b"dist\n");
    tree.write(".ignore", b"index.js\n");
    tree.write(".git/HEAD", b"ref: refs/heads/main\n");
    assert_eq!(selected(&tree, &["**"], &[]), [".gitignore", ".ignore", "dist/index.js", "index.js"]);
}

#[test]
fn an_excluded_folder_is_not_even_looked_at() {
    let tree = Tree::of(&["a.js", "tests/t.js", "lib/tests/u.js"]);
    // Walking into it would be refused.
    #[cfg(unix)]
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
    let pack = |include: &[&str], out: &str| {
        let settings = settings(tree.root(), include, &[]);
        packer.pack_with(settings, &tree.path(out), &|| false, &sls_release::model::Silent).unwrap()
    };
    assert_eq!(names(&pack(&["**"], "target/out")), ["a.js"]);
    assert_eq!(names(&pack(&["**"], "not/yet/there")), ["a.js", "target/out/hello.zip"]);
    assert_eq!(names(&pack(&["**"], "target/out")), ["a.js", "not/yet/there/hello.zip"]);
    assert_eq!(names(&pack(&["*.js", "sls-release.toml"], "target/out")), ["a.js", "sls-release.toml"]);
}

#[test]
fn an_out_dir_above_the_source_does_not_hide_it() {
    let tree = Tree::of(&["lambda/a.js"]);
    let settings = settings(&tree.path("lambda"), &["**"], &[]);
    let artifact = Packer::new().pack_with(settings, tree.root(), &|| false, &sls_release::model::Silent).unwrap();
    assert_eq!(names(&artifact), ["a.js"]);
}

#[test]
fn a_single_file_is_the_one_entry() {
    let tree = Tree::of(&["build/bootstrap"]);
    let (_packer, artifact) = pack_all(&tree.path("build/bootstrap"), 1);
    assert_eq!(names(&artifact), ["bootstrap"]);
}

#[test]
#[cfg(unix)]
fn links_that_stay_inside_are_followed() {
    let tree = Tree::of(&["lib/a.js", "other/b.js"]);
    tree.link("other/lib", "../lib");
    tree.link("main.js", "lib/a.js");
    tree.link("source", tree.root().join("other"));
    let expected = ["lib/a.js", "main.js", "other/b.js", "other/lib/a.js", "source/b.js", "source/lib/a.js"];
    assert_eq!(selected(&tree, &["**"], &[]), expected);
}

#[test]
#[cfg(unix)]
fn a_link_is_no_way_around_what_stays_out() {
    let tree = Tree::of(&["a.js", ".env", ".git/config"]);
    tree.link("settings", ".env");
    tree.link("git", ".git");
    assert_eq!(selected(&tree, &["**"], &[]), ["a.js"]);
}

#[test]
#[cfg(unix)]
fn what_is_not_selected_is_not_refused() {
    let tree = Tree::of(&["a.js", "lib/b.js"]);
    tree.link("out", "/etc");
    tree.link("lib/broken", "nowhere");
    tree.link("lib/circle", "..");
    assert_eq!(selected(&tree, &["*.js", "lib/*.js"], &["lib/circle"]), ["a.js", "lib/b.js"]);
}
