//! What a user reads who gives it something bad: the whole message and the exit code, by the real binary.
//!
//! What cannot be used ends with 2, what is refused before the first write with 3.

mod access;
mod files;
mod stack;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{Call, Log, Run, Stack};

/// Compares everything that was said with the snapshot of this name. What differs from run to run has a name there.
#[track_caller]
fn says(name: &str, code: i32, run: &Run, names: &[(&str, &str)]) {
    assert_eq!(run.code, Some(code), "{name}: {run:?}");
    let mut text = format!("exit code: {code}\n--- stdout\n{}--- stderr\n{}", run.stdout, run.stderr);
    for (own, shown) in names {
        text = text.replace(own, shown);
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/bad_input");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
    // Systems number their errors differently.
    settings.add_filter(r"\(os error \d+\)", "(os error N)");
    // How long AWS takes is no part of the message.
    settings.add_filter(r"waiting: .*\n", "");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The same for a stack, of whose names each is another in every run; returns the calls.
#[track_caller]
fn says_of(name: &str, code: i32, stack: &Stack, run: &Run) -> Log {
    let folder = real(stack.folder());
    says(name, code, run, &[(&folder, "<project>"), (&stack.name, "<name>"), (&stack.api, "<api>")]);
    stack.proxy.take_calls()
}

/// What was said, with a name instead of what differs from run to run.
fn named(run: &Run, own: &str, shown: &str) -> Run {
    Run { stderr: run.stderr.replace(own, shown), stdout: run.stdout.replace(own, shown), code: run.code }
}

/// A release, as people run it, that is refused without a write.
#[track_caller]
fn refused(name: &str, stack: &Stack) {
    stack.proxy.take_calls();
    let run = stack.run(&["--stage", "dev"]);
    let log = says_of(name, 3, stack, &run);
    assert_eq!(log.writes(), no_calls());
    assert!(!log.is_empty(), "AWS was asked");
}

fn no_calls() -> Vec<&'static Call> {
    Vec::new()
}

/// A path without links, as messages have it.
fn real(path: &Path) -> String {
    fs::canonicalize(path).unwrap().to_str().unwrap().to_owned()
}

/// A project folder without any AWS.
struct Project(TempDir);

impl Project {
    /// With a function `hello` in the folder `lambda`.
    fn new() -> Self {
        let project = Self::empty();
        project.write("sls-release.toml", "[functions.hello]\nsource = \"lambda\"\nname = \"hello\"\n");
        project.write("lambda/app.py", "def handler(event, context):\n    return {}\n");
        project
    }

    fn empty() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// With nothing of this process's environment.
    fn run(&self, arguments: &[&str]) -> Run {
        self.scrub(Command::new(env!("CARGO_BIN_EXE_sls-release")).args(arguments)).output().unwrap().into()
    }

    fn scrub<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env_clear().env("HOME", self.folder()).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.current_dir(self.folder()).stdin(Stdio::null())
    }

    #[track_caller]
    fn says(&self, name: &str, arguments: &[&str]) {
        self.said(name, &self.run(arguments));
    }

    #[track_caller]
    fn said(&self, name: &str, run: &Run) {
        says(name, 2, run, &[(&real(self.folder()), "<project>")]);
    }
}
