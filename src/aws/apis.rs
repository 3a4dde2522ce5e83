//! REST and HTTP APIs alike: what a release does to either.

use super::call_error::CallError;
use super::http_api::HttpApis;
use super::rest_api::{GotApi, RestApis, TaggedApi};
use crate::model::{DeploymentId, ObservedDeployment, ObservedStage, RestApiId, StageName};

/// The APIs of one kind.
#[derive(Clone, Copy)]
pub enum Apis<'a> {
    /// REST APIs.
    Rest(&'a RestApis),
    /// HTTP APIs.
    Http(&'a HttpApis),
}

impl Apis<'_> {
    /// All APIs of this kind, with tags.
    pub async fn list(self) -> Result<Vec<TaggedApi>, CallError> {
        match self {
            Self::Rest(apis) => apis.list().await,
            Self::Http(apis) => apis.list().await,
        }
    }

    /// The API's definition; `None` where there is no such API of this kind.
    pub async fn api(self, id: &RestApiId) -> Result<Option<GotApi>, CallError> {
        match self {
            Self::Rest(apis) => apis.api(id).await,
            Self::Http(apis) => apis.api(id).await,
        }
    }

    /// `GetStage`; `None` where the API or the stage does not exist.
    pub async fn stage(self, id: &RestApiId, stage: &StageName) -> Result<Option<ObservedStage>, CallError> {
        match self {
            Self::Rest(apis) => apis.stage(id, stage).await,
            Self::Http(apis) => apis.stage(id, stage).await,
        }
    }

    /// The deployment that a stage serves; `None` where there is no such stage, or it serves none.
    pub async fn serves(self, id: &RestApiId, stage: &StageName) -> Result<Option<DeploymentId>, CallError> {
        Ok(self.stage(id, stage).await?.and_then(|stage| stage.deployment))
    }

    /// `GetDeployments`, all pages; none where the API does not exist.
    pub async fn deployments(self, id: &RestApiId) -> Result<Vec<ObservedDeployment>, CallError> {
        match self {
            Self::Rest(apis) => apis.deployments(id).await,
            Self::Http(apis) => apis.deployments(id).await,
        }
    }

    /// `CreateDeployment` without a stage: no stage changes.
    pub async fn create_deployment(self, id: &RestApiId, description: &str) -> Result<DeploymentId, CallError> {
        match self {
            Self::Rest(apis) => apis.create_deployment(id, description, None).await,
            Self::Http(apis) => apis.create_deployment(id, description).await,
        }
    }

    /// `DeleteDeployment`; API Gateway refuses it for one that a stage serves.
    pub async fn delete_deployment(self, id: &RestApiId, deployment: &DeploymentId) -> Result<(), CallError> {
        match self {
            Self::Rest(apis) => apis.delete_deployment(id, deployment).await,
            Self::Http(apis) => apis.delete_deployment(id, deployment).await,
        }
    }

    /// `UpdateStage` of the deployment and nothing else.
    pub async fn point_stage(
        self,
        id: &RestApiId,
        stage: &StageName,
        deployment: &DeploymentId,
    ) -> Result<(), CallError> {
        match self {
            Self::Rest(apis) => apis.point_stage(id, stage, deployment).await,
            Self::Http(apis) => apis.point_stage(id, stage, deployment).await,
        }
    }
}
