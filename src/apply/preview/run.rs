//! One execution of `preview up`: what it works with, what it made, and the one way in which it writes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::undo::Undo;
use super::writes::Writes;
use crate::apply::run::StepError;
use crate::aws::CallError;
use crate::error::{Failure, Problem};
use crate::model::{
    ApiKey, Artifact, BucketName, Endpoint, FunctionKey, Listener, Phase, PreviewPlan, RestApiId, Settings,
};
use crate::world::{Wait, World};

/// One execution of `preview up`.
pub struct PreviewRun<'a> {
    pub(super) plan: PreviewPlan,
    pub(super) settings: &'a Settings,
    pub(super) artifacts: &'a BTreeMap<FunctionKey, Artifact>,
    pub(super) world: &'a World,
    pub(super) listener: &'a dyn Listener,
    pub(super) writes: Writes<'a, Undo>,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    apis: BTreeMap<ApiKey, RestApiId>,
    object_versions: BTreeMap<FunctionKey, String>,
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
        let writes = Writes::new(settings, world, listener);
        Self { plan, settings, artifacts, world, listener, writes, made: Mutex::default() }
    }

    fn made<T>(&self, look: impl FnOnce(&mut Made) -> T) -> T {
        look(&mut self.made.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs all at once and lets each end. After the first error no further write begins.
    pub(super) async fn all<F>(&self, steps: impl IntoIterator<Item = F>) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), StepError>>,
    {
        self.writes.all(steps).await
    }

    /// Comes before each write.
    pub(super) fn may_write(&self) -> Result<(), StepError> {
        self.writes.may_write()
    }

    pub(super) fn wait(&self, what: String) -> Wait<'_> {
        self.writes.wait(what)
    }

    pub(super) fn began(&self, phase: Phase) {
        self.writes.began(phase);
    }

    pub(super) fn done(&self, what: String) {
        self.writes.done(what);
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
        self.writes.take_undo()
    }

    /// [`Writes::send`].
    pub(super) async fn send<T>(
        &self,
        failed: &str,
        undo: Undo,
        busy: fn(&CallError) -> bool,
        write: impl AsyncFn() -> Result<T, CallError>,
        done: impl AsyncFn() -> Result<Option<T>, CallError>,
    ) -> Result<T, StepError> {
        self.writes.send(failed, undo, busy, write, done).await
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
        self.writes.send_in_turn(failed, undo, busy, write, done).await
    }
}
