//! What goes wrong: limits, refusals, lost answers.

use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use super::routes;
use super::state::State;
use crate::support::strict::Message;

/// GitHub asks for a second; here it is less than the pause of the program's runs.
const BETWEEN_WRITES: Duration = Duration::from_millis(20);

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This status, and nothing was done.
    Status(u16),
    /// 429 with `retry-after`, in seconds, and nothing was done.
    TooMany(u64),
    /// 403 of the secondary limit with `retry-after`, in seconds, and nothing was done.
    SecondaryLimit(u64),
    /// 403 of the primary limit, which ends in so many seconds, and nothing was done.
    PrimaryLimit(u64),
    /// 202 without an id: GitHub merged instead.
    Merged,
    /// It was done, and this status is the answer.
    DoneBut(u16),
    /// It was done, and the connection ends without an answer.
    DoneButReset,
    /// The connection ends, and nothing was done.
    Reset,
}

impl Fault {
    fn is_done(self) -> bool {
        matches!(self, Self::DoneBut(_) | Self::DoneButReset)
    }

    /// `None`: the connection ends.
    fn answer(self) -> Option<Message> {
        Some(match self {
            Self::Reset | Self::DoneButReset => return None,
            Self::Status(status) | Self::DoneBut(status) => refusal(status, words(status)),
            Self::TooMany(seconds) => {
                refusal(429, "Too many requests").with_header("retry-after", &seconds.to_string())
            }
            Self::SecondaryLimit(seconds) => secondary_limit().with_header("retry-after", &seconds.to_string()),
            Self::PrimaryLimit(seconds) => {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
                refusal(403, "API rate limit exceeded for installation.")
                    .with_header("x-ratelimit-remaining", "0")
                    .with_header("x-ratelimit-reset", &(now + seconds).to_string())
            }
            Self::Merged => Message::json(202, &json!({"message": "Auto-merged main into the branch on deployment."})),
        })
    }
}

/// GitHub's words for what a workflow sees most often.
fn words(status: u16) -> &'static str {
    match status {
        403 => "Resource not accessible by integration",
        404 => "Not Found",
        410 => "This issue was deleted",
        422 => "Validation Failed",
        _ => "Server Error",
    }
}

/// <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api>
pub(super) fn refusal(status: u16, message: &str) -> Message {
    Message::json(status, &json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }))
}

fn secondary_limit() -> Message {
    refusal(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
}

/// `None` where the connection is to end without an answer. `last_write` is that of the same client.
pub(super) fn answer(state: &mut State, last_write: &mut Option<Instant>, request: &Message) -> Option<Message> {
    let call = format!("{} {}", request.word(0), request.word(1));
    state.calls.push(call.clone());
    let is_write = request.word(0) != "GET" && !call.ends_with("/graphql");
    let fault = take_fault(state, &call);
    if is_write && is_hasty(state, *last_write) {
        return Some(secondary_limit());
    }
    let answer = match fault {
        Some(fault) if !fault.is_done() => fault.answer(),
        Some(fault) => {
            routes::answer(state, request);
            fault.answer()
        }
        None => Some(routes::answer(state, request)),
    };
    if is_write {
        *last_write = Some(Instant::now());
    }
    answer
}

fn take_fault(state: &mut State, call: &str) -> Option<Fault> {
    let at = state.faults.iter().position(|(of, ..)| call.starts_with(of.as_str()))?;
    let (_, fault, stays) = state.faults[at];
    if !stays {
        state.faults.remove(at);
    }
    Some(fault)
}

/// <https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests>
fn is_hasty(state: &mut State, last_write: Option<Instant>) -> bool {
    let is_hasty = last_write.is_some_and(|last| last.elapsed() < BETWEEN_WRITES);
    state.hasty_writes += usize::from(is_hasty);
    is_hasty
}
