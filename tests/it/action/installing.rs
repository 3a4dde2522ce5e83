//! `action/install.sh`: what it runs was verified, in each shell that a runner may have.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::release_folder::{TARGETS, action_folder, files_of, package};
use super::server::{Manner, Server};
use crate::support::{Ends, Run};

/// Debian's `sh`, and the one of macOS, which is bash.
const SHELLS: [&[&str]; 2] = [&["dash"], &["bash", "--posix"]];
const LINUX: (&str, &str) = ("Linux", "X64");

/// A script of the action in this shell, with nothing in its environment.
fn script(shell: &[&str], path: &Path) -> Command {
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).arg(path).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command
}

/// `run.sh` with this binary.
fn run_script(shell: &[&str], binary: &Path) -> Command {
    let mut command = script(shell, &Path::new(env!("CARGO_MANIFEST_DIR")).join("action/run.sh"));
    command.env("SLS_RELEASE_BIN", binary);
    command
}

/// A runner with an action whose manifest names the archives of a server.
struct Runner {
    server: Server,
    folder: TempDir,
}

impl Runner {
    /// The archives hold a program that says `installed`; `change` may spoil what is served of them.
    fn new(manner: Manner, change: impl Fn(&mut Vec<u8>)) -> Self {
        let folder = TempDir::new().unwrap();
        let (release, program) = (folder.path().join("release"), folder.path().join("program"));
        fs::write(&program, "#!/bin/sh\necho installed\n").unwrap();
        let programs: Vec<(&str, &Path)> = TARGETS.iter().map(|target| (*target, program.as_path())).collect();
        package(&release, "1.2.3", &programs, "http://127.0.0.1:1");
        let mut files = files_of(&release);
        files.values_mut().for_each(change);
        let server = Server::start(files, manner);
        let manifest = fs::read_to_string(release.join("manifest.json")).unwrap();
        action_folder(&folder.path().join("ours"), &manifest.replace("http://127.0.0.1:1", &server.url));
        for name in ["temp", "tools"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { server, folder }
    }

    fn install(&self, shell: &[&str], machine: (&str, &str)) -> Run {
        self.install_from("", shell, machine)
    }

    /// By way of this mirror, if any.
    fn install_from(&self, mirror: &str, shell: &[&str], (os, arch): (&str, &str)) -> Run {
        let mut command = script(shell, &self.path("ours/action/install.sh"));
        command.arg(mirror);
        command.env("HOME", self.folder.path()).env("GITHUB_STEP_SUMMARY", self.path("summary"));
        command.env("RUNNER_TEMP", self.path("temp")).env("RUNNER_TOOL_CACHE", self.path("tools"));
        command.env("RUNNER_OS", os).env("RUNNER_ARCH", arch).ended()
    }

    /// Fails unless it installed what says so.
    #[track_caller]
    fn installs(&self, shell: &[&str]) -> Run {
        let run = self.install(shell, LINUX).exits(0);
        let program = Command::new(run.stdout.trim_end()).output().unwrap();
        assert_eq!(program.stdout, b"installed\n", "{run:?}");
        run
    }

    /// Fails unless it stopped for this reason.
    #[track_caller]
    fn stops(&self, shell: &[&str], why: &str) {
        let run = self.install(shell, LINUX).exits(1);
        assert_eq!(run.stdout, "", "no path, so that nothing is run");
        assert!(run.stderr.lines().any(|line| line.starts_with("::error title=sls-release::") && line.contains(why)));
        let summary = fs::read_to_string(self.path("summary")).unwrap();
        assert!(summary.starts_with("### sls-release: not installed\n") && summary.contains(why), "{summary}");
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// The archive that is cached, if any.
    fn cached(&self) -> Option<PathBuf> {
        let folder = self.path("tools/sls-release/1.2.3/x86_64-unknown-linux-musl");
        let mut files = fs::read_dir(folder).ok()?;
        let file = files.next().map(|file| file.unwrap().path());
        assert!(files.next().is_none(), "nothing unfinished lies beside it");
        file
    }

    fn edit_manifest(&self, edit: impl FnOnce(String) -> String) {
        let path = self.path("ours/action/manifest.json");
        fs::write(&path, edit(fs::read_to_string(&path).unwrap())).unwrap();
    }
}

#[test]
fn it_downloads_once_and_hashes_each_time() {
    for shell in SHELLS {
        let runner = Runner::new(Manner::Whole, |_| {});
        runner.installs(shell);
        assert_eq!(runner.server.take_asked(), ["/sls-release-v1.2.3-x86_64-unknown-linux-musl.tar.gz"]);
        assert_eq!(runner.installs(shell).stderr, "");
        assert_eq!(runner.server.take_asked(), Vec::<String>::new());
    }
}

#[test]
fn each_runner_gets_the_archive_of_its_target() {
    let runner = Runner::new(Manner::Whole, |_| {});
    let machines = [("Linux", "X64"), ("Linux", "ARM64"), ("macOS", "X64"), ("macOS", "ARM64"), ("Windows", "X64")];
    let mut asked = Vec::new();
    for machine in machines {
        runner.install(SHELLS[0], machine).exits(0);
        asked.extend(runner.server.take_asked());
    }
    let name = |target: &&str| format!("/sls-release-v1.2.3-{target}.tar.gz");
    assert_eq!(asked, TARGETS.iter().map(name).collect::<Vec<_>>());
}

#[test]
fn another_archive_than_the_manifest_names_is_not_run() {
    is_not_run(Manner::Whole, |bytes| bytes.push(0), "it was not run");
}

#[test]
fn a_truncated_download_is_not_run() {
    is_not_run(Manner::Truncated, |_| {}, "failed to download");
}

fn is_not_run(manner: Manner, change: impl Fn(&mut Vec<u8>), why: &str) {
    for shell in SHELLS {
        let runner = Runner::new(manner, &change);
        runner.stops(shell, why);
        assert_eq!(runner.cached(), None);
    }
}

#[test]
fn a_server_that_fails_once_is_asked_again() {
    let runner = Runner::new(Manner::FailsOnce, |_| {});
    runner.installs(SHELLS[0]);
    assert_eq!(runner.server.take_asked().len(), 2);
}

#[test]
fn a_tampered_cache_is_replaced_and_never_run() {
    for shell in SHELLS {
        let runner = Runner::new(Manner::Whole, |_| {});
        runner.installs(shell);
        let cached = runner.cached().unwrap();
        let good = fs::read(&cached).unwrap();
        for bad in [b"".to_vec(), good[..good.len() / 2].to_vec(), [good.clone(), b"x".to_vec()].concat()] {
            fs::write(&cached, bad).unwrap();
            let run = runner.installs(shell);
            let said = "::warning title=sls-release::the cached archive is not the one";
            assert!(run.stderr.starts_with(said), "{run:?}");
            assert_eq!(fs::read(&cached).unwrap(), good);
        }
    }
}

#[test]
fn a_tampered_cache_without_a_server_stops() {
    let runner = Runner::new(Manner::Whole, |_| {});
    runner.installs(SHELLS[0]);
    fs::write(runner.cached().unwrap(), "tampered").unwrap();
    runner.edit_manifest(|text| text.replace(&runner.server.url, "http://127.0.0.1:9"));
    runner.stops(SHELLS[0], "failed to download");
}

#[test]
fn a_cache_that_cannot_be_written_is_no_obstacle() {
    let runner = Runner::new(Manner::Whole, |_| {});
    fs::write(runner.path("tools/sls-release"), "a file where the folder should be").unwrap();
    assert!(runner.installs(SHELLS[0]).stderr.contains("::warning title=sls-release::the archive could not be cached"));
}

#[test]
fn a_machine_without_a_binary_is_told_so() {
    for shell in SHELLS {
        let runner = Runner::new(Manner::Whole, |_| {});
        for (machine, why) in [
            (("Linux", "ARM"), "there is no binary for Linux on ARM"),
            (("Plan9", "X64"), "there is no binary for Plan9"),
        ] {
            assert!(runner.install(shell, machine).exits(1).stderr.contains(why));
        }
        runner.edit_manifest(|text| text.replace("x86_64-unknown-linux-musl\":", "another\":"));
        runner.stops(shell, "names no binary for x86_64-unknown-linux-musl: use a released version");
        assert_eq!(runner.server.take_asked(), Vec::<String>::new());
    }
}

#[test]
fn the_manifest_of_this_commit_names_no_release_or_a_whole_one() {
    let text = include_str!("../../../action/manifest.json");
    let manifest: serde_json::Value = serde_json::from_str(text).unwrap();
    let named: Vec<&String> = manifest["targets"].as_object().unwrap().keys().collect();
    assert!(named.is_empty() || named.len() == TARGETS.len(), "{named:?}");
    let runner = Runner::new(Manner::Whole, |_| {});
    runner.edit_manifest(|_| text.to_owned());
    if named.is_empty() {
        runner.stops(SHELLS[0], "set SLS_RELEASE_BIN to a binary of your own");
    }
}

#[test]
fn nothing_is_downloaded_in_the_clear_from_elsewhere() {
    let runner = Runner::new(Manner::Whole, |_| {});
    let mut before = runner.server.url.clone();
    for (url, why) in [
        ("http://a.example", "a URL that is not https"),
        ("http://127.0.0.1.a.example", "a URL that is not https"),
        ("file:///etc", "a URL that is not https"),
        ("http://127.0.0.1:80@a.example", "a URL with a user"),
    ] {
        runner.edit_manifest(|text| text.replace(&before, url));
        url.clone_into(&mut before);
        runner.stops(SHELLS[0], why);
    }
}

/// The hash is the manifest's all the same.
#[test]
fn a_mirror_serves_the_archives_by_their_names() {
    for shell in SHELLS {
        let runner = Runner::new(Manner::Whole, |_| {});
        let mirror = format!("{}/", runner.server.url);
        runner
            .edit_manifest(|text| text.replace(&runner.server.url, "https://github.invalid/releases/download/v1.2.3"));
        let run = runner.install_from(&mirror, shell, LINUX).exits(0);
        assert_eq!(Command::new(run.stdout.trim_end()).output().unwrap().stdout, b"installed\n", "{run:?}");
        assert_eq!(runner.server.take_asked(), ["/sls-release-v1.2.3-x86_64-unknown-linux-musl.tar.gz"]);
    }
    let runner = Runner::new(Manner::Whole, |bytes| bytes.push(0));
    let run = runner.install_from(&runner.server.url, SHELLS[0], LINUX).exits(1);
    assert!(run.stderr.contains("it was not run"), "{run:?}");
    for (mirror, why) in [
        ("http://mirror.example", "the input download-base-url makes a URL that is not https"),
        ("https://user:word@mirror.example", "the input download-base-url makes a URL with a user"),
    ] {
        let run = runner.install_from(mirror, SHELLS[0], LINUX).exits(1);
        assert!(run.stderr.contains(why) && !run.stderr.contains("user:word"), "{run:?}");
    }
}

/// The path of a program of this machine.
fn program(name: &str) -> String {
    let found = Command::new("sh").args(["-c", &format!("command -v {name}")]).output().unwrap();
    String::from_utf8(found.stdout).unwrap().trim().to_owned()
}

/// As in the image of a job's container.
#[test]
fn a_missing_program_is_named() {
    for missing in ["curl", "tar"] {
        let runner = Runner::new(Manner::Whole, |_| {});
        let tools = runner.path("bin");
        fs::create_dir(&tools).unwrap();
        for tool in ["cp", "curl", "cut", "dirname", "mkdir", "mktemp", "mv", "rm", "sed", "sha256sum", "tar", "uname"]
        {
            if tool != missing {
                std::os::unix::fs::symlink(program(tool), tools.join(tool)).unwrap();
            }
        }
        let mut command = script(&[&program("dash")], &runner.path("ours/action/install.sh"));
        command.env("PATH", &tools).env("HOME", runner.folder.path()).env("RUNNER_TEMP", runner.path("temp"));
        let run = command.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64").ended().exits(1);
        let said = format!("::error title=sls-release::the program {missing} is missing: install it in the image");
        assert!(run.stderr.starts_with(&said), "{run:?}");
    }
}

/// What `run.sh` hands to the binary.
#[test]
fn inputs_reach_the_binary_as_flags_and_variables() {
    let folder = TempDir::new().unwrap();
    let binary = folder.path().join("binary");
    fs::write(&binary, "#!/bin/sh\nfor a; do echo \"<$a>\"; done\nenv | grep ^SLS_RELEASE_ | grep -v INPUT | sort\n")
        .unwrap();
    Command::new("chmod").arg("755").arg(&binary).status().unwrap();
    let run = |inputs: &BTreeMap<&str, &str>, shell: &[&str]| -> Run {
        let mut command = run_script(shell, &binary);
        command.env("SLS_RELEASE_REGION", "eu-west-1").current_dir(folder.path());
        command.envs(inputs.iter().map(|(name, value)| (format!("SLS_RELEASE_INPUT_{name}"), value))).ended()
    };
    let named = |binary: &Path| format!("SLS_RELEASE_BIN={}\n", binary.display());
    for shell in SHELLS {
        let bare = run(&BTreeMap::new(), shell).exits(0).stdout;
        let expected = "<ci>\n<-->\n<auto>\n".to_owned() + &named(&binary);
        assert_eq!(bare, expected + "SLS_RELEASE_OUTPUT=github\nSLS_RELEASE_REGION=eu-west-1\n");
        let inputs = BTreeMap::from([
            ("ARTIFACTS", "-a"),
            ("COMMAND", "--help"),
            ("COMMENT", "false"),
            ("DEPENDABOT", "true"),
            ("DRAFT", "false"),
            ("LABEL", "a label"),
            ("CONFIG", "a b/$(touch x)`touch y`.toml"),
            ("EXPECT_SHA256", "one=1\ntwo=2"),
            ("FUNCTION", "one * two\n--stage=prod"),
            ("NO_CACHE", "true"),
            ("REGION", "us-east-1\nSLS_RELEASE_STAGE=prod"),
            ("STAGE", "dev"),
            ("VERBOSE", "false"),
        ]);
        let full = run(&inputs, shell).exits(0).stdout;
        let flags = "<--config=a b/$(touch x)`touch y`.toml>\n<--artifacts=-a>\n<--expect-sha256=one=1>\n\
                     <--expect-sha256=two=2>\n<--function=one>\n<--function=*>\n<--function=two>\n\
                     <--function=--stage=prod>\n<--no-cache>\n<ci>\n<-->\n<--help>\n";
        assert!(full.starts_with(flags), "{full}");
        for variable in ["COMMENT=false", "DEPENDABOT=true", "DRAFT=false", "LABEL=a label"] {
            assert!(full.contains(&format!("\nSLS_RELEASE_{variable}\n")), "{variable}: {full}");
        }
        assert!(full.contains("\nSLS_RELEASE_REGION=us-east-1\n") && full.contains("\nSLS_RELEASE_STAGE=dev\n"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was run but the binary");
        let refused = run(&BTreeMap::from([("VERBOSE", "yes")]), shell).exits(2);
        assert_eq!(refused.stderr, "::error title=sls-release::the input verbose is neither true nor false\n");
    }
}

#[test]
fn a_binary_of_ones_own_must_be_a_program() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text");
    fs::write(&text, "no program").unwrap();
    for shell in SHELLS {
        for binary in [Path::new("/nowhere/sls-release"), folder.path(), &text, Path::new("no-such-program")] {
            let refused = run_script(shell, binary).ended().exits(2);
            let said = "::error title=sls-release::SLS_RELEASE_BIN names no program that can be run: ";
            assert_eq!(refused.stderr, format!("{said}{}\n", binary.display()));
        }
    }
}
