//! A GitHub that knows pull requests and files of commits, and takes nothing else.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;

/// The commit of the base branch.
pub(super) const BASE: &str = "ba5eba5eba5eba5eba5eba5eba5eba5eba5eba5e";

/// A running GitHub; it ends with this process.
pub(super) struct GitHub {
    /// `http://127.0.0.1:PORT`.
    pub(super) url: String,
    state: Arc<Mutex<State>>,
}

/// A pull request at one moment.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) is_open: bool,
    pub(super) head: String,
}

#[derive(Default)]
struct State {
    /// One for each look, by number; the last one stays.
    pull_requests: BTreeMap<u64, VecDeque<Seen>>,
    /// By path, at [`BASE`].
    files: BTreeMap<String, String>,
    /// Whether it fails from now on.
    is_down: bool,
}

impl GitHub {
    /// One that knows nothing.
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || answer(&connection, &state));
            }
        });
        Self { url, state }
    }

    /// What each look at a pull request shows; the last one stays.
    pub(super) fn shows(&self, number: u64, seen: impl IntoIterator<Item = Seen>) {
        self.state.lock().unwrap().pull_requests.insert(number, seen.into_iter().collect());
    }

    /// A file on the base branch; `None` takes it away.
    pub(super) fn base(&self, path: &str, text: Option<&str>) {
        let files = &mut self.state.lock().unwrap().files;
        match text {
            Some(text) => files.insert(path.to_owned(), text.to_owned()),
            None => files.remove(path),
        };
    }

    /// It answers 500 from now on.
    pub(super) fn fails(&self) {
        self.state.lock().unwrap().is_down = true;
    }
}

fn answer(mut connection: &TcpStream, state: &Mutex<State>) {
    let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let is_authorized =
        lines.take_while(|line| !line.is_empty()).any(|line| line.to_lowercase() == "authorization: bearer none");
    let target = first.split(' ').nth(1).unwrap_or_default();
    let (status, body) = if is_authorized { state.lock().unwrap().answer(target) } else { (401, "{}".to_owned()) };
    let head = format!("HTTP/1.1 {status} -\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // A client that has gone needs no answer.
    drop(connection.write_all((head + &body).as_bytes()));
}

impl State {
    fn answer(&mut self, target: &str) -> (u16, String) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').splitn(5, '/').collect();
        let missing = (404, json!({ "message": "Not Found" }).to_string());
        match parts[..] {
            _ if self.is_down => (500, "{}".to_owned()),
            ["repos", _, _, "pulls", number] => {
                number.parse().ok().and_then(|it| self.pull(it)).map_or(missing, |it| (200, it))
            }
            ["repos", _, _, "contents", path] if query.contains(BASE) => {
                self.files.get(path).map_or(missing, |text| (200, text.clone()))
            }
            _ => missing,
        }
    }

    fn pull(&mut self, number: u64) -> Option<String> {
        let looks = self.pull_requests.get_mut(&number)?;
        let seen = if looks.len() > 1 { looks.pop_front()? } else { looks.front()?.clone() };
        let state = if seen.is_open { "open" } else { "closed" };
        let document = json!({
            "number": number, "state": state, "head": { "sha": seen.head, "ref": "change" }, "base": { "sha": BASE, "ref": "main" },
        });
        Some(document.to_string())
    }
}
