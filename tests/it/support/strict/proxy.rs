//! Listens, answers, and remembers every call.

use std::any::Any;
use std::io::BufReader;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::call::Call;
use super::hooks::{Credentials, Fault, Held, Hooks, When};
use super::http::{Message, read_request, write_answer};
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
    calls: Vec<Call>,
    arrived: usize,
}

impl Proxy {
    /// Passes on to `upstream`, a URL of the form `http://address`, as these rules say.
    pub(super) fn start(upstream: &str, rules: Vec<Box<dyn Rule>>) -> Self {
        let upstream = Upstream::new(upstream);
        let (hooks, record, connections) = (Hooks::default(), Mutex::default(), AtomicUsize::new(0));
        let shared = Arc::new(Shared { upstream, rules, hooks, record, connections });
        Self { endpoint: listen(&shared, true), side_door: listen(&shared, false), shared }
    }

    /// The calls that have ended, in the order of their arrival.
    pub(crate) fn calls(&self) -> Log {
        Log(sorted(self.shared.record.lock().unwrap().calls.clone()))
    }

    /// Takes the calls so far out of the record; the next call has number 1.
    pub(crate) fn take_calls(&self) -> Log {
        Log(sorted(std::mem::take(&mut *self.shared.record.lock().unwrap()).calls))
    }

    /// Lets a call go wrong.
    pub(crate) fn fault(&self, when: When, fault: Fault) {
        self.shared.hooks.fault(when, fault);
    }

    /// Holds an answer back; the call itself will have been done.
    pub(crate) fn hold(&self, when: When) -> Held {
        self.shared.hooks.hold(when)
    }

    /// Answers 403 to an action from now on, named as IAM does: `lambda:GetFunction`.
    pub(crate) fn deny(&self, action: &str) {
        self.shared.hooks.deny(action);
    }

    /// Answers every call from now on as AWS answers such credentials.
    pub(crate) fn take_no_credentials(&self, credentials: Credentials) {
        self.shared.hooks.take_no_credentials(credentials);
    }

    /// Lets every answer to this action hold what ministack cannot be told: a canary, a container image.
    pub(crate) fn show(&self, action: &'static str, edit: impl Fn(&mut Value) + Send + 'static) {
        self.shared.hooks.show(action, edit);
    }

    /// Lets each call, and each new connection before its first call, take longer.
    pub(crate) fn set_latency(&self, per_call: Duration, per_connection: Duration) {
        self.shared.hooks.set_latency(per_call, per_connection);
    }

    /// Forgets faults, holds, denials, refused credentials, what is shown, and latency.
    pub(crate) fn clear_orders(&self) {
        self.shared.hooks.clear();
    }

    /// A rule that is on, to give it orders.
    #[track_caller]
    pub(crate) fn rule<R: Rule>(&self) -> &R {
        let mut rules = self.shared.rules.iter();
        rules.find_map(|rule| (rule.as_ref() as &dyn Any).downcast_ref()).expect("the rule is on")
    }
}

fn sorted(mut calls: Vec<Call>) -> Vec<Call> {
    calls.sort_by_key(|call| call.number);
    calls
}

fn listen(shared: &Arc<Shared>, recorded: bool) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let shared = Arc::clone(&shared);
            // A connection that breaks is the client's to notice.
            thread::spawn(move || drop(shared.serve(&connection, recorded)));
        }
    });
    endpoint
}

impl Shared {
    fn serve(&self, client: &TcpStream, recorded: bool) -> std::io::Result<()> {
        client.set_nodelay(true)?;
        let connection = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let mut reader = BufReader::new(client);
        let mut is_new = true;
        while let Some(request) = read_request(client, &mut reader)? {
            // Its client waits for the end of the connection.
            let is_last = request.first_line.ends_with("HTTP/1.0");
            let method = request.word(0).to_owned();
            if recorded && std::mem::take(&mut is_new) {
                self.hooks.slow_connection();
            }
            let answer =
                if recorded { self.recorded_answer(request, connection) } else { Some(self.side_answer(request)) };
            let Some(answer) = answer else { break };
            write_answer(client, &method, &answer)?;
            if is_last {
                break;
            }
        }
        Ok(())
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
        if let Some(refusal) =
            self.hooks.credentials_refusal(&exchange.call).or_else(|| self.hooks.denial(&exchange.call))
        {
            return Some(refusal);
        }
        let fault = self.hooks.fault_of(&exchange.call);
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
            record.calls.push(call);
        }
    }
}
