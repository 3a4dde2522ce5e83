//! Each call of `preview up` goes wrong, or is the last one before a signal: all is made, or all is as it was.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use super::scene::{Everything, everything, scene, source};
use crate::faults::signals::stopped_after;
use crate::preview::scene::{call, down, up};
use crate::support::strict::{Fault, Log, When};
use crate::support::{Call, Run, Stack};

/// Stacks at once: most of the time of a case is spent waiting.
const STACKS: usize = 4;

/// Whether the preview is there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    First,
    Update,
}

fn command(stack: &Stack) -> Command {
    let repository = stack.repository();
    let arguments = ["preview", "up", "--pr", "42", "--stage", "dev", "--repository", &repository, "--output", "json"];
    let mut command = stack.command(&arguments);
    command.env("AWS_MAX_ATTEMPTS", "1");
    command
}

/// Code that no version holds yet; for an update also a definition that no deployment holds, and a variable.
fn prepare(stack: &Stack, kind: Kind) -> (Everything, String) {
    static ROUND: AtomicU32 = AtomicU32::new(0);
    let round = ROUND.fetch_add(1, Ordering::Relaxed);
    stack.proxy.clear_orders();
    if kind == Kind::First {
        down(stack).exits(0);
    } else {
        super::scene::set_variable(stack, "round", &round.to_string());
    }
    let text = format!("round {round}");
    stack.write("lambda/app.py", source(&text));
    let before = everything(stack);
    stack.proxy.take_calls();
    (before, text)
}

fn clean(stack: &Stack, kind: Kind) -> Log {
    up(stack).exits(0);
    prepare(stack, kind);
    Run::from(command(stack).output().unwrap()).exits(0);
    stack.proxy.take_calls()
}

fn judge(stack: &Stack, run: &Run, before: &Everything, text: &str) -> Result<(), String> {
    // The calls of the judge itself are not to go wrong.
    stack.proxy.clear_orders();
    let after = everything(stack);
    let right = match run.code {
        Some(0) => call(run) == (200, text.to_owned()) && after.latest == before.latest && after.aliases.len() == 2,
        Some(3 | 4) => after == *before,
        _ => false,
    };
    if right { Ok(()) } else { Err(format!("{}\n{}\nbefore: {before:#?}\nafter: {after:#?}", run.stdout, run.stderr)) }
}

/// Tries each case on whichever stack is free; all that went wrong is told at the end.
#[track_caller]
fn sweep<C: Clone + Debug + Send>(
    kind: Kind,
    cases: impl FnOnce(&Log) -> Vec<C>,
    attempt: impl Fn(&Stack, &C) -> Result<(), String> + Sync,
) {
    let first = scene();
    let mut cases = cases(&clean(&first, kind));
    assert!(cases.len() > 3, "there is something to try: {cases:?}");
    cases.reverse();
    let (cases, problems, first) = (Mutex::new(cases), Mutex::new(Vec::new()), Mutex::new(Some(first)));
    let lane = || {
        let taken = first.lock().unwrap().take();
        let stack = taken.unwrap_or_else(|| {
            let stack = scene();
            up(&stack).exits(0);
            stack
        });
        loop {
            let Some(case) = cases.lock().unwrap().pop() else { return };
            let tried = catch_unwind(AssertUnwindSafe(|| attempt(&stack, &case)));
            let tried = tried.unwrap_or_else(|_| Err("it panicked".to_owned()));
            if let Err(problem) = tried {
                problems.lock().unwrap().push(format!("{case:?}: {problem}"));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..STACKS {
            scope.spawn(lane);
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{} cases went wrong:\n{}", problems.len(), problems.join("\n\n"));
}

/// Every write with every fault, every other call with one of them.
fn faults(calls: &Log) -> Vec<(When, Fault)> {
    let all = [Fault::NotDone, Fault::DoneButReset, Fault::Throttled, Fault::Denied];
    let each = calls.iter().flat_map(|call: &Call| {
        let turn = call.number % all.len();
        let of = if call.is_write() { &all[..] } else { &all[turn..=turn] };
        of.iter().map(|fault| (When::Call(call.number), *fault)).collect::<Vec<_>>()
    });
    let writes = calls.writes().into_iter().map(|call| (When::Next(call.action), Fault::DoneButFailed));
    each.chain(writes).collect()
}

fn goes_wrong(stack: &Stack, kind: Kind, (when, fault): &(When, Fault)) -> Result<(), String> {
    let (before, text) = prepare(stack, kind);
    stack.proxy.fault(when.clone(), *fault);
    let run: Run = command(stack).output().unwrap().into();
    judge(stack, &run, &before, &text)
}

fn stops(stack: &Stack, kind: Kind, number: usize) -> Result<(), String> {
    let (before, text) = prepare(stack, kind);
    let (run, _) = stopped_after(command(stack), stack, &When::Call(number), "-TERM", || ());
    judge(stack, &run, &before, &text)
}

#[test]
fn any_call_of_a_first_preview_goes_wrong() {
    sweep(Kind::First, faults, |stack, case| goes_wrong(stack, Kind::First, case));
}

#[test]
fn any_call_of_an_update_goes_wrong() {
    sweep(Kind::Update, faults, |stack, case| goes_wrong(stack, Kind::Update, case));
}

#[test]
fn sigterm_after_any_call_of_a_first_preview() {
    let numbers = |calls: &Log| (1..=calls.len()).collect();
    sweep(Kind::First, numbers, |stack, number| stops(stack, Kind::First, *number));
}

#[test]
fn sigterm_after_any_call_of_an_update() {
    let numbers = |calls: &Log| (1..=calls.len()).collect();
    sweep(Kind::Update, numbers, |stack, number| stops(stack, Kind::Update, *number));
}
