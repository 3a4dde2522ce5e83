//! The cases of a sweep.

use std::collections::BTreeSet;
use std::process::Command;

use super::scene::Scene;
use super::signals::stopped_after;
use crate::support::stacks::Lendable;
use crate::support::{Call, Ends, Fault, Log, Run, Stack, When};

/// The calls of a release without trouble.
pub(super) fn clean_release(scene: &Scene) -> Log {
    scene.heal();
    scene.stack.proxy.take_calls()
}

/// The numbers of all calls of a release without trouble.
pub(super) fn all_calls(scene: &Scene) -> std::ops::RangeInclusive<usize> {
    1..=clean_release(scene).len()
}

/// Pairs each write with every kind of trouble, and each other call with one of them in turn. `first` says where the turns
/// begin.
pub(super) fn in_turn<'c, T: Copy>(
    first: usize,
    calls: impl IntoIterator<Item = &'c Call>,
    troubles: &[T],
) -> Vec<(usize, T)> {
    let of = |call: &Call| {
        let turn = (call.number + first) % troubles.len();
        if call.is_write() { troubles } else { &troubles[turn..=turn] }
    };
    let pairs = |call: &'c Call| of(call).iter().map(|trouble| (call.number, *trouble));
    calls.into_iter().flat_map(pairs).collect()
}

/// How often the SDK may send a call. With one attempt, every fault reaches the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempts {
    One,
    Several,
}

impl Attempts {
    /// Sets the variable that limits the SDK.
    pub(super) fn limit(self, command: &mut Command) {
        match self {
            Self::One => command.env("AWS_MAX_ATTEMPTS", "1"),
            Self::Several => command.env_remove("AWS_MAX_ATTEMPTS"),
        };
    }
}

/// What happens to a run at one of its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The call goes wrong.
    Fault(Fault),
    /// The run receives SIGTERM when the call was done.
    Signal,
}

/// Runs the command with trouble at a call. Returns also whether a signal was sent.
pub(super) fn troubled(mut command: Command, stack: &Stack, when: &When, trouble: Trouble) -> (Run, bool) {
    match trouble {
        Trouble::Signal => stopped_after(command, stack, when, "-TERM", || ()),
        Trouble::Fault(fault) => {
            stack.proxy.fault(when.clone(), fault);
            (command.ended(), false)
        }
    }
}

/// A call by its number, and what happens there.
pub(super) type Case = (usize, Trouble);

/// What happens at a call of these sweeps.
pub(super) const TROUBLES: [Trouble; 5] = [
    Trouble::Fault(Fault::NotDone),
    Trouble::Fault(Fault::DoneButReset),
    Trouble::Fault(Fault::Throttled),
    Trouble::Fault(Fault::Denied),
    Trouble::Signal,
];

/// The first call of each action: every trouble for a write, one for another call.
pub(super) fn first_of_each_action(first: usize, calls: &Log) -> Vec<Case> {
    let mut known = BTreeSet::new();
    in_turn(first, calls.iter().filter(|call| known.insert(call.action)), &TROUBLES)
}

/// Every call with every trouble.
#[cfg(feature = "system-tools")]
pub(super) fn all_of(calls: &Log) -> Vec<Case> {
    (1..=calls.len()).flat_map(|number| TROUBLES.map(|trouble| (number, trouble))).collect()
}
