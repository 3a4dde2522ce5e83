//! The APIs of previews: what a stage serves as a document, and whole APIs that come and go.

use std::collections::BTreeMap;

use aws_sdk_apigateway::config::Builder;
use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::{EndpointConfiguration, EndpointType, PutMode};
use serde_json::Value;

use super::RestApis;
use super::write::path;
use crate::aws::call_error::{self, Answer, CallError};
use crate::aws::time;
use crate::model::{DeploymentId, Moment, RestApiId, StageName};

/// The most that a page holds.
const PAGE: i32 = 500;

/// An API as the list of all has it.
pub struct TaggedApi {
    /// Its id.
    pub id: RestApiId,
    /// Its name.
    pub name: String,
    /// All of its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub created: Option<Moment>,
}

/// What `CreateDeployment` takes where it is to make, or point, a stage as well.
pub struct StageDeployment<'a> {
    /// The API.
    pub id: &'a RestApiId,
    /// The stage; made where there is none.
    pub stage: &'a StageName,
    /// Of the deployment.
    pub description: &'a str,
    /// Of the stage.
    pub variables: &'a BTreeMap<String, String>,
}

fn once() -> Builder {
    Builder::new().retry_config(call_error::once())
}

impl RestApis {
    /// `GetExport` of a stage as OpenAPI 3, with all of API Gateway's extensions; `None` where there is no such stage.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetExport.html>
    pub async fn export(&self, id: &RestApiId, stage: &StageName) -> Result<Option<Value>, CallError> {
        let call = self.client.get_export().rest_api_id(id.as_str()).stage_name(stage.as_str()).export_type("oas30");
        let answer = call.parameters("extensions", "apigateway").accepts("application/json").send().await;
        let resource = path(id, &format!("stages/{stage}/exports/oas30"));
        let answer = match answer.map_err(|error| CallError::new("apigateway:GET", &resource, &error)) {
            Err(error) if error.answer == Answer::NotFound => return Ok(None),
            other => other?,
        };
        let body = answer.body.map(Blob::into_inner).unwrap_or_default();
        serde_json::from_slice(&body).map(Some).map_err(|_| CallError::malformed("apigateway:GET", resource))
    }

    /// `GetRestApis`, all pages, with tags.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html>
    pub async fn tagged(&self) -> Result<Vec<TaggedApi>, CallError> {
        let (mut found, mut position) = (Vec::new(), None);
        loop {
            let page = self.client.get_rest_apis().limit(PAGE).set_position(position).send().await;
            let page = page.map_err(|error| CallError::new("apigateway:GET", "/restapis", &error))?;
            found.extend(page.items.unwrap_or_default().into_iter().filter_map(|api| {
                let tags = api.tags.unwrap_or_default().into_iter().collect();
                let created = api.created_date.map(time::of);
                Some(TaggedApi { id: RestApiId::new(api.id?), name: api.name.unwrap_or_default(), tags, created })
            }));
            match page.position {
                Some(next) => position = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// `CreateRestApi`, regional and empty, with its tags from the first moment on: `ImportRestApi` takes no tags, and
    /// what carries none is found by nobody who is to delete it.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateRestApi.html>
    pub async fn create(&self, name: &str, tags: &BTreeMap<String, String>) -> Result<RestApiId, CallError> {
        let regional = EndpointConfiguration::builder().types(EndpointType::Regional).build();
        let call = self.client.create_rest_api().name(name).endpoint_configuration(regional);
        let call = call.set_tags(Some(tags.clone().into_iter().collect()));
        let answer = call.customize().config_override(once()).send().await;
        let answer = answer.map_err(|error| CallError::new("apigateway:POST", "/restapis", &error))?;
        answer.id.map(RestApiId::new).ok_or_else(|| CallError::malformed("apigateway:POST", "/restapis"))
    }

    /// `TagResource`: these tags beside those that it has.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_TagResource.html>
    pub async fn tag(&self, arn: &str, tags: BTreeMap<String, String>) -> Result<(), CallError> {
        let call = self.client.tag_resource().resource_arn(arn).set_tags(Some(tags.into_iter().collect()));
        call.send().await.map_err(|error| CallError::new("apigateway:PUT", format!("/tags/{arn}"), &error)).map(|_| ())
    }

    /// `PutRestApi` in the mode `overwrite`: the document takes the place of all that was there. A warning is an
    /// error.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html>
    pub async fn overwrite(&self, id: &RestApiId, document: &Value) -> Result<(), CallError> {
        let body = Blob::new(document.to_string());
        let call = self.client.put_rest_api().rest_api_id(id.as_str()).mode(PutMode::Overwrite).fail_on_warnings(true);
        let answer = call.body(body).customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("apigateway:PUT", path(id, ""), &error))
    }

    /// `CreateDeployment` with a stage's name, so that the stage serves it.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html>
    pub async fn deploy(&self, new: &StageDeployment<'_>) -> Result<DeploymentId, CallError> {
        let call = self.client.create_deployment().rest_api_id(new.id.as_str()).stage_name(new.stage.as_str());
        let call = call.description(new.description).set_variables(Some(new.variables.clone().into_iter().collect()));
        let answer = call.customize().config_override(once()).send().await;
        let resource = path(new.id, "deployments");
        let answer = answer.map_err(|error| CallError::new("apigateway:POST", &resource, &error))?;
        answer.id.map(DeploymentId::new).ok_or_else(|| CallError::malformed("apigateway:POST", resource))
    }

    /// `DeleteRestApi`, with its stages and deployments.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_DeleteRestApi.html>
    pub async fn delete(&self, id: &RestApiId) -> Result<(), CallError> {
        let call = self.client.delete_rest_api().rest_api_id(id.as_str());
        let answer = call.customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("apigateway:DELETE", path(id, ""), &error))
    }
}
