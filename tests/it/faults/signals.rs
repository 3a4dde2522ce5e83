//! Somebody asks to stop after each call.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::scene::{Kind, Round, Scene};
use super::sweep::{all_calls, sweep};
use crate::support::strict::When;
use crate::support::{Run, Stack};

/// Longer than a loaded machine needs to print a line.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn sigterm_after_any_call_of_a_release_by_alias() {
    sweep(Kind::Alias, |scene| all_calls(scene).collect(), |scene, number| stops(scene, *number, "-TERM"));
}

#[test]
fn sigterm_after_any_call_of_a_first_release() {
    sweep(Kind::First, |scene| all_calls(scene).collect(), |scene, number| stops(scene, *number, "-TERM"));
}

#[test]
fn sigterm_after_any_call_of_a_release_by_latest() {
    sweep(Kind::Latest, |scene| all_calls(scene).collect(), |scene, number| stops(scene, *number, "-TERM"));
}

#[test]
fn sigterm_after_any_call_of_a_release_with_a_cache() {
    sweep(Kind::Cached, |scene| all_calls(scene).collect(), |scene, number| stops(scene, *number, "-TERM"));
}

#[test]
fn ctrl_c_stops_as_well() {
    sweep(Kind::Cached, |scene| all_calls(scene).step_by(5).collect(), |scene, number| stops(scene, *number, "-INT"));
}

fn stops(scene: &Scene, number: usize, signal: &str) -> Result<(), String> {
    let round = scene.prepare();
    let (run, came) = stopped_after(scene.command(), &scene.stack, &When::Call(number), signal, || ());
    verdict(scene, &run, &round, came)
}

/// The smoke test comes last and can be broken off, so whoever heard of the signal in time has put everything back.
fn verdict(scene: &Scene, run: &Run, round: &Round, came: bool) -> Result<(), String> {
    scene.judge(run, round)?;
    match (run.code, came) {
        (Some(4), true) | (Some(0), false) => Ok(()),
        _ => Err(format!("exit {:?}\n{}\n{}", run.code, run.stdout, run.stderr)),
    }
}

/// Runs this; when the call has been done, sends the signal, and lets the answer go once it was heard. Also
/// whether the call came at all; `meanwhile` happens before the signal.
pub(crate) fn stopped_after(
    mut command: Command,
    stack: &Stack,
    when: &When,
    signal: &str,
    meanwhile: impl FnOnce(),
) -> (Run, bool) {
    let held = stack.proxy.hold(when.clone());
    let mut child = command.spawn().unwrap();
    let stderr = lines_of(&mut child);
    while !held.is_reached() && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(5));
    }
    let came = held.is_reached();
    let mut said = String::new();
    if came {
        meanwhile();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        while !said.contains("stopping") {
            said += &stderr.recv_timeout(PATIENCE).expect("it says that it heard the signal");
        }
    }
    held.let_go();
    let Output { status, stdout, .. } = child.wait_with_output().unwrap();
    said.extend(stderr);
    (Run { code: status.code(), stdout: String::from_utf8(stdout).unwrap(), stderr: said }, came)
}

/// What a run says on standard error, line by line.
fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    let stderr = child.stderr.take().unwrap();
    thread::spawn(move || read_lines(stderr, &sender));
    lines
}

fn read_lines(stderr: impl Read, sender: &mpsc::Sender<String>) {
    let lines = BufReader::new(stderr).lines().map_while(Result::ok);
    // Nobody listens any more where the test has ended.
    lines.for_each(|line| drop(sender.send(line + "\n")));
}
