//! Reads back what AWS holds, and changes what somebody else would change: by the API, past the program.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::sync::OnceLock;

use aws_sdk_apigateway as apigateway;
use aws_sdk_apigateway::types::{IntegrationType, Resource};
use aws_sdk_apigatewayv2 as apigatewayv2;
use aws_sdk_lambda as lambda;
use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime as FunctionRuntime};
use aws_sdk_s3 as s3;
use aws_smithy_http_client::Builder;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::shared_aws;
use super::strict::Upstream;

/// Clients of an AWS, to be called from tests that are not asynchronous. A call is made once: what fails, fails.
pub(crate) struct Aws {
    runtime: Runtime,
    /// REST APIs.
    pub(crate) gateway: apigateway::Client,
    /// HTTP APIs.
    pub(crate) http_apis: apigatewayv2::Client,
    /// Functions.
    pub(crate) lambda: lambda::Client,
    /// Objects.
    pub(crate) s3: s3::Client,
    upstream: Upstream,
}

impl Aws {
    /// The clients of the shared AWS.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Aws> = OnceLock::new();
        SHARED.get_or_init(|| Self::at(&shared_aws().endpoint))
    }

    /// Runs a call to its end.
    pub(crate) fn block_on<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(call)
    }

    /// The clients of the AWS at this endpoint.
    pub(crate) fn at(endpoint: &str) -> Self {
        let (http, key) = (Builder::new().build_http(), Credentials::new("test", "test", None, None, "test"));
        macro_rules! config {
            ($service:ident) => {
                $service::Config::builder()
                    .behavior_version(BehaviorVersion::latest())
                    .region(Region::new("us-east-1"))
                    .endpoint_url(endpoint)
                    .http_client(http.clone())
                    .retry_config($service::config::retry::RetryConfig::disabled())
                    .credentials_provider(key.clone())
            };
        }
        Self {
            runtime: Runtime::new().unwrap(),
            gateway: apigateway::Client::from_conf(config!(apigateway).build()),
            http_apis: apigatewayv2::Client::from_conf(config!(apigatewayv2).build()),
            lambda: lambda::Client::from_conf(config!(lambda).build()),
            s3: s3::Client::from_conf(config!(s3).force_path_style(true).build()),
            upstream: Upstream::new(endpoint),
        }
    }

    /// `CodeSha256` and `CodeSize` of a function by qualifier.
    pub(crate) fn code(&self, function: &str, qualifier: &str) -> (String, i64) {
        let call = self.lambda.get_function().function_name(function).qualifier(qualifier).send();
        let configuration = self.runtime.block_on(call).unwrap().configuration.unwrap();
        (configuration.code_sha256.unwrap(), configuration.code_size)
    }

    /// The environment variables of a function.
    pub(crate) fn environment(&self, function: &str) -> BTreeMap<String, String> {
        let call = self.lambda.get_function_configuration().function_name(function).send();
        let environment = self.runtime.block_on(call).unwrap().environment.unwrap();
        environment.variables.unwrap().into_iter().collect()
    }

    /// The numbers of the published versions.
    pub(crate) fn versions(&self, function: &str) -> Vec<String> {
        let call = self.lambda.list_versions_by_function().function_name(function).max_items(10_000).send();
        let versions = self.runtime.block_on(call).unwrap().versions.unwrap();
        versions.into_iter().filter_map(|version| version.version).filter(|version| version != "$LATEST").collect()
    }

    /// The newest version, which Terraform takes for the good one.
    pub(crate) fn newest(&self, function: &str) -> Option<String> {
        self.versions(function).into_iter().max_by_key(|version| version.parse::<u64>().unwrap())
    }

    /// The version an alias stands on.
    pub(crate) fn alias(&self, function: &str, alias: &str) -> String {
        self.find_alias(function, alias).unwrap()
    }

    /// The same where there may be no alias.
    pub(crate) fn find_alias(&self, function: &str, alias: &str) -> Option<String> {
        let call = self.lambda.get_alias().function_name(function).name(alias).send();
        there(self.runtime.block_on(call))?.function_version
    }

    /// Lets an alias stand on a version.
    pub(crate) fn move_alias(&self, function: &str, alias: &str, version: &str) {
        let call = self.lambda.update_alias().function_name(function).name(alias).function_version(version);
        self.block_on(call.send()).unwrap();
    }

    /// Gives an alias provisioned concurrency.
    pub(crate) fn provision(&self, function: &str, alias: &str) {
        let call = self.lambda.put_provisioned_concurrency_config().function_name(function).qualifier(alias);
        self.block_on(call.provisioned_concurrent_executions(1).send()).unwrap();
    }

    /// Deletes an alias.
    pub(crate) fn delete_alias(&self, function: &str, alias: &str) {
        self.block_on(self.lambda.delete_alias().function_name(function).name(alias).send()).unwrap();
    }

    /// Changes the code of a function past the program.
    pub(crate) fn change_code(&self, function: &str, zip: Blob, publish: bool) {
        let call = self.lambda.update_function_code().function_name(function).zip_file(zip).publish(publish);
        self.block_on(call.send()).unwrap();
    }

    /// Creates a function in Python.
    pub(crate) fn create_function(&self, name: &str, zip: Blob, tags: Option<HashMap<String, String>>) {
        let call = self
            .lambda
            .create_function()
            .function_name(name)
            .runtime(FunctionRuntime::Python312)
            .handler("app.handler");
        let code = FunctionCode::builder().zip_file(zip).build();
        let call = call.role("arn:aws:iam::000000000000:role/other").code(code).set_tags(tags);
        self.block_on(call.send()).unwrap();
    }

    /// Lets API Gateway call a function, or its alias, from these sources.
    pub(crate) fn permit(&self, function: &str, alias: Option<&str>, id: &str, source_arn: &str) {
        let call = self.lambda.add_permission().function_name(function).set_qualifier(alias.map(str::to_owned));
        let call = call.statement_id(id).action("lambda:InvokeFunction").principal("apigateway.amazonaws.com");
        self.block_on(call.source_arn(source_arn).send()).unwrap();
    }

    /// Takes a statement out of the policy of a function, or of its alias.
    pub(crate) fn forbid(&self, function: &str, alias: Option<&str>, id: &str) {
        let call = self.lambda.remove_permission().function_name(function).set_qualifier(alias.map(str::to_owned));
        self.block_on(call.statement_id(id).send()).unwrap();
    }

    /// The ids of the statements in the policy of a function, or of its alias.
    pub(crate) fn statements(&self, function: &str, alias: Option<&str>) -> BTreeSet<String> {
        let statements = self.policy(function, alias).into_iter();
        statements.map(|statement| statement["Sid"].as_str().unwrap().to_owned()).collect()
    }

    /// The statements in the policy of a function, or of its alias.
    pub(crate) fn policy(&self, function: &str, alias: Option<&str>) -> Vec<Value> {
        let call = self.lambda.get_policy().function_name(function).set_qualifier(alias.map(str::to_owned)).send();
        let Some(found) = there(self.runtime.block_on(call)) else { return Vec::new() };
        let policy: Value = serde_json::from_str(&found.policy.unwrap()).unwrap();
        policy["Statement"].as_array().unwrap().clone()
    }

    /// The deployment a stage points at.
    pub(crate) fn stage_deployment(&self, api: &str, stage: &str) -> String {
        let call = self.gateway.get_stage().rest_api_id(api).stage_name(stage).send();
        self.runtime.block_on(call).unwrap().deployment_id.unwrap()
    }

    /// All deployments of an API.
    pub(crate) fn deployments(&self, api: &str) -> BTreeSet<String> {
        let call = self.gateway.get_deployments().rest_api_id(api).limit(500).send();
        self.runtime.block_on(call).unwrap().items.unwrap_or_default().into_iter().filter_map(|one| one.id).collect()
    }

    /// The deployment a stage of an HTTP API points at; empty where that deploys by itself.
    pub(crate) fn http_stage_deployment(&self, api: &str, stage: &str) -> String {
        let call = self.http_apis.get_stage().api_id(api).stage_name(stage).send();
        self.block_on(call).unwrap().deployment_id.unwrap_or_default()
    }

    /// All deployments of an HTTP API.
    pub(crate) fn http_deployments(&self, api: &str) -> BTreeSet<String> {
        let found = self.block_on(self.http_apis.get_deployments().api_id(api).send()).unwrap();
        found.items.unwrap_or_default().into_iter().filter_map(|one| one.deployment_id).collect()
    }

    /// Adds a route to an HTTP API that calls what another one calls.
    pub(crate) fn add_route(&self, api: &str, key: &str) {
        let found = self.block_on(self.http_apis.get_routes().api_id(api).send()).unwrap().items.unwrap();
        let call = self.http_apis.create_route().api_id(api).route_key(key);
        self.block_on(call.set_target(found[0].target.clone()).send()).unwrap();
    }

    /// Creates an API without resources but its root; the result is its id.
    pub(crate) fn create_api(&self, name: &str) -> String {
        self.block_on(self.gateway.create_rest_api().name(name).send()).unwrap().id.unwrap()
    }

    /// The resources of an API.
    pub(crate) fn resources(&self, api: &str) -> Vec<Resource> {
        let call = self.gateway.get_resources().rest_api_id(api).limit(500).embed("methods").send();
        self.block_on(call).unwrap().items.unwrap_or_default()
    }

    /// Adds a resource to an API; the result is its id.
    pub(crate) fn add_resource(&self, api: &str, parent: &str, part: &str) -> String {
        let call = self.gateway.create_resource().rest_api_id(api).parent_id(parent).path_part(part);
        self.block_on(call.send()).unwrap().id.unwrap()
    }

    /// Adds a method to a resource, without an integration.
    pub(crate) fn add_method(&self, api: &str, resource: &str, method: &str) {
        let call = self.gateway.put_method().rest_api_id(api).resource_id(resource).http_method(method);
        self.block_on(call.authorization_type("NONE").send()).unwrap();
    }

    /// Lets a method call a function, by a role where one is named.
    pub(crate) fn put_proxy(&self, api: &str, resource: &str, method: &str, uri: &str, role: Option<&str>) {
        let call = self.gateway.put_integration().rest_api_id(api).resource_id(resource).http_method(method);
        let call = call.r#type(IntegrationType::AwsProxy).integration_http_method("POST").uri(uri);
        self.block_on(call.set_credentials(role.map(str::to_owned)).send()).unwrap();
    }

    /// Lets `GET` of a resource answer with this status, without a function.
    pub(crate) fn put_mock(&self, api: &str, resource: &str, status: u16) {
        let call = self.gateway.put_integration().rest_api_id(api).resource_id(resource).http_method("GET");
        let template = format!(r#"{{"statusCode": {status}}}"#);
        let call = call.r#type(IntegrationType::Mock).request_templates("application/json", template);
        self.block_on(call.send()).unwrap();
    }

    /// Makes a deployment that no stage serves yet; the result is its id.
    pub(crate) fn deploy(&self, api: &str) -> String {
        self.block_on(self.gateway.create_deployment().rest_api_id(api).send()).unwrap().id.unwrap()
    }

    /// Adds a path that answers without a function: somebody changed the API.
    pub(crate) fn add_mock(&self, api: &str, root: &str, part: &str) {
        let resource = self.add_resource(api, root, part);
        self.add_method(api, &resource, "GET");
        self.put_mock(api, &resource, 200);
    }

    /// The objects of a bucket with their sizes.
    pub(crate) fn objects(&self, bucket: &str) -> BTreeMap<String, i64> {
        let call = self.s3.list_objects_v2().bucket(bucket).send();
        let objects = self.runtime.block_on(call).unwrap().contents.unwrap_or_default();
        objects.into_iter().filter_map(|object| Some((object.key?, object.size?))).collect()
    }

    /// The names of the functions that begin so.
    pub(crate) fn functions(&self, prefix: &str) -> Vec<String> {
        let all = self.lambda.list_functions().max_items(10_000).into_paginator().items().send();
        let all = self.block_on(all.collect::<Result<Vec<_>, _>>()).unwrap();
        all.into_iter().filter_map(|function| function.function_name).filter(|name| name.starts_with(prefix)).collect()
    }

    /// The names of the REST APIs that begin so, by id.
    pub(crate) fn apis(&self, prefix: &str) -> BTreeMap<String, String> {
        let named = |api: Value| ["id", "name"].map(|key| api[key].as_str().unwrap().to_owned());
        self.api_documents(prefix).into_iter().map(named).map(|[id, name]| (id, name)).collect()
    }

    /// The REST APIs whose names begin so, as a list of all shows them. Past the SDK, which reads no list with an API in
    /// it whose `minimumCompressionSize` ministack shows as an empty text: one test makes some.
    pub(crate) fn api_documents(&self, prefix: &str) -> Vec<Value> {
        let mut found = self.upstream.items("/restapis?limit=500").unwrap();
        found.retain(|api| api["name"].as_str().unwrap().starts_with(prefix));
        found
    }

    /// The log groups of functions whose names begin so, as CloudWatch describes them.
    pub(crate) fn log_groups(&self, prefix: &str) -> Vec<Value> {
        let found = self.logs("DescribeLogGroups", &json!({ "logGroupNamePrefix": format!("/aws/lambda/{prefix}") }));
        found["logGroups"].as_array().unwrap().clone()
    }

    /// A call of CloudWatch Logs. There is no SDK for it among the clients, and it takes few.
    pub(crate) fn logs(&self, action: &str, body: &Value) -> Value {
        self.target("logs", &format!("Logs_20140328.{action}"), body)
    }

    /// A call of a service that has no client here, and whose header names the action.
    pub(crate) fn target(&self, service: &str, target: &str, body: &Value) -> Value {
        let answer = self.upstream.target(service, target, body);
        assert_eq!(answer.status(), 200, "{target}: {}", String::from_utf8_lossy(&answer.body));
        answer.document()
    }

    /// Deletes the functions, APIs and log groups whose names begin so: what lists of the account show.
    pub(crate) fn remove_all(&self, prefix: &str) {
        for function in self.functions(prefix) {
            // Gone, where the connection ended before the answer and the client sent the call again.
            there(self.block_on(self.lambda.delete_function().function_name(function).send()));
        }
        for id in self.apis(prefix).into_keys() {
            self.block_on(self.gateway.delete_rest_api().rest_api_id(id).send()).unwrap();
        }
        let http_apis = self.block_on(self.http_apis.get_apis().send()).ok().and_then(|found| found.items);
        for api in http_apis.into_iter().flatten().filter(|api| api.name().is_some_and(|name| name.starts_with(prefix)))
        {
            self.block_on(self.http_apis.delete_api().set_api_id(api.api_id).send()).unwrap();
        }
        for group in self.log_groups(prefix) {
            self.logs("DeleteLogGroup", &json!({ "logGroupName": group["logGroupName"] }));
        }
    }
}

/// What a read found; `None` where AWS says that it does not exist.
fn there<T, E: Debug>(read: Result<T, SdkError<E, HttpResponse>>) -> Option<T> {
    match read {
        Ok(found) => Some(found),
        Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => None,
        Err(error) => panic!("{error:?}"),
    }
}
