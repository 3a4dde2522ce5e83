//! What a test does to the calls of a run: hold an answer, lose it, deny an action, slow everything down.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::authorization::{permissions, refusal};
use super::call::Call;
use super::errors::error;
use super::http::Message;
use super::upstream::ACCOUNT;

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
    /// The first call of this action that comes after a write from now on.
    NextAfterWrite(&'static str),
    /// The first call of this action with a higher number.
    NextAfter(&'static str, usize),
    /// Each call from this number on.
    From(usize),
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// 500, and nothing was done.
    NotDone,
    /// 503, and nothing was done.
    Unavailable,
    /// The connection ends without an answer, and nothing was done.
    Reset,
    /// It was done, and 500 is the answer.
    DoneButFailed,
    /// It was done, and the connection ends without an answer.
    DoneButReset,
    /// 429 (503 of S3), and nothing was done.
    Throttled,
    /// 403 in the words of IAM, and nothing was done.
    Denied,
    /// 409 of Lambda, since it is busy with the function; nothing was done.
    Conflict,
    /// 429 of API Gateway, since there are as many as there may be; nothing was done.
    Full,
    /// 400 of Lambda, since the region's code storage is full; nothing was done.
    CodeStorageFull,
}

const FULL: &str = "Maximum number of Rest APIs has been reached. Please contact AWS if you need more.";

impl Fault {
    /// The answer of AWS where the call was not even begun.
    pub(super) fn instead(self, call: &Call) -> Option<Message> {
        let service = call.service.as_str();
        let (status, code, message) = match self {
            Self::NotDone => return Some(internal(call)),
            Self::Unavailable => (503, "ServiceUnavailableException", "Service unavailable"),
            Self::Throttled if service == "s3" => (503, "SlowDown", "Please reduce your request rate."),
            Self::Throttled => (429, "TooManyRequestsException", "Rate exceeded"),
            // An endpoint asks for no authorization.
            Self::Denied => return (!call.is_to_endpoint()).then(|| denied(call)),
            Self::Conflict => (409, "ResourceConflictException", "The function is being changed. Try again later."),
            Self::Full => (429, "LimitExceededException", FULL),
            Self::CodeStorageFull => (400, "CodeStorageExceededException", "Code storage limit exceeded."),
            Self::Reset | Self::DoneButFailed | Self::DoneButReset => return None,
        };
        Some(error(service, status, code, message))
    }

    /// What the client gets where the call was done; `None` where the connection ends.
    pub(super) fn afterwards(self, call: &Call, answer: Message) -> Option<Message> {
        match self {
            Self::Reset | Self::DoneButReset => None,
            Self::DoneButFailed => Some(internal(call)),
            Self::NotDone
            | Self::Unavailable
            | Self::Throttled
            | Self::Denied
            | Self::Conflict
            | Self::Full
            | Self::CodeStorageFull => Some(answer),
        }
    }
}

fn internal(call: &Call) -> Message {
    error(&call.service, 500, "ServiceException", "Internal error")
}

/// The refusal of a call for want of the first of what it needs.
fn denied(call: &Call) -> Message {
    let needed = permissions(call);
    refusal(call, needed.first().expect("each call needs a permission"))
}

/// Changes the document of an answer.
type Edit = Box<dyn Fn(&mut Value) + Send>;

/// What is wrong with the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// Their session token is too old.
    Expired,
    /// No key of theirs is known.
    Unknown,
}

#[derive(Default)]
struct Orders {
    faults: Vec<(When, Fault)>,
    holds: Vec<(When, Arc<Gate>)>,
    denied: BTreeSet<String>,
    refused: Vec<(&'static str, &'static str)>,
    credentials: Option<Credentials>,
    edits: Vec<(&'static str, Edit)>,
    headers: Vec<(&'static str, &'static str, String)>,
    per_call: Duration,
    per_connection: Duration,
}

/// The orders of a test.
#[derive(Default)]
pub(crate) struct Hooks(Mutex<Orders>);

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
    /// Lets a call go wrong.
    pub(crate) fn fault(&self, when: When, fault: Fault) {
        self.0.lock().unwrap().faults.push((when, fault));
    }

    /// Holds an answer back; the call itself will have been done.
    pub(crate) fn hold(&self, when: When) -> Held {
        let gate = Arc::new(Gate::default());
        self.0.lock().unwrap().holds.push((when, Arc::clone(&gate)));
        Held(gate)
    }

    /// Answers 403 to an action from now on, named as IAM does: `lambda:GetFunction`.
    pub(crate) fn deny(&self, action: &str) {
        self.0.lock().unwrap().denied.insert(action.to_owned());
    }

    /// Answers 403 to a call of this action from now on, named as the API reference does, because of a policy: `with an explicit
    /// deny in a service control policy`.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
    pub(crate) fn refuse(&self, action: &'static str, because: &'static str) {
        self.0.lock().unwrap().refused.push((action, because));
    }

    /// Answers every call from now on as AWS answers such credentials.
    pub(crate) fn take_no_credentials(&self, credentials: Credentials) {
        self.0.lock().unwrap().credentials = Some(credentials);
    }

    /// Lets every answer to this action hold what ministack cannot be told: a canary, a container image.
    pub(crate) fn show(&self, action: &'static str, edit: impl Fn(&mut Value) + Send + 'static) {
        self.0.lock().unwrap().edits.push((action, Box::new(edit)));
    }

    /// Lets every answer to this action have this header.
    pub(crate) fn show_header(&self, action: &'static str, name: &'static str, value: &str) {
        self.0.lock().unwrap().headers.push((action, name, value.to_owned()));
    }

    /// Lets each call, and each new connection before its first call, take longer.
    pub(crate) fn set_latency(&self, per_call: Duration, per_connection: Duration) {
        let mut orders = self.0.lock().unwrap();
        (orders.per_call, orders.per_connection) = (per_call, per_connection);
    }

    /// Forgets faults, holds, denials, refused credentials, what is shown, and latency.
    pub(crate) fn clear_orders(&self) {
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
        let refused = &self.0.lock().unwrap().refused.clone();
        if let Some((_, because)) = refused.iter().find(|(action, _)| *action == call.action) {
            let needed = permissions(call).into_iter().next().expect("each call needs a permission");
            let (action, resource) = (needed.action, needed.resource);
            let who = format!("User: arn:aws:iam::{ACCOUNT}:user/test is not authorized to perform: {action}");
            let message = format!("{who} on resource: {resource} {because}");
            return Some(error(&call.service, 403, "AccessDeniedException", &message));
        }
        let denied = permissions(call).into_iter().find(|permission| self.is_denied(&permission.action))?;
        Some(refusal(call, &denied))
    }

    /// The refusal of every call by such credentials, in the service's words.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html>,
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
    pub(super) fn credentials_refusal(&self, call: &Call) -> Option<Message> {
        let credentials = self.0.lock().unwrap().credentials.filter(|_| !call.is_to_endpoint())?;
        let (status, code, message) = match (credentials, call.service.as_str()) {
            (Credentials::Expired, "s3") => (400, "ExpiredToken", "The provided token has expired."),
            (Credentials::Expired, _) => {
                (403, "ExpiredTokenException", "The security token included in the request is expired")
            }
            (Credentials::Unknown, "s3") => {
                (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
            }
            (Credentials::Unknown, _) => {
                (403, "UnrecognizedClientException", "The security token included in the request is invalid.")
            }
        };
        Some(error(&call.service, status, code, message))
    }

    /// Shows what a test wants AWS to hold.
    pub(super) fn edit(&self, call: &Call, answer: &mut Message) {
        let orders = self.0.lock().unwrap();
        for (_, edit) in orders.edits.iter().filter(|(action, _)| *action == call.action) {
            answer.edit(edit);
        }
        for (_, name, value) in orders.headers.iter().filter(|(action, ..)| *action == call.action) {
            answer.remove_header(name);
            answer.headers.push(((*name).to_owned(), value.clone()));
        }
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
    for (when, _) in orders.iter_mut().filter(|_| call.is_write()) {
        if let When::NextAfterWrite(action) = *when {
            *when = When::NextAfter(action, call.number);
        }
    }
    let at = orders.iter().position(|(when, _)| match when {
        When::Call(number) => *number == call.number,
        When::Action(action) | When::Next(action) => *action == call.action,
        When::From(number) => *number <= call.number,
        When::NextAfterWrite(_) => false,
        When::NextAfter(action, number) => *action == call.action && *number < call.number,
    })?;
    let order = orders[at].1.clone();
    if matches!(orders[at].0, When::Call(_) | When::Next(_) | When::NextAfter(..)) {
        orders.remove(at);
    }
    Some(order)
}
