use std::sync::Mutex;
use std::time::Instant;

use serde_json::json;

use super::{Exchange, Message, Rule};

/// An account makes ten calls a second of API Gateway's control plane, of which forty may come at once; of them five
/// `GetResources` in two seconds. More are 429.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub(crate) struct ApiReads {
    all: Bucket,
    resources: Bucket,
}

/// Tokens that come back with time.
struct Bucket {
    size: f64,
    per_second: f64,
    left: Mutex<(f64, Instant)>,
}

impl Default for ApiReads {
    fn default() -> Self {
        Self { all: Bucket::new(40.0, 10.0), resources: Bucket::new(5.0, 2.5) }
    }
}

impl Bucket {
    fn new(size: f64, per_second: f64) -> Self {
        Self { size, per_second, left: Mutex::new((size, Instant::now())) }
    }

    fn takes(&self) -> bool {
        let (mut left, now) = (self.left.lock().unwrap(), Instant::now());
        let have = (left.0 + (now - left.1).as_secs_f64() * self.per_second).min(self.size);
        let takes = have >= 1.0;
        *left = (if takes { have - 1.0 } else { have }, now);
        takes
    }
}

impl Rule for ApiReads {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if !["apigateway", "apigatewayv2"].contains(&&*exchange.call.service) {
            return None;
        }
        let takes = self.all.takes() && (exchange.call.action != "GetResources" || self.resources.takes());
        let body = json!({ "message": "Too Many Requests" });
        (!takes).then(|| Message::json(429, &body).with_header("x-amzn-ErrorType", "TooManyRequestsException"))
    }
}
