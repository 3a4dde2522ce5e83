//! What a test does to the calls of a run: hold an answer, lose it, deny an action, slow everything down.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::authorization::{permissions, refusal};
use super::call::Call;
use super::errors::error;
use super::http::Message;

/// Longer than any test takes on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Which call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// The call of this number, from 1, over all calls since the last [`super::Proxy::take_calls`].
    Call(usize),
    /// Each call of this action.
    Action(&'static str),
    /// The first call of this action from now on.
    Next(&'static str),
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// 500, and nothing was done.
    NotDone,
    /// It was done, and 500 is the answer.
    DoneButFailed,
    /// It was done, and the connection ends without an answer.
    DoneButReset,
}

#[derive(Default)]
struct Orders {
    faults: Vec<(When, Fault)>,
    holds: Vec<(When, Arc<Gate>)>,
    denied: BTreeSet<String>,
    per_call: Duration,
    per_connection: Duration,
}

/// The orders of a test.
#[derive(Default)]
pub(super) struct Hooks(Mutex<Orders>);

/// An answer that waits. Let go when it is dropped.
pub(crate) struct Held(Arc<Gate>);

#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    reached: bool,
    open: bool,
}

impl Gate {
    fn change(&self, change: impl FnOnce(&mut GateState)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    fn wait(&self, until: impl Fn(&GateState) -> bool) -> bool {
        let state = self.state.lock().unwrap();
        let (state, _) = self.changed.wait_timeout_while(state, PATIENCE, |state| !until(state)).unwrap();
        until(&state)
    }
}

impl Held {
    /// Waits until the call has been done and its answer waits.
    pub(crate) fn wait_until_reached(&self) {
        assert!(self.0.wait(|state| state.reached), "the call never came");
    }

    /// Whether the call has been done.
    pub(crate) fn is_reached(&self) -> bool {
        self.0.state.lock().unwrap().reached
    }

    /// Sends the answer.
    pub(crate) fn let_go(self) {
        drop(self);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.change(|state| state.open = true);
    }
}

impl Hooks {
    pub(super) fn fault(&self, when: When, fault: Fault) {
        self.0.lock().unwrap().faults.push((when, fault));
    }

    pub(super) fn hold(&self, when: When) -> Held {
        let gate = Arc::new(Gate::default());
        self.0.lock().unwrap().holds.push((when, Arc::clone(&gate)));
        Held(gate)
    }

    pub(super) fn deny(&self, action: &str) {
        self.0.lock().unwrap().denied.insert(action.to_owned());
    }

    pub(super) fn set_latency(&self, per_call: Duration, per_connection: Duration) {
        let mut orders = self.0.lock().unwrap();
        (orders.per_call, orders.per_connection) = (per_call, per_connection);
    }

    /// Forgets all orders.
    pub(super) fn clear(&self) {
        *self.0.lock().unwrap() = Orders::default();
    }

    pub(super) fn slow_connection(&self) {
        let time = self.0.lock().unwrap().per_connection;
        std::thread::sleep(time);
    }

    pub(super) fn slow_call(&self) {
        let time = self.0.lock().unwrap().per_call;
        std::thread::sleep(time);
    }

    pub(super) fn fault_of(&self, call: &Call) -> Option<Fault> {
        take(&mut self.0.lock().unwrap().faults, call)
    }

    /// Waits where the answer of this call is to be held.
    pub(super) fn hold_back(&self, call: &Call) {
        let gate = take(&mut self.0.lock().unwrap().holds, call);
        if let Some(gate) = gate {
            gate.change(|state| state.reached = true);
            assert!(gate.wait(|state| state.open), "a held answer was never let go");
        }
    }

    /// The refusal of a call that needs what was denied.
    pub(super) fn denial(&self, call: &Call) -> Option<Message> {
        let denied = permissions(call).into_iter().find(|permission| self.is_denied(&permission.action))?;
        Some(refusal(call, &denied))
    }

    /// Who may not list a bucket does not learn whether an object is missing.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
    pub(super) fn hide_absence(&self, call: &Call, answer: &mut Message) {
        let looks = matches!(call.action, "HeadObject" | "GetObject");
        if looks && answer.status() == 404 && self.is_denied("s3:ListBucket") {
            *answer = error("s3", 403, "AccessDenied", "Access Denied");
        }
    }

    fn is_denied(&self, action: &str) -> bool {
        self.0.lock().unwrap().denied.contains(action)
    }
}

/// The order for this call; one that holds for a single call is used up.
fn take<T: Clone>(orders: &mut Vec<(When, T)>, call: &Call) -> Option<T> {
    let at = orders.iter().position(|(when, _)| match when {
        When::Call(number) => *number == call.number,
        When::Action(action) | When::Next(action) => *action == call.action,
    })?;
    let order = orders[at].1.clone();
    if !matches!(orders[at].0, When::Action(_)) {
        orders.remove(at);
    }
    Some(order)
}
