//! A file server on loopback that may cut an answer short, or fail at first.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use crate::support::listen;

/// What it does to the files of its answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Nothing.
    Whole,
    /// It promises all bytes, sends half, and hangs up.
    Truncated,
    /// It answers 503 to the first request.
    FailsOnce,
}

/// A running server; it ends with this process.
pub(super) struct Server {
    /// `http://127.0.0.1:PORT`.
    pub(super) url: String,
    state: Arc<State>,
}

struct State {
    files: BTreeMap<String, Vec<u8>>,
    manner: Manner,
    /// The paths that were asked for.
    asked: Mutex<Vec<String>>,
}

impl Server {
    /// Serves these files by their paths, which begin with `/`.
    pub(super) fn start(files: BTreeMap<String, Vec<u8>>, manner: Manner) -> Self {
        let state = Arc::new(State { files, manner, asked: Mutex::default() });
        let shared = Arc::clone(&state);
        Self { url: listen(move |client| shared.answer(client)), state }
    }

    /// The paths that were asked for since the last look.
    pub(super) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.asked.lock().unwrap())
    }
}

impl State {
    fn answer(&self, mut connection: &TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(connection).lines();
        let path = lines.next().unwrap().unwrap().split(' ').nth(1).unwrap().to_owned();
        for _ in lines.by_ref().take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())) {}
        let earlier = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(path.clone());
            asked.len() - 1
        };
        let (status, body) = match self.files.get(&path) {
            Some(_) if self.manner == Manner::FailsOnce && earlier == 0 => ("503 Service Unavailable", &[][..]),
            Some(body) => ("200 OK", body.as_slice()),
            None => ("404 Not Found", &[][..]),
        };
        let sent = if self.manner == Manner::Truncated { &body[..body.len() / 2] } else { body };
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        connection.write_all(&[head.as_bytes(), sent].concat())
    }
}
