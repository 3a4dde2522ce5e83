//! While everything is put back, calls go wrong too.

use std::process::Command;

use super::scene::{Kind, Round, Scene, Seen};
use super::signals::stopped_after;
use super::sweep::{Attempts, all_calls, in_turn};
use crate::support::stacks::{Lendable, sweep};
use crate::support::{Ends, Fault, Log, Run, Stack, When};

type Case = (When, Fault, Attempts);

tests! {
    any_call_of_putting_back_a_release_by_alias_goes_wrong => sweep(Kind::Alias, every_fault, is_put_back);
    any_call_of_putting_back_a_first_release_goes_wrong => sweep(Kind::First, every_fault, is_put_back);
    any_call_of_putting_back_a_release_without_a_bucket_goes_wrong => sweep(Kind::Sent, every_fault, is_put_back);
    #[cfg(feature = "system-tools")]
    any_call_of_putting_back_a_release_under_a_fixed_key_goes_wrong => sweep(Kind::Fixed, every_fault, is_put_back);
    losing_answers_of_putting_back_under_a_fixed_key =>
        sweep(Kind::Fixed, |scene| lost_answers(scene, "DeleteObject"), is_put_back);
    #[cfg(feature = "system-tools")]
    any_call_of_putting_back_an_image_goes_wrong => sweep(Kind::Image, every_fault, is_put_back);
    losing_answers_of_putting_back_an_image =>
        sweep(Kind::Image, |scene| lost_answers(scene, "UpdateFunctionCode"), is_put_back);
    any_call_of_putting_back_a_release_by_latest_goes_wrong => sweep(Kind::Latest, every_fault, is_put_back);
    any_call_of_putting_back_a_release_with_a_cache_goes_wrong => sweep(Kind::Cached, every_fault, is_put_back);
}

/// Calls are counted from the signal on.
fn every_fault(scene: &Scene) -> Vec<Case> {
    let calls = clean_way_back(scene);
    let faults = [Fault::NotDone, Fault::DoneButReset, Fault::Throttled];
    let each = in_turn(scene.kind as usize, calls.iter(), &faults).into_iter();
    let each = each.map(|(number, fault)| (When::Call(number), fault, Attempts::One));
    let lost = calls.writes().into_iter().flat_map(|call| {
        [Attempts::One, Attempts::Several].map(|attempts| (When::Next(call.action), Fault::DoneButFailed, attempts))
    });
    each.chain(lost).collect()
}

/// One write of the way back that is not done, or whose answer is lost.
fn lost_answers(scene: &Scene, action: &'static str) -> Vec<Case> {
    clean_way_back(scene);
    let faults = [Fault::NotDone, Fault::DoneButReset, Fault::Throttled, Fault::DoneButFailed];
    faults.map(|fault| (When::Next(action), fault, Attempts::One)).to_vec()
}

fn clean_way_back(scene: &Scene) -> Log {
    let round = scene.prepare();
    let run = stopped_when_asked(&scene.stack, scene.command(), || ());
    scene.judge(&run, &round).unwrap();
    run.exits(4);
    scene.stack.proxy.take_calls()
}

/// Stops a run when all is done and its endpoint is asked: everything has to be put back. Calls count anew from there
/// on.
pub(super) fn stopped_when_asked(stack: &Stack, command: Command, meanwhile: impl FnOnce()) -> Run {
    let meanwhile = || {
        stack.proxy.take_calls();
        meanwhile();
    };
    stopped_after(command, stack, &When::NextAfterWrite("InvokeApi"), "-TERM", meanwhile).0
}

fn is_put_back(scene: &Scene, (when, fault, attempts): &Case) -> Result<(), String> {
    let round = scene.prepare();
    let mut command = scene.command();
    attempts.limit(&mut command);
    let run = stopped_when_asked(&scene.stack, command, || scene.stack.proxy.fault(when.clone(), *fault));
    scene.judge(&run, &round)?;
    run.ended_with(4)
}

/// From some call on everything is denied: what this run had changed stays changed, and each thing is named with
/// the command that puts it back. The next release heals it.
#[test]
fn what_may_not_be_put_back_is_named() {
    for kind in [Kind::Alias, Kind::First, Kind::Fixed] {
        sweep(kind, |scene| all_calls(scene).skip(12).collect(), |scene, number| is_named(scene, *number));
    }
}

fn is_named(scene: &Scene, number: usize) -> Result<(), String> {
    let round = scene.prepare();
    scene.stack.proxy.fault(When::From(number), Fault::Denied);
    let run = scene.command().ended();
    scene.stack.proxy.clear_orders();
    match run.code {
        Some(5) => {
            names_all(scene, &run, &round)?;
            scene.heal();
            Ok(())
        }
        _ => scene.judge(&run, &round),
    }
}

/// What differs from before must be named, with a command.
fn names_all(scene: &Scene, run: &Run, round: &Round) -> Result<(), String> {
    let (document, after) = (run.document(), scene.look());
    let left = document["not_put_back"].as_array().unwrap();
    let text = |name: &str| left.iter().map(|left| left[name].as_str().unwrap()).collect::<Vec<_>>().join("\n");
    let (what, commands) = (text("what"), text("command"));
    let unnamed: Vec<_> = differences(&round.before, &after)
        .into_iter()
        .filter(|(name, command)| !what.contains(name) || !commands.contains(&format!("aws {command}")))
        .collect();
    if unnamed.is_empty() && !left.is_empty() {
        return Ok(());
    }
    Err(format!("not named: {unnamed:?}\n{}\n{after:#?}", run.stdout))
}

/// What differs, as a report names it, and the command that has to do with it.
fn differences(before: &Seen, after: &Seen) -> Vec<(&'static str, &'static str)> {
    let (was, is) = (&before.state, &after.state);
    let moved = is.aliases != was.aliases && !was.aliases.is_empty();
    let made = is.aliases != was.aliases && was.aliases.is_empty();
    let all = [
        (is.latest != was.latest, ("$LATEST", "lambda update-function-code")),
        (moved, ("alias live", "lambda update-alias")),
        (made, ("alias live", "lambda delete-alias")),
        (is.statements != was.statements, ("permission", "lambda remove-permission")),
        (is.deployment != was.deployment, ("stage dev", "apigateway update-stage")),
        (after.object != before.object, ("object terraform/function.zip", "s3api delete-object")),
        (is.deployments != was.deployments, ("deployment", "apigateway get-deployments")),
    ];
    all.into_iter().filter(|(differs, _)| *differs).map(|(_, names)| names).collect()
}
