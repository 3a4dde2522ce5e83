//! Everything outside the process: the clients, the clock, cancellation, and the poller.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::select_all;
use tokio::sync::{Mutex, OnceCell, watch};

use crate::aws::{self, Aws, CallError, SignedService, TaggedApi};
use crate::error::{Failure, Kind, Problem};
use crate::http::{Http, Miss};
use crate::model::{
    ApiKey, ApiKind, CommitEndpoint, CommitUrl, Endpoint, Event, FunctionName, FunctionUrl, FunctionUrls, LambdaUrl,
    Listener, Made, Moment, Qualifier, Region, RestApiId, RunId, SmokeSettings, Sourced, StageName, UrlEndpoint,
};
use crate::network::Network;

/// The clients and the state of a run, which every command uses.
pub(crate) struct World {
    /// The AWS clients.
    pub(crate) aws: Aws,
    /// The HTTP client for endpoints and download links.
    pub(crate) http: Http,
    /// Whether the run was cancelled.
    pub(crate) cancel: Cancellation,
    /// The run id, which marks everything that this run makes.
    pub(crate) run: RunId,
    /// When this run began.
    pub(crate) began: Moment,
    /// The account's REST APIs and its HTTP APIs, each read at the first use.
    listed: (OnceCell<Vec<TaggedApi>>, OnceCell<Vec<TaggedApi>>),
    /// The URLs of functions and aliases, each read at the first use.
    urls: Mutex<BTreeMap<(FunctionName, Qualifier), ReadUrl>>,
}

/// A URL, once it was read.
type ReadUrl = Arc<OnceCell<Option<FunctionUrl>>>;

/// What is asked, and for which service the request is signed, if it is.
pub(crate) struct Address {
    /// The whole URL; may hold a key.
    pub(crate) url: String,
    /// `None`: it is not signed.
    pub(crate) signed: Option<SignedService>,
}

impl Address {
    /// An address on a stage of an API, or elsewhere, signed where the settings say so.
    pub(crate) fn new(url: String, smoke: &SmokeSettings) -> Self {
        let signed = smoke.sign.then(|| SignedService::of(&url));
        Self { url, signed }
    }

    /// An address on the URL of a function, signed also where IAM guards it.
    pub(crate) fn of_function(url: String, smoke: &SmokeSettings, is_guarded: bool) -> Self {
        Self { url, signed: (smoke.sign || is_guarded).then_some(SignedService::Lambda) }
    }
}

impl World {
    /// Creates the clients without sending a request.
    pub(crate) async fn connect(region: Option<&Sourced<Region>>, cancel: &Cancellation) -> Result<Self, Failure> {
        let network = Network::get().await?;
        let (http, cancel) = (Http::new(network)?, cancel.clone());
        let aws = Aws::connect(network.aws()?, region.map(|region| &region.value)).await?;
        let (listed, urls) = ((OnceCell::new(), OnceCell::new()), Mutex::default());
        Ok(Self { aws, http, cancel, run: run_id(), began: aws::time::now(), listed, urls })
    }

    /// The account's APIs of a kind, as the first to ask sees them.
    pub(crate) async fn listed_apis(&self, kind: ApiKind) -> Result<&[TaggedApi], CallError> {
        let (cell, apis) = match kind {
            ApiKind::Rest => (&self.listed.0, self.aws.apis(kind)),
            ApiKind::Http => (&self.listed.1, self.aws.apis(kind)),
        };
        cell.get_or_try_init(async || apis.list().await).await.map(Vec::as_slice)
    }

    /// Returns the URL of a stage in AWS or, if `AWS_ENDPOINT_URL` is set, in a local emulator.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html>
    pub(crate) fn url(&self, id: &RestApiId, stage: &StageName, path: &str) -> String {
        if let Some(base) = &self.aws.endpoint_url {
            format!("{base}/restapis/{id}/{stage}/_user_request_{path}")
        } else {
            // The stage `$default` of an HTTP API is served without a path.
            let stage = if stage.as_str() == "$default" { String::new() } else { format!("/{stage}") };
            format!("https://{}{stage}{path}", self.aws.region.host_of_api(id))
        }
    }

    /// Returns the URL of a function, with this path, in AWS or, if `AWS_ENDPOINT_URL` is set, in a local emulator.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>
    pub(crate) fn function_url(&self, url: &LambdaUrl, path: &str) -> String {
        match &self.aws.endpoint_url {
            Some(base) => format!("{base}/_aws/lambda-url/{}{path}", url.id()),
            None => format!("https://{}{path}", url.host()),
        }
    }

    /// Returns the URL of a function or of an alias of it, as the first to ask sees it; `None` where it has none.
    pub(crate) async fn url_of(
        &self,
        name: &FunctionName,
        qualifier: &Qualifier,
    ) -> Result<Option<FunctionUrl>, CallError> {
        let key = (name.clone(), qualifier.clone());
        let cell = Arc::clone(self.urls.lock().await.entry(key).or_default());
        cell.get_or_try_init(async || self.aws.lambda.url(name, qualifier).await).await.cloned()
    }

    /// Asks an endpoint once. Returns how long a good answer took.
    pub(crate) async fn ask(
        &self,
        address: &Address,
        smoke: &SmokeSettings,
        remaining: Duration,
    ) -> Result<Duration, Miss> {
        let signed = match address.signed {
            Some(service) => {
                let body = smoke.body.as_deref().unwrap_or_default();
                let signed = self.aws.signer.headers(service, &smoke.method, &address.url, body).await;
                signed.map_err(Miss::Silent)?
            }
            None => Vec::new(),
        };
        self.http.ask(&address.url, smoke, &signed, remaining).await
    }

    /// The URLs of a preview's commits.
    pub(crate) fn commit_urls(&self, commits: &[CommitEndpoint], made: &Made) -> Vec<CommitUrl> {
        let url = |commit: &CommitEndpoint| {
            let url = commit.url.as_ref().or_else(|| made.commit_urls.get(&commit.function))?;
            let (function, url) = (commit.function.clone(), self.function_url(url, ""));
            Some(CommitUrl { commit: commit.commit.clone(), function, url })
        };
        commits.iter().filter_map(url).collect()
    }

    /// The URLs of functions that are reported.
    pub(crate) fn function_urls(&self, endpoints: &[UrlEndpoint], made: &Made) -> FunctionUrls {
        let url = |endpoint: &UrlEndpoint| {
            Some((endpoint.function.clone(), self.function_url(&made.url(&endpoint.url)?, "")))
        };
        endpoints.iter().filter_map(url).collect()
    }

    /// The base URLs of these stages, by API.
    pub(crate) fn urls(&self, endpoints: &[Endpoint], made: &Made) -> BTreeMap<ApiKey, String> {
        let url = |endpoint: &Endpoint| {
            let id = made.api(&endpoint.id)?;
            Some((endpoint.api.clone(), self.url(&id, &endpoint.stage, "")))
        };
        endpoints.iter().filter_map(url).collect()
    }
}

/// Returns a random run id of sixteen hex digits.
fn run_id() -> RunId {
    RunId::new(format!("{:016x}", RandomState::new().hash_one(std::process::id())))
}

/// Does `work` while something else goes on beside it, whose end it does not wait for.
pub(crate) async fn beside<T>(work: impl Future<Output = T>, other: impl Future) -> T {
    let other = async {
        other.await;
        std::future::pending::<T>().await
    };
    tokio::select! {
        result = work => result,
        never = other => never,
    }
}

/// Whether the run was cancelled; clones share the state.
#[derive(Clone)]
pub struct Cancellation {
    cancelled: watch::Receiver<bool>,
}

impl Cancellation {
    /// Returns a cancellation and the sender that triggers it.
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, cancelled) = watch::channel(false);
        (sender, Self { cancelled })
    }

    /// Returns whether the run was cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        *self.cancelled.borrow()
    }

    /// Completes when the run is cancelled; never, if the sender was dropped.
    pub(crate) async fn cancelled(&self) {
        let mut cancelled = self.cancelled.clone();
        if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Completes when one of the cancellations is triggered; never, if there are none.
    pub(crate) async fn any(stops: &[Self]) {
        if stops.is_empty() {
            return std::future::pending().await;
        }
        select_all(stops.iter().map(|stop| Box::pin(stop.cancelled()))).await;
    }

    /// Runs `work` unless the run is cancelled. Use it only for reads, which can be dropped at any point.
    ///
    /// If `work` completes at the same time as the cancellation, the cancellation wins.
    pub(crate) async fn or_cancelled<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.cancelled() => Err(Self::failure()),
            result = work => result,
        }
    }

    /// Returns the failure of a cancelled run.
    pub(crate) fn failure() -> Failure {
        Problem::new("the run was cancelled").fix("run it again when you want it done").into_failure(Kind::Failed)
    }
}

/// A wait: what for, how often to look, and how long.
pub(crate) struct Wait<'a> {
    /// What is awaited, to follow "waiting for": "version 4 of hello-dev".
    pub(crate) what: String,
    /// The first pause.
    pub(crate) first: Duration,
    /// After this time each pause is 1.5 times the previous one, up to [`Wait::longest`].
    pub(crate) grows_after: Duration,
    /// The longest pause.
    pub(crate) longest: Duration,
    /// The limit for the complete wait.
    pub(crate) deadline: Duration,
    /// Cancellations that end the wait early; empty if the wait must not be cancelled.
    pub(crate) stops: Vec<Cancellation>,
    /// Receives an event for each look.
    pub(crate) listener: &'a dyn Listener,
}

/// The result of a look.
pub(crate) enum Look<T> {
    /// The awaited state was reached.
    Ready(T),
    /// The awaited state was not reached yet; describes the current state.
    NotYet(String),
}

/// Why a wait failed.
#[derive(Debug)]
pub(crate) enum WaitError<E> {
    /// The awaited state cannot be reached any more.
    Final(E),
    /// The deadline passed; describes the last state.
    Deadline(String),
    /// The run was cancelled.
    Cancelled,
}

impl<'a> Wait<'a> {
    /// Creates a wait with pauses from 100 ms to 2 s.
    pub(crate) fn new(
        what: impl Into<String>,
        deadline: Duration,
        stops: Vec<Cancellation>,
        listener: &'a dyn Listener,
    ) -> Self {
        let (first, longest) = (Duration::from_millis(100), Duration::from_secs(2));
        Self { what: what.into(), first, grows_after: Duration::ZERO, longest, deadline, stops, listener }
    }

    /// Looks until the state is reached, cannot be reached, or the deadline passes. The program has no other poller.
    pub(crate) async fn until<T, E>(&self, look: impl AsyncFnMut() -> Result<Look<T>, E>) -> Result<T, WaitError<E>> {
        let result = self.looks(look).await;
        self.listener.hear(Event::WaitFinished { what: self.what.clone() });
        result
    }

    async fn looks<T, E>(&self, mut look: impl AsyncFnMut() -> Result<Look<T>, E>) -> Result<T, WaitError<E>> {
        let began = Instant::now();
        let (mut pause, mut tries) = (self.first, 0);
        loop {
            tries += 1;
            let state = match look().await.map_err(WaitError::Final)? {
                Look::Ready(found) => return Ok(found),
                Look::NotYet(state) => state,
            };
            let waited = began.elapsed();
            if waited >= self.deadline {
                return Err(WaitError::Deadline(state));
            }
            self.listener.hear(Event::Waiting { what: self.what.clone(), waited, tries, seen: state });
            self.rest(jittered(pause).min(self.deadline.saturating_sub(waited))).await?;
            if waited >= self.grows_after {
                pause = (pause * 3 / 2).min(self.longest);
            }
        }
    }

    async fn rest<E>(&self, pause: Duration) -> Result<(), WaitError<E>> {
        tokio::select! {
            () = rest(pause) => Ok(()),
            () = Cancellation::any(&self.stops) => Err(WaitError::Cancelled),
        }
    }
}

/// Waits for this long; [`Wait`] is for what ends at an unknown time.
pub(crate) async fn rest(pause: Duration) {
    tokio::time::sleep(pause).await;
}

/// Runs `work` and reports every second that it is still running.
pub(crate) async fn with_progress<T>(what: &str, listener: &dyn Listener, work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    tokio::pin!(work);
    let result = loop {
        tokio::select! {
            result = &mut work => break result,
            _ = ticks.tick() => {
                let (waited, seen) = (began.elapsed(), String::new());
                listener.hear(Event::Waiting { what: what.to_owned(), waited, tries: 1, seen });
            }
        }
    };
    listener.hear(Event::WaitFinished { what: what.to_owned() });
    result
}

/// Returns a random 80 % to 120 % of a pause, so that runs that began together drift apart.
fn jittered(pause: Duration) -> Duration {
    let percent = 80 + RandomState::new().hash_one(Instant::now()) % 41;
    pause * u32::try_from(percent).unwrap_or(100) / 100
}
