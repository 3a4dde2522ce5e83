//! Reads, each of all its pages.

use aws_sdk_apigateway::types::{Authorizer, GatewayResponse, Model, RequestValidator, Resource};

use super::RestApis;
use super::definition::{Parts, definition};
use super::write::path;
use crate::aws::call_error::{Answer, CallError};
use crate::model::{ApiDefinition, DeploymentId, ObservedDeployment, ObservedStage, RestApiId, StageName};

/// The most that a page holds.
const PAGE: i32 = 500;

/// An API's name and definition.
pub struct GotApi {
    /// Its name.
    pub name: String,
    /// What would be deployed now.
    pub definition: ApiDefinition,
    /// Its execute-api endpoint is switched off.
    pub execute_api_disabled: bool,
}

/// Reads all pages of a list.
macro_rules! pages {
    ($client:expr, $operation:ident, $id:expr, $what:literal $(, $option:ident($value:expr))*) => {{
        let mut items = Vec::new();
        let mut position = None;
        loop {
            let call = $client.$operation().rest_api_id($id.as_str()).limit(PAGE).set_position(position);
            let page = call$(.$option($value))*.send().await;
            let page = page.map_err(|error| CallError::new("apigateway:GET", path($id, $what), &error))?;
            items.extend(page.items.unwrap_or_default());
            match page.position {
                Some(next) => position = Some(next),
                None => break Ok(items),
            }
        }
    }};
}

impl RestApis {
    /// The ids of the APIs of this name; names need not be unique.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html>
    pub async fn named(&self, name: &str) -> Result<Vec<RestApiId>, CallError> {
        let mut found = Vec::new();
        let mut position = None;
        loop {
            let page = self.client.get_rest_apis().limit(PAGE).set_position(position).send().await;
            let page = page.map_err(|error| CallError::new("apigateway:GET", "/restapis", &error))?;
            let named = page.items.unwrap_or_default().into_iter().filter(|api| api.name() == Some(name));
            found.extend(named.filter_map(|api| api.id).map(RestApiId::new));
            match page.position {
                Some(next) => position = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// The API's definition, its parts read at once; `None` where there is no such API.
    pub async fn api(&self, id: &RestApiId) -> Result<Option<GotApi>, CallError> {
        let (api, resources, authorizers, models, validators, responses) = futures::join!(
            self.client.get_rest_api().rest_api_id(id.as_str()).send(),
            self.resources(id),
            self.authorizers(id),
            self.models(id),
            self.validators(id),
            self.responses(id),
        );
        let api = match api.map_err(|error| CallError::new("apigateway:GET", path(id, ""), &error)) {
            Err(error) if error.answer == Answer::NotFound => return Ok(None),
            other => other?,
        };
        let parts = Parts {
            resources: resources?,
            authorizers: authorizers?,
            models: models?,
            validators: validators?,
            responses: responses?,
        };
        Ok(Some(GotApi {
            name: api.name.clone().unwrap_or_default(),
            definition: definition(&api, &parts),
            execute_api_disabled: api.disable_execute_api_endpoint,
        }))
    }

    async fn resources(&self, id: &RestApiId) -> Result<Vec<Resource>, CallError> {
        pages!(self.client, get_resources, id, "resources", embed("methods"))
    }

    async fn authorizers(&self, id: &RestApiId) -> Result<Vec<Authorizer>, CallError> {
        pages!(self.client, get_authorizers, id, "authorizers")
    }

    async fn models(&self, id: &RestApiId) -> Result<Vec<Model>, CallError> {
        pages!(self.client, get_models, id, "models")
    }

    async fn validators(&self, id: &RestApiId) -> Result<Vec<RequestValidator>, CallError> {
        pages!(self.client, get_request_validators, id, "requestvalidators")
    }

    async fn responses(&self, id: &RestApiId) -> Result<Vec<GatewayResponse>, CallError> {
        pages!(self.client, get_gateway_responses, id, "gatewayresponses")
    }

    /// `GetStage`; `None` where the API, or the stage, does not exist.
    pub async fn stage(&self, id: &RestApiId, stage: &StageName) -> Result<Option<ObservedStage>, CallError> {
        let answer = self.client.get_stage().rest_api_id(id.as_str()).stage_name(stage.as_str()).send().await;
        let resource = path(id, &format!("stages/{stage}"));
        let found = match answer.map_err(|error| CallError::new("apigateway:GET", resource, &error)) {
            Err(error) if error.answer == Answer::NotFound => return Ok(None),
            other => other?,
        };
        Ok(Some(ObservedStage {
            name: stage.clone(),
            deployment: found.deployment_id.filter(|id| !id.is_empty()).map(DeploymentId::new),
            variables: found.variables.unwrap_or_default().into_iter().collect(),
            has_cache: found.cache_cluster_enabled,
            has_canary: found.canary_settings.is_some_and(|canary| canary.percent_traffic > 0.0),
        }))
    }

    /// `GetDeployments`; none where the API does not exist.
    pub async fn deployments(&self, id: &RestApiId) -> Result<Vec<ObservedDeployment>, CallError> {
        let found: Result<Vec<_>, CallError> = async { pages!(self.client, get_deployments, id, "deployments") }.await;
        let found = match found {
            Err(error) if error.answer == Answer::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let deployment = |found: aws_sdk_apigateway::types::Deployment| {
            let description = found.description.unwrap_or_default();
            found.id.map(|id| ObservedDeployment { id: DeploymentId::new(id), description })
        };
        Ok(found.into_iter().filter_map(deployment).collect())
    }
}
