//! The selection of files.

use sls_release::model::{FunctionSettings, Sourced};

use super::support::{Packer, Tree, Warnings, all_of, inflate, names, pack_all, settings};

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

/// Returns the path and the text of each link in the archive.
fn links(tree: &Tree, include: &[&str], exclude: &[&str]) -> Vec<(String, String)> {
    let packer = Packer::new();
    let artifact = packer.pack(settings(tree.root(), include, exclude)).unwrap();
    let is_link = |mode: u32| mode & 0o170_000 == 0o120_000;
    let links = inflate(&artifact.path).into_iter().filter(|(_, _, mode)| is_link(*mode));
    links
        .map(|(name, text, mode)| {
            assert_eq!(mode, 0o120_777);
            (name, String::from_utf8(text).unwrap())
        })
        .collect()
}

#[test]
fn links_to_what_is_packed_stay_links() {
    let tree = Tree::linked(&["lib/a.js", "other/b.js"], &[("other/lib", "../lib"), ("main.js", "./lib/a.js")]);
    tree.link("source", tree.root().join("other"));
    tree.link("lib/up", "..");
    tree.link("again", "source/lib");
    let expected = ["again", "lib/a.js", "lib/up", "main.js", "other/b.js", "other/lib", "source"];
    assert_eq!(selected(&tree, &["**"], &[]), expected);
    let expected =
        [("again", "lib"), ("lib/up", ".."), ("main.js", "lib/a.js"), ("other/lib", "../lib"), ("source", "other")];
    assert_eq!(links(&tree, &["**"], &[]), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
}

#[test]
fn links_to_what_is_left_out_are_followed() {
    let tree = Tree::linked(
        &["lib/a.js", "lib/deep/b.js", "app/c.js"],
        &[("app/lib", "../lib"), ("app/b.js", "../lib/deep/b.js")],
    );
    let expected = ["app/b.js", "app/c.js", "app/lib/a.js", "app/lib/deep/b.js"];
    let app = ["app/**"].as_slice();
    for (include, exclude) in
        [(app, None), (&["**"], Some("lib")), (&["**"], Some("lib/**")), (&["app/**", "lib/*.txt"], None)]
    {
        let exclude: Vec<&str> = exclude.into_iter().collect();
        assert_eq!(selected(&tree, include, &exclude), expected);
        assert!(links(&tree, include, &exclude).is_empty());
    }
}

/// Through a link, callers would miss what is left out.
#[test]
fn links_to_what_is_packed_in_part_are_followed() {
    let tree = Tree::linked(&["lib/a.js", "lib/deep/b.js", "app/c.js"], &[("app/lib", "../lib")]);
    let expected = ["app/c.js", "app/lib/a.js", "app/lib/deep/b.js", "lib/a.js"];
    for (include, exclude) in [(["app/**", "lib/a.js"], None), (["app/**", "lib/**"], Some("lib/deep/**"))] {
        let exclude: Vec<&str> = exclude.into_iter().collect();
        assert_eq!(selected(&tree, &include, &exclude), expected);
        assert!(links(&tree, &include, &exclude).is_empty());
    }
}

/// They were left out before links stayed links.
#[test]
fn links_to_folders_without_anything_to_pack_are_left_out() {
    let tree = Tree::linked(&["a.js", "settings/.env", "docs/a.md"], &[("env", "settings"), ("pages", "docs")]);
    std::fs::create_dir_all(tree.path("var/log")).unwrap();
    tree.link("log", "var/log");
    assert!(links(&tree, &["**"], &["**/*.md"]).is_empty());
}

/// Node finds `beta` only if `alpha` is at its real path: the layout of pnpm.
#[test]
fn linked_packages_find_their_dependencies() {
    let tree = Tree::new();
    tree.write("index.js", b"require('alpha')\n");
    let store = "node_modules/.pnpm";
    tree.write(&format!("{store}/alpha@1.0.0/node_modules/alpha/index.js"), b"require('beta')\n");
    tree.write(&format!("{store}/beta@1.0.0/node_modules/beta/index.js"), b"console.log('beta')\n");
    tree.link(&format!("{store}/alpha@1.0.0/node_modules/beta"), "../../beta@1.0.0/node_modules/beta");
    tree.link("node_modules/alpha", ".pnpm/alpha@1.0.0/node_modules/alpha");
    let (packer, artifact) = pack_all(tree.root(), 1);
    for (name, data, mode) in inflate(&artifact.path) {
        let path = packer.out.path().join("unzipped").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        if mode & 0o170_000 == 0o120_000 {
            std::os::unix::fs::symlink(String::from_utf8(data).unwrap(), path).unwrap();
        } else {
            std::fs::write(path, data).unwrap();
        }
    }
    let beta = packer.out.path().join("unzipped/node_modules/alpha").canonicalize().unwrap().join("../beta/index.js");
    assert_eq!(std::fs::read(beta).unwrap(), b"console.log('beta')\n");
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_differ_only_in_case_are_packed_with_a_warning() {
    let tree = Tree::of(&["lib/Ä.js", "lib/ä.js"]);
    let (packer, listener) = (Packer::new(), Warnings::default());
    let artifact = packer.pack_with(all_of(tree.root()), packer.out.path(), &|| false, &listener).unwrap();
    assert_eq!(names(&artifact), ["lib/Ä.js", "lib/ä.js"]);
    let warnings = listener.0.into_inner().unwrap();
    assert!(warnings.len() == 1 && warnings[0].contains("`lib/Ä.js` and `lib/ä.js`"), "{warnings:?}");
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

/// A service in a workspace, with a link to a package beside it.
#[test]
fn links_out_of_the_source_are_followed_within_a_folder() {
    let tree = Tree::linked(
        &[".git/config", "service/app.js", "service/lib/a.js", "packages/one/index.js", "packages/one/.env"],
        &[("service/one", "../packages/one"), ("packages/one/lib", "../../service/lib")],
    );
    let other = Tree::of(&["secret"]);
    let packed = |within: &str| {
        let follow_links_within = Some(Sourced::default_of(tree.path(within)));
        let source = tree.path("service");
        Packer::new().pack(FunctionSettings { follow_links_within, ..settings(&source, &["**"], &[]) })
    };
    let names = |within: &str| {
        packed(within).map(|artifact| artifact.entries.into_iter().map(|entry| entry.name).collect::<Vec<_>>())
    };
    let all = ["app.js", "lib/a.js", "one/index.js", "one/lib"];
    for within in ["", "packages", "service/../packages/one"] {
        assert_eq!(names(within).unwrap(), all, "{within}");
    }
    let refused = |within: &str| packed(within).unwrap_err().to_string();
    assert!(refused("service").contains("outside the source"));
    assert!(refused("missing").contains("`follow_links_within` cannot be"));
    for (target, why) in [
        (other.root().to_owned(), "outside the source"),
        (tree.path(".git"), "outside the source"),
        (tree.root().to_owned(), "a cycle"),
    ] {
        tree.link("service/out", &target);
        assert!(refused("").contains(why), "{}: {}", target.display(), refused(""));
        std::fs::remove_file(tree.path("service/out")).unwrap();
    }
    std::fs::rename(tree.path(".git"), tree.path("service/.git")).unwrap();
    assert!(refused("").contains("outside the source"), "the checkout is the service alone");
}
