//! Prism: it answers as a schema says, or stands between a client and a server and judges both by it.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::openapi;
use crate::archive_file::go::python;
use crate::archive_file::installed::node;
use crate::support::fixtures;

/// On a loaded machine.
const START_TIMEOUT: Duration = Duration::from_mins(2);

/// A running one. It ends when it is dropped, and when this process ends.
pub(super) struct Prism {
    /// `http://127.0.0.1:PORT`.
    pub(super) url: String,
    keeper: Child,
}

impl Prism {
    /// Answers with GitHub's own examples.
    pub(super) fn mock() -> Self {
        Self::start("mock", &[])
    }

    /// Passes on to `upstream`; what does not fit GitHub's schema, on either side, is an error instead.
    pub(super) fn proxy(upstream: &str) -> Self {
        Self::start("proxy", &[upstream, "--errors"])
    }

    /// Another program may take the free port before it does.
    fn start(verb: &str, arguments: &[&str]) -> Self {
        let mut tries = (0..5).map(|_| Self::start_once(verb, arguments));
        tries.find_map(Result::ok).unwrap_or_else(|| Self::start_once(verb, arguments).unwrap())
    }

    /// `Err` is what it printed where it ended at once.
    fn start_once(verb: &str, arguments: &[&str]) -> Result<Self, String> {
        let folder = openapi::folder();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let scratch = tempfile::Builder::new().prefix("prism-").tempdir().unwrap().keep();
        let log = scratch.join("output.log");
        let output = File::create(&log).unwrap();
        let mut command = Command::new(python());
        command.arg(fixtures().join("emulators/keeper.py")).arg(&scratch).arg(node());
        command.arg(folder.join("node_modules/@stoplight/prism-cli/dist/index.js")).arg(verb);
        command.arg(openapi::trimmed(&folder)).args(arguments).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).env("HOME", &scratch);
        command.stdin(Stdio::piped()).stdout(output.try_clone().unwrap()).stderr(output);
        let mut prism = Self { url: format!("http://127.0.0.1:{port}"), keeper: command.spawn().unwrap() };
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        let began = Instant::now();
        // That somebody listens there does not say who.
        while !said().contains("listening on") {
            if prism.keeper.try_wait().unwrap().is_some() {
                return Err(said());
            }
            assert!(began.elapsed() < START_TIMEOUT, "prism did not start: {}", said());
            thread::sleep(Duration::from_millis(50));
        }
        Ok(prism)
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}
