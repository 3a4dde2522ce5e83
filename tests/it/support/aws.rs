//! Reads back what AWS holds, and changes what somebody else would change: by the API, past the program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use aws_sdk_apigateway as apigateway;
use aws_sdk_apigateway::types::IntegrationType;
use aws_sdk_lambda as lambda;
use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3 as s3;
use aws_smithy_http_client::Builder;
use tokio::runtime::Runtime;

use super::shared_aws;

/// Clients of an AWS, to be called from tests that are not asynchronous. A call is made once: what fails, fails.
pub(crate) struct Aws {
    runtime: Runtime,
    /// REST APIs.
    pub(crate) gateway: apigateway::Client,
    /// Functions.
    pub(crate) lambda: lambda::Client,
    /// Objects.
    pub(crate) s3: s3::Client,
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
            lambda: lambda::Client::from_conf(config!(lambda).build()),
            s3: s3::Client::from_conf(config!(s3).force_path_style(true).build()),
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
        let call = self.lambda.list_versions_by_function().function_name(function).send();
        let versions = self.runtime.block_on(call).unwrap().versions.unwrap();
        versions.into_iter().filter_map(|version| version.version).filter(|version| version != "$LATEST").collect()
    }

    /// The version an alias stands on.
    pub(crate) fn alias(&self, function: &str, alias: &str) -> String {
        self.find_alias(function, alias).unwrap()
    }

    /// The same where there may be no alias.
    pub(crate) fn find_alias(&self, function: &str, alias: &str) -> Option<String> {
        let call = self.lambda.get_alias().function_name(function).name(alias).send();
        match self.runtime.block_on(call) {
            Ok(found) => Some(found.function_version.unwrap()),
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => None,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// The ids of the statements in the policy of a function, or of its alias.
    pub(crate) fn statements(&self, function: &str, alias: Option<&str>) -> BTreeSet<String> {
        let call = self.lambda.get_policy().function_name(function).set_qualifier(alias.map(str::to_owned)).send();
        let policy = match self.runtime.block_on(call) {
            Ok(found) => found.policy.unwrap(),
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => {
                return BTreeSet::new();
            }
            Err(error) => panic!("{error:?}"),
        };
        let policy: serde_json::Value = serde_json::from_str(&policy).unwrap();
        let statements = policy["Statement"].as_array().unwrap().iter();
        statements.map(|statement| statement["Sid"].as_str().unwrap().to_owned()).collect()
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

    /// Adds a path that answers without a function: somebody changed the API.
    pub(crate) fn add_mock(&self, api: &str, root: &str, part: &str) {
        self.runtime.block_on(async {
            let call = self.gateway.create_resource().rest_api_id(api).parent_id(root).path_part(part);
            let resource = call.send().await.unwrap().id.unwrap();
            let call = self.gateway.put_method().rest_api_id(api).resource_id(&resource).http_method("GET");
            call.authorization_type("NONE").send().await.unwrap();
            let call = self.gateway.put_integration().rest_api_id(api).resource_id(&resource).http_method("GET");
            let call = call.r#type(IntegrationType::Mock);
            call.request_templates("application/json", r#"{"statusCode": 200}"#).send().await.unwrap();
        });
    }

    /// The objects of a bucket with their sizes.
    pub(crate) fn objects(&self, bucket: &str) -> BTreeMap<String, i64> {
        let call = self.s3.list_objects_v2().bucket(bucket).send();
        let objects = self.runtime.block_on(call).unwrap().contents.unwrap_or_default();
        objects.into_iter().filter_map(|object| Some((object.key?, object.size?))).collect()
    }
}
