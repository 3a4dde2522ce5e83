//! Many cases on a few stacks at once.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use super::pool::{STACKS, borrow};
use super::scene::{Kind, Scene};
use crate::support::strict::{Fault, Log};

/// Asks a stack of this kind for the cases, and tries each on whichever is free. All that went wrong is told at the
/// end.
#[track_caller]
pub(super) fn sweep<C: Clone + std::fmt::Debug + Send>(
    kind: Kind,
    cases: impl FnOnce(&Scene) -> Vec<C>,
    attempt: impl Fn(&Scene, &C) -> Result<(), String> + Sync,
) {
    let mut cases = cases(&borrow(kind));
    assert!(cases.len() > 3, "there is something to try: {cases:?}");
    cases.reverse();
    let (cases, problems) = (Mutex::new(cases), Mutex::new(Vec::new()));
    let lane = || {
        loop {
            let Some(case) = cases.lock().unwrap().pop() else { return };
            let scene = borrow(kind);
            let tried = catch_unwind(AssertUnwindSafe(|| attempt(&scene, &case)));
            if let Err(problem) = tried.unwrap_or_else(|panic| Err(words(&*panic))) {
                problems.lock().unwrap().push(format!("{case:?}: {problem}"));
                scene.stack.proxy.clear_orders();
                scene.heal();
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

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}

/// The calls of a release without trouble.
pub(super) fn clean_release(scene: &Scene) -> Log {
    scene.heal();
    scene.stack.proxy.take_calls()
}

/// The numbers of all calls of a release without trouble.
pub(super) fn all_calls(scene: &Scene) -> std::ops::RangeInclusive<usize> {
    1..=clean_release(scene).len()
}

/// Every write with every fault, and every other call with one of them: the next one each time, and another one for
/// another kind of release.
pub(super) fn in_turn(kind: Kind, calls: &Log, faults: &[Fault]) -> Vec<(usize, Fault)> {
    let of = |number: usize, is_write: bool| {
        let turn = (number + kind as usize) % faults.len();
        if is_write { faults } else { &faults[turn..=turn] }
    };
    let pairs = |number, is_write| of(number, is_write).iter().map(move |fault| (number, *fault));
    calls.iter().flat_map(|call| pairs(call.number, call.is_write())).collect()
}
