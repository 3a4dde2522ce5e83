//! A real AWS for tests: one ministack for all of them, a stack of its own for each.

#[path = "../../../fixtures/try/local_aws.rs"]
pub(crate) mod local_aws;

mod aws;
pub(crate) mod github;
mod run;
pub(crate) mod scene;
pub(crate) mod stack;
pub(crate) mod strict;

use std::sync::OnceLock;

pub(crate) use aws::Aws;
pub(crate) use run::Run;
pub(crate) use stack::{Stack, State};
pub(crate) use strict::{Call, Log, Proxy, Strict};

use local_aws::{LocalAws, Program, fixtures};

/// The one ministack of this process. Statics are not dropped: its keeper ends it when this process ends.
pub(crate) fn shared_aws() -> &'static LocalAws {
    static SHARED: OnceLock<LocalAws> = OnceLock::new();
    SHARED.get_or_init(|| LocalAws::start(&fixtures().join("emulators/tests.txt")).unwrap())
}

/// An AWS beside the shared one, for tests that need another program, or ministack with other settings.
pub(crate) struct OtherAws {
    /// It runs until this process ends.
    pub(crate) local: LocalAws,
    /// Clients of it, past every proxy.
    pub(crate) clients: Aws,
}

impl OtherAws {
    /// Starts it.
    pub(crate) fn start(program: &Program) -> Self {
        let local = LocalAws::start_program(&fixtures().join("emulators/tests.txt"), program).unwrap();
        let clients = Aws::at(&local.endpoint);
        Self { local, clients }
    }
}
