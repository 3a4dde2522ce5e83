//! What steps use beside their own data: files, documents and secrets. Never serialized.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempPath;

use super::{
    AccountId, ApiKey, Artifact, BucketName, CommitId, Encryption, FunctionConfiguration, FunctionKey, ObjectFields,
    ObjectKey, Plan, Secret, Settings, Sha256, SmokeSettings, StageName,
};

/// A plan with what its steps use.
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What its steps use.
    pub inputs: Inputs,
}

/// What the steps of a plan use.
#[derive(Default)]
pub struct Inputs {
    /// The artifacts' bucket; preflight refuses a plan that needs one and has none.
    pub bucket: Option<BucketName>,
    /// The account that must own it.
    pub bucket_owner: Option<AccountId>,
    /// What uploads say of their encryption.
    pub encryption: Option<Encryption>,
    /// What is sent along with a new version of an object under a fixed key.
    pub object_fields: BTreeMap<ObjectKey, ObjectFields>,
    /// The packed functions.
    pub artifacts: BTreeMap<FunctionKey, Artifact>,
    /// [`super::ArchiveContents::digest`] of the artifacts, where it is known.
    pub contents: BTreeMap<FunctionKey, Sha256>,
    /// The commit that is released, where it is known.
    pub commit: Option<CommitId>,
    /// The code of `$LATEST`.
    pub live: BTreeMap<FunctionKey, LiveCode>,
    /// The configurations of a preview's functions. The environment is secret.
    pub configurations: BTreeMap<FunctionKey, FunctionConfiguration>,
    /// What a preview's parts are tagged with, beside the tags that mark them as its own.
    pub tags: BTreeMap<String, String>,
    /// The definitions of a preview's APIs.
    pub documents: BTreeMap<ApiKey, ApiDocument>,
    /// The requests of the smoke tests. Target, headers and body may be secret.
    pub smoke: Vec<SmokeSettings>,
    /// What new versions are invoked with, by the place of the smoke test. May be secret.
    pub events: BTreeMap<usize, Value>,
    /// The stage that a preview copies.
    pub copied: Option<StageName>,
}

impl Inputs {
    /// Takes what releases and previews have in common. The bucket's owner is `account`, if the settings name none.
    pub fn new(settings: &Settings, artifacts: &BTreeMap<FunctionKey, Artifact>, account: Option<&AccountId>) -> Self {
        let store = settings.artifacts.as_ref();
        Self {
            bucket: store.map(|store| store.bucket.value.clone()),
            bucket_owner: store.and_then(|store| store.owner.as_ref()).or(account).cloned(),
            encryption: store.and_then(|store| store.encryption.clone()),
            artifacts: artifacts.clone(),
            smoke: settings.smoke.clone(),
            ..Self::default()
        }
    }
}

/// The code that `$LATEST` of a function had before.
#[derive(Clone, Default)]
pub struct LiveCode {
    /// A link to it that is valid for ten minutes.
    pub link: Option<Secret>,
    /// The file, where it was fetched already.
    pub file: Option<Arc<TempPath>>,
    /// The digest of its contents, where it was read.
    pub contents: Option<Sha256>,
}

/// The definition of a preview's API.
#[derive(Clone, Debug)]
pub struct ApiDocument {
    /// An OpenAPI 3 document with API Gateway's extensions.
    pub document: Value,
    /// The stage's variables. Never printed.
    pub variables: BTreeMap<String, String>,
}
