//! A real AWS for tests: one ministack for all of them, a stack of its own for each.

#[path = "../../../fixtures/try/local_aws.rs"]
pub(crate) mod local_aws;

mod aws;
pub(crate) mod github;
mod images;
mod project;
mod run;
mod scene;
mod stack;
pub(crate) mod stacks;
mod strict;

use std::sync::OnceLock;

pub(crate) use aws::Aws;
pub(crate) use github::{GitHubDouble, TOKEN};
pub(crate) use images::image_settings;
pub(crate) use local_aws::{Answer, LocalAws, Program, environment, fixtures, get, output_of, virtual_environment};
pub(crate) use project::{Project, merge, repository, snapshots, write};
pub(crate) use run::{Ends, Run, signal};
pub(crate) use scene::{
    ALIAS, BY_ENDPOINT, LATEST, answering, archive_of, fixed_key, noise, release_while, released, released_behind,
    unreleased, unreleased_behind, without_bucket, zip_of,
};
pub(crate) use stack::{Stack, State};
pub(crate) use stacks::sweep;
pub(crate) use strict::{
    ACCOUNT, Call, Credentials, Fault, Log, Message, Permission, Proxy, REGION, Strict, Upstream, When, fits, listen,
    permissions, rules, send, serve,
};

/// The one ministack of this process. Statics are not dropped: its keeper ends it when this process ends.
pub(crate) fn shared_aws() -> &'static LocalAws {
    static SHARED: OnceLock<LocalAws> = OnceLock::new();
    SHARED.get_or_init(|| LocalAws::start_program(&fixtures().join("emulators/tests.txt"), &ministack()).unwrap())
}

/// Ministack whose functions start in a fraction of the time: see `fixtures/emulators/workers`.
pub(crate) fn ministack() -> Program {
    let mut program = local_aws::ministack();
    program.environment.push(("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/emulators/workers")));
    program
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
