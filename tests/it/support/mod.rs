//! A real AWS for tests: one ministack for all of them, a stack of its own for each.

#[path = "../../../fixtures/try/local_aws.rs"]
pub(crate) mod local_aws;

mod aws;
mod run;
pub(crate) mod scene;
mod stack;
pub(crate) mod strict;

use std::sync::OnceLock;

pub(crate) use aws::Aws;
pub(crate) use run::Run;
pub(crate) use stack::Stack;
pub(crate) use strict::{Call, Log, Proxy, Strict};

use local_aws::{LocalAws, fixtures};

/// The one ministack of this process. Statics are not dropped: its keeper ends it when this process ends.
pub(crate) fn shared_aws() -> &'static LocalAws {
    static SHARED: OnceLock<LocalAws> = OnceLock::new();
    SHARED.get_or_init(|| LocalAws::start(&fixtures().join("emulators/tests.txt")).unwrap())
}
