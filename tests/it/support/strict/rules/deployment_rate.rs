use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::{Exchange, Message, Rule, api_gateway_error};

/// One `CreateDeployment` every five seconds per account; more are 429.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html>
pub(crate) struct DeploymentRate(Turn);

impl DeploymentRate {
    /// One in this time.
    pub(crate) fn one_per(interval: Duration) -> Self {
        Self(Turn::every(interval))
    }
}

impl Rule for DeploymentRate {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let is_of_http = exchange.call.service == "apigatewayv2" && exchange.call.action == "CreateDeployment";
        (is_of_http || exchange.is_api_gateway(&["CreateDeployment"])).then(|| self.0.refusal()).flatten()
    }
}

/// A kind of call that API Gateway takes once in a time.
pub(super) struct Turn {
    interval: Duration,
    last: Mutex<Option<Instant>>,
}

impl Turn {
    /// Once in this time.
    pub(super) fn every(interval: Duration) -> Self {
        Self { interval, last: Mutex::default() }
    }

    /// The answer to a call that comes too early; any other call is the last one from now on.
    pub(super) fn refusal(&self) -> Option<Message> {
        let (mut last, now) = (self.last.lock().unwrap(), Instant::now());
        let left = last.map_or(Duration::ZERO, |last| self.interval.saturating_sub(now - last));
        if left.is_zero() {
            *last = Some(now);
            return None;
        }
        let seconds = left.as_millis().div_ceil(1000).to_string();
        let answer = api_gateway_error(429, "TooManyRequestsException", "Too Many Requests");
        Some(answer.with_header("Retry-After", &seconds))
    }
}
