//! What a run has made so far: later steps, putting back and reports ask for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use tempfile::TempPath;

use super::{
    ApiKey, ApiRef, DeploymentId, DeploymentRef, FunctionKey, FunctionName, GoesLive, LambdaUrl, ObjectKey, PreviewId,
    Ref, RestApiId, Target, UrlRef, Version, VersionRef,
};

/// What a run has made, by the keys of the settings.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// Published versions.
    pub versions: BTreeMap<FunctionKey, Version>,
    /// Published versions that did not exist before.
    pub fresh: BTreeMap<FunctionName, Version>,
    /// Versions that an alias pointed at in this run, or may have.
    pub pointed_at: BTreeSet<(FunctionName, Version)>,
    /// Another run did a step of this one, so that it may need what this one did.
    pub met_another_run: bool,
    /// Deployments of REST APIs.
    pub deployments: BTreeMap<ApiKey, DeploymentId>,
    /// REST APIs.
    pub apis: BTreeMap<ApiKey, RestApiId>,
    /// URLs of functions.
    pub urls: BTreeMap<FunctionKey, LambdaUrl>,
    /// URLs of the commit that is previewed.
    pub commit_urls: BTreeMap<FunctionKey, LambdaUrl>,
    /// The versions of uploaded objects, where the bucket keeps versions.
    pub object_versions: BTreeMap<ObjectKey, String>,
    /// The live code of functions that goes back by the call itself.
    pub kept: BTreeMap<FunctionName, KeptCode>,
    /// What each smoke test showed, by its place in the settings.
    pub smoke: BTreeMap<usize, SmokeResult>,
    /// The invocations of new versions.
    pub invoked: BTreeMap<usize, Invoked>,
    /// What was deleted, and the preview that it belonged to.
    pub deleted: Vec<(PreviewId, Target)>,
}

/// Live code in a private file, which goes away with the last of its owners.
#[derive(Clone, Debug)]
pub struct KeptCode {
    /// The zip.
    pub file: Arc<TempPath>,
    /// The version that has it as well.
    pub version: Version,
}

impl Made {
    /// The version that is meant; `None` where it was not made.
    pub fn version(&self, version: &VersionRef) -> Option<Version> {
        resolved(version, &self.versions)
    }

    /// The deployment that is meant; `None` where it was not made.
    pub fn deployment(&self, deployment: &DeploymentRef) -> Option<DeploymentId> {
        resolved(deployment, &self.deployments)
    }

    /// The API that is meant; `None` where it was not made.
    pub fn api(&self, api: &ApiRef) -> Option<RestApiId> {
        resolved(api, &self.apis)
    }

    /// The URL that is meant; `None` where it was not made.
    pub fn url(&self, url: &UrlRef) -> Option<LambdaUrl> {
        resolved(url, &self.urls)
    }
}

fn resolved<K: Ord, V: Clone>(wanted: &Ref<K, V>, made: &BTreeMap<K, V>) -> Option<V> {
    match wanted {
        Ref::Existing(id) => Some(id.clone()),
        Ref::Made(key) => made.get(key).cloned(),
    }
}

/// A new version that answered well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Invoked {
    /// The function.
    pub function: FunctionKey,
    /// Its `ExecutedVersion`.
    pub version: Version,
    /// What it was sent: `GET /hello`, or the file of the event.
    pub event: String,
    /// Whether its callers had the new code by then.
    pub goes_live: GoesLive,
}

/// What a smoke test showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SmokeResult {
    /// Where.
    pub url: String,
    /// The status of the answers.
    pub status: u16,
    /// Good answers in a row.
    pub hits: u32,
    /// What they prove.
    pub proof: SmokeProof,
    /// How long the first good answer took: after a release, often with a cold start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_answer_ms: Option<u64>,
    /// How long the last good answer took, where there were several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_answer_ms: Option<u64>,
    /// The body was looked at, too.
    #[serde(skip)]
    pub contains: bool,
}

/// What a good answer proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmokeProof {
    /// The endpoint answers; an older release might have answered as well.
    Health,
    /// The answer contains what only this release's code returns.
    ThisRelease,
}
