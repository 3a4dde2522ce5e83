//! Writes to a REST API: deployments, and the one field of a stage that is ours to change.

use aws_sdk_apigateway::types::{Op, PatchOperation};

use super::RestApis;
use crate::aws::call_error::{CallError, once};
use crate::model::{DeploymentId, RestApiId, StageName};

impl RestApis {
    /// `CreateDeployment` without a stage name, so that no stage changes by it. Sent once: a repeated
    /// call after a lost answer would make a second deployment.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html>
    pub async fn create_deployment(&self, id: &RestApiId, description: &str) -> Result<DeploymentId, CallError> {
        let call = self.client.create_deployment().rest_api_id(id.as_str()).description(description).customize();
        let once = aws_sdk_apigateway::config::Builder::new().retry_config(once());
        let answer = call.config_override(once).send().await;
        let answer = answer.map_err(|error| CallError::new("apigateway:POST", path(id, "deployments"), &error))?;
        answer.id.map(DeploymentId::new).ok_or_else(|| CallError::malformed("apigateway:POST", path(id, "deployments")))
    }

    /// `DeleteDeployment`; API Gateway refuses it for one that a stage serves.
    pub async fn delete_deployment(&self, id: &RestApiId, deployment: &DeploymentId) -> Result<(), CallError> {
        let call = self.client.delete_deployment().rest_api_id(id.as_str()).deployment_id(deployment.as_str());
        let resource = path(id, &format!("deployments/{deployment}"));
        call.send().await.map(|_| ()).map_err(|error| CallError::new("apigateway:DELETE", resource, &error))
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
        let call = self.client.update_stage().rest_api_id(id.as_str()).stage_name(stage.as_str());
        let answer = call.patch_operations(patch).send().await;
        let resource = path(id, &format!("stages/{stage}"));
        answer.map(|_| ()).map_err(|error| CallError::new("apigateway:PATCH", resource, &error))
    }

    /// `FlushStageCache`.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_FlushStageCache.html>
    pub async fn flush_cache(&self, id: &RestApiId, stage: &StageName) -> Result<(), CallError> {
        let call = self.client.flush_stage_cache().rest_api_id(id.as_str()).stage_name(stage.as_str());
        let resource = path(id, &format!("stages/{stage}/cache/data"));
        call.send().await.map(|_| ()).map_err(|error| CallError::new("apigateway:DELETE", resource, &error))
    }
}

/// A resource as IAM's ARNs for API Gateway have it.
pub(super) fn path(id: &RestApiId, rest: &str) -> String {
    if rest.is_empty() { format!("/restapis/{id}") } else { format!("/restapis/{id}/{rest}") }
}
