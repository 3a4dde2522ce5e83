//! Somebody asks to stop after each call.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::scene::{Kind, Scene};
use super::sweep::all_calls;
use crate::support::{Ends, Run, Stack, When, signal as send, sweep};

/// Longer than a loaded machine needs to print a line.
const PATIENCE: Duration = Duration::from_mins(1);

tests! {
    sigterm_after_any_call_of_a_release_by_alias => any_call(Kind::Alias, 1, "-TERM");
    sigterm_after_any_call_of_a_first_release => any_call(Kind::First, 1, "-TERM");
    sigterm_after_any_call_of_a_release_without_a_bucket => any_call(Kind::Sent, 1, "-TERM");
    #[cfg(feature = "system-tools")]
    sigterm_after_any_call_of_a_release_of_an_image => any_call(Kind::Image, 1, "-TERM");
    sigterm_after_some_calls_of_a_release_of_an_image => any_call(Kind::Image, 4, "-TERM");
    #[cfg(feature = "system-tools")]
    sigterm_after_any_call_of_a_release_under_a_fixed_key => any_call(Kind::Fixed, 1, "-TERM");
    sigterm_after_any_call_of_a_release_by_latest => any_call(Kind::Latest, 1, "-TERM");
    sigterm_after_any_call_of_a_release_with_a_cache => any_call(Kind::Cached, 1, "-TERM");
    ctrl_c_stops_as_well => any_call(Kind::Cached, 5, "-INT");
}

/// Sends the signal after each call, or after one of so many.
fn any_call(kind: Kind, step: usize, signal: &str) {
    let cases = |scene: &Scene| all_calls(scene).step_by(step).collect();
    sweep(kind, cases, |scene, number| stops(scene, *number, signal));
}

fn stops(scene: &Scene, number: usize, signal: &str) -> Result<(), String> {
    let round = scene.prepare();
    let (run, came) = stopped_after(scene.command(), &scene.stack, &When::Call(number), signal, || ());
    scene.judge(&run, &round)?;
    // The smoke test comes last and can be broken off, so whoever heard of the signal in time has put everything back.
    run.ended_with(if came { 4 } else { 0 })
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
        send(&child, signal);
        while !said.contains("stopping") {
            said += &stderr.recv_timeout(PATIENCE).expect("it says that it heard the signal");
        }
    }
    held.let_go();
    let run = child.ended();
    said.extend(stderr);
    (Run { stderr: said, ..run }, came)
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
