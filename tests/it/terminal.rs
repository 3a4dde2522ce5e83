//! Progress bars on a terminal, and plain lines in a log.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::rules::Busy;
use crate::support::{ALIAS, Ends, Project, Run, Stack, Strict, answering, fixtures, unreleased_behind};

/// The first character of every cursor movement and colour.
const ESCAPE: char = '\u{1b}';

/// Creates a stack whose functions need long enough for a wait.
fn stack() -> Stack {
    let rules = Strict::all().with(Busy::settling_in(Duration::from_secs(2)));
    unreleased_behind(rules, &["--alias", "live"], ALIAS)
}

/// Runs the program with a terminal only for standard error.
fn on_a_terminal(stack: &Stack, term: &str, arguments: &[&str]) -> Run {
    let program = stack.command(arguments);
    let mut command = Command::new("python3");
    command.arg(fixtures().join("emulators/terminal.py")).arg(program.get_program()).args(program.get_args());
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(stack.folder()).stdin(Stdio::null()).env("TERM", term);
    command.ended()
}

/// The lines and frames of what a terminal was sent, without cursor movements and colours.
fn plain_lines(sent: &str) -> impl Iterator<Item = &str> {
    sent.split(['\n', '\r', ESCAPE]).map(|part| {
        let is_code = part.starts_with('[');
        let end = part.find(|letter: char| letter.is_ascii_alphabetic()).filter(|_| is_code);
        end.map_or(part, |end| &part[end + 1..])
    })
}

#[test]
fn bars_move_on_a_terminal_and_leave_the_lines_alone() {
    let run = on_a_terminal(&stack(), "xterm", &["--stage", "dev"]).exits(0);
    assert!(!run.stdout.contains(ESCAPE), "standard output is not a terminal: {run:?}");
    let frames = run.stderr.split(ESCAPE);
    assert!(frames.clone().any(|frame| frame.contains("waiting for ")), "a spinner turns: {run:?}");
    assert!(run.stderr.contains("\u{1b}[2K"), "the spinner is removed: {run:?}");
    let last = frames.filter(|frame| frame.contains("waiting for ")).count();
    assert!(last > 3, "it turned {last} times: {run:?}");
    assert!(run.stderr.contains("uploaded "), "each step also has a line: {run:?}");
    let wide: Vec<&str> = plain_lines(&run.stderr).filter(|line| line.chars().count() > 120).collect();
    assert_eq!(wide, Vec::<&str>::new(), "bars and lines fit");
}

#[test]
fn there_are_no_bars_without_a_terminal_with_json_or_quiet() {
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

/// Runs the program without settings, with a terminal of 50 columns for standard error.
fn refused_on_a_narrow_terminal(arguments: &[&str]) -> String {
    let mut command = Command::new("python3");
    command.arg(fixtures().join("emulators/terminal.py")).arg(env!("CARGO_BIN_EXE_sls-release")).args(arguments);
    let project = Project::empty();
    let command = project.scrub(&mut command).env("TERM", "xterm").env("TERMINAL_COLUMNS", "50");
    command.ended().exits(2).stderr.replace('\r', "")
}

#[test]
fn an_error_breaks_between_words_at_the_width_of_the_terminal() {
    let text = refused_on_a_narrow_terminal(&["plan", "--color", "never", "--stage", "dev"]);
    assert!(text.starts_with("error: there is no `sls-release.toml` in `.` or a\n       folder above it\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 50), "{text}");
}

#[test]
fn the_flag_decides_about_colours() {
    let plan = ["plan", "--stage", "dev", "--color"];
    let with = |when| [&plan[..], &[when]].concat();
    assert!(refused_on_a_narrow_terminal(&with("auto")).contains(ESCAPE));
    assert!(!refused_on_a_narrow_terminal(&with("never")).contains(ESCAPE));
    let piped = |when| Project::empty().run(&with(when)).exits(2).stderr;
    assert!(piped("always").contains(ESCAPE) && !piped("auto").contains(ESCAPE));
}
