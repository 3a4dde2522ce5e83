//! How a run ended.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Act, AliasName, ApiKey, CreateAlias, DeploymentId, FunctionKey, FunctionName, FunctionUrls, ImageUri, Invoked,
    Made, MoveAlias, Plan, PreviewId, Sha256, Skip, SmokeResult, Version,
};
use crate::error::{Failure, Kind};

/// The end of a release or a plan.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// `plan`: this is what a release would do.
    Planned(Plan),
    /// There was nothing to do.
    Unchanged {
        /// Holds only skips and smoke tests.
        plan: Plan,
        /// What answers, by API.
        endpoints: BTreeMap<ApiKey, String>,
        /// The URLs of functions.
        function_urls: FunctionUrls,
        /// What the smoke tests showed.
        smoke: Vec<SmokeResult>,
    },
    /// All steps were done.
    Released {
        /// What was done.
        plan: Plan,
        /// What it made.
        released: Released,
    },
    /// A step failed, or the run was cancelled.
    Failed {
        /// What was to be done.
        plan: Plan,
        /// Why it ended; its kind shows whether everything was put back.
        failure: Failure,
        /// What became of what this run had changed.
        undone: UndoReport,
    },
}

/// What became of the changes of a run that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UndoReport {
    /// What was put back.
    pub put_back: Vec<PutBack>,
    /// What another run or person changed since, and is left as it is.
    pub left_alone: Vec<LeftAlone>,
    /// What was not put back.
    pub not_put_back: Vec<NotPutBack>,
}

impl UndoReport {
    /// The kind of the failure: whether everything of this run was put back.
    pub fn kind(&self) -> Kind {
        if self.not_put_back.is_empty() { Kind::Failed } else { Kind::NotPutBack }
    }
}

/// What a release made, as reports show it.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Released {
    /// The functions that got a version.
    pub functions: Vec<ReleasedFunction>,
    /// The deployments that stages point at now.
    pub deployments: BTreeMap<ApiKey, DeploymentId>,
    /// What answers, by API.
    pub endpoints: BTreeMap<ApiKey, String>,
    /// The URLs of functions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub function_urls: FunctionUrls,
    /// What the smoke tests showed.
    pub smoke: Vec<SmokeResult>,
    /// The new versions that were invoked, and answered well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invoked: Vec<Invoked>,
    /// From the first call to the last, in milliseconds.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    #[schemars(with = "u64")]
    pub duration: Duration,
}

impl Released {
    /// What the steps of a release made; `endpoints`, `function_urls` and `duration` are the caller's.
    pub fn of(plan: &Plan, made: &Made) -> Self {
        let functions = plan.code().filter_map(|change| {
            Some(ReleasedFunction {
                function: change.function.clone(),
                name: change.name.clone(),
                version: made.versions.get(&change.function)?.clone(),
                sha256: change.after,
                image: change.image().cloned(),
                alias: alias_of(plan, &change.function),
            })
        });
        Self {
            functions: functions.collect(),
            deployments: made.deployments.clone(),
            smoke: made.smoke.values().cloned().collect(),
            invoked: made.invoked.values().cloned().collect(),
            ..Self::default()
        }
    }
}

/// The alias that a plan points at the new version of a function.
fn alias_of(plan: &Plan, function: &FunctionKey) -> Option<AliasName> {
    plan.steps().find_map(|step| match &step.act {
        Act::CreateAlias(CreateAlias { function: key, alias, .. })
        | Act::MoveAlias(MoveAlias { function: key, alias, .. })
            if key == function =>
        {
            Some(alias.clone())
        }
        _ => None,
    })
}

pub(super) fn milliseconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// A function with a new version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReleasedFunction {
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The version that was published.
    pub version: Version,
    /// Its code.
    pub sha256: Sha256,
    /// The container image that it runs, by its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageUri>,
    /// The alias that points at it.
    pub alias: Option<AliasName>,
}

/// Something that was put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PutBack {
    /// In words: "alias live of hello-dev points at version 3 again".
    pub what: String,
}

/// Something that was changed by others since, so nothing of this run is left in it, or that others may need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftAlone {
    /// In words.
    pub what: String,
    /// What they did.
    pub why: String,
    /// The command that shows how it is; it changes nothing, since what they made may be what is wanted.
    pub command: String,
}

/// Something that was not put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotPutBack {
    /// In words.
    pub what: String,
    /// Why not.
    pub why: String,
    /// The command that does it, or else the one that shows how it is.
    pub command: String,
}

/// The URL of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CommitUrl {
    /// The commit's first digits.
    pub commit: String,
    /// The function.
    pub function: FunctionKey,
    /// Its URL with this commit's code.
    pub url: String,
}

/// A preview, as a report shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PreviewReport {
    /// `owner/name`.
    pub repository: String,
    /// The pull request's number.
    pub pull_request: u64,
    /// The service.
    pub service: String,
    /// The names of its functions.
    pub functions: BTreeSet<FunctionName>,
    /// What answers, by API.
    pub endpoints: BTreeMap<ApiKey, String>,
    /// The URLs of functions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub function_urls: FunctionUrls,
    /// The URLs of the last commits, the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<CommitUrl>,
    /// What needed nothing, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skip>,
    /// `preview prune`: why it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was deleted, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<String>,
    /// What the smoke tests showed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub smoke: Vec<SmokeResult>,
    /// Its functions that were invoked, and answered well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invoked: Vec<Invoked>,
}

impl PreviewReport {
    /// A report without details.
    pub fn of(id: &PreviewId) -> Self {
        let PreviewId { repository, number, service } = id.clone();
        Self { repository, pull_request: number, service, ..Self::default() }
    }
}

/// How `preview` ended.
#[derive(Clone, Debug)]
pub enum PreviewOutcome {
    /// It answers, and something was written.
    Up(PreviewReport),
    /// It answers, and nothing had to be written.
    Unchanged(PreviewReport),
    /// It was deleted.
    Down(Vec<PreviewReport>),
    /// `preview prune --dry-run`: what would be deleted; empty if there is nothing to delete, with or without `--dry-run`.
    WouldDelete(Vec<PreviewReport>),
    /// The previews that there are.
    Listed(Vec<PreviewReport>),
    /// There was no reason to begin, in words why.
    Nothing(String),
    /// The head of the pull request moved on, so that the preview is another run's.
    Superseded {
        /// In words, whose.
        why: String,
        /// What this run made of it before it saw that; `None` where it had written nothing, or put it back.
        existing: Option<Box<PreviewReport>>,
    },
    /// A step failed, or the run was cancelled.
    Failed {
        /// Why; its kind shows whether everything was put back.
        failure: Failure,
        /// What became of what this run had changed.
        undone: UndoReport,
    },
}
