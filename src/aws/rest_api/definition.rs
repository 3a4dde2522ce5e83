//! What a deployment freezes, as one JSON document.
//!
//! Everything is named by what it means, not by when it was made: methods by path, models by name.

use std::collections::BTreeSet;

use aws_sdk_apigateway::operation::get_rest_api::GetRestApiOutput;
use aws_sdk_apigateway::types::{
    Authorizer, EndpointType, GatewayResponse, Integration as SdkIntegration, IntegrationResponse, Method,
    MethodResponse, Model, RequestValidator, Resource,
};
use serde_json::{Value, json};

use crate::aws::document::{keyed, map, plain};
use crate::aws::word;
use crate::model::{ApiDefinition, Integration, PayloadFormat};

pub(super) fn definition(
    api: &GetRestApiOutput,
    resources: &[Resource],
    authorizers: &[Authorizer],
    models: &[Model],
    validators: &[RequestValidator],
    responses: &[GatewayResponse],
) -> ApiDefinition {
    let document = json!({
        "settings": settings(api),
        "resources": keyed(resources, Resource::path, |resource| map(resource.resource_methods.as_ref(), method_value)),
        "authorizers": keyed(authorizers, Authorizer::id, authorizer_value),
        "models": keyed(models, Model::name, |model| json!({ "schema": model.schema, "content_type": model.content_type })),
        "validators": keyed(validators, RequestValidator::id, validator_value),
        // What API Gateway answers by default is not part of the definition.
        "responses": keyed(
            responses.iter().filter(|response| !response.default_response),
            |response| word(response.response_type.as_ref()),
            response_value,
        ),
    });
    ApiDefinition { document, integrations: integrations(resources) }
}

fn settings(api: &GetRestApiOutput) -> Value {
    let endpoint = api.endpoint_configuration.as_ref();
    let types = endpoint.map(|endpoint| endpoint.types().iter().map(EndpointType::as_str).collect::<BTreeSet<_>>());
    let vpc_endpoints = endpoint.map(|endpoint| endpoint.vpc_endpoint_ids().iter().collect::<BTreeSet<_>>());
    json!({
        "policy": api.policy,
        "binary_media_types": api.binary_media_types().iter().collect::<BTreeSet<_>>(),
        "minimum_compression_size": api.minimum_compression_size,
        "api_key_source": word(api.api_key_source.as_ref()),
        "endpoint_types": types,
        "vpc_endpoint_ids": vpc_endpoints,
        "ip_address_type": word(endpoint.and_then(|endpoint| endpoint.ip_address_type.as_ref())),
        "disable_execute_api_endpoint": api.disable_execute_api_endpoint,
        "security_policy": word(api.security_policy.as_ref()),
        "endpoint_access_mode": word(api.endpoint_access_mode.as_ref()),
    })
}

fn method_value(method: &Method) -> Value {
    json!({
        "authorization_type": method.authorization_type,
        "authorizer_id": method.authorizer_id,
        "authorization_scopes": method.authorization_scopes().iter().collect::<BTreeSet<_>>(),
        "api_key_required": method.api_key_required,
        "request_validator_id": method.request_validator_id,
        "operation_name": method.operation_name,
        "request_parameters": plain(method.request_parameters.as_ref()),
        "request_models": plain(method.request_models.as_ref()),
        "responses": map(method.method_responses.as_ref(), method_response_value),
        "integration": method.method_integration.as_ref().map(integration_value),
    })
}

fn method_response_value(response: &MethodResponse) -> Value {
    json!({
        "parameters": plain(response.response_parameters.as_ref()),
        "models": plain(response.response_models.as_ref()),
    })
}

fn integration_value(integration: &SdkIntegration) -> Value {
    json!({
        "type": word(integration.r#type.as_ref()),
        "http_method": integration.http_method,
        "uri": integration.uri,
        "connection_type": word(integration.connection_type.as_ref()),
        "connection_id": integration.connection_id,
        "credentials": integration.credentials,
        "request_parameters": plain(integration.request_parameters.as_ref()),
        "request_templates": plain(integration.request_templates.as_ref()),
        "passthrough_behavior": integration.passthrough_behavior,
        "content_handling": word(integration.content_handling.as_ref()),
        "timeout_in_millis": integration.timeout_in_millis,
        "cache_namespace": integration.cache_namespace,
        "cache_key_parameters": integration.cache_key_parameters().iter().collect::<BTreeSet<_>>(),
        "tls_insecure": integration.tls_config.as_ref().map(|tls| tls.insecure_skip_verification),
        "response_transfer_mode": word(integration.response_transfer_mode.as_ref()),
        "integration_target": integration.integration_target,
        "responses": map(integration.integration_responses.as_ref(), integration_response_value),
    })
}

fn integration_response_value(response: &IntegrationResponse) -> Value {
    json!({
        "selection_pattern": response.selection_pattern,
        "parameters": plain(response.response_parameters.as_ref()),
        "templates": plain(response.response_templates.as_ref()),
        "content_handling": word(response.content_handling.as_ref()),
    })
}

fn authorizer_value(authorizer: &Authorizer) -> Value {
    json!({
        "name": authorizer.name,
        "type": word(authorizer.r#type.as_ref()),
        "provider_arns": authorizer.provider_arns().iter().collect::<BTreeSet<_>>(),
        "auth_type": authorizer.auth_type,
        "uri": authorizer.authorizer_uri,
        "credentials": authorizer.authorizer_credentials,
        "identity_source": authorizer.identity_source,
        "identity_validation_expression": authorizer.identity_validation_expression,
        "result_ttl_in_seconds": authorizer.authorizer_result_ttl_in_seconds,
    })
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
        "parameters": plain(response.response_parameters.as_ref()),
        "templates": plain(response.response_templates.as_ref()),
    })
}

/// Says which tenant's environment runs the function, and is no part of its event.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invoke-api-gateway.html>
const TENANT: &str = "integration.request.header.X-Amz-Tenant-Id";

/// Without what would make the function's event another than the request.
fn passes_requests(integration: &SdkIntegration) -> bool {
    let streams = word(integration.response_transfer_mode.as_ref()).is_some_and(|mode| mode != "BUFFERED");
    let mapped = integration.request_parameters.iter().flatten();
    let maps = mapped.into_iter().any(|(name, _)| !name.eq_ignore_ascii_case(TENANT));
    word(integration.r#type.as_ref()) == Some("AWS_PROXY") && !streams && !maps
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
            resource_id: resource.id().unwrap_or_default().to_owned(),
            passes_requests: passes_requests(integration),
            needs_key: details.api_key_required == Some(true),
            is_open: details.authorization_type().is_none_or(|kind| kind == "NONE")
                && details.api_key_required != Some(true),
            format: PayloadFormat::First,
        })
    })
}
