//! What a deployment of an HTTP API freezes, as one JSON document.
//!
//! Routes are named by their keys and hold their integrations, since ids tell nothing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_apigatewayv2::operation::get_api::GetApiOutput;
use aws_sdk_apigatewayv2::types::{
    AuthorizationType, Authorizer, Cors, Integration as SdkIntegration, IntegrationType, Route,
};
use serde_json::{Value, json};

use crate::aws::document::{keyed, map, plain};
use crate::aws::word;
use crate::model::{ApiDefinition, Integration, PayloadFormat};

/// What beside the API itself makes its definition.
pub(super) struct Parts<'p> {
    pub(super) routes: &'p [Route],
    pub(super) integrations: &'p [SdkIntegration],
    pub(super) authorizers: &'p [Authorizer],
}

pub(super) fn definition(api: &GetApiOutput, parts: &Parts<'_>) -> ApiDefinition {
    let by_id: BTreeMap<&str, &SdkIntegration> =
        parts.integrations.iter().filter_map(|one| Some((one.integration_id()?, one))).collect();
    let integration = |route: &Route| by_id.get(route.target()?.strip_prefix("integrations/")?).copied();
    let document = json!({
        "settings": settings(api),
        "routes": keyed(parts.routes, Route::route_key, |route| route_value(route, integration(route))),
        "authorizers": keyed(parts.authorizers, Authorizer::authorizer_id, authorizer_value),
    });
    let mut integrations: Vec<Integration> =
        parts.routes.iter().filter_map(|route| of_route(route, integration(route)?)).collect();
    integrations.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
    ApiDefinition { document, integrations }
}

fn settings(api: &GetApiOutput) -> Value {
    json!({
        "cors": api.cors_configuration.as_ref().map(cors_value),
        "api_key_selection_expression": api.api_key_selection_expression,
        "route_selection_expression": api.route_selection_expression,
        "disable_schema_validation": api.disable_schema_validation,
        "disable_execute_api_endpoint": api.disable_execute_api_endpoint,
        "ip_address_type": word(api.ip_address_type.as_ref()),
    })
}

fn cors_value(cors: &Cors) -> Value {
    let set = |values: &[String]| json!(values.iter().collect::<BTreeSet<_>>());
    json!({
        "allow_credentials": cors.allow_credentials,
        "allow_headers": set(cors.allow_headers()),
        "allow_methods": set(cors.allow_methods()),
        "allow_origins": set(cors.allow_origins()),
        "expose_headers": set(cors.expose_headers()),
        "max_age": cors.max_age,
    })
}

fn route_value(route: &Route, integration: Option<&SdkIntegration>) -> Value {
    json!({
        "authorization_type": word(route.authorization_type.as_ref()),
        "authorizer_id": route.authorizer_id,
        "authorization_scopes": route.authorization_scopes().iter().collect::<BTreeSet<_>>(),
        "api_key_required": route.api_key_required,
        "model_selection_expression": route.model_selection_expression,
        "operation_name": route.operation_name,
        "request_models": plain(route.request_models.as_ref()),
        "request_parameters": map(route.request_parameters.as_ref(), |constraints| json!(constraints.required)),
        "route_response_selection_expression": route.route_response_selection_expression,
        "integration": integration.map(integration_value),
    })
}

fn integration_value(integration: &SdkIntegration) -> Value {
    json!({
        "type": word(integration.integration_type.as_ref()),
        "subtype": integration.integration_subtype,
        "http_method": integration.integration_method,
        "uri": integration.integration_uri,
        "payload_format_version": integration.payload_format_version,
        "connection_type": word(integration.connection_type.as_ref()),
        "connection_id": integration.connection_id,
        "credentials": integration.credentials_arn,
        "request_parameters": plain(integration.request_parameters.as_ref()),
        "request_templates": plain(integration.request_templates.as_ref()),
        "response_parameters": map(integration.response_parameters.as_ref(), |of_status| plain(Some(of_status))),
        "passthrough_behavior": word(integration.passthrough_behavior.as_ref()),
        "content_handling": word(integration.content_handling_strategy.as_ref()),
        "template_selection_expression": integration.template_selection_expression,
        "timeout_in_millis": integration.timeout_in_millis,
        "tls_server_name": integration.tls_config.as_ref().and_then(|tls| tls.server_name_to_verify.as_ref()),
    })
}

fn authorizer_value(authorizer: &Authorizer) -> Value {
    let jwt = authorizer.jwt_configuration.as_ref();
    json!({
        "name": authorizer.name,
        "type": word(authorizer.authorizer_type.as_ref()),
        "uri": authorizer.authorizer_uri,
        "credentials": authorizer.authorizer_credentials_arn,
        "payload_format_version": authorizer.authorizer_payload_format_version,
        "enable_simple_responses": authorizer.enable_simple_responses,
        "identity_source": authorizer.identity_source().iter().collect::<BTreeSet<_>>(),
        "identity_validation_expression": authorizer.identity_validation_expression,
        "result_ttl_in_seconds": authorizer.authorizer_result_ttl_in_seconds,
        "jwt_issuer": jwt.and_then(|jwt| jwt.issuer.as_ref()),
        "jwt_audience": jwt.map(|jwt| jwt.audience().iter().collect::<BTreeSet<_>>()),
    })
}

/// A route whose key is `GET /hello`, `ANY /{proxy+}` or `$default`.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>
fn of_route(route: &Route, integration: &SdkIntegration) -> Option<Integration> {
    let (method, path) = route.route_key()?.split_once(' ').unwrap_or(("ANY", "$default"));
    let is_proxy = integration.integration_type == Some(IntegrationType::AwsProxy);
    let is_function = is_proxy && integration.integration_subtype.is_none();
    let is_mapped = [
        integration.request_parameters.as_ref().is_some_and(|map| !map.is_empty()),
        integration.response_parameters.as_ref().is_some_and(|map| !map.is_empty()),
    ];
    let is_second = integration.payload_format_version() == Some("2.0");
    Some(Integration {
        path: path.to_owned(),
        method: method.to_owned(),
        uri: integration.integration_uri.clone().filter(|_| is_function),
        credentials: integration.credentials_arn.clone(),
        resource_id: String::new(),
        passes_requests: is_function && !is_mapped.contains(&true),
        needs_key: false,
        is_open: route.authorization_type.as_ref().is_none_or(|kind| *kind == AuthorizationType::None),
        format: if is_second { PayloadFormat::Second } else { PayloadFormat::First },
    })
}
