//! What `action/package-release.sh` makes: the files of a release, as the release workflow uploads them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use sls_release::model::Sha256;
use tempfile::TempDir;

use super::runner::{Job, copy_action, git};
use super::server::{Manner, Server};
use crate::support::{Stack, output_of, repository};

/// All that a release has a binary for, in the order of `each_runner_gets_the_archive_of_its_target`.
pub(super) const TARGETS: [&str; 5] = [
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
];

/// Packages these binaries by target, and finishes the folder.
pub(super) fn package(folder: &Path, version: &str, binaries: &[(&str, &Path)], url: &str) {
    let script = || {
        let mut command = Command::new("sh");
        command.arg(repository().join("action/package-release.sh"));
        command
    };
    for (target, binary) in binaries {
        output_of(script().arg("archive").arg(folder).arg(version).arg(target).arg(binary)).unwrap();
    }
    output_of(script().arg("finish").arg(folder).args([version, url])).unwrap();
}

/// The action with this manifest.
pub(super) fn action_folder(to: &Path, manifest: &str) {
    copy_action(to);
    fs::write(to.join("action/manifest.json"), manifest).unwrap();
}

/// The files of a folder by their names with `/` before.
pub(super) fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|path| (format!("/{}", path.file_name().unwrap().to_str().unwrap()), fs::read(path).unwrap())).collect()
}

fn manifest_of(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

/// A folder with a binary; the folder of a release in it, and the binary.
fn built() -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().unwrap();
    let (release, binary) = (folder.path().join("release"), folder.path().join("built"));
    fs::write(&binary, "binary").unwrap();
    (folder, release, binary)
}

#[test]
fn an_archive_has_the_binary_and_what_a_user_reads() {
    let (_folder, release, binary) = built();
    package(&release, "1.2.3", &[(TARGETS[0], &binary), (TARGETS[4], &binary)], "https://a.example/v1.2.3");
    for (target, program) in [(TARGETS[0], "sls-release"), (TARGETS[4], "sls-release.exe")] {
        let name = format!("sls-release-v1.2.3-{target}");
        let archive = release.join(format!("{name}.tar.gz"));
        let listed = String::from_utf8(output_of(Command::new("tar").arg("-tzf").arg(archive)).unwrap()).unwrap();
        let mut entries: Vec<&str> = listed.lines().filter_map(|line| line.strip_prefix(&format!("{name}/"))).collect();
        entries.sort_unstable();
        assert_eq!(entries, ["", "CHANGELOG.md", "LICENSE", "README.md", program]);
    }
}

#[test]
fn the_sums_and_the_manifest_name_each_archive() {
    let (_folder, release, binary) = built();
    package(&release, "1.2.3", &TARGETS.map(|target| (target, binary.as_path())), "https://a.example/v1.2.3");
    output_of(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&release)).unwrap();

    let manifest = manifest_of(&release);
    assert_eq!(manifest["version"], "1.2.3");
    assert_eq!(manifest["targets"].as_object().unwrap().len(), TARGETS.len());
    for target in TARGETS {
        let name = format!("sls-release-v1.2.3-{target}.tar.gz");
        let sha256 = Sha256::of(&fs::read(release.join(&name)).unwrap()).hex();
        let url = format!("https://a.example/v1.2.3/{name}");
        assert_eq!(manifest["targets"][target], json!({"url": url, "sha256": sha256}));
    }
}

#[test]
fn cargo_binstall_finds_the_same_archives() {
    let cargo: toml::Table = fs::read_to_string(repository().join("Cargo.toml")).unwrap().parse().unwrap();
    let package_table = &cargo["package"];
    let (version, repo) = (package_table["version"].as_str().unwrap(), package_table["repository"].as_str().unwrap());
    let binstall = &package_table["metadata"]["binstall"];
    let fill = |text: &str| {
        let filled = text.replace("{ repo }", repo).replace("{ name }", "sls-release").replace("{ version }", version);
        filled.replace("{ target }", TARGETS[0]).replace("{ bin }", "sls-release").replace("{ binary-ext }", "")
    };
    let (_folder, release, binary) = built();
    let base = format!("{repo}/releases/download/v{version}");
    package(&release, version, &[(TARGETS[0], &binary)], &base);
    assert_eq!(manifest_of(&release)["targets"][TARGETS[0]]["url"], fill(binstall["pkg-url"].as_str().unwrap()));
    assert_eq!(binstall["pkg-fmt"].as_str(), Some("tgz"));
    let mut tar = Command::new("tar");
    tar.arg("-xzOf").arg(release.join(format!("sls-release-v{version}-{}.tar.gz", TARGETS[0])));
    assert_eq!(output_of(tar.arg(fill(binstall["bin-dir"].as_str().unwrap()))).unwrap(), b"binary");
}

#[test]
fn a_workflow_installs_what_was_packaged_and_runs_it() {
    let folder = TempDir::new().unwrap();
    let (release, ours) = (folder.path().join("release"), folder.path().join("ours"));
    let binary = Path::new(env!("CARGO_BIN_EXE_sls-release"));
    package(&release, "1.2.3", &[(host_target(), binary)], "http://127.0.0.1:1");
    let server = Server::start(files_of(&release), Manner::Whole);
    let manifest = fs::read_to_string(release.join("manifest.json")).unwrap();
    action_folder(&ours, &manifest.replace("http://127.0.0.1:1", &server.url));

    let stack = Stack::build(&[]);
    stack.settings("[functions.hello]\nsource = \"lambda\"\n");
    stack.write("lambda/app.py", "");
    let job = Job::changed(&stack, "release.yml", ("stage: dev", "command: package"), "push", json!({}));
    job.installing(&ours).run().ends(true).begins("packaged\n");
    assert_eq!(server.take_asked().len(), 1);
}

fn host_target() -> &'static str {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => TARGETS[0],
        ("linux", "aarch64") => TARGETS[1],
        ("macos", "x86_64") => TARGETS[2],
        ("macos", "aarch64") => TARGETS[3],
        other => panic!("no runner is {other:?}"),
    }
}

#[test]
fn the_release_workflow_builds_each_target() {
    let workflow = include_str!("../../../.github/workflows/release.yml");
    let built: Vec<&str> = workflow.split("{ target: ").skip(1).filter_map(|rest| rest.split(',').next()).collect();
    assert_eq!(built, TARGETS);
}

/// The script of a step of the release workflow.
fn step(name: &str) -> String {
    let workflow = include_str!("../../../.github/workflows/release.yml");
    let (_, rest) = workflow.split_once(&format!("- name: {name}\n")).unwrap();
    let (_, run) = rest.split_once("run: ").unwrap();
    let Some(block) = run.strip_prefix("|\n") else { return run.lines().next().unwrap().to_owned() };
    let lines = block.lines().map_while(|line| line.strip_prefix("          "));
    lines.map(|line| line.to_owned() + "\n").collect()
}

#[test]
fn the_steps_of_the_workflow_package_what_was_built() {
    let folder = TempDir::new().unwrap();
    copy_action(folder.path());
    for name in ["Cargo.toml", "LICENSE", "README.md", "CHANGELOG.md"] {
        fs::copy(repository().join(name), folder.path().join(name)).unwrap();
    }
    for (target, binary) in [(TARGETS[0], "sls-release"), (TARGETS[4], "sls-release.exe")] {
        let built = folder.path().join("target").join(target).join("release");
        fs::create_dir_all(&built).unwrap();
        fs::write(built.join(binary), "binary").unwrap();
        let mut package = Command::new("bash");
        package.args(["-e", "-o", "pipefail", "-c", &step("Package")]).current_dir(folder.path());
        output_of(package.env("TARGET", target)).unwrap();
    }
    output_of(Command::new("bash").args(["-e", "-c", &step("Sum up")]).current_dir(folder.path())).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let names: Vec<String> = files_of(&folder.path().join("dist")).into_keys().collect();
    let archive = |target: &str| format!("/sls-release-v{version}-{target}.tar.gz");
    assert_eq!(names[..2], ["/SHA256SUMS", "/manifest.json"]);
    assert_eq!(names[2..], [archive(TARGETS[4]), archive(TARGETS[0])]);
    let url = &manifest_of(&folder.path().join("dist"))["targets"][TARGETS[0]]["url"];
    let expected = format!("https://github.com/org/sls-release/releases/download/v{version}{}", archive(TARGETS[0]));
    assert_eq!(url, &expected);
}

/// What is public after each call of `gh`: the draft is whole before there is a tag, the tag before there is a release,
/// and the moving tag comes last.
#[test]
fn a_release_is_published_when_it_is_whole() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("built"), "binary").unwrap();
    fs::create_dir_all(at("bin")).unwrap();
    let said = format!("echo \"$1 $2\" $(git ls-remote --tags origin | cut -f 2) >>{}", at("log").display());
    // `list` finds what the file `releases` says.
    let gh = format!("#!/bin/sh\n[ \"$2\" != list ] || exec cat {}\n{said}\n", at("releases").display());
    fs::write(at("releases"), "v1.2.2 false\n").unwrap();
    fs::write(at("bin/gh"), gh).unwrap();
    output_of(Command::new("chmod").arg("755").arg(at("bin/gh"))).unwrap();
    let git = |arguments: &[&str]| git(&at("work"), arguments);
    output_of(Command::new("git").args(["init", "--quiet", "--bare"]).arg(at("origin"))).unwrap();
    copy_action(&at("work"));
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["remote", "add", "origin", at("origin").to_str().unwrap()]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "code"]);
    git(&["push", "--quiet", "origin", "main"]);

    package(&at("dist"), "1.2.3", &[(TARGETS[0], &at("built"))], "https://a.example");
    let publish = || {
        let mut publish = Command::new("sh");
        publish.arg("action/publish-release.sh").arg(at("dist")).arg("1.2.3").current_dir(at("work"));
        let path = format!("{}:{}", at("bin").display(), std::env::var("PATH").unwrap());
        publish.env("PATH", path).env("GITHUB_REPOSITORY", "org/sls-release").output().unwrap()
    };
    assert!(publish().status.success());

    let log = fs::read_to_string(at("log")).unwrap();
    assert_eq!(log, "auth setup-git\nrelease create\nrelease edit refs/tags/v1.2.3\n");
    let public = git(&["ls-remote", "--tags", "origin"]);
    let tagged = git(&["rev-parse", "HEAD"]).trim_end().to_owned();
    assert_eq!(public, format!("{tagged}\trefs/tags/v1\n{tagged}\trefs/tags/v1.2.3\n"));
    assert_eq!(git(&["diff", "--name-only", "origin/main", "v1.2.3"]), "action/manifest.json\n");
    assert_eq!(git(&["show", "v1.2.3:action/manifest.json"]), fs::read_to_string(at("dist/manifest.json")).unwrap());

    // Stopped before the release was published, and built anew from the same commit.
    fs::remove_file(at("log")).unwrap();
    fs::write(at("releases"), "v1.2.3 true\nv1.2.2 false\n").unwrap();
    git(&["reset", "--quiet", "--hard", "origin/main"]);
    package(&at("dist"), "1.2.3", &[(TARGETS[0], &at("built"))], "https://b.example");
    assert!(publish().status.success());
    let log = fs::read_to_string(at("log")).unwrap();
    let tags = "refs/tags/v1 refs/tags/v1.2.3";
    let calls = ["release delete", "auth setup-git", "release create", "release edit"];
    assert_eq!(log, calls.map(|call| format!("{call} {tags}\n")).concat());
    assert_eq!(git(&["rev-parse", "HEAD"]), git(&["rev-parse", "v1.2.3"]));
    assert!(git(&["show", "v1.2.3:action/manifest.json"]).contains("https://b.example"));

    let refused = |publish: Output| {
        assert!(!publish.status.success());
        String::from_utf8(publish.stderr).unwrap()
    };
    let published = "v1.2.3 is published already: raise the version in Cargo.toml\n";
    fs::write(at("releases"), "v1.2.3 false\nv1.2.2 false\n").unwrap();
    assert_eq!(refused(publish()), published);

    // Stopped before the moving tag was moved.
    fs::write(at("releases"), "v2.0.0 false\nv1.2.3 false\nv1.2.2 false\n").unwrap();
    let newest = git(&["rev-parse", "v1.2.3"]);
    git(&["push", "--quiet", "--force", "origin", "origin/main:refs/tags/v1"]);
    let moved = publish();
    assert!(moved.status.success(), "{moved:?}");
    assert_eq!(git(&["ls-remote", "origin", "refs/tags/v1"]).split('\t').next(), Some(newest.trim_end()));

    // A remote that does not answer is none without tags.
    git(&["remote", "set-url", "origin", at("nowhere").to_str().unwrap()]);
    refused(publish());
    git(&["remote", "set-url", "origin", at("origin").to_str().unwrap()]);
    assert_eq!(git(&["ls-remote", "origin", "refs/tags/v1"]).split('\t').next(), Some(newest.trim_end()));

    // A newer one is published: the moving tag stays at it. That of another major version is no newer one.
    git(&["push", "--quiet", "--force", "origin", "origin/main:refs/tags/v1"]);
    fs::write(at("releases"), "v2.0.0 false\nv1.3.0 false\nv1.2.3 false\n").unwrap();
    assert_eq!(refused(publish()), published);

    // A tag that somebody else set stays, and a list that cannot be read is not an empty one.
    git(&["reset", "--quiet", "--hard", "origin/main"]);
    package(&at("dist"), "1.2.3", &[(TARGETS[0], &at("built"))], "https://c.example");
    fs::write(at("releases"), "").unwrap();
    assert!(refused(publish()).contains("already exists"));
    fs::remove_file(at("releases")).unwrap();
    refused(publish());
    assert_eq!(git(&["ls-remote", "origin", "refs/tags/v1.2.3"]).split('\t').next(), Some(newest.trim_end()));
}
