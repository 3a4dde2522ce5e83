//! A repository at GitHub with pull requests, as far as `preview prune` and `max_previews` ask it.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::support::strict::{Message, read_request, write_answer};

/// What GitHub says of a pull request, by its number. It ends with this process.
pub(super) struct GitHub {
    url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Missing ones are 404.
    pull_requests: Mutex<BTreeMap<u64, &'static str>>,
    /// The status of every answer, where it is no good one.
    broken: Mutex<Option<u16>>,
    /// Each comment, with the number of its pull request.
    comments: Mutex<Vec<(u64, String)>>,
}

impl GitHub {
    /// With these pull requests, `open` or `closed`.
    pub(super) fn start(pull_requests: &[(u64, &'static str)]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        state.pull_requests.lock().unwrap().extend(pull_requests.iter().copied());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || state.serve(&connection));
            }
        });
        Self { url, state }
    }

    /// Answers everything with this status from now on.
    pub(super) fn break_with(&self, status: u16) {
        *self.state.broken.lock().unwrap() = Some(status);
    }

    /// The comments so far, with the numbers of their pull requests.
    pub(super) fn comments(&self) -> Vec<(u64, String)> {
        self.state.comments.lock().unwrap().clone()
    }

    /// Lets a run ask this repository.
    pub(super) fn known_to<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("GITHUB_TOKEN", "token").env("GITHUB_API_URL", &self.url).env("SLS_RELEASE_GITHUB_PAUSE", "1");
        command.env("GITHUB_GRAPHQL_URL", format!("{}/graphql", self.url))
    }
}

impl State {
    fn serve(&self, connection: &TcpStream) {
        let mut reader = BufReader::new(connection);
        while let Ok(Some(request)) = read_request(connection, &mut reader) {
            let answer = self.answer(&request);
            if write_answer(connection, request.word(0), &answer).is_err() {
                break;
            }
        }
    }

    fn answer(&self, request: &Message) -> Message {
        if let Some(status) = *self.broken.lock().unwrap() {
            return Message::json(status, &json!({ "message": "broken" }));
        }
        let path = request.word(1).split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (request.word(0), parts.as_slice()) {
            ("POST", ["graphql"]) => Message::json(200, &json!({ "data": { "viewer": { "login": "tester" } } })),
            ("GET", ["repos", _, _, "pulls", number]) => self.pull_request(number),
            ("GET", ["repos", _, _, "pulls" | "deployments"] | ["repos", _, _, "issues", _, "comments"]) => {
                Message::json(200, &json!([]))
            }
            ("POST", ["repos", _, _, "issues", number, "comments"]) => self.comment(number, &request.document()),
            _ => Message::json(404, &json!({ "message": "Not Found" })),
        }
    }

    fn pull_request(&self, number: &str) -> Message {
        let number: u64 = number.parse().unwrap();
        let Some(state) = self.pull_requests.lock().unwrap().get(&number).copied() else {
            return Message::json(404, &json!({ "message": "Not Found" }));
        };
        let commit = json!({ "sha": "0".repeat(40), "ref": "main" });
        Message::json(200, &json!({ "number": number, "state": state, "head": commit, "base": commit }))
    }

    fn comment(&self, number: &str, body: &Value) -> Message {
        let text = body["body"].as_str().unwrap().to_owned();
        self.comments.lock().unwrap().push((number.parse().unwrap(), text.clone()));
        let user = json!({ "login": "tester", "type": "User" });
        Message::json(201, &json!({ "id": 1, "body": text, "user": user, "html_url": "https://github.com/x" }))
    }
}
