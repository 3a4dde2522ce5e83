//! Each call fails, is refused, or loses its answer.

use super::scene::{Kind, Round, Scene};
use super::sweep::{all_calls, clean_release, in_turn, sweep};
use crate::support::Run;
use crate::support::strict::{Fault, When};

type Case = (When, Fault);

#[test]
fn any_call_of_a_release_by_alias_goes_wrong() {
    sweep(Kind::Alias, every_fault, goes_wrong);
}

#[test]
fn any_call_of_a_first_release_goes_wrong() {
    sweep(Kind::First, every_fault, goes_wrong);
}

#[test]
fn any_call_of_a_release_by_latest_goes_wrong() {
    sweep(Kind::Latest, every_fault, goes_wrong);
}

/// That a call was done although it failed is news only of a write.
fn every_fault(scene: &Scene) -> Vec<Case> {
    let calls = clean_release(scene);
    let faults = [Fault::NotDone, Fault::DoneButReset, Fault::Throttled, Fault::Denied];
    let each = in_turn(scene.kind, &calls, &faults).into_iter().map(|(number, fault)| (When::Call(number), fault));
    let writes = calls.writes().into_iter().map(|call| (When::Next(call.action), Fault::DoneButFailed));
    each.chain(writes).collect()
}

fn goes_wrong(scene: &Scene, (when, fault): &Case) -> Result<(), String> {
    let round = scene.prepare();
    scene.stack.proxy.fault(when.clone(), *fault);
    let run: Run = scene.command().output().unwrap().into();
    scene.judge(&run, &round)?;
    if *fault == Fault::Denied { names_the_action(scene, &run, when) } else { Ok(()) }
}

/// Whoever is denied a call must learn which. Two do not matter: a look at an object answers 403 where there is
/// none, too, and an endpoint is asked again.
fn names_the_action(scene: &Scene, run: &Run, when: &When) -> Result<(), String> {
    let calls = scene.stack.proxy.take_calls();
    let Some(denied) = calls.iter().find(|call| *when == When::Call(call.number)) else { return Ok(()) };
    let harmless = matches!(denied.action, "HeadObject" | "InvokeApi");
    let action = denied.iam_action();
    match run.code {
        Some(0) if harmless => Ok(()),
        Some(3 | 4) if run.stdout.contains(&action) => Ok(()),
        _ => Err(format!("{action} was denied at {denied:?}\n{}", run.stdout)),
    }
}

/// The SDK repeats reads, the program repeats writes: one failure more or less is no reason to give up.
#[test]
fn one_failure_does_not_stop_a_release() {
    let cases = |scene: &Scene| all_calls(scene).step_by(4).collect();
    sweep(Kind::Alias, cases, |scene, number| {
        let round = scene.prepare();
        scene.stack.proxy.fault(When::Call(*number), Fault::NotDone);
        let run: Run = scene.command().env_remove("AWS_MAX_ATTEMPTS").output().unwrap().into();
        is_released(scene, &run, &round)
    });
}

fn is_released(scene: &Scene, run: &Run, round: &Round) -> Result<(), String> {
    scene.judge(run, round)?;
    if run.code == Some(0) { Ok(()) } else { Err(format!("{}\n{}", run.stdout, run.stderr)) }
}
