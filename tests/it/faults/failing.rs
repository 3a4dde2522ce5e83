//! Calls of a release go wrong whose smoke test fails at the end: whatever else happens, all is as before.

use std::collections::BTreeSet;

use super::scene::{Kind, Scene};
use super::sweep::in_turn;
use crate::support::{ALIAS, BY_ENDPOINT, Call, Ends, Fault, Log, Run, When, sweep};

#[test]
fn any_call_of_a_release_that_fails_goes_wrong() {
    sweep(Kind::Alias, cases, is_put_back);
}

/// Every fault for each write, there and back, and one for the first call of each other action.
fn cases(scene: &Scene) -> Vec<(usize, Fault)> {
    let (_, calls) = failing(scene, || ()).unwrap();
    let mut known = BTreeSet::new();
    let first: Vec<&Call> = calls.iter().filter(|call| call.is_write() || known.insert(call.action)).collect();
    in_turn(scene.kind as usize, first, &[Fault::NotDone, Fault::DoneButReset, Fault::Throttled])
}

fn is_put_back(scene: &Scene, (number, fault): &(usize, Fault)) -> Result<(), String> {
    let (run, _) = failing(scene, || scene.stack.proxy.fault(When::Call(*number), *fault))?;
    if matches!(run.code, Some(3 | 4)) { Ok(()) } else { Err(format!("it released what fails: {run:?}")) }
}

/// Releases what answers well, and never says what the smoke test waits for.
fn failing(scene: &Scene, order: impl FnOnce()) -> Result<(Run, Log), String> {
    let round = scene.prepare();
    scene.stack.settings(&BY_ENDPOINT.replace("20s", "400ms").replace("[smoke]", "[smoke]\ncontains = \"never said\""));
    order();
    let run = scene.command().ended();
    scene.stack.settings(ALIAS);
    scene.judge(&run, &round)?;
    Ok((run, scene.stack.proxy.take_calls()))
}
