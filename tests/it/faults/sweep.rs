//! Many cases on a few stacks at once.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use super::scene::{Kind, Scene};
use crate::support::strict::Log;

/// Stacks per sweep: most of the time of a case is spent waiting.
const LANES: usize = 4;

/// Builds stacks of this kind, asks the first for the cases, and tries each on whichever stack is free. All that
/// went wrong is told at the end.
#[track_caller]
pub(super) fn sweep<C: Clone + std::fmt::Debug + Send>(
    kind: Kind,
    cases: impl FnOnce(&Scene) -> Vec<C>,
    attempt: impl Fn(&Scene, &C) -> Result<(), String> + Sync,
) {
    let first = Scene::build(kind);
    let mut cases = cases(&first);
    assert!(cases.len() > 3, "there is something to try: {cases:?}");
    cases.reverse();
    let (cases, problems) = (Mutex::new(cases), Mutex::new(Vec::new()));
    let lane = |scene: Scene| {
        loop {
            let Some(case) = cases.lock().unwrap().pop() else { return };
            let tried = catch_unwind(AssertUnwindSafe(|| attempt(&scene, &case)));
            if let Err(problem) = tried.unwrap_or_else(|panic| Err(words(&*panic))) {
                problems.lock().unwrap().push(format!("{case:?}: {problem}"));
                scene.stack.proxy.clear_orders();
                scene.heal();
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| lane(first));
        for _ in 1..LANES {
            scope.spawn(|| lane(Scene::build(kind)));
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
