//! One call to GitHub's API: how often, how soon after another, and what its answer means.
//!
//! <https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api>

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
use crate::http::causes;
use crate::network;
use crate::world::rest;

const JSON: &str = "application/vnd.github+json";
/// The bytes of a file.
const RAW: &str = "application/vnd.github.raw+json";

/// The most items that GitHub gives on a page.
pub(super) const PER_PAGE: usize = 100;
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
pub(super) struct ApiCall {
    method: Method,
    /// Below the API's base, with a slash; or a whole URL.
    target: String,
    accept: &'static str,
    body: Option<Value>,
}

/// An answer that is a success.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    call: String,
    body: String,
}

/// What a failed call means for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ApiErrorKind {
    /// 404, 410: there is no such thing, or not for this token.
    NotFound,
    /// 401: the token is none, or none any more.
    NoToken,
    /// 403.
    Denied,
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
pub(super) struct ApiError {
    call: String,
    pub(super) kind: ApiErrorKind,
    message: String,
}

impl ApiCall {
    /// Reads JSON.
    pub(super) fn get(target: String) -> Self {
        Self { method: Method::GET, target, accept: JSON, body: None }
    }

    /// Reads the bytes of a file.
    pub(super) fn get_raw(target: String) -> Self {
        Self { accept: RAW, ..Self::get(target) }
    }

    /// Sends JSON.
    pub(super) fn post(target: String, body: Value) -> Self {
        Self { method: Method::POST, body: Some(body), ..Self::get(target) }
    }

    /// Changes a resource.
    pub(super) fn patch(target: String, body: Value) -> Self {
        Self { method: Method::PATCH, ..Self::post(target, body) }
    }

    /// Deletes a resource.
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

    /// Sends a read, which may be repeated.
    pub(super) async fn read(&self, call: &ApiCall) -> Result<Reply, ApiError> {
        self.attempts(call, |error| matches!(error.kind, ApiErrorKind::Unknown | ApiErrorKind::NotSent)).await
    }

    /// Reads a document.
    pub(super) async fn get<T: DeserializeOwned>(&self, target: String) -> Result<T, ApiError> {
        self.read(&ApiCall::get(target)).await?.document()
    }

    /// Reads all items of a list, but at most `pages` pages. `target` ends where the parameters of a page begin.
    pub(super) async fn list<T: DeserializeOwned>(&self, target: &str, pages: usize) -> Result<Vec<T>, ApiError> {
        let mut items = Vec::new();
        for page in 1..=pages {
            let mut more: Vec<T> = self.get(format!("{target}per_page={PER_PAGE}&page={page}")).await?;
            let is_last = more.len() < PER_PAGE;
            items.append(&mut more);
            if is_last {
                break;
            }
        }
        Ok(items)
    }

    /// Sends a write. If it is unknown whether it was done, the caller has to look.
    pub(super) async fn write(&self, call: &ApiCall) -> Result<Reply, ApiError> {
        let mut last = self.last_write.lock().await; // until this one has ended: one at a time
        if let Some(last) = *last {
            rest(self.pause.saturating_sub(last.elapsed())).await;
        }
        let result = self.attempts(call, |error| error.kind == ApiErrorKind::NotSent).await;
        *last = Some(Instant::now());
        result
    }

    /// Sends a write. If it is unknown whether it was done, looks, and sends it again only if it was not.
    pub(super) async fn write_once<T>(
        &self,
        call: &ApiCall,
        read: impl Fn(&Reply) -> Result<T, ApiError>,
        look: impl AsyncFn() -> Result<Option<T>, ApiError>,
    ) -> Result<T, ApiError> {
        let mut attempt = 1;
        loop {
            match self.write(call).await.and_then(|reply| read(&reply)) {
                Err(error) if error.kind == ApiErrorKind::Unknown && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
            rest(self.pause).await;
            if let Some(done) = look().await? {
                return Ok(done);
            }
        }
    }

    /// Tries again where nothing was done because of a limit, and where `may_repeat` says so.
    async fn attempts(&self, call: &ApiCall, may_repeat: impl Fn(&ApiError) -> bool) -> Result<Reply, ApiError> {
        let mut attempt = 1;
        loop {
            let error = match self.once(call).await {
                Err(error) if attempt < ATTEMPTS => error,
                result => return result,
            };
            match error.kind {
                ApiErrorKind::Limited(wait) if wait <= LONGEST_WAIT => rest(wait).await,
                _ if may_repeat(&error) => rest(self.pause * attempt).await,
                _ => return Err(error),
            }
            attempt += 1;
        }
    }

    async fn once(&self, call: &ApiCall) -> Result<Reply, ApiError> {
        let failed = |kind, message: String| ApiError { call: call.words(), kind, message };
        // octocrab adds the version of the API that it is written for.
        let builder = Request::builder().method(call.method.clone()).uri(&call.target).header(ACCEPT, call.accept);
        let request = self.octocrab.build_request(builder, call.body.as_ref());
        let request = request.map_err(|error| failed(ApiErrorKind::NotSent, innermost(&error)))?;
        let response = self.octocrab.execute(request).await;
        let response = response.map_err(|error| failed(no_answer(&error), innermost(&error)))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.octocrab.body_to_string(response).await;
        let body = body.map_err(|error| failed(ApiErrorKind::Unknown, innermost(&error)))?;
        if status.is_success() {
            return Ok(Reply { call: call.words(), body });
        }
        let message = message(&body);
        let kind = kind(status.as_u16(), &headers, &message);
        Err(failed(kind, format!("{}: {message}", status.as_u16())))
    }
}

impl Reply {
    /// The body as JSON of this shape.
    pub(super) fn document<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_str(&self.body)
            .map_err(|error| self.refused(format!("the answer is not what GitHub documents: {error}")))
    }

    /// Returns the error of an answer that says in these words that nothing was done.
    pub(super) fn refused(&self, message: String) -> ApiError {
        ApiError { call: self.call.clone(), kind: ApiErrorKind::Refused, message }
    }

    /// Returns the error of an answer that does not say whether anything was done, only this.
    pub(super) fn unknown(&self, message: &str) -> ApiError {
        ApiError { kind: ApiErrorKind::Unknown, ..self.refused(message.to_owned()) }
    }

    /// The body as it came.
    pub(super) fn text(self) -> String {
        self.body
    }
}

/// How a call ended, for those who made it.
pub(super) trait CallResult<T> {
    /// Returns `None` where GitHub has no such thing, or not for this token.
    fn if_found(self) -> Result<Option<T>, ApiError>;

    /// Returns the user's view of an error: `what` says what could not be done, `permission` what the job needs for it.
    fn or_problem(self, what: impl Into<String>, permission: &str) -> Result<T, Problem>;
}

impl<T> CallResult<T> for Result<T, ApiError> {
    fn if_found(self) -> Result<Option<T>, ApiError> {
        match self {
            Err(error) if error.kind == ApiErrorKind::NotFound => Ok(None),
            result => result.map(Some),
        }
    }

    fn or_problem(self, what: impl Into<String>, permission: &str) -> Result<T, Problem> {
        self.map_err(|error| error.into_problem(what.into(), permission))
    }
}

impl ApiError {
    fn into_problem(self, what: String, permission: &str) -> Problem {
        let fix = match self.kind {
            ApiErrorKind::NoToken => {
                "GitHub does not take this token: give another one, or try again if it has expired".to_owned()
            }
            ApiErrorKind::Denied | ApiErrorKind::NotFound => format!("give the job the permission `{permission}`"),
            ApiErrorKind::Limited(wait) => {
                format!("GitHub takes no more calls for {} seconds: try again then", wait.as_secs())
            }
            ApiErrorKind::NotSent | ApiErrorKind::Unknown if network::is_untrusted(&self.message) => {
                network::TRUST.to_owned()
            }
            ApiErrorKind::NotSent | ApiErrorKind::Unknown => {
                "check the network and GitHub's status: try again".to_owned()
            }
            ApiErrorKind::Refused => "correct what GitHub names, then try again".to_owned(),
        };
        Problem::new(what).why(format!("{}: {}", self.call, self.message)).fix(fix)
    }
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

fn kind(status: u16, headers: &HeaderMap, message: &str) -> ApiErrorKind {
    if let (403 | 429, Some(wait)) = (status, limit(status, headers, message)) {
        return ApiErrorKind::Limited(wait);
    }
    match status {
        401 => ApiErrorKind::NoToken,
        403 => ApiErrorKind::Denied,
        404 | 410 => ApiErrorKind::NotFound,
        300..500 => ApiErrorKind::Refused,
        _ => ApiErrorKind::Unknown,
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
fn no_answer(error: &(dyn Error + 'static)) -> ApiErrorKind {
    let was_sent = |cause: &reqwest::Error| !cause.is_connect() && !cause.is_builder();
    match causes(error).find_map(|cause| cause.downcast_ref::<reqwest::Error>()) {
        Some(cause) if !was_sent(cause) => ApiErrorKind::NotSent,
        _ => ApiErrorKind::Unknown,
    }
}

/// The innermost cause, in words.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let cause = causes(error).last().unwrap_or(error);
    let timed_out =
        causes(error).any(|cause| cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout));
    if timed_out { "no answer in time".to_owned() } else { cause.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secondary_limit_without_a_time_is_a_minute() {
        let none = HeaderMap::new();
        let secondary = "You have exceeded a secondary rate limit.";
        for (status, message) in [(403, secondary), (429, secondary), (429, "Too many requests")] {
            assert_eq!(kind(status, &none, message), ApiErrorKind::Limited(UNNAMED_WAIT), "{status} {message}");
        }
        assert_eq!(kind(403, &none, "Resource not accessible by integration"), ApiErrorKind::Denied);
    }
}
