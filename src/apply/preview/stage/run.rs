//! One execution of `preview up` by the strategy `stage`: what it works with, and what it made.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::undo::Undo;
use crate::apply::preview::delete::{Deletion, TURN_TO_PUT_BACK};
use crate::apply::preview::writes::Writes;
use crate::error::Problem;
use crate::model::{
    AccountId, ApiKey, Artifact, BucketName, Endpoint, FunctionKey, Listener, ObjectKey, Settings, StagePlan, Version,
};
use crate::world::World;

/// One execution of `preview up`.
pub struct StageRun<'a> {
    pub(super) plan: StagePlan,
    pub(super) settings: &'a Settings,
    pub(super) artifacts: &'a BTreeMap<FunctionKey, Artifact>,
    pub(super) world: &'a World,
    pub(super) listener: &'a dyn Listener,
    pub(super) writes: Writes<'a, Undo>,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    versions: BTreeMap<FunctionKey, Version>,
    /// The versions of objects that were put, where the bucket keeps versions.
    objects: BTreeMap<ObjectKey, String>,
}

impl<'a> StageRun<'a> {
    /// Ready to begin.
    pub fn new(
        plan: StagePlan,
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

    /// How something is put back: a signal does not end it.
    pub(super) fn putting_back(&self) -> Deletion<'a> {
        Deletion { world: self.world, listener: self.listener, stops: Vec::new(), turn: TURN_TO_PUT_BACK }
    }

    pub(super) fn bucket(&self) -> Result<&BucketName, Problem> {
        let store = self.settings.artifacts.as_ref();
        store.map(|store| &store.bucket.value).ok_or_else(|| Problem::new("there is no bucket for the artifacts"))
    }

    /// The account that must own the bucket.
    pub(super) fn bucket_owner(&'a self, account: &'a AccountId) -> &'a AccountId {
        self.settings.artifacts.as_ref().and_then(|store| store.owner.as_ref()).unwrap_or(account)
    }

    pub(super) fn uploaded(&self, key: &ObjectKey, version: Option<String>) {
        self.made(|made| version.map(|version| made.objects.insert(key.clone(), version)));
    }

    pub(super) fn object_version(&self, key: &ObjectKey) -> Option<String> {
        self.made(|made| made.objects.get(key).cloned())
    }

    pub(super) fn published(&self, function: &FunctionKey, version: Version) {
        self.made(|made| made.versions.insert(function.clone(), version));
    }

    /// The version that the alias is to stand on, where it stands on another one.
    pub(super) fn version_of(&self, function: &FunctionKey) -> Option<Version> {
        self.made(|made| made.versions.get(function).cloned())
    }

    pub(super) fn endpoints(&self) -> BTreeMap<ApiKey, Endpoint> {
        let stage = self.plan.id.stage();
        let endpoint = |api: &crate::model::StagePlanApi| {
            (api.key.clone(), Endpoint { api: api.key.clone(), id: api.id.clone(), stage: stage.clone() })
        };
        self.plan.apis.iter().map(endpoint).collect()
    }
}
