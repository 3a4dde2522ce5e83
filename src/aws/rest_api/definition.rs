//! What a deployment freezes, as one JSON document.
//!
//! Everything is named by what it means, not by when it was made: methods by path, models by name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_apigateway::operation::get_rest_api::GetRestApiOutput;
use aws_sdk_apigateway::types::{
    Authorizer, GatewayResponse, Integration as SdkIntegration, IntegrationResponse, Method, MethodResponse, Model,
    RequestValidator, Resource,
};
use serde_json::{Map, Value, json};

use crate::model::{ApiDefinition, Integration};

/// The lists of an API.
pub(super) struct Parts {
    pub(super) resources: Vec<Resource>,
    pub(super) authorizers: Vec<Authorizer>,
    pub(super) models: Vec<Model>,
    pub(super) validators: Vec<RequestValidator>,
    pub(super) responses: Vec<GatewayResponse>,
}

pub(super) fn definition(api: &GetRestApiOutput, parts: &Parts) -> ApiDefinition {
    let document = json!({
        "settings": settings(api),
        "resources": keyed(&parts.resources, aws_sdk_apigateway::types::Resource::path, resource_value),
        "authorizers": keyed(&parts.authorizers, aws_sdk_apigateway::types::Authorizer::id, authorizer_value),
        "models": keyed(&parts.models, aws_sdk_apigateway::types::Model::name, model_value),
        "validators": keyed(&parts.validators, aws_sdk_apigateway::types::RequestValidator::id, validator_value),
        // What API Gateway answers by default is not part of the definition.
        "responses": keyed(
            parts.responses.iter().filter(|response| !response.default_response),
            |response| response.response_type.as_ref().map(aws_sdk_apigateway::types::GatewayResponseType::as_str),
            response_value,
        ),
    });
    ApiDefinition { document, integrations: integrations(&parts.resources) }
}

fn settings(api: &GetRestApiOutput) -> Value {
    let endpoint = api.endpoint_configuration.as_ref();
    let types = endpoint.map(|endpoint| {
        endpoint.types().iter().map(aws_sdk_apigateway::types::EndpointType::as_str).collect::<BTreeSet<_>>()
    });
    let vpc_endpoints = endpoint.map(|endpoint| endpoint.vpc_endpoint_ids().iter().collect::<BTreeSet<_>>());
    json!({
        "policy": api.policy,
        "binary_media_types": api.binary_media_types().iter().collect::<BTreeSet<_>>(),
        "minimum_compression_size": api.minimum_compression_size,
        "api_key_source": api.api_key_source.as_ref().map(aws_sdk_apigateway::types::ApiKeySourceType::as_str),
        "endpoint_types": types,
        "vpc_endpoint_ids": vpc_endpoints,
        "ip_address_type": endpoint.and_then(|endpoint| endpoint.ip_address_type.as_ref()).map(aws_sdk_apigateway::types::IpAddressType::as_str),
        "disable_execute_api_endpoint": api.disable_execute_api_endpoint,
        "security_policy": api.security_policy.as_ref().map(aws_sdk_apigateway::types::SecurityPolicy::as_str),
        "endpoint_access_mode": api.endpoint_access_mode.as_ref().map(aws_sdk_apigateway::types::EndpointAccessMode::as_str),
    })
}

fn keyed<'a, T: 'a>(
    items: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&T) -> Option<&str>,
    value: impl Fn(&T) -> Value,
) -> Value {
    let pairs = items.into_iter().map(|item| (key(item).unwrap_or_default().to_owned(), value(item)));
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn resource_value(resource: &Resource) -> Value {
    map(resource.resource_methods.as_ref(), method_value)
}

/// A map of the SDK, in the order of its keys; an absent one and an empty one are the same.
fn map<T>(found: Option<&HashMap<String, T>>, value: impl Fn(&T) -> Value) -> Value {
    let sorted: BTreeMap<_, _> = found.into_iter().flatten().collect();
    Value::Object(sorted.into_iter().map(|(key, item)| (key.clone(), value(item))).collect())
}

fn texts(found: Option<&HashMap<String, String>>) -> Value {
    map(found, |text| Value::from(text.as_str()))
}

fn flags(found: Option<&HashMap<String, bool>>) -> Value {
    map(found, |flag| Value::from(*flag))
}

fn method_value(method: &Method) -> Value {
    json!({
        "authorization_type": method.authorization_type,
        "authorizer_id": method.authorizer_id,
        "authorization_scopes": method.authorization_scopes().iter().collect::<BTreeSet<_>>(),
        "api_key_required": method.api_key_required,
        "request_validator_id": method.request_validator_id,
        "operation_name": method.operation_name,
        "request_parameters": flags(method.request_parameters.as_ref()),
        "request_models": texts(method.request_models.as_ref()),
        "responses": map(method.method_responses.as_ref(), method_response_value),
        "integration": method.method_integration.as_ref().map(integration_value),
    })
}

fn method_response_value(response: &MethodResponse) -> Value {
    json!({
        "parameters": flags(response.response_parameters.as_ref()),
        "models": texts(response.response_models.as_ref()),
    })
}

fn integration_value(integration: &SdkIntegration) -> Value {
    json!({
        "type": integration.r#type.as_ref().map(aws_sdk_apigateway::types::IntegrationType::as_str),
        "http_method": integration.http_method,
        "uri": integration.uri,
        "connection_type": integration.connection_type.as_ref().map(aws_sdk_apigateway::types::ConnectionType::as_str),
        "connection_id": integration.connection_id,
        "credentials": integration.credentials,
        "request_parameters": texts(integration.request_parameters.as_ref()),
        "request_templates": texts(integration.request_templates.as_ref()),
        "passthrough_behavior": integration.passthrough_behavior,
        "content_handling": integration.content_handling.as_ref().map(aws_sdk_apigateway::types::ContentHandlingStrategy::as_str),
        "timeout_in_millis": integration.timeout_in_millis,
        "cache_namespace": integration.cache_namespace,
        "cache_key_parameters": integration.cache_key_parameters().iter().collect::<BTreeSet<_>>(),
        "tls_insecure": integration.tls_config.as_ref().map(|tls| tls.insecure_skip_verification),
        "response_transfer_mode": integration.response_transfer_mode.as_ref().map(aws_sdk_apigateway::types::ResponseTransferMode::as_str),
        "integration_target": integration.integration_target,
        "responses": map(integration.integration_responses.as_ref(), integration_response_value),
    })
}

fn integration_response_value(response: &IntegrationResponse) -> Value {
    json!({
        "selection_pattern": response.selection_pattern,
        "parameters": texts(response.response_parameters.as_ref()),
        "templates": texts(response.response_templates.as_ref()),
        "content_handling": response.content_handling.as_ref().map(aws_sdk_apigateway::types::ContentHandlingStrategy::as_str),
    })
}

fn authorizer_value(authorizer: &Authorizer) -> Value {
    json!({
        "name": authorizer.name,
        "type": authorizer.r#type.as_ref().map(aws_sdk_apigateway::types::AuthorizerType::as_str),
        "provider_arns": authorizer.provider_arns().iter().collect::<BTreeSet<_>>(),
        "auth_type": authorizer.auth_type,
        "uri": authorizer.authorizer_uri,
        "credentials": authorizer.authorizer_credentials,
        "identity_source": authorizer.identity_source,
        "identity_validation_expression": authorizer.identity_validation_expression,
        "result_ttl_in_seconds": authorizer.authorizer_result_ttl_in_seconds,
    })
}

fn model_value(model: &Model) -> Value {
    json!({ "schema": model.schema, "content_type": model.content_type })
}

fn validator_value(validator: &RequestValidator) -> Value {
    json!({
        "name": validator.name,
        "body": validator.validate_request_body,
        "parameters": validator.validate_request_parameters,
    })
}

fn response_value(response: &GatewayResponse) -> Value {
    json!({
        "status_code": response.status_code,
        "parameters": texts(response.response_parameters.as_ref()),
        "templates": texts(response.response_templates.as_ref()),
    })
}

/// Sorted by path, then method.
fn integrations(resources: &[Resource]) -> Vec<Integration> {
    let mut found: Vec<Integration> = resources.iter().flat_map(integrations_of).collect();
    found.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
    found
}

fn integrations_of(resource: &Resource) -> impl Iterator<Item = Integration> {
    let methods = resource.resource_methods.iter().flatten();
    methods.filter_map(|(method, details)| {
        let integration = details.method_integration.as_ref()?;
        Some(Integration {
            path: resource.path().unwrap_or("/").to_owned(),
            method: method.clone(),
            uri: integration.uri.clone(),
            credentials: integration.credentials.clone(),
        })
    })
}
