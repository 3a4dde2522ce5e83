//! Stages that come and go.

use std::collections::BTreeMap;

use aws_sdk_apigateway::config::Builder;
use aws_sdk_apigateway::types::{Op, PatchOperation, Stage};

use super::RestApis;
use super::write::path;
use crate::aws::call_error::{self, Answer, CallError};
use crate::aws::time;
use crate::model::{DeploymentId, ObservedStage, PreviewStage, RestApiId, StageName};

/// What `CreateStage` takes.
pub struct NewStage<'a> {
    /// The API.
    pub id: &'a RestApiId,
    /// Its name.
    pub stage: &'a StageName,
    /// What it serves.
    pub deployment: &'a DeploymentId,
    /// Which integrations may use.
    pub variables: &'a BTreeMap<String, String>,
    /// All of its tags.
    pub tags: &'a BTreeMap<String, String>,
}

fn once() -> Builder {
    Builder::new().retry_config(call_error::once())
}

impl RestApis {
    /// `GetStages`, with tags; `None` where there is no such API. The list has no pages.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetStages.html>
    pub async fn stages(&self, id: &RestApiId) -> Result<Option<Vec<PreviewStage>>, CallError> {
        let answer = self.client.get_stages().rest_api_id(id.as_str()).send().await;
        match answer.map_err(|error| CallError::new("apigateway:GET", path(id, "stages"), &error)) {
            Err(error) if error.answer == Answer::NotFound => Ok(None),
            other => Ok(Some(other?.item.unwrap_or_default().into_iter().filter_map(stage).collect())),
        }
    }

    /// `CreateStage` without a cache, with its tags from the first moment on.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html>
    pub async fn create_stage(&self, new: &NewStage<'_>) -> Result<(), CallError> {
        let call = self.client.create_stage().rest_api_id(new.id.as_str()).stage_name(new.stage.as_str());
        let call = call.deployment_id(new.deployment.as_str());
        let call = call.set_variables(Some(new.variables.clone().into_iter().collect()));
        let call = call.set_tags(Some(new.tags.clone().into_iter().collect()));
        let answer = call.customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("apigateway:POST", path(new.id, "stages"), &error))
    }

    /// `UpdateStage` of deployment and variables: those of `from` that are none of `to` go.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateStage.html>
    pub async fn change_stage(
        &self,
        id: &RestApiId,
        from: &ObservedStage,
        to: &ObservedStage,
    ) -> Result<(), CallError> {
        let replace =
            |path: String, value: &str| PatchOperation::builder().op(Op::Replace).path(path).value(value).build();
        let deployment = to.deployment.iter().map(|id| replace("/deploymentId".to_owned(), id.as_str()));
        let differs = |name: &String, value: &String| from.variables.get(name) != Some(value);
        let set = to.variables.iter().filter(|(name, value)| differs(name, value));
        let set = set.map(|(name, value)| replace(format!("/variables/{name}"), value));
        let gone = from.variables.keys().filter(|name| !to.variables.contains_key(*name));
        let gone = gone.map(|name| PatchOperation::builder().op(Op::Remove).path(format!("/variables/{name}")).build());
        let call = self.client.update_stage().rest_api_id(id.as_str()).stage_name(to.name.as_str());
        let call = call.set_patch_operations(Some(deployment.chain(set).chain(gone).collect()));
        let answer = call.customize().config_override(once()).send().await;
        let resource = path(id, &format!("stages/{}", to.name));
        answer.map(|_| ()).map_err(|error| CallError::new("apigateway:PATCH", resource, &error))
    }

    /// `DeleteStage`; its deployment stays.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_DeleteStage.html>
    pub async fn delete_stage(&self, id: &RestApiId, stage: &StageName) -> Result<(), CallError> {
        let call = self.client.delete_stage().rest_api_id(id.as_str()).stage_name(stage.as_str());
        let answer = call.customize().config_override(once()).send().await;
        let resource = path(id, &format!("stages/{stage}"));
        answer.map(|_| ()).map_err(|error| CallError::new("apigateway:DELETE", resource, &error))
    }
}

fn stage(found: Stage) -> Option<PreviewStage> {
    let stage = ObservedStage {
        name: StageName::new(found.stage_name?),
        deployment: found.deployment_id.filter(|id| !id.is_empty()).map(DeploymentId::new),
        variables: found.variables.unwrap_or_default().into_iter().collect(),
        has_cache: found.cache_cluster_enabled,
        has_canary: found.canary_settings.is_some_and(|canary| canary.percent_traffic > 0.0),
    };
    let created = found.created_date.map(time::of);
    Some(PreviewStage { stage, tags: found.tags.unwrap_or_default().into_iter().collect(), created })
}
