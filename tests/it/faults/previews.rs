//! Faults and signals at the calls of `preview up` and `preview down`.
//!
//! At the end the preview is complete, deleted or as before, or the report names each difference with a command. The copied
//! stage never changes. The calls come from the record of a run without faults. `cargo test` tries each action once; with
//! the feature `system-tools` every call is tried with every fault.

mod parts;
mod scene;
mod verdict;

use std::collections::BTreeSet;

use super::answers::names_the_action;
use super::putting_back::stopped_when_asked;
use super::sweep::{Attempts, Trouble, in_turn, troubled};
use crate::support::{Call, Fault, Log, When, sweep};
use scene::{Scene, Start, Verb};

const TROUBLES: [Trouble; 7] = [
    Trouble::Fault(Fault::NotDone),
    Trouble::Fault(Fault::Unavailable),
    Trouble::Fault(Fault::Throttled),
    Trouble::Fault(Fault::Reset),
    Trouble::Fault(Fault::DoneButReset),
    Trouble::Fault(Fault::Denied),
    Trouble::Signal,
];

type Case = (When, Trouble, Attempts);

tests! {
    some_calls_of_a_new_preview_go_wrong => some_go_wrong(Start::New, Verb::Up);
    some_calls_of_an_update_go_wrong => some_go_wrong(Start::Existing, Verb::Up);
    some_calls_of_making_an_api_again_go_wrong =>
        sweep(Start::WithoutApi, last_writes, |scene, case| goes_wrong(scene, Verb::Up, case));
    some_calls_of_a_deletion_go_wrong => some_go_wrong(Start::Existing, Verb::Down);
    some_calls_of_deleting_a_failed_preview_again_go_wrong => sweep(Start::New, some_of_the_way_back, is_deleted_again);
}

fn some_go_wrong(start: Start, verb: Verb) {
    sweep(start, |scene| some(scene, verb), |scene, case| goes_wrong(scene, verb, case));
}

fn some_of_the_way_back(scene: &Scene) -> Vec<(usize, Fault)> {
    let faults = [Fault::NotDone, Fault::DoneButReset, Fault::Throttled];
    in_turn(0, first_of_each_action(&clean_way_back(scene)), &faults)
}

#[test]
fn what_may_not_be_deleted_again_is_named() {
    let cases = |scene: &Scene, verb| {
        (1..=scene.clean_run(verb).len()).step_by(4).map(|number| (number, Fault::Denied)).collect()
    };
    for (start, verb) in [(Start::New, Verb::Up), (Start::Existing, Verb::Up), (Start::Existing, Verb::Down)] {
        sweep(start, |scene| cases(scene, verb), |scene, case| goes_wrong_for_good(scene, verb, case));
    }
}

/// Returns the cases for the first call of each action: every trouble for a write, one for a read.
fn some(scene: &Scene, verb: Verb) -> Vec<Case> {
    let calls = scene.clean_run(verb);
    let troubles = in_turn(scene.start as usize, first_of_each_action(&calls), &TROUBLES).into_iter();
    troubles.map(|(number, trouble)| (When::Call(number), trouble, Attempts::One)).collect()
}

/// Returns the cases for the last write, and a signal at each call after it, when the most has to be put back.
fn last_writes(scene: &Scene) -> Vec<Case> {
    let calls = scene.clean_run(Verb::Up);
    let last = calls.writes().last().unwrap().number;
    let later = (last + 1..=calls.len()).map(|number| (number, Trouble::Signal));
    let all = TROUBLES.map(|trouble| (last, trouble)).into_iter().chain(later);
    all.map(|(number, trouble)| (When::Call(number), trouble, Attempts::One)).collect()
}

fn first_of_each_action(calls: &Log) -> Vec<&Call> {
    let mut known = BTreeSet::new();
    calls.iter().filter(|call| known.insert(call.action)).collect()
}

fn goes_wrong(scene: &Scene, verb: Verb, (when, trouble, attempts): &Case) -> Result<(), String> {
    let round = scene.prepare();
    let mut command = scene.command(verb);
    attempts.limit(&mut command);
    let (run, stopped) = troubled(command, &scene.stack, when, *trouble);
    scene.judge(verb, &run, &round)?;
    let is_retried = *attempts == Attempts::Several && *trouble != Trouble::Fault(Fault::Denied);
    match (verb, trouble, run.code) {
        (_, Trouble::Fault(Fault::Denied), _) => names_the_action(&scene.stack, &run, when),
        (Verb::Up, Trouble::Signal, Some(0)) if stopped => Err(format!("it did not stop: {run:?}")),
        (_, Trouble::Fault(_), Some(3..=5)) if is_retried => Err(format!("it gave up: {run:?}")),
        _ => Ok(()),
    }
}

/// Lets every call fail from this number on.
fn goes_wrong_for_good(scene: &Scene, verb: Verb, (number, fault): &(usize, Fault)) -> Result<(), String> {
    let round = scene.prepare();
    scene.stack.proxy.fault(When::From(*number), *fault);
    scene.judge(verb, &scene.run(verb), &round)
}

/// Returns the calls after a signal that arrives when all steps are done.
fn clean_way_back(scene: &Scene) -> Log {
    let round = scene.prepare();
    let run = stopped_when_asked(&scene.stack, scene.command(Verb::Up), || ()).exits(4);
    let calls = scene.stack.proxy.calls();
    scene.judge(Verb::Up, &run, &round).unwrap();
    calls
}

/// Lets a call fail that is counted from the signal on.
fn is_deleted_again(scene: &Scene, (number, fault): &(usize, Fault)) -> Result<(), String> {
    let round = scene.prepare();
    let order = || scene.stack.proxy.fault(When::Call(*number), *fault);
    let run = stopped_when_asked(&scene.stack, scene.command(Verb::Up), order);
    scene.judge(Verb::Up, &run, &round)?;
    run.ended_with(4).map_err(|problem| format!("it gave up: {problem}"))
}

/// Every call with every trouble: much time.
#[cfg(feature = "system-tools")]
mod system_tools {
    use super::*;

    tests! {
        any_call_of_a_new_preview_goes_wrong => any_goes_wrong(Start::New, Verb::Up);
        any_call_of_an_update_goes_wrong => any_goes_wrong(Start::Existing, Verb::Up);
        any_call_of_making_an_api_again_goes_wrong => any_goes_wrong(Start::WithoutApi, Verb::Up);
        any_call_of_a_deletion_goes_wrong => any_goes_wrong(Start::Existing, Verb::Down);
    }

    fn any_goes_wrong(start: Start, verb: Verb) {
        sweep(start, |scene| every(scene, verb), |scene, case| goes_wrong(scene, verb, case));
    }

    #[test]
    fn any_call_of_deleting_a_failed_preview_again_goes_wrong() {
        let faults = [Fault::NotDone, Fault::Unavailable, Fault::Throttled, Fault::Reset, Fault::DoneButReset];
        let cases = |scene: &Scene| {
            let all = 1..=clean_way_back(scene).len();
            all.flat_map(|number| faults.map(|fault| (number, fault))).collect()
        };
        sweep(Start::New, cases, is_deleted_again);
    }

    /// What is refused for good ends at once.
    #[test]
    fn from_any_call_on_everything_is_refused() {
        let cases = |scene: &Scene, verb| (1..=scene.clean_run(verb).len()).map(|it| (it, Fault::Denied)).collect();
        let starts = [Start::New, Start::Existing, Start::WithoutApi].map(|start| (start, Verb::Up));
        for (start, verb) in starts.into_iter().chain([(Start::Existing, Verb::Down)]) {
            sweep(start, |scene| cases(scene, verb), |scene, case| goes_wrong_for_good(scene, verb, case));
        }
    }

    /// Where AWS no longer answers, putting back tries for minutes, so only the last write is taken, after which the most
    /// is left.
    #[test]
    fn from_the_last_write_on_nothing_works() {
        let cases = |scene: &Scene| {
            let last = scene.clean_run(Verb::Up).writes().last().unwrap().number;
            [Fault::NotDone, Fault::Reset, Fault::Denied, Fault::Unavailable].map(|fault| (last, fault)).to_vec()
        };
        sweep(Start::New, cases, |scene, case| goes_wrong_for_good(scene, Verb::Up, case));
    }

    /// Where the SDK repeats calls, only faults that it repeats them after matter.
    fn every(scene: &Scene, verb: Verb) -> Vec<Case> {
        let numbers = 1..=scene.clean_run(verb).len();
        let is_repeated = |trouble: &Trouble| !matches!(trouble, Trouble::Signal | Trouble::Fault(Fault::Denied));
        let cases = |number| {
            let with = move |attempts| move |trouble| (When::Call(number), trouble, attempts);
            let repeated = TROUBLES.into_iter().filter(is_repeated).map(with(Attempts::Several));
            TROUBLES.into_iter().map(with(Attempts::One)).chain(repeated).collect::<Vec<_>>()
        };
        numbers.flat_map(cases).collect()
    }
}
