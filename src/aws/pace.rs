//! Waits before calls, so that a run stays below the quotas of its account: a call more is refused, and an account has
//! them for all its clients together.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

/// The calls of a quota that are under way at once, each on a connection of its own.
const AT_ONCE: usize = 32;

/// A second, and what a call may take longer to AWS than the one before it.
const SECOND: Duration = Duration::from_millis(1100);

/// A run never goes slower than a fifth of the quota: calls are signed before they wait, and a signature is valid for five
/// minutes.
const SLOWEST: usize = 5;

/// Which quota a call counts against, by its method and path; `None`: against none.
type Counts = fn(&str, &str) -> Option<usize>;

/// The quotas of one service, for all clients of this process.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    windows: Arc<Vec<Window>>,
    counts: Counts,
}

/// A quota: so many calls begin within this time.
#[derive(Debug)]
struct Window {
    within: Duration,
    /// As many as the quota allows.
    full: usize,
    under_way: Semaphore,
    state: Mutex<Begun>,
}

#[derive(Debug)]
struct Begun {
    /// As many as AWS seems to leave to this run.
    most: usize,
    /// When AWS last took no more; at first, when this began.
    refused: Instant,
    /// When that was last changed.
    changed: Instant,
    /// When the last ones began, the oldest first.
    times: VecDeque<Instant>,
}

impl Pace {
    /// `GetFunction` has 100 calls a second, `GetPolicy` 15, all others of the control plane 15 together.
    pub(super) fn of_lambda() -> Self {
        Self::new(vec![Window::new(100, SECOND), Window::new(15, SECOND), Window::new(15, SECOND)], |method, path| {
            let parts: Vec<_> = path.trim_matches('/').split('/').skip(1).collect();
            match (method, parts.as_slice()) {
                (_, ["functions", _, "invocations"]) => None,
                ("GET", ["functions", _]) => Some(0),
                ("GET", ["functions", _, "policy"]) => Some(1),
                _ => Some(2),
            }
        })
    }

    /// 10 calls a second, of which 40 may come at once.
    pub(super) fn of_rest_apis() -> Self {
        Self::new(vec![Window::new(40, 4 * SECOND)], |_, _| Some(0))
    }

    fn new(windows: Vec<Window>, counts: Counts) -> Self {
        Self { windows: Arc::new(windows), counts }
    }

    /// Returns a client whose calls wait for their turn.
    pub(super) fn client(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Paced { client, pace: self.clone() })
    }
}

impl Window {
    fn new(full: usize, within: Duration) -> Self {
        let now = Instant::now();
        let begun = Begun { most: full, refused: now, changed: now, times: VecDeque::new() };
        Self { within, full, under_way: Semaphore::new(AT_ONCE), state: Mutex::new(begun) }
    }

    /// Waits until one more call may begin.
    async fn turn(&self) {
        let at = {
            let mut begun = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if begun.most < self.full && now - begun.changed.max(begun.refused) >= 2 * self.within {
                begun.most += 1;
                begun.changed = now;
            }
            let most = begun.most;
            let at = begun.times.len().checked_sub(most).map(|index| begun.times[index] + self.within);
            let at = at.map_or(now, |at| at.max(now));
            begun.times.push_back(at);
            while begun.times.len() > self.full {
                begun.times.pop_front();
            }
            at
        };
        sleep_until(at).await;
    }

    /// AWS took no more: others make calls too. All that it refuses at the same time count once.
    fn slow_down(&self) {
        let (mut begun, now) = (self.state.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        if begun.most == self.full || now - begun.changed >= self.within {
            begun.most = (begun.most / 2).max(self.full.div_ceil(SLOWEST));
            begun.changed = now;
        }
        begun.refused = now;
    }
}

/// A client that waits before its calls.
#[derive(Debug)]
struct Paced<T> {
    client: T,
    pace: Pace,
}

impl HttpClient for Paced<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let client = self.client.http_connector(settings, components);
        SharedHttpConnector::new(Paced { client, pace: self.pace.clone() })
    }
}

impl HttpConnector for Paced<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let path = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
        let path = path.split_once('/').map_or("", |(_, path)| path).split('?').next().unwrap_or_default();
        let Some(quota) = (self.pace.counts)(request.method(), path) else { return self.client.call(request) };
        let (client, pace) = (self.client.clone(), self.pace.clone());
        HttpConnectorFuture::new(async move {
            let window = &pace.windows[quota];
            let _permit = window.under_way.acquire().await;
            window.turn().await;
            let is_read = request.method() == "GET";
            let answer = client.call(request).await?;
            // Some writes have quotas of their own.
            if is_read && answer.status().as_u16() == 429 {
                window.slow_down();
            }
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn begun(window: &Window, calls: usize) -> Vec<u128> {
        let first = Instant::now();
        let mut times = Vec::new();
        for _ in 0..calls {
            window.turn().await;
            times.push(first.elapsed().as_millis());
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_has_more_calls_than_its_quota() {
        let window = Window::new(3, Duration::from_secs(1));
        assert_eq!(begun(&window, 7).await, [0, 0, 0, 1000, 1000, 1000, 2000]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_halves_the_pace_for_a_while() {
        let window = Window::new(4, Duration::from_secs(1));
        assert_eq!(begun(&window, 4).await, [0, 0, 0, 0]);
        window.slow_down();
        window.slow_down();
        assert_eq!(begun(&window, 5).await, [1000, 1000, 2000, 2000, 2000]);
    }

    #[tokio::test(start_paused = true)]
    async fn where_every_call_is_refused_one_is_left() {
        let window = Window::new(4, Duration::from_secs(1));
        for _ in 0..12 {
            window.turn().await;
            window.slow_down();
        }
        assert_eq!(window.state.lock().unwrap().most, 1);
    }

    #[test]
    fn each_call_counts_against_its_own_quota() {
        let counts = Pace::of_lambda().counts;
        assert_eq!(counts("GET", "2015-03-31/functions/hello"), Some(0));
        assert_eq!(counts("GET", "2015-03-31/functions/hello/policy"), Some(1));
        assert_eq!(counts("GET", "2015-03-31/functions/hello/aliases/live"), Some(2));
        assert_eq!(counts("GET", "2015-03-31/functions"), Some(2));
        assert_eq!(counts("PUT", "2015-03-31/functions/hello/code"), Some(2));
        assert_eq!(counts("POST", "2015-03-31/functions/hello/invocations"), None);
    }
}
