//! What a user reads who gives it something bad: the whole message and the exit code, by the real binary.
//!
//! What cannot be used ends with 2, what is refused before the first write with 3.

mod access;
mod files;
mod stack;

use std::fs;
use std::path::Path;

use crate::support::{Log, Project, Run, Stack, snapshots};

/// Compares everything that was said with the snapshot of this name. What differs from run to run has a name there.
#[track_caller]
fn says(name: &str, code: i32, run: &Run, names: &[(&str, &str)]) {
    assert_eq!(run.code, Some(code), "{name}: {run:?}");
    let mut text = format!("exit code: {code}\n--- stdout\n{}--- stderr\n{}", run.stdout, run.stderr);
    for (own, shown) in names {
        text = text.replace(own, shown);
    }
    let mut settings = snapshots("bad_input");
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
    log.writes_nothing();
    assert!(!log.is_empty(), "AWS was asked");
}

/// A path without links, as messages have it.
fn real(path: &Path) -> String {
    fs::canonicalize(path).unwrap().to_str().unwrap().to_owned()
}

/// A project with a function `hello` in the folder `lambda`.
fn project() -> Project {
    let project = Project::with_settings("[functions.hello]\nsource = \"lambda\"\nname = \"hello\"\n");
    project.write("lambda/app.py", "def handler(event, context):\n    return {}\n");
    project
}

impl Project {
    #[track_caller]
    fn says(&self, name: &str, arguments: &[&str]) {
        self.said(name, &self.run(arguments));
    }

    #[track_caller]
    fn said(&self, name: &str, run: &Run) {
        says(name, 2, run, &[(&real(self.folder()), "<project>")]);
    }
}
