//! One execution of a plan: what it works with, what it made, and what it must be able to put back.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::join_all;
use tokio::sync::watch;

use super::undo::Undo;
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    AccountId, ApiKey, Artifact, BucketName, DeploymentId, Event, FunctionKey, Listener, ObjectKey, Observed, Phase,
    Plan, Released, ReleasedFunction, Settings, SmokeResult, Version,
};
use crate::world::{Cancellation, Wait, WaitError, World};

/// One execution of a plan.
pub struct Run<'a> {
    pub(super) plan: Plan,
    pub(super) settings: &'a Settings,
    pub(super) artifacts: &'a BTreeMap<FunctionKey, Artifact>,
    pub(super) observed: &'a Observed,
    pub(super) world: &'a World,
    pub(super) listener: &'a dyn Listener,
    made: Mutex<Made>,
    /// Thrown at the first error.
    stop: watch::Sender<bool>,
    stopped: Cancellation,
}

#[derive(Default)]
struct Made {
    versions: BTreeMap<FunctionKey, Version>,
    deployments: BTreeMap<ApiKey, DeploymentId>,
    object_versions: BTreeMap<ObjectKey, String>,
    undo: BTreeMap<usize, Undo>,
    remembered: usize,
}

/// Why a step did not end well.
pub(super) enum StepError {
    Problem(Problem),
    /// Somebody asked to stop, or another step failed: this one did not begin, or did not wait.
    Stopped,
}

impl From<Problem> for StepError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl<'a> Run<'a> {
    /// Ready to begin.
    pub fn new(
        plan: Plan,
        settings: &'a Settings,
        artifacts: &'a BTreeMap<FunctionKey, Artifact>,
        observed: &'a Observed,
        world: &'a World,
        listener: &'a dyn Listener,
    ) -> Self {
        let (stop, stopped) = Cancellation::new();
        Self { plan, settings, artifacts, observed, world, listener, made: Mutex::default(), stop, stopped }
    }

    /// Runs all at once and lets each end: a write that is under way is never dropped, or nobody could
    /// say whether it was done. After the first error no further write begins, and waits end. A defect of
    /// this program is an error like any other: it must not leave a stage half-released either.
    pub(super) async fn all<F>(&self, steps: impl IntoIterator<Item = F>) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), StepError>>,
    {
        let step = async |step: F| {
            let result = AssertUnwindSafe(step).catch_unwind().await.unwrap_or_else(|_| Err(defect().into()));
            if result.is_err() {
                self.stop.send_replace(true);
            }
            result
        };
        let results = join_all(steps.into_iter().map(step)).await;
        failure_of(results.into_iter().filter_map(Result::err).collect(), self.world.cancel.is_cancelled())
    }

    /// Both at once; the problems of both.
    pub(super) async fn both(
        &self,
        one: impl Future<Output = Result<(), Failure>>,
        other: impl Future<Output = Result<(), Failure>>,
    ) -> Result<(), Failure> {
        match futures::join!(one, other) {
            (Ok(()), Ok(())) => Ok(()),
            (Err(failure), Ok(())) | (Ok(()), Err(failure)) => Err(failure),
            (Err(mut failure), Err(other)) => {
                failure.problems.extend(other.problems);
                failure.problems.dedup();
                Err(failure)
            }
        }
    }

    /// Comes before each write: nobody asked to stop, and no other step failed.
    pub(super) fn may_write(&self) -> Result<(), StepError> {
        let stopped = self.world.cancel.is_cancelled() || self.stopped.is_cancelled();
        if stopped { Err(StepError::Stopped) } else { Ok(()) }
    }

    /// Comes before each write that can be put back, since its answer may be lost.
    pub(super) fn remember(&self, undo: Undo) -> usize {
        self.made(|made| {
            made.remembered += 1;
            made.undo.insert(made.remembered, undo);
            made.remembered
        })
    }

    /// The write was refused.
    pub(super) fn forget(&self, memory: usize) {
        self.made(|made| made.undo.remove(&memory));
    }

    pub(super) fn take_undo(&self) -> Vec<Undo> {
        self.made(|made| std::mem::take(&mut made.undo)).into_values().collect()
    }

    pub(super) fn published(&self, function: &FunctionKey, version: Version) {
        self.made(|made| made.versions.insert(function.clone(), version));
    }

    /// The version that this run published; a plan never asks for another.
    pub(super) fn version_of(&self, function: &FunctionKey) -> Result<Version, Problem> {
        let version = self.made(|made| made.versions.get(function).cloned());
        version.ok_or_else(|| Problem::new(format!("the plan uses a version of {function} that was not published")))
    }

    pub(super) fn deployed(&self, api: &ApiKey, deployment: DeploymentId) {
        self.made(|made| made.deployments.insert(api.clone(), deployment));
    }

    pub(super) fn deployment_of(&self, api: &ApiKey) -> Result<DeploymentId, Problem> {
        let deployment = self.made(|made| made.deployments.get(api).cloned());
        deployment.ok_or_else(|| Problem::new(format!("the plan uses a deployment of {api} that was not made")))
    }

    pub(super) fn uploaded(&self, key: &ObjectKey, version: Option<String>) {
        self.made(|made| version.map(|version| made.object_versions.insert(key.clone(), version)));
    }

    /// The version of an object that this run put, or found; `None` where the bucket keeps no versions.
    pub(super) fn object_version(&self, key: &ObjectKey) -> Option<String> {
        let put = self.made(|made| made.object_versions.get(key).cloned());
        put.or_else(|| self.observed.objects.get(key)?.as_ref()?.version_id.clone())
    }

    fn made<T>(&self, look: impl FnOnce(&mut Made) -> T) -> T {
        look(&mut self.made.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The bucket; preflight refuses a plan without one.
    pub(super) fn bucket(&self) -> Result<&BucketName, Problem> {
        let store = self.settings.artifacts.as_ref();
        store.map(|store| &store.bucket.value).ok_or_else(|| Problem::new("there is no bucket for the artifacts"))
    }

    pub(super) fn bucket_owner(&self) -> Option<&AccountId> {
        let named = self.settings.artifacts.as_ref().and_then(|store| store.owner.as_ref());
        named.or_else(|| self.observed.functions.values().flatten().map(|function| &function.account).next())
    }

    pub(super) fn began(&self, phase: Phase) {
        self.listener.hear(Event::Began(phase));
    }

    pub(super) fn done(&self, what: String) {
        self.listener.hear(Event::Done(what));
    }

    /// A wait that a signal ends, and another step's error.
    pub(super) fn wait(&self, what: String) -> Wait<'_> {
        Wait::new(what, self.settings.wait_timeout, self.stops(), self.listener)
    }

    fn stops(&self) -> Vec<Cancellation> {
        vec![self.world.cancel.clone(), self.stopped.clone()]
    }

    /// Ends at a signal, and at another step's error.
    pub(super) async fn stopped(&self) {
        Cancellation::any(&self.stops()).await;
    }

    /// Does this unless it is stopped; for reads, which may be dropped at any point. A stop that came before the
    /// result wins, even where both are seen at once: otherwise chance would decide how a run ends.
    pub(super) async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        tokio::select! {
            biased;
            () = self.stopped() => Err(StepError::Stopped),
            result = work => result,
        }
    }

    pub(super) fn released(&self, smoke: Option<SmokeResult>) -> Released {
        let versions = self.made(|made| made.versions.clone());
        let functions = self.plan.code.iter().filter_map(|change| {
            let alias = self.settings.functions.get(&change.function).and_then(|function| function.alias.as_ref());
            Some(ReleasedFunction {
                function: change.function.clone(),
                name: change.name.clone(),
                version: versions.get(&change.function)?.clone(),
                sha256: change.after,
                alias: alias.map(|alias| alias.value.clone()),
            })
        });
        Released {
            functions: functions.collect(),
            deployments: self.made(|made| made.deployments.clone()),
            endpoints: self.world.urls(&self.plan.endpoints),
            smoke,
            ..Released::default()
        }
    }
}

/// Problems first; a cancellation only where nothing else went wrong.
pub(super) fn failure_of(errors: Vec<StepError>, cancelled: bool) -> Result<(), Failure> {
    if errors.is_empty() {
        return Ok(());
    }
    let problem = |error| if let StepError::Problem(problem) = error { Some(problem) } else { None };
    let problems: Vec<Problem> = errors.into_iter().filter_map(problem).collect();
    if problems.is_empty() && cancelled {
        return Err(Cancellation::failure());
    }
    Err(Failure { kind: Kind::Failed, problems })
}

pub(super) fn defect() -> Problem {
    Problem::new("the release stopped at a defect of sls-release")
        .why("a step panicked; the message is above")
        .fix("please report it")
}

/// A wait's bad end as a step's; `what` fits before "in time".
pub(super) fn ended(error: WaitError<StepError>, what: &str, fix: &str) -> StepError {
    match error {
        WaitError::Final(error) => error,
        WaitError::Cancelled => StepError::Stopped,
        WaitError::Deadline(seen) => StepError::Problem(Problem::new(format!("{what} in time")).why(seen).fix(fix)),
    }
}
