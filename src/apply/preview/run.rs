//! One execution of `preview up`: what it works with, what it made, and the one way in which it writes.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;

use super::undo::Undo;
use crate::apply::run::{StepError, defect, ended, failure_of};
use crate::aws::{Answer, CallError};
use crate::error::{Failure, Problem};
use crate::model::{
    ApiKey, Artifact, BucketName, Endpoint, Event, FunctionKey, Listener, Phase, PreviewPlan, RestApiId, Settings,
};
use crate::world::{Look, Wait, World};

/// How often a write is sent whose answers get lost.
const LOST_ANSWERS: u32 = 4;

/// The least that a write waits for its turn. An account deploys one API in five seconds, and creates one in three:
/// this is a queue of a hundred and eighty.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const QUEUE: Duration = Duration::from_mins(15);
/// The first pause of a write in a queue.
const QUEUE_FIRST: Duration = Duration::from_millis(500);
/// The longest: many that ask often would take the account's other calls from each other, ten a second in all.
const QUEUE_LONGEST: Duration = Duration::from_secs(5);

/// One execution of `preview up`.
pub struct PreviewRun<'a> {
    pub(super) plan: PreviewPlan,
    pub(super) settings: &'a Settings,
    pub(super) artifacts: &'a BTreeMap<FunctionKey, Artifact>,
    pub(super) world: &'a World,
    pub(super) listener: &'a dyn Listener,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    undo: BTreeMap<usize, Undo>,
    remembered: usize,
    apis: BTreeMap<ApiKey, RestApiId>,
    object_versions: BTreeMap<FunctionKey, String>,
    failed: bool,
}

impl<'a> PreviewRun<'a> {
    /// Ready to begin.
    pub fn new(
        plan: PreviewPlan,
        settings: &'a Settings,
        artifacts: &'a BTreeMap<FunctionKey, Artifact>,
        world: &'a World,
        listener: &'a dyn Listener,
    ) -> Self {
        Self { plan, settings, artifacts, world, listener, made: Mutex::default() }
    }

    fn made<T>(&self, look: impl FnOnce(&mut Made) -> T) -> T {
        look(&mut self.made.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs all at once and lets each end. After the first error no further write begins.
    pub(super) async fn all<F>(&self, steps: impl IntoIterator<Item = F>) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), StepError>>,
    {
        let step = async |step: F| {
            let result = AssertUnwindSafe(step).catch_unwind().await.unwrap_or_else(|_| Err(defect().into()));
            self.made(|made| made.failed |= result.is_err());
            result
        };
        let results = join_all(steps.into_iter().map(step)).await;
        failure_of(results.into_iter().filter_map(Result::err).collect(), self.world.cancel.is_cancelled())
    }

    /// Comes before each write.
    pub(super) fn may_write(&self) -> Result<(), StepError> {
        let stopped = self.world.cancel.is_cancelled() || self.made(|made| made.failed);
        if stopped { Err(StepError::Stopped) } else { Ok(()) }
    }

    pub(super) fn wait(&self, what: String) -> Wait<'_> {
        Wait::new(what, self.settings.wait_timeout, vec![self.world.cancel.clone()], self.listener)
    }

    pub(super) fn began(&self, phase: Phase) {
        self.listener.hear(Event::Began(phase));
    }

    /// For a write that AWS takes only so many of in a time, of everybody together: it may have to queue for longer
    /// than anything else takes, and many may queue.
    fn queue(&self, what: String) -> Wait<'_> {
        let wait = self.wait(what);
        Wait { first: QUEUE_FIRST, longest: QUEUE_LONGEST, deadline: wait.deadline.max(QUEUE), ..wait }
    }

    pub(super) fn done(&self, what: String) {
        self.listener.hear(Event::Done(what));
    }

    pub(super) fn bucket(&self) -> Result<&BucketName, Problem> {
        let store = self.settings.artifacts.as_ref();
        store.map(|store| &store.bucket.value).ok_or_else(|| Problem::new("there is no bucket for the artifacts"))
    }

    /// For log groups.
    pub(super) fn log_retention_days(&self) -> i32 {
        self.settings.preview.as_ref().map_or(14, |preview| preview.limits.log_retention_days)
    }

    pub(super) fn uploaded(&self, function: &FunctionKey, version: Option<String>) {
        self.made(|made| version.map(|version| made.object_versions.insert(function.clone(), version)));
    }

    pub(super) fn object_version(&self, function: &FunctionKey) -> Option<String> {
        self.made(|made| made.object_versions.get(function).cloned())
    }

    pub(super) fn made_api(&self, key: &ApiKey, id: RestApiId) {
        self.made(|made| made.apis.insert(key.clone(), id));
    }

    /// The ids of all APIs of the preview that there are by now.
    pub(super) fn api_ids(&self) -> BTreeMap<ApiKey, RestApiId> {
        let standing = self.plan.apis.iter().filter_map(|api| Some((api.key.clone(), api.standing.clone()?)));
        let mut ids: BTreeMap<_, _> = standing.collect();
        ids.extend(self.made(|made| made.apis.clone()));
        ids
    }

    pub(super) fn endpoints(&self) -> BTreeMap<ApiKey, Endpoint> {
        let stage = self.plan.id.stage();
        let endpoint = |(api, id): (ApiKey, RestApiId)| (api.clone(), Endpoint { api, id, stage: stage.clone() });
        self.api_ids().into_iter().map(endpoint).collect()
    }

    /// The latest first.
    pub(super) fn take_undo(&self) -> Vec<Undo> {
        self.made(|made| std::mem::take(&mut made.undo)).into_values().rev().collect()
    }

    /// Sends a write, and again while AWS throttles it or, where that may be, is busy with its resource. Where an
    /// answer is lost, `done` looks whether the write was done. One that was refused is forgotten.
    pub(super) async fn send<T>(
        &self,
        failed: &str,
        undo: Undo,
        busy: fn(&CallError) -> bool,
        write: impl AsyncFn() -> Result<T, CallError>,
        done: impl AsyncFn() -> Result<Option<T>, CallError>,
    ) -> Result<T, StepError> {
        let wait = self.wait(awaited(failed));
        self.send_in(&wait, (failed, undo), busy, write, done).await
    }

    /// The same for a write that has to queue.
    pub(super) async fn send_in_turn<T>(
        &self,
        failed: &str,
        undo: Undo,
        busy: fn(&CallError) -> bool,
        write: impl AsyncFn() -> Result<T, CallError>,
        done: impl AsyncFn() -> Result<Option<T>, CallError>,
    ) -> Result<T, StepError> {
        let wait = self.queue(awaited(failed));
        self.send_in(&wait, (failed, undo), busy, write, done).await
    }

    async fn send_in<T>(
        &self,
        wait: &Wait<'_>,
        (failed, undo): (&str, Undo),
        busy: fn(&CallError) -> bool,
        write: impl AsyncFn() -> Result<T, CallError>,
        done: impl AsyncFn() -> Result<Option<T>, CallError>,
    ) -> Result<T, StepError> {
        self.may_write()?;
        let memory = self.made(|made| {
            made.remembered += 1;
            made.undo.insert(made.remembered, undo);
            made.remembered
        });
        let mut lost = 0;
        let look = async || {
            self.may_write()?;
            let error = match write().await {
                Ok(value) => return Ok(Look::Ready(value)),
                Err(error) if error.answer == Answer::Throttled || busy(&error) => {
                    return Ok(Look::NotYet(error.message));
                }
                Err(error) => error,
            };
            if error.answer != Answer::Unknown && lost == 0 {
                self.made(|made| made.undo.remove(&memory));
                return Err(StepError::Problem(error.into_problem(failed)));
            }
            lost += 1;
            match done().await {
                Ok(Some(value)) => Ok(Look::Ready(value)),
                Ok(None) | Err(_) if error.answer == Answer::Unknown && lost <= LOST_ANSWERS => {
                    Ok(Look::NotYet(error.message))
                }
                Ok(None) | Err(_) => Err(StepError::Problem(error.into_problem(failed))),
            }
        };
        wait.until(look).await.map_err(|error| ended(error, failed, "try again in a minute"))
    }
}

/// "failed to create it" as something that is waited for.
fn awaited(failed: &str) -> String {
    format!("AWS to {}", failed.trim_start_matches("failed to "))
}
