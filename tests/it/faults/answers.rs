//! Each call fails, is refused, or loses its answer.

use serde_json::Value;

use super::scene::{Kind, Scene};
use super::sweep::{all_calls, clean_release, in_turn};
use crate::support::{Call, Ends, Fault, Run, Stack, When, sweep};

type Case = (When, Fault);

tests! {
    any_call_of_a_release_by_alias_goes_wrong => sweep(Kind::Alias, every_fault, goes_wrong);
    any_call_of_a_first_release_goes_wrong => sweep(Kind::First, every_fault, goes_wrong);
    any_call_of_a_release_without_a_bucket_goes_wrong => sweep(Kind::Sent, every_fault, goes_wrong);
    #[cfg(feature = "system-tools")]
    any_call_of_a_release_under_a_fixed_key_goes_wrong => sweep(Kind::Fixed, every_fault, goes_wrong);
    #[cfg(feature = "system-tools")]
    any_call_of_a_release_of_an_image_goes_wrong => sweep(Kind::Image, every_fault, goes_wrong);
    calls_about_images_go_wrong => sweep(Kind::Image, faults_at_images, goes_wrong);
    writes_of_a_release_under_a_fixed_key_go_wrong => sweep(Kind::Fixed, faults_at_objects, goes_wrong);
    any_call_of_a_release_by_latest_goes_wrong => sweep(Kind::Latest, every_fault, goes_wrong);
}

/// That a call was done although it failed is news only of a write.
fn every_fault(scene: &Scene) -> Vec<Case> {
    let calls = clean_release(scene);
    let faults = [Fault::NotDone, Fault::DoneButReset, Fault::Throttled, Fault::Denied];
    let each = in_turn(scene.kind as usize, calls.iter(), &faults)
        .into_iter()
        .map(|(number, fault)| (When::Call(number), fault));
    let writes = calls.writes().into_iter().map(|call| (When::Next(call.action), Fault::DoneButFailed));
    each.chain(writes).collect()
}

/// The faults at the writes to the bucket.
fn faults_at_objects(scene: &Scene) -> Vec<Case> {
    faults_at(scene, |call| call.service == "s3" && call.is_write())
}

/// The faults at the reads of ECR, and at the update by an image.
fn faults_at_images(scene: &Scene) -> Vec<Case> {
    faults_at(scene, |call| ["BatchGetImage", "UpdateFunctionCode"].contains(&call.action))
}

fn faults_at(scene: &Scene, is_it: impl Fn(&Call) -> bool) -> Vec<Case> {
    let calls = clean_release(scene);
    let faults = [Fault::NotDone, Fault::DoneButReset, Fault::Denied];
    let each = in_turn(0, calls.iter().filter(|call| is_it(call)), &faults).into_iter();
    each.map(|(number, fault)| (When::Call(number), fault)).collect()
}

fn goes_wrong(scene: &Scene, (when, fault): &Case) -> Result<(), String> {
    let round = scene.prepare();
    scene.stack.proxy.fault(when.clone(), *fault);
    let run = scene.command().ended();
    scene.judge(&run, &round)?;
    if *fault == Fault::Denied { names_the_action(&scene.stack, &run, when) } else { Ok(()) }
}

/// Whoever is denied a call must learn which. These do not matter: a look at an object answers 403 where there is
/// none, too, an endpoint is asked again, and the URL of a function is read for its endpoint as well as for the plan.
pub(super) fn names_the_action(stack: &Stack, run: &Run, when: &When) -> Result<(), String> {
    let calls = stack.proxy.take_calls();
    let Some(denied) = calls.iter().find(|call| *when == When::Call(call.number)) else { return Ok(()) };
    let harmless = matches!(denied.action, "HeadObject" | "InvokeApi" | "InvokeFunctionUrl" | "GetFunctionUrlConfig");
    let action = denied.iam_action();
    let is_warned = |document: Value| {
        [&document["warnings"], &document["plan"]["warnings"], &document["changes"]]
            .iter()
            .any(|all| all.to_string().contains(&action))
    };
    match run.code {
        Some(0) if harmless || is_warned(run.document()) => Ok(()),
        Some(3..=5) if run.stdout.contains(&action) => Ok(()),
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
        let run = scene.command().env_remove("AWS_MAX_ATTEMPTS").ended();
        scene.judge(&run, &round)?;
        run.ended_with(0)
    });
}
