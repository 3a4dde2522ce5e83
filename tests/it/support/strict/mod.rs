//! A proxy in front of ministack that enforces what AWS enforces and no emulator does.
//!
//! Each rule has a file of its own under `rules/`, with a link to the page of AWS that states it, and a test of its
//! own under `tests/it/strict/`. Without a rule the proxy passes everything on; it always remembers every call.

mod actions;
mod authorization;
mod call;
mod errors;
mod hooks;
pub(crate) mod http;
mod log;
mod openapi;
mod proxy;
pub(crate) mod rules;
mod upstream;

use std::any::Any;

pub(crate) use actions::decoded;
pub(crate) use authorization::{Permission, fits, permissions};
pub(crate) use call::Call;
pub(crate) use hooks::{Credentials, Fault, When};
pub(crate) use http::{Message, listen, send, serve};
pub(crate) use log::Log;
pub(crate) use proxy::Proxy;
pub(crate) use upstream::{ACCOUNT, REGION, Upstream};

use rules::Rule;

/// Which rules are on.
#[derive(Default)]
pub(crate) struct Strict(Vec<Box<dyn Rule>>);

impl Strict {
    /// No rule.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Every rule, with times scaled down.
    pub(crate) fn all() -> Self {
        Self(rules::all())
    }

    /// Turns a rule on, or replaces it.
    pub(crate) fn with<R: Rule>(mut self, rule: R) -> Self {
        match self.0.iter_mut().find(|known| (known.as_ref() as &dyn Any).is::<R>()) {
            Some(known) => *known = Box::new(rule),
            None => self.0.push(Box::new(rule)),
        }
        self
    }

    /// Turns a rule off.
    pub(crate) fn without<R: Rule>(mut self) -> Self {
        self.0.retain(|rule| !(rule.as_ref() as &dyn Any).is::<R>());
        self
    }

    /// Listens in front of `upstream`, a URL of the form `http://address`.
    pub(crate) fn start(self, upstream: &str) -> Proxy {
        Proxy::start(upstream, self.0)
    }
}
