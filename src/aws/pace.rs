//! Waits before calls, so that a run stays below the quotas of its account: a call more is refused, and an account has
//! them for all its clients together.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

/// The calls of a quota that are under way at once, each on a connection of its own.
const AT_ONCE: usize = 32;

/// A second, and a little more, since clocks differ.
const SECOND: Duration = Duration::from_millis(1020);

/// AWS counts a call when it arrives, which is before its answer comes. The answer to a write may take long; it is taken to
/// arrive within this time, even where it needs a new connection.
const ARRIVES: Duration = Duration::from_millis(250);

/// A run never goes slower than a fifth of the quota: calls are signed before they wait, and a signature is valid for five
/// minutes.
const SLOWEST: usize = 5;

/// Which quotas a call counts against, by its method and path.
type Counts = fn(&str, &str) -> &'static [usize];

/// The quotas of one service, for all clients of this process.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    windows: Arc<Vec<Arc<Window>>>,
    counts: Counts,
}

/// A quota: so many calls within this time.
#[derive(Debug)]
struct Window {
    within: Duration,
    /// As many as the quota allows.
    full: usize,
    under_way: Semaphore,
    /// One for each call that may begin now.
    places: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// As many as AWS seems to leave to this run.
    most: usize,
    /// As many as there are, with those that are taken.
    places: usize,
    /// When AWS last took no more; at first, when this began.
    refused: Instant,
    /// When `most` was last changed.
    changed: Instant,
}

/// A place in a window, from before a call until AWS does not count the call any more.
struct Place {
    window: Arc<Window>,
    is_read: bool,
    began: Instant,
}

impl Pace {
    /// `GetFunction` has 100 calls a second, `GetPolicy` 15, all others of the control plane 15 together.
    pub(super) fn of_lambda() -> Self {
        Self::new(&[(100, SECOND), (15, SECOND), (15, SECOND)], |method, path| {
            let parts: Vec<_> = path.trim_matches('/').split('/').skip(1).collect();
            match (method, parts.as_slice()) {
                (_, ["functions", _, "invocations"]) => &[],
                ("GET", ["functions", _]) => &[0],
                ("GET", ["functions", _, "policy"]) => &[1],
                _ => &[2],
            }
        })
    }

    /// 10 calls a second, of which 40 may come at once; of them 5 `GetResources` in two seconds.
    pub(super) fn of_apis() -> Self {
        Self::new(&[(40, 4 * SECOND), (5, 2 * SECOND)], |method, path| {
            let parts: Vec<_> = path.trim_matches('/').split('/').collect();
            if matches!((method, parts.as_slice()), ("GET", ["restapis", _, "resources"])) { &[1, 0] } else { &[0] }
        })
    }

    fn new(quotas: &[(usize, Duration)], counts: Counts) -> Self {
        let windows = quotas.iter().map(|(full, within)| Arc::new(Window::new(*full, *within)));
        Self { windows: Arc::new(windows.collect()), counts }
    }

    /// Returns a client whose calls wait for their turn.
    pub(super) fn client(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Paced { client, pace: self.clone() })
    }
}

impl Window {
    fn new(full: usize, within: Duration) -> Self {
        let now = Instant::now();
        let state = State { most: full, places: full, refused: now, changed: now };
        Self {
            within,
            full,
            under_way: Semaphore::new(AT_ONCE),
            places: Semaphore::new(full),
            state: Mutex::new(state),
        }
    }

    /// Waits until one more call may begin.
    async fn turn(self: &Arc<Self>, is_read: bool) -> Place {
        self.grow();
        // The semaphore is never closed.
        if let Ok(permit) = self.places.acquire().await {
            permit.forget();
        }
        Place { window: Arc::clone(self), is_read, began: Instant::now() }
    }

    /// Takes one more at once where AWS refused none for a while.
    fn grow(&self) {
        let (mut state, now) = (self.state(), Instant::now());
        if state.most < self.full && now - state.changed.max(state.refused) >= 2 * self.within {
            (state.most, state.changed) = (state.most + 1, now);
            if state.places < state.most {
                state.places += 1;
                self.places.add_permits(1);
            }
        }
    }

    /// AWS took no more: others make calls too. All that it refuses at the same time count once.
    fn slow_down(&self) {
        let (mut state, now) = (self.state(), Instant::now());
        if state.most == self.full || now - state.changed >= self.within {
            state.most = (state.most / 2).max(self.full.div_ceil(SLOWEST));
            state.changed = now;
        }
        state.refused = now;
    }

    /// Gives a place back, unless there are to be fewer now.
    fn free(&self) {
        let mut state = self.state();
        if state.places > state.most {
            state.places -= 1;
        } else {
            self.places.add_permits(1);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (window, took) = (Arc::clone(&self.window), self.began.elapsed());
        let arrived = self.began + if self.is_read { took } else { took.min(ARRIVES) };
        let until = arrived + window.within;
        // Without a runtime the process ends.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                sleep_until(until).await;
                window.free();
            });
        }
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
        let quotas = (self.pace.counts)(request.method(), path);
        let (client, pace) = (self.client.clone(), self.pace.clone());
        HttpConnectorFuture::new(async move {
            let is_read = request.method() == "GET";
            let windows = || quotas.iter().map(|quota| &pace.windows[*quota]);
            let (mut connections, mut places) = (Vec::new(), Vec::new());
            for window in windows() {
                connections.push(window.under_way.acquire().await);
                places.push(window.turn(is_read).await);
            }
            let answer = client.call(request).await?;
            // Some writes have quotas of their own.
            if is_read && answer.status().as_u16() == 429 {
                windows().for_each(|window| window.slow_down());
            }
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    /// When calls begin that are answered at once.
    async fn begun(window: &Arc<Window>, calls: usize) -> Vec<u128> {
        let first = Instant::now();
        let mut times = Vec::new();
        for _ in 0..calls {
            drop(window.turn(false).await);
            times.push(first.elapsed().as_millis());
        }
        times
    }

    fn window(full: usize) -> Arc<Window> {
        Arc::new(Window::new(full, Duration::from_secs(1)))
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_has_more_calls_than_its_quota() {
        assert_eq!(begun(&window(3), 7).await, [0, 0, 0, 1000, 1000, 1000, 2000]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_counts_from_its_answer_or_soon() {
        let window = window(1);
        let place = window.turn(false).await;
        sleep(Duration::from_millis(100)).await;
        drop(place);
        assert_eq!(begun(&window, 1).await, [1000]);
        let place = window.turn(false).await;
        let began = Instant::now();
        sleep(Duration::from_millis(900)).await;
        drop(place);
        drop(window.turn(false).await);
        assert_eq!(began.elapsed(), Duration::from_secs(1) + ARRIVES);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_halves_the_pace_for_a_while() {
        let window = window(4);
        assert_eq!(begun(&window, 4).await, [0, 0, 0, 0]);
        window.slow_down();
        window.slow_down();
        assert_eq!(begun(&window, 5).await, [1000, 1000, 2000, 2000, 2000]);
    }

    #[tokio::test(start_paused = true)]
    async fn where_every_call_is_refused_one_is_left() {
        let window = window(4);
        for _ in 0..12 {
            drop(window.turn(false).await);
            window.slow_down();
        }
        assert_eq!(window.state().most, 1);
    }

    #[test]
    fn each_call_counts_against_its_own_quota() {
        let counts = Pace::of_lambda().counts;
        assert_eq!(counts("GET", "2015-03-31/functions/hello"), [0]);
        assert_eq!(counts("GET", "2015-03-31/functions/hello/policy"), [1]);
        assert_eq!(counts("GET", "2015-03-31/functions/hello/aliases/live"), [2]);
        assert_eq!(counts("GET", "2015-03-31/functions"), [2]);
        assert_eq!(counts("PUT", "2015-03-31/functions/hello/code"), [2]);
        assert_eq!(counts("POST", "2015-03-31/functions/hello/invocations"), [0; 0]);
        let counts = Pace::of_apis().counts;
        assert_eq!(counts("GET", "restapis/a1b2/resources"), [1, 0]);
        assert_eq!(counts("GET", "restapis/a1b2/stages/dev"), [0]);
    }
}
