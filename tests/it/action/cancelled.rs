//! A run that somebody cancels: the runner sends SIGINT to the process of the step, and to no other.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{LATEST, Stack, When, answering, released, signal};

/// The step of `action.yml`, as a runner starts `shell: bash`.
fn step(folder: &Path) -> Command {
    let action = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml")).unwrap();
    let script = folder.join("step.sh");
    fs::write(&script, action.lines().find_map(|line| line.trim().strip_prefix("run: ")).unwrap()).unwrap();
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(script);
    command.env("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// The same with the binary of this build, in the project of a stack, for a push.
fn release_step(stack: &Stack, folder: &Path) -> Command {
    fs::write(folder.join("event.json"), "{}").unwrap();
    let mut command = step(folder);
    let environment = stack.command(&[]);
    let variables = environment.get_envs().filter_map(|(name, value)| Some((name, value?)));
    command.env_clear().envs(variables).env("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR"));
    command.env("SLS_RELEASE_BIN", env!("CARGO_BIN_EXE_sls-release")).env("SLS_RELEASE_INPUT_STAGE", "dev");
    command.env("GITHUB_EVENT_NAME", "push").env("GITHUB_EVENT_PATH", folder.join("event.json"));
    command.env("GITHUB_STEP_SUMMARY", folder.join("summary.md")).env("GITHUB_OUTPUT", folder.join("outputs"));
    command.current_dir(stack.folder());
    command
}

#[test]
fn the_binary_is_the_process_that_the_runner_started() {
    let folder = TempDir::new().unwrap();
    let binary = folder.path().join("binary");
    fs::write(&binary, "#!/bin/sh\necho $$\n").unwrap();
    Command::new("chmod").arg("755").arg(&binary).status().unwrap();
    let child = step(folder.path()).env("SLS_RELEASE_BIN", &binary).spawn().unwrap();
    let started = child.id().to_string();
    assert_eq!(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim_end(), started);
}

#[test]
fn a_cancelled_release_is_put_back_and_summed_up() {
    let stack = released(&[], LATEST);
    let before = stack.state(None);
    stack.write("lambda/app.py", answering(200, "two"));
    let (folder, held) = (TempDir::new().unwrap(), stack.proxy.hold(When::Next("UpdateFunctionCode")));
    let mut child = release_step(&stack, folder.path()).spawn().unwrap();
    held.wait_until_reached();
    signal(&child, "-INT");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("::warning") && line.ends_with("::stopping")));
    held.let_go();
    let rest: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(4), "{rest:?}");
    assert!(rest.iter().any(|line| line.ends_with(", which this run published, is deleted")), "{rest:?}");

    assert_eq!(stack.state(None).latest, before.latest);
    assert_eq!(stack.call("/hello").body, "one");
    let summary = fs::read_to_string(folder.path().join("summary.md")).unwrap();
    assert!(summary.starts_with("### sls-release: failed, stage dev"), "{summary}");
    assert!(fs::read_to_string(folder.path().join("outputs")).unwrap().contains("changed<<"));
}
