//! Everything outside the process: the clients, the clock, cancellation, and the one way to wait.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use futures::future::select_all;
use tokio::sync::watch;

use crate::aws::{self, Aws};
use crate::error::{Failure, Kind, Problem};
use crate::http::Http;
use crate::model::{ApiKey, Endpoint, Event, Listener, Moment, Region};

/// What a verb works with.
pub struct World {
    /// AWS.
    pub aws: Aws,
    /// Endpoints and links.
    pub http: Http,
    /// Whether somebody asked to stop.
    pub cancel: Cancellation,
    /// Tells this run's deployments from all others.
    pub nonce: String,
    /// When this run began.
    pub began: Moment,
}

impl World {
    /// Makes the clients; no call yet.
    pub async fn connect(region: Option<&Region>, cancel: Cancellation) -> Result<Self, Failure> {
        let http = Http::new()?;
        Ok(Self { aws: Aws::connect(region).await?, http, cancel, nonce: nonce(), began: aws::time::now() })
    }

    /// Where a stage answers: AWS's form, or below `AWS_ENDPOINT_URL` the form of local emulators.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html>
    pub fn url(&self, endpoint: &Endpoint, path: &str) -> String {
        let (id, stage) = (&endpoint.id, &endpoint.stage);
        if let Some(base) = &self.aws.endpoint_url {
            format!("{base}/restapis/{id}/{stage}/_user_request_{path}")
        } else {
            let region = &self.aws.region;
            let suffix = if region.as_str().starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
            format!("https://{id}.execute-api.{region}.{suffix}/{stage}{path}")
        }
    }

    /// The base URLs of these stages, by API.
    pub fn urls(&self, endpoints: &[Endpoint]) -> BTreeMap<ApiKey, String> {
        endpoints.iter().map(|endpoint| (endpoint.api.clone(), self.url(endpoint, ""))).collect()
    }
}

/// Sixteen hex digits that no other run has.
fn nonce() -> String {
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// Whether somebody asked to stop; clones share it.
#[derive(Clone)]
pub struct Cancellation {
    cancelled: watch::Receiver<bool>,
}

impl Cancellation {
    /// A cancellation and the switch that throws it.
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (switch, cancelled) = watch::channel(false);
        (switch, Self { cancelled })
    }

    /// Whether the switch was thrown.
    pub fn is_cancelled(&self) -> bool {
        *self.cancelled.borrow()
    }

    /// Ends when the switch is thrown; never, where it is gone.
    pub async fn cancelled(&self) {
        let mut cancelled = self.cancelled.clone();
        if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Ends when one of the switches is thrown; never, where there is none.
    pub async fn any(stops: &[Self]) {
        if stops.is_empty() {
            return std::future::pending().await;
        }
        select_all(stops.iter().map(|stop| Box::pin(stop.cancelled()))).await;
    }

    /// Does this unless somebody asks to stop, which wins where both are seen at once; for reads, which may be
    /// dropped at any point.
    pub async fn or_cancelled<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.cancelled() => Err(Self::failure()),
            result = work => result,
        }
    }

    /// The failure of a run that was stopped.
    pub fn failure() -> Failure {
        Problem::new("the run was cancelled").into_failure(Kind::Failed)
    }
}

/// What is waited for, and for how long.
pub struct Wait<'a> {
    /// In words, after "waiting for": "version 4 of hello-dev".
    pub what: String,
    /// The first pause; each next one is half as long again, up to [`Wait::longest`].
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// For all of it.
    pub deadline: Duration,
    /// Each ends the wait early; none where it must be seen through.
    pub stops: Vec<Cancellation>,
    /// Hears that it goes on.
    pub listener: &'a dyn Listener,
}

/// What one look showed.
pub enum Look<T> {
    /// It is there.
    Ready(T),
    /// Not yet; in words, what was seen.
    NotYet(String),
}

/// How a wait ended badly.
#[derive(Debug)]
pub enum WaitError<E> {
    /// It will never be there.
    Final(E),
    /// The deadline passed; what was seen last.
    Deadline(String),
    /// Somebody asked to stop.
    Cancelled,
}

impl<'a> Wait<'a> {
    /// From 100 ms to 2 s between looks.
    pub fn new(
        what: impl Into<String>,
        deadline: Duration,
        stops: Vec<Cancellation>,
        listener: &'a dyn Listener,
    ) -> Self {
        let (first, longest) = (Duration::from_millis(100), Duration::from_secs(2));
        Self { what: what.into(), first, longest, deadline, stops, listener }
    }

    /// Looks until it is there, will never be, or the deadline passed. The one poller of the program.
    pub async fn until<T, E>(&self, look: impl AsyncFnMut() -> Result<Look<T>, E>) -> Result<T, WaitError<E>> {
        let result = self.looks(look).await;
        self.listener.hear(Event::WaitFinished { what: self.what.clone() });
        result
    }

    async fn looks<T, E>(&self, mut look: impl AsyncFnMut() -> Result<Look<T>, E>) -> Result<T, WaitError<E>> {
        let began = Instant::now();
        let (mut pause, mut tries) = (self.first, 0);
        loop {
            tries += 1;
            let seen = match look().await.map_err(WaitError::Final)? {
                Look::Ready(found) => return Ok(found),
                Look::NotYet(seen) => seen,
            };
            let waited = began.elapsed();
            if waited >= self.deadline {
                return Err(WaitError::Deadline(seen));
            }
            self.listener.hear(Event::Waiting { what: self.what.clone(), waited, tries });
            self.rest(jittered(pause).min(self.deadline.saturating_sub(waited))).await?;
            pause = (pause * 3 / 2).min(self.longest);
        }
    }

    async fn rest<E>(&self, pause: Duration) -> Result<(), WaitError<E>> {
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = Cancellation::any(&self.stops) => Err(WaitError::Cancelled),
        }
    }
}

/// Does this, and tells once a second that it goes on.
pub async fn told<T>(what: &str, listener: &dyn Listener, work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    tokio::pin!(work);
    let result = loop {
        tokio::select! {
            result = &mut work => break result,
            _ = ticks.tick() => listener.hear(Event::Waiting { what: what.to_owned(), waited: began.elapsed(), tries: 1 }),
        }
    };
    listener.hear(Event::WaitFinished { what: what.to_owned() });
    result
}

/// Between 80 % and 120 %, so that runs that began together do not stay together.
fn jittered(pause: Duration) -> Duration {
    let percent = 80 + RandomState::new().hash_one(Instant::now()) % 41;
    pause * u32::try_from(percent).unwrap_or(100) / 100
}
