//! What moves on a terminal, and what stands in a log.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::local_aws::fixtures;
use crate::support::scene::{ALIAS, answering};
use crate::support::strict::rules::Busy;
use crate::support::{Run, Stack, Strict};

/// Begins every move of the cursor, and every colour.
const ESCAPE: char = '\u{1b}';

/// A stack whose functions take long enough to be waited for.
fn stack() -> Stack {
    let rules = Strict::all().with(Busy::settling_in(Duration::from_secs(2)));
    let stack = Stack::build_behind(rules, &["--alias", "live"]);
    stack.settings(ALIAS);
    stack.write("lambda/app.py", answering(200, "one"));
    stack
}

/// Runs the program with a terminal for its standard error alone.
fn on_a_terminal(stack: &Stack, term: &str, arguments: &[&str]) -> Run {
    let program = stack.command(arguments);
    let mut command = Command::new("python3");
    command.arg(fixtures().join("emulators/terminal.py")).arg(program.get_program()).args(program.get_args());
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(stack.folder()).stdin(Stdio::null()).env("TERM", term);
    command.output().unwrap().into()
}

#[test]
fn bars_move_on_a_terminal_and_leave_the_lines_alone() {
    let run = on_a_terminal(&stack(), "xterm", &["--stage", "dev"]).exits(0);
    assert!(!run.stdout.contains(ESCAPE), "standard output is no terminal: {run:?}");
    let frames = run.stderr.split(ESCAPE);
    assert!(frames.clone().any(|frame| frame.contains("waiting for ")), "a spinner turns: {run:?}");
    assert!(run.stderr.contains("\u{1b}[2K"), "and is wiped away: {run:?}");
    let last = frames.filter(|frame| frame.contains("waiting for ")).count();
    assert!(last > 3, "it turned {last} times: {run:?}");
    assert!(run.stderr.contains("uploaded "), "each step has its line as well: {run:?}");
}

#[test]
fn nothing_moves_where_nobody_looks() {
    let stack = stack();
    let logged = stack.run(&["--stage", "dev"]).exits(0);
    assert!(!(logged.stdout + &logged.stderr).contains(ESCAPE));
    for (term, arguments) in [
        ("dumb", &["--stage", "dev"][..]),
        ("xterm", &["--stage", "dev", "--output", "json"]),
        ("xterm", &["-q", "--stage", "dev"]),
    ] {
        stack.write("lambda/app.py", answering(200, &format!("{term} {arguments:?}").replace('"', "'")));
        let run = on_a_terminal(&stack, term, arguments).exits(0);
        assert!(!run.stderr.contains("\u{1b}[2K") && !run.stderr.contains("waiting for "), "{arguments:?}: {run:?}");
    }
}
