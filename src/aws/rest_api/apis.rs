//! REST APIs: their definition, and APIs that come and go.

use std::collections::BTreeMap;

use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::{EndpointConfiguration, EndpointType, PutMode};
use serde_json::Value;

use super::definition::definition;
use super::{PAGE, RestApis, pages, path};
use crate::aws::call_error::{Answered, CallError};
use crate::aws::time;
use crate::model::{ApiDefinition, Moment, RestApiId, StageName};

/// An API's name and definition.
pub struct GotApi {
    /// Its name.
    pub name: String,
    /// What would be deployed now.
    pub definition: ApiDefinition,
    /// Its execute-api endpoint is switched off.
    pub execute_api_disabled: bool,
}

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

impl RestApis {
    /// `GetRestApis`, all pages, with tags.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html>
    pub async fn list(&self) -> Result<Vec<TaggedApi>, CallError> {
        let found = pages!(self.client.get_rest_apis(), "/restapis").await?;
        let tagged = found.into_iter().filter_map(|api| {
            let tags = api.tags.into_iter().flatten().collect();
            let created = api.created_date.map(time::of);
            Some(TaggedApi { id: RestApiId::new(api.id?), name: api.name.unwrap_or_default(), tags, created })
        });
        Ok(tagged.collect())
    }

    /// The API's definition, its parts read at once; `None` where API Gateway has no such API.
    pub async fn api(&self, id: &RestApiId) -> Result<Option<GotApi>, CallError> {
        let (client, rest_api_id) = (&self.client, id.as_str());
        let (api, resources, authorizers, models, validators, responses) = futures::join!(
            client.get_rest_api().rest_api_id(rest_api_id).send(),
            pages!(client.get_resources().rest_api_id(rest_api_id).embed("methods"), path(id, "resources")),
            pages!(client.get_authorizers().rest_api_id(rest_api_id), path(id, "authorizers")),
            pages!(client.get_models().rest_api_id(rest_api_id), path(id, "models")),
            pages!(client.get_request_validators().rest_api_id(rest_api_id), path(id, "requestvalidators")),
            pages!(client.get_gateway_responses().rest_api_id(rest_api_id), path(id, "gatewayresponses")),
        );
        let Some(api) = api.or_absent("apigateway:GET", path(id, ""))? else { return Ok(None) };
        Ok(Some(GotApi {
            definition: definition(&api, &resources?, &authorizers?, &models?, &validators?, &responses?),
            name: api.name.unwrap_or_default(),
            execute_api_disabled: api.disable_execute_api_endpoint,
        }))
    }

    /// `GetExport` of a stage as OpenAPI 3, with all of API Gateway's extensions; `None` where it has no such stage.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetExport.html>
    pub async fn export(&self, id: &RestApiId, stage: &StageName) -> Result<Option<Value>, CallError> {
        let call = self.client.get_export().rest_api_id(id.as_str()).stage_name(stage.as_str()).export_type("oas30");
        let answer = call.parameters("extensions", "apigateway").accepts("application/json").send().await;
        let resource = path(id, &format!("stages/{stage}/exports/oas30"));
        let Some(answer) = answer.or_absent("apigateway:GET", &resource)? else { return Ok(None) };
        let body = answer.body.map(Blob::into_inner).unwrap_or_default();
        serde_json::from_slice(&body).map(Some).map_err(|_| CallError::malformed("apigateway:GET", resource))
    }

    /// `CreateRestApi`, regional and empty, with its tags from the first moment on: `ImportRestApi` takes no tags, and
    /// an API without tags would never be found and deleted.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateRestApi.html>
    pub async fn create(&self, name: &str, tags: &BTreeMap<String, String>) -> Result<RestApiId, CallError> {
        let regional = EndpointConfiguration::builder().types(EndpointType::Regional).build();
        let call = self.once.create_rest_api().name(name).endpoint_configuration(regional);
        let call = call.set_tags(Some(tags.clone().into_iter().collect()));
        let answer = call.send().await.answered("apigateway:POST", "/restapis")?;
        answer.id.map(RestApiId::new).ok_or_else(|| CallError::malformed("apigateway:POST", "/restapis"))
    }

    /// `TagResource`: these tags beside those that it has.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_TagResource.html>
    pub async fn tag(&self, arn: &str, tags: BTreeMap<String, String>) -> Result<(), CallError> {
        let call = self.client.tag_resource().resource_arn(arn).set_tags(Some(tags.into_iter().collect()));
        call.send().await.done("apigateway:PUT", format!("/tags/{arn}"))
    }

    /// `PutRestApi` in the mode `overwrite`: the document takes the place of all that was there. A warning is an
    /// error.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html>
    pub async fn overwrite(&self, id: &RestApiId, document: &Value) -> Result<(), CallError> {
        let body = Blob::new(document.to_string());
        let call = self.once.put_rest_api().rest_api_id(id.as_str()).mode(PutMode::Overwrite).fail_on_warnings(true);
        call.body(body).send().await.done("apigateway:PUT", path(id, ""))
    }

    /// `DeleteRestApi`, with its stages and deployments.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_DeleteRestApi.html>
    pub async fn delete(&self, id: &RestApiId) -> Result<(), CallError> {
        let call = self.once.delete_rest_api().rest_api_id(id.as_str());
        call.send().await.done("apigateway:DELETE", path(id, ""))
    }
}
