//! Stages, and the deployments that they serve. Of a stage that Terraform owns, only `/deploymentId` ever changes.

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{Op, PatchOperation};

use super::{PAGE, RestApis, pages, path};
use crate::aws::call_error::{Answered, CallError};
use crate::model::{DeploymentId, ObservedDeployment, ObservedStage, RestApiId, StageName};

impl RestApis {
    /// `GetDeployments`, all pages; none where the API does not exist.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetDeployments.html>
    pub async fn deployments(&self, id: &RestApiId) -> Result<Vec<ObservedDeployment>, CallError> {
        let call = self.client.get_deployments().rest_api_id(id.as_str());
        let found = CallError::absent_is_none(pages!(call, path(id, "deployments")).await)?;
        let deployments = found.into_iter().flatten().filter_map(|found| {
            let description = found.description.unwrap_or_default();
            found.id.map(|id| ObservedDeployment { id: DeploymentId::new(id), description })
        });
        Ok(deployments.collect())
    }

    /// `CreateDeployment`. A stage that is named, with its variables, is made, or points at the deployment where it
    /// exists. Without one, no stage changes.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html>
    pub async fn create_deployment(
        &self,
        id: &RestApiId,
        description: &str,
        stage: Option<(&StageName, &BTreeMap<String, String>)>,
    ) -> Result<DeploymentId, CallError> {
        let (action, resource) = ("apigateway:POST", path(id, "deployments"));
        let call = self.once.create_deployment().rest_api_id(id.as_str()).description(description);
        let call = call.set_stage_name(stage.map(|(name, _)| name.to_string()));
        let call = call.set_variables(stage.map(|(_, variables)| variables.clone().into_iter().collect()));
        let answer = call.send().await.answered(action, &resource)?;
        answer.id.map(DeploymentId::new).ok_or_else(|| CallError::malformed(action, resource))
    }

    /// `DeleteDeployment`; API Gateway refuses it for one that a stage serves.
    pub async fn delete_deployment(&self, id: &RestApiId, deployment: &DeploymentId) -> Result<(), CallError> {
        let call = self.once.delete_deployment().rest_api_id(id.as_str()).deployment_id(deployment.as_str());
        call.send().await.done("apigateway:DELETE", path(id, &format!("deployments/{deployment}")))
    }

    /// `GetStage`; `None` where the API or the stage does not exist.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetStage.html>
    pub async fn stage(&self, id: &RestApiId, stage: &StageName) -> Result<Option<ObservedStage>, CallError> {
        let call = self.client.get_stage().rest_api_id(id.as_str()).stage_name(stage.as_str());
        let found = call.send().await.or_absent("apigateway:GET", path(id, &format!("stages/{stage}")))?;
        Ok(found.map(|found| ObservedStage {
            name: stage.clone(),
            deployment: found.deployment_id.filter(|id| !id.is_empty()).map(DeploymentId::new),
            variables: found.variables.into_iter().flatten().collect(),
            has_cache: found.cache_cluster_enabled,
            has_canary: found.canary_settings.is_some_and(|canary| canary.percent_traffic > 0.0),
            auto_deploy: false,
            last_deployment: None,
        }))
    }

    /// The deployment that a stage serves; `None` where there is no such stage, or it serves none.
    pub async fn serves(&self, id: &RestApiId, stage: &StageName) -> Result<Option<DeploymentId>, CallError> {
        Ok(self.stage(id, stage).await?.and_then(|stage| stage.deployment))
    }

    /// `UpdateStage`, replacing `/deploymentId` and nothing else.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateStage.html>
    pub async fn point_stage(
        &self,
        id: &RestApiId,
        stage: &StageName,
        deployment: &DeploymentId,
    ) -> Result<(), CallError> {
        let patch = PatchOperation::builder().op(Op::Replace).path("/deploymentId").value(deployment.as_str()).build();
        let call = self.once.update_stage().rest_api_id(id.as_str()).stage_name(stage.as_str());
        let answer = call.patch_operations(patch).send().await;
        answer.done("apigateway:PATCH", path(id, &format!("stages/{stage}")))
    }

    /// `FlushStageCache`.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_FlushStageCache.html>
    pub async fn flush_cache(&self, id: &RestApiId, stage: &StageName) -> Result<(), CallError> {
        let call = self.once.flush_stage_cache().rest_api_id(id.as_str()).stage_name(stage.as_str());
        call.send().await.done("apigateway:DELETE", path(id, &format!("stages/{stage}/cache/data")))
    }
}
