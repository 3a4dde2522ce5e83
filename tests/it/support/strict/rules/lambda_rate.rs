use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Exchange, Message, Rule};

/// Calls of Lambda's control plane, all together but `Invoke`, `GetFunction` and `GetPolicy`, at most 15 in a
/// second; `GetPolicy` the same by itself, `GetFunction` 100. More are 429.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(crate) struct LambdaRate {
    per_second: usize,
    rest: Window,
    policies: Window,
    functions: Window,
}

#[derive(Default)]
struct Window(Mutex<VecDeque<Instant>>);

impl LambdaRate {
    /// So many per second instead of 15, of `GetPolicy` as well.
    pub(crate) fn of(per_second: usize) -> Self {
        Self { per_second, rest: Window::default(), policies: Window::default(), functions: Window::default() }
    }
}

impl Window {
    fn takes(&self, limit: usize) -> bool {
        let (mut times, now) = (self.0.lock().unwrap(), Instant::now());
        while times.front().is_some_and(|time| now - *time >= Duration::from_secs(1)) {
            times.pop_front();
        }
        let takes = times.len() < limit;
        if takes {
            times.push_back(now);
        }
        takes
    }
}

impl Rule for LambdaRate {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if exchange.call.service != "lambda" {
            return None;
        }
        let takes = match exchange.call.action {
            "Invoke" => true,
            "GetFunction" => self.functions.takes(100),
            "GetPolicy" => self.policies.takes(self.per_second),
            _ => self.rest.takes(self.per_second),
        };
        let body = json!({ "Reason": "CallerRateLimitExceeded", "Type": "User", "message": "Rate exceeded" });
        (!takes).then(|| Message::json(429, &body).with_header("x-amzn-ErrorType", "TooManyRequestsException"))
    }
}
