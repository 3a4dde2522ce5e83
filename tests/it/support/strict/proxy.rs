//! Listens, answers, and remembers every call.

use std::any::Any;
use std::collections::BTreeMap;

use std::net::TcpStream;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::call::Call;
use super::hooks::{Fault, Hooks};
use super::http::{Message, listen, serve};
use super::log::Log;
use super::rules::{Exchange, Rule};
use super::upstream::Upstream;

/// A proxy on two loopback ports of its own. Its threads end with the process.
pub(crate) struct Proxy {
    /// For `AWS_ENDPOINT_URL` of the program: its calls are recorded, and the orders of the test concern them.
    pub(crate) endpoint: String,
    /// For everybody else: the same AWS with the same rules, but nothing is recorded, held, lost or slowed down.
    pub(crate) side_door: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: Upstream,
    rules: Vec<Box<dyn Rule>>,
    hooks: Hooks,
    record: Mutex<Record>,
    connections: AtomicUsize,
}

#[derive(Default)]
struct Record {
    /// By their numbers.
    calls: BTreeMap<usize, Call>,
    arrived: usize,
}

impl Proxy {
    /// Passes on to `upstream`, a URL of the form `http://address`, as these rules say.
    pub(super) fn start(upstream: &str, rules: Vec<Box<dyn Rule>>) -> Self {
        let upstream = Upstream::new(upstream);
        let (hooks, record, connections) = (Hooks::default(), Mutex::default(), AtomicUsize::new(0));
        let shared = Arc::new(Shared { upstream, rules, hooks, record, connections });
        let door = |recorded| {
            let shared = Arc::clone(&shared);
            listen(move |client| shared.serve(client, recorded))
        };
        Self { endpoint: door(true), side_door: door(false), shared }
    }

    /// Shows the rules a stage that was built past them, with its deployment.
    pub(crate) fn show_stage(&self, api: &str, stage: &str) {
        let side_door = Upstream::new(&self.side_door);
        side_door.read("apigateway", &format!("/restapis/{api}/stages/{stage}")).expect("the stage is there");
    }

    /// The calls that have ended, in the order of their arrival.
    pub(crate) fn calls(&self) -> Log {
        Log(self.shared.record.lock().unwrap().calls.values().cloned().collect())
    }

    /// Takes the calls so far out of the record; the next call has number 1.
    pub(crate) fn take_calls(&self) -> Log {
        Log(std::mem::take(&mut *self.shared.record.lock().unwrap()).calls.into_values().collect())
    }

    /// A rule that is on, to give it orders.
    #[track_caller]
    pub(crate) fn rule<R: Rule>(&self) -> &R {
        let mut rules = self.shared.rules.iter();
        rules.find_map(|rule| (rule.as_ref() as &dyn Any).downcast_ref()).expect("the rule is on")
    }
}

/// The orders of the test.
impl Deref for Proxy {
    type Target = Hooks;

    fn deref(&self) -> &Hooks {
        &self.shared.hooks
    }
}

impl Shared {
    fn serve(&self, client: &TcpStream, recorded: bool) -> std::io::Result<()> {
        let connection = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let mut is_new = true;
        serve(client, |request| {
            if !recorded {
                return Some(self.side_answer(request));
            }
            if std::mem::take(&mut is_new) {
                self.hooks.slow_connection();
            }
            self.recorded_answer(request, connection)
        })
    }

    fn side_answer(&self, request: Message) -> Message {
        self.answer(&mut Exchange::new(Call::new(&request, 0, 0), request, &self.upstream))
    }

    /// `None` where the connection is to end without an answer.
    fn recorded_answer(&self, request: Message, connection: usize) -> Option<Message> {
        let number = self.arrive();
        let call = Call::new(&request, number, connection);
        let mut exchange = Exchange::new(call, request, &self.upstream);
        self.hooks.slow_call();
        let answer = self.ordered_answer(&mut exchange);
        self.hooks.hold_back(&exchange.call);
        let status = answer.as_ref().map_or(0, Message::status);
        self.leave(number, Call { status, end: Instant::now(), ..exchange.call });
        answer
    }

    fn ordered_answer(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let refusal = self.hooks.credentials_refusal(&exchange.call).or_else(|| self.hooks.denial(&exchange.call));
        if refusal.is_some() {
            return refusal;
        }
        let fault = self.hooks.fault_of(&exchange.call);
        if fault == Some(Fault::Reset) {
            return None;
        }
        if let Some(instead) = fault.and_then(|fault| fault.instead(&exchange.call)) {
            return Some(instead);
        }
        let mut answer = self.answer(exchange);
        self.hooks.hide_absence(&exchange.call, &mut answer);
        self.hooks.edit(&exchange.call, &mut answer);
        match fault {
            Some(fault) => fault.afterwards(&exchange.call, answer),
            None => Some(answer),
        }
    }

    /// Every rule may answer instead of ministack, and every rule sees the answer.
    fn answer(&self, exchange: &mut Exchange<'_>) -> Message {
        let early = self.rules.iter().find_map(|rule| rule.before(exchange));
        let mut answer = early.unwrap_or_else(|| exchange.pass());
        for rule in &self.rules {
            rule.after(exchange, &mut answer);
        }
        answer
    }

    fn arrive(&self) -> usize {
        let mut record = self.record.lock().unwrap();
        record.arrived += 1;
        record.arrived
    }

    /// A call that arrived before the last `take_calls` belongs to neither record.
    fn leave(&self, number: usize, call: Call) {
        let mut record = self.record.lock().unwrap();
        if number <= record.arrived {
            record.calls.insert(number, call);
        }
    }
}
