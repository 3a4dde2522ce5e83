//! HTTP APIs of API Gateway: definition, stages, deployments.
//!
//! <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/api-reference.html>

mod definition;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_apigatewayv2::Client;
use aws_sdk_apigatewayv2::types::{DeploymentStatus, ProtocolType};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use self::definition::{Parts, definition};
use super::call_error::{Answered, CallError};
use super::rest_api::{GotApi, TaggedApi};
use super::time;
use crate::model::{DeploymentId, ObservedDeployment, ObservedStage, RestApiId, StageName};

/// Reads all pages of a list.
macro_rules! pages {
    ($call:expr, $resource:expr) => {
        async {
            let (call, mut items, mut next) = ($call, Vec::new(), None);
            loop {
                let page = call.clone().set_next_token(next).send().await.answered("apigateway:GET", $resource)?;
                items.extend(page.items.unwrap_or_default());
                next = page.next_token;
                if next.as_ref().is_none_or(String::is_empty) {
                    break Ok::<_, CallError>(items);
                }
            }
        }
    };
}

/// The HTTP APIs of one account and region.
pub struct HttpApis {
    client: Client,
    /// Sends each write as one call.
    once: Client,
}

/// How far a deployment is.
pub enum Deployed {
    /// It can be served.
    Done,
    /// API Gateway is at work.
    Pending,
    /// It failed: why.
    Failed(String),
}

impl HttpApis {
    pub(super) fn new(config: &SdkConfig, http: SharedHttpClient) -> Self {
        let (config, once) = two_clients!(aws_sdk_apigatewayv2, config, http);
        Self { client: Client::from_conf(config.build()), once: Client::from_conf(once.build()) }
    }

    /// `GetApis`, all pages, those that are HTTP APIs, with tags.
    ///
    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html>
    pub async fn list(&self) -> Result<Vec<TaggedApi>, CallError> {
        let found = pages!(self.client.get_apis(), "/apis").await?;
        let of_http = found.into_iter().filter(|api| api.protocol_type == Some(ProtocolType::Http));
        let tagged = of_http.filter_map(|api| {
            let tags: BTreeMap<_, _> = api.tags.into_iter().flatten().collect();
            let created = api.created_date.map(time::of);
            Some(TaggedApi { id: RestApiId::new(api.api_id?), name: api.name.unwrap_or_default(), tags, created })
        });
        Ok(tagged.collect())
    }

    /// The API's definition, its parts read at once; `None` where API Gateway has no such HTTP API.
    pub async fn api(&self, id: &RestApiId) -> Result<Option<GotApi>, CallError> {
        let (client, api_id) = (&self.client, id.as_str());
        let (api, routes, integrations, authorizers) = futures::join!(
            client.get_api().api_id(api_id).send(),
            pages!(client.get_routes().api_id(api_id), path(id, "routes")),
            pages!(client.get_integrations().api_id(api_id), path(id, "integrations")),
            pages!(client.get_authorizers().api_id(api_id), path(id, "authorizers")),
        );
        let Some(api) = api.or_absent("apigateway:GET", path(id, ""))? else { return Ok(None) };
        if api.protocol_type != Some(ProtocolType::Http) {
            return Ok(None);
        }
        let parts = Parts { routes: &routes?, integrations: &integrations?, authorizers: &authorizers? };
        Ok(Some(GotApi {
            definition: definition(&api, &parts),
            name: api.name.unwrap_or_default(),
            execute_api_disabled: api.disable_execute_api_endpoint.unwrap_or_default(),
        }))
    }

    /// `GetStage`; `None` where the API or the stage does not exist.
    ///
    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html>
    pub async fn stage(&self, id: &RestApiId, stage: &StageName) -> Result<Option<ObservedStage>, CallError> {
        let call = self.client.get_stage().api_id(id.as_str()).stage_name(stage.as_str());
        let found = call.send().await.or_absent("apigateway:GET", path(id, &format!("stages/{stage}")))?;
        Ok(found.map(|found| ObservedStage {
            name: stage.clone(),
            deployment: found.deployment_id.filter(|id| !id.is_empty()).map(DeploymentId::new),
            variables: found.stage_variables.into_iter().flatten().collect(),
            has_cache: false,
            has_canary: false,
            // That of a quick create deploys by itself, too, and cannot be modified.
            auto_deploy: found.auto_deploy.unwrap_or_default() || found.api_gateway_managed.unwrap_or_default(),
            last_deployment: found.last_deployment_status_message.filter(|message| !is_success(message)),
        }))
    }

    /// `GetDeployments`, all pages; none where the API does not exist.
    ///
    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-deployments.html>
    pub async fn deployments(&self, id: &RestApiId) -> Result<Vec<ObservedDeployment>, CallError> {
        let call = self.client.get_deployments().api_id(id.as_str());
        let found = CallError::absent_is_none(pages!(call, path(id, "deployments")).await)?;
        let deployments = found.into_iter().flatten().filter_map(|found| {
            let description = found.description.unwrap_or_default();
            found.deployment_id.map(|id| ObservedDeployment { id: DeploymentId::new(id), description })
        });
        Ok(deployments.collect())
    }

    /// `CreateDeployment` without a stage: no stage changes.
    ///
    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-deployments.html>
    pub async fn create_deployment(&self, id: &RestApiId, description: &str) -> Result<DeploymentId, CallError> {
        let (action, resource) = ("apigateway:POST", path(id, "deployments"));
        let call = self.once.create_deployment().api_id(id.as_str()).description(description);
        let answer = call.send().await.answered(action, &resource)?;
        answer.deployment_id.map(DeploymentId::new).ok_or_else(|| CallError::malformed(action, resource))
    }

    /// `GetDeployment`: how far it is.
    ///
    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-deployments-deploymentid.html>
    pub async fn deployed(&self, id: &RestApiId, deployment: &DeploymentId) -> Result<Deployed, CallError> {
        let call = self.client.get_deployment().api_id(id.as_str()).deployment_id(deployment.as_str());
        let resource = path(id, &format!("deployments/{deployment}"));
        let answer = call.send().await.answered("apigateway:GET", resource)?;
        Ok(match answer.deployment_status {
            Some(DeploymentStatus::Pending) => Deployed::Pending,
            Some(DeploymentStatus::Failed) => Deployed::Failed(answer.deployment_status_message.unwrap_or_default()),
            _ => Deployed::Done,
        })
    }

    /// `DeleteDeployment`; API Gateway refuses it for one that a stage serves.
    pub async fn delete_deployment(&self, id: &RestApiId, deployment: &DeploymentId) -> Result<(), CallError> {
        let call = self.once.delete_deployment().api_id(id.as_str()).deployment_id(deployment.as_str());
        call.send().await.done("apigateway:DELETE", path(id, &format!("deployments/{deployment}")))
    }

    /// `UpdateStage` with `deploymentId` and nothing else; a stage with `autoDeploy` refuses it.
    ///
    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html>
    pub async fn point_stage(
        &self,
        id: &RestApiId,
        stage: &StageName,
        deployment: &DeploymentId,
    ) -> Result<(), CallError> {
        let call = self.once.update_stage().api_id(id.as_str()).stage_name(stage.as_str());
        let answer = call.deployment_id(deployment.as_str()).send().await;
        answer.done("apigateway:PATCH", path(id, &format!("stages/{stage}")))
    }
}

/// Whether the message about a stage's last deployment tells no failure: API Gateway has one for a success, too, such as
/// "Successfully deployed stage with deployment ID 'dty748'".
fn is_success(message: &str) -> bool {
    message.is_empty() || message.starts_with("Successfully deployed")
}

/// A resource as IAM's ARNs for API Gateway name it.
fn path(id: &RestApiId, rest: &str) -> String {
    if rest.is_empty() { format!("/apis/{id}") } else { format!("/apis/{id}/{rest}") }
}

#[cfg(test)]
mod tests {
    use super::is_success;

    #[test]
    fn only_a_failed_deployment_is_told() {
        assert!(is_success("") && is_success("Successfully deployed stage with deployment ID 'dty748'"));
        assert!(!is_success("Deployment attempt failed: Unable to deploy API because no routes exist in this API"));
    }
}
