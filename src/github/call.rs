//! One call to GitHub's API: how often, how soon after another, and what its answer means.
//!
//! <https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api>

use std::convert::Infallible;
use std::error::Error;
use std::time::{Duration, Instant, SystemTime};

use http::header::{ACCEPT, HeaderMap};
use http::{Method, Request};
use octocrab::Octocrab;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::error::Problem;
use crate::model::Silent;
use crate::world::{Look, Wait};

const JSON: &str = "application/vnd.github+json";
/// The bytes of a file.
const RAW: &str = "application/vnd.github.raw+json";

/// How often a call is tried.
const ATTEMPTS: u32 = 3;
/// The longest time for which GitHub may ask to wait; a report is worth no longer one.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// What GitHub asks for where it names no time for a secondary limit.
/// <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
const UNNAMED_WAIT: Duration = Duration::from_mins(1);

/// Makes the calls: reads at once, writes one after another with a pause between them.
pub(super) struct Caller {
    octocrab: Octocrab,
    /// Between two writes, and before a call is tried again.
    pause: Duration,
    /// When the last one ended.
    last_write: Mutex<Option<Instant>>,
}

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    method: Method,
    /// Below the API's base, with a slash; or a whole URL.
    target: String,
    accept: &'static str,
    body: Option<&'a Value>,
}

/// An answer that is a success.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    call: String,
    body: String,
}

/// What a failed call means for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// 404, 410: there is no such thing, or not for this token.
    NotFound,
    /// 401: the token is none, or none any more.
    NoToken,
    /// 403.
    Denied,
    /// 409.
    Conflict,
    /// Any other 3xx and 4xx: nothing was done.
    Refused,
    /// 403 and 429: too many calls; nothing was done, and the next one may come after this time.
    Limited(Duration),
    /// There was no connection: nothing was done.
    NotSent,
    /// 5xx, or no answer: it may have been done or not.
    Unknown,
}

/// A call that failed.
#[derive(Clone, Debug)]
pub(super) struct CallError {
    call: String,
    pub(super) answer: Answer,
    message: String,
}

impl<'a> Call<'a> {
    /// Reads JSON.
    pub(super) fn get(target: String) -> Self {
        Self { method: Method::GET, target, accept: JSON, body: None }
    }

    /// Reads the bytes of a file.
    pub(super) fn get_raw(target: String) -> Self {
        Self { accept: RAW, ..Self::get(target) }
    }

    /// Sends JSON.
    pub(super) fn post(target: String, body: &'a Value) -> Self {
        Self { method: Method::POST, body: Some(body), ..Self::get(target) }
    }

    /// Changes what is there.
    pub(super) fn patch(target: String, body: &'a Value) -> Self {
        Self { method: Method::PATCH, ..Self::post(target, body) }
    }

    /// Takes away.
    pub(super) fn delete(target: String) -> Self {
        Self { method: Method::DELETE, ..Self::get(target) }
    }

    /// In words: `GET /repos/acme/hello/pulls/42`.
    fn words(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

impl Caller {
    /// With `pause` between writes.
    pub(super) fn new(octocrab: Octocrab, pause: Duration) -> Self {
        Self { octocrab, pause, last_write: Mutex::new(None) }
    }

    /// A call that changes nothing, so that it may be repeated.
    pub(super) async fn read(&self, call: &Call<'_>) -> Result<Reply, CallError> {
        self.attempts(call, |error| matches!(error.answer, Answer::Unknown | Answer::NotSent)).await
    }

    /// A call that changes something. Where nobody knows whether it was done, the caller has to look.
    pub(super) async fn write(&self, call: &Call<'_>) -> Result<Reply, CallError> {
        let mut last = self.last_write.lock().await; // until this one has ended: one at a time
        if let Some(last) = *last {
            rest(self.pause.saturating_sub(last.elapsed())).await;
        }
        let result = self.attempts(call, |error| error.answer == Answer::NotSent).await;
        *last = Some(Instant::now());
        result
    }

    /// Sends a write; where nobody knows whether it was done, looks, and sends it again only where it was not.
    pub(super) async fn write_once<T>(
        &self,
        call: &Call<'_>,
        read: impl Fn(&Reply) -> Result<T, CallError>,
        look: impl AsyncFn() -> Result<Option<T>, CallError>,
    ) -> Result<T, CallError> {
        let mut attempt = 1;
        loop {
            match self.write(call).await.and_then(|reply| read(&reply)) {
                Err(error) if error.answer == Answer::Unknown && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
            rest(self.pause).await;
            if let Some(done) = look().await? {
                return Ok(done);
            }
        }
    }

    /// Tries again where nothing was done because of a limit, and where `may_repeat` says so.
    async fn attempts(&self, call: &Call<'_>, may_repeat: impl Fn(&CallError) -> bool) -> Result<Reply, CallError> {
        let mut attempt = 1;
        loop {
            let error = match self.once(call).await {
                Err(error) if attempt < ATTEMPTS => error,
                result => return result,
            };
            match error.answer {
                Answer::Limited(wait) if wait <= LONGEST_WAIT => rest(wait).await,
                _ if may_repeat(&error) => rest(self.pause * attempt).await,
                _ => return Err(error),
            }
            attempt += 1;
        }
    }

    async fn once(&self, call: &Call<'_>) -> Result<Reply, CallError> {
        let failed = |answer, message: String| CallError { call: call.words(), answer, message };
        // octocrab adds the version of the API that it is written for.
        let builder = Request::builder().method(call.method.clone()).uri(&call.target).header(ACCEPT, call.accept);
        let request = self.octocrab.build_request(builder, call.body);
        let request = request.map_err(|error| failed(Answer::NotSent, innermost(&error)))?;
        let response = self.octocrab.execute(request).await;
        let response = response.map_err(|error| failed(no_answer(&error), innermost(&error)))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.octocrab.body_to_string(response).await;
        let body = body.map_err(|error| failed(Answer::Unknown, innermost(&error)))?;
        if status.is_success() {
            return Ok(Reply { call: call.words(), body });
        }
        let message = message(&body);
        let answer = answer(status.as_u16(), &headers, &message);
        Err(failed(answer, format!("{}: {message}", status.as_u16())))
    }
}

impl Reply {
    /// The body as JSON of this shape.
    pub(super) fn document<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_str(&self.body)
            .map_err(|error| self.refused(format!("the answer is not what GitHub documents: {error}")))
    }

    /// A success that is none, in these words.
    pub(super) fn refused(&self, message: String) -> CallError {
        CallError { call: self.call.clone(), answer: Answer::Refused, message }
    }

    /// A success that tells nothing, in these words.
    pub(super) fn unknown(&self, message: &str) -> CallError {
        CallError { call: self.call.clone(), answer: Answer::Unknown, message: message.to_owned() }
    }

    /// The body as it came.
    pub(super) fn text(self) -> String {
        self.body
    }
}

impl CallError {
    /// The user's view: `what` says what could not be done, `permission` what the job needs for it.
    pub(super) fn into_problem(self, what: impl Into<String>, permission: &str) -> Problem {
        let fix = match self.answer {
            Answer::NoToken => {
                "GitHub does not take this token: give another one, or try again if it has expired".to_owned()
            }
            Answer::Denied | Answer::NotFound => format!("give the job the permission `{permission}`"),
            Answer::Limited(wait) => {
                format!("GitHub takes no more calls for {} seconds: try again then", wait.as_secs())
            }
            Answer::NotSent | Answer::Unknown => "check the network and GitHub's status: try again".to_owned(),
            Answer::Conflict | Answer::Refused => String::new(),
        };
        Problem::new(what).why(format!("{}: {}", self.call, self.message)).fix(fix)
    }
}

/// Waits so long; a report has nothing else to wait for.
async fn rest(pause: Duration) {
    let ready = Instant::now() + pause;
    let (first, longest, deadline) = (pause, pause, pause + Duration::from_secs(1));
    let wait = Wait { what: "GitHub".to_owned(), first, longest, deadline, stops: Vec::new(), listener: &Silent };
    let look = async || -> Result<Look<()>, Infallible> {
        Ok(if Instant::now() >= ready { Look::Ready(()) } else { Look::NotYet(String::new()) })
    };
    wait.until(look).await.ok(); // past its deadline, the time is over as well
}

/// What GitHub says of a failure: `{"message": …}`.
fn message(body: &str) -> String {
    #[derive(Deserialize)]
    struct Said {
        message: String,
    }
    let said = serde_json::from_str::<Said>(body).map(|said| said.message);
    said.unwrap_or_else(|_| "without a reason".to_owned())
}

fn answer(status: u16, headers: &HeaderMap, message: &str) -> Answer {
    if let (403 | 429, Some(wait)) = (status, limit(status, headers, message)) {
        return Answer::Limited(wait);
    }
    match status {
        401 => Answer::NoToken,
        403 => Answer::Denied,
        404 | 410 => Answer::NotFound,
        409 => Answer::Conflict,
        300..500 => Answer::Refused,
        _ => Answer::Unknown,
    }
}

/// How long until the next call, where the answer is about too many of them.
///
/// <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
fn limit(status: u16, headers: &HeaderMap, message: &str) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    if number("x-ratelimit-remaining") == Some(0) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let reset = number("x-ratelimit-reset").map(Duration::from_secs);
        return Some(reset.map_or(UNNAMED_WAIT, |reset| reset.saturating_sub(now)));
    }
    (status == 429 || message.to_lowercase().contains("secondary rate limit")).then_some(UNNAMED_WAIT)
}

/// Whether a call without an answer may have been done.
fn no_answer(error: &(dyn Error + 'static)) -> Answer {
    let was_sent = |cause: &reqwest::Error| !cause.is_connect() && !cause.is_builder();
    match causes(error).find_map(|cause| cause.downcast_ref::<reqwest::Error>()) {
        Some(cause) if !was_sent(cause) => Answer::NotSent,
        _ => Answer::Unknown,
    }
}

/// The innermost cause, in words.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let cause = causes(error).last().unwrap_or(error);
    let timed_out =
        causes(error).any(|cause| cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout));
    if timed_out { "no answer in time".to_owned() } else { cause.to_string() }
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    // A reference to an error is an error as well, so that it says which one is meant.
    std::iter::successors(Some(error), |cause| (*cause).source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secondary_limit_without_a_time_is_a_minute() {
        let none = HeaderMap::new();
        let secondary = "You have exceeded a secondary rate limit.";
        for (status, message) in [(403, secondary), (429, secondary), (429, "Too many requests")] {
            assert_eq!(answer(status, &none, message), Answer::Limited(UNNAMED_WAIT), "{status} {message}");
        }
        assert_eq!(answer(403, &none, "Resource not accessible by integration"), Answer::Denied);
    }
}
