//! The ordered steps of a release, each with its reason. Immutable once decided.

mod steps;
mod why;

use schemars::JsonSchema;
use serde::Serialize;

pub use steps::{
    AddPermission, ChangeCode, CodeStep, CreateAlias, CreateDeployment, FlushCache, GoesLive, KeepLiveCode, MoveAlias,
    PointStage, SmokePlan, UploadArtifact,
};
pub use why::{Reason, Skip, Warning};

use super::{ApiKey, Region, RestApiId, StageName};

/// What a release will do, in its order: each list runs at once, the next after it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Plan {
    /// The stage.
    pub stage: StageName,
    /// The region.
    pub region: Region,
    /// `PutObject` or a multipart upload.
    pub uploads: Vec<UploadArtifact>,
    /// Makes sure that the way back exists.
    pub keeps: Vec<KeepLiveCode>,
    /// `UpdateFunctionCode` or `PublishVersion`, and the wait for the version.
    pub code: Vec<ChangeCode>,
    /// `CreateDeployment`, without a stage.
    pub deployments: Vec<CreateDeployment>,
    /// `CreateAlias`.
    pub new_aliases: Vec<CreateAlias>,
    /// `UpdateAlias`.
    pub moves: Vec<MoveAlias>,
    /// `AddPermission`; after the moves, since it changes an alias's revision.
    pub permissions: Vec<AddPermission>,
    /// `UpdateStage`.
    pub stages: Vec<PointStage>,
    /// `FlushStageCache`.
    pub flushes: Vec<FlushCache>,
    /// The proof that the endpoint answers; only where something changes.
    pub smoke: Option<SmokePlan>,
    /// The stages of all APIs, whose endpoints are reported.
    pub endpoints: Vec<Endpoint>,
    /// What needs nothing, and why.
    pub skipped: Vec<Skip>,
    /// What the user should know before it runs.
    pub warnings: Vec<Warning>,
}

impl Plan {
    /// Whether it writes nothing at all.
    pub fn is_empty(&self) -> bool {
        self.code.is_empty()
            && self.deployments.is_empty()
            && self.new_aliases.is_empty()
            && self.permissions.is_empty()
            && self.moves.is_empty()
            && self.stages.is_empty()
    }

    /// How many steps write to AWS.
    pub fn writes(&self) -> usize {
        self.uploads.len()
            + self.keeps.len()
            + self.code.len()
            + self.deployments.len()
            + self.new_aliases.len()
            + self.permissions.len()
            + self.moves.len()
            + self.stages.len()
            + self.flushes.len()
    }
}

/// An API's stage whose endpoint is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Endpoint {
    /// The API.
    pub api: ApiKey,
    /// Its id.
    pub id: RestApiId,
    /// Its stage.
    pub stage: StageName,
}
