//! How a run ended.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{AliasName, ApiKey, DeploymentId, FunctionKey, FunctionName, Plan, Sha256, Version};
use crate::error::Failure;

/// The end of a release or a plan.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// `plan`: this is what a release would do.
    Planned(Plan),
    /// There was nothing to do.
    Unchanged {
        /// Holds only skips.
        plan: Plan,
        /// What answers, by API.
        endpoints: BTreeMap<ApiKey, String>,
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
        /// Why it ended; its kind says whether all was put back.
        failure: Failure,
        /// What was put back.
        put_back: Vec<PutBack>,
        /// What was left to somebody else.
        left_alone: Vec<LeftAlone>,
        /// What was not put back.
        not_put_back: Vec<NotPutBack>,
    },
}

/// What a release made.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Released {
    /// The functions that got a version.
    pub functions: Vec<ReleasedFunction>,
    /// The deployments that stages point at now.
    pub deployments: BTreeMap<ApiKey, DeploymentId>,
    /// What answers, by API.
    pub endpoints: BTreeMap<ApiKey, String>,
    /// What the smoke test showed; `None` where there was none.
    pub smoke: Option<SmokeResult>,
    /// From the first call to the last, in milliseconds.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    #[schemars(with = "u64")]
    pub duration: Duration,
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
    /// The alias that points at it.
    pub alias: Option<AliasName>,
}

/// What the smoke test showed.
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
}

/// What a good answer proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmokeProof {
    /// The endpoint answers; an older release might have answered as well.
    Health,
    /// The answer holds what only this release says.
    ThisRelease,
}

/// Something that was put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PutBack {
    /// In words: "alias live of hello-dev stands on version 3 again".
    pub what: String,
}

/// Something that somebody else changed since, so that nothing of this run is left in it, or that they may need.
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
    /// The command that does it.
    pub command: String,
}
