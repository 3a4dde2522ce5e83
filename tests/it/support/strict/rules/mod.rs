//! What AWS enforces, one rule a file.

mod alias_policy;
mod alias_version;
mod api_rate;
mod api_reads;
mod bucket_owner;
mod bucket_region;
mod busy;
mod code_settings;
mod code_signing;
mod compression_size;
mod delete_function;
mod deployable;
mod deployment_rate;
mod dry_run;
mod encryption;
mod filter_pattern;
mod flush_cache;
mod function_error;
mod function_policy;
mod function_url;
mod http_apis;
mod images;
mod import_rest_api;
mod invoke_permission;
mod lambda_rate;
mod new_alias;
mod new_version;
mod part_size;
mod provisioned;
mod proxy_event;
mod publish;
mod put_rest_api;
mod routes;
mod snapshots;
mod stage_variables;
mod tenants;

use std::any::Any;
use std::time::Duration;

use serde_json::Value;

use super::call::Call;
use super::errors::{api_gateway_error, lambda_error, s3_error};
use super::http::Message;
use super::upstream::{ACCOUNT, REGION, Upstream, function_arn};

pub(crate) use alias_policy::AliasPolicy;
pub(crate) use alias_version::AliasVersion;
pub(crate) use api_rate::ApiRate;
pub(crate) use api_reads::ApiReads;
pub(crate) use bucket_owner::BucketOwner;
pub(crate) use bucket_region::BucketRegion;
pub(crate) use busy::Busy;
pub(crate) use code_settings::{CodeSettings, Settings};
pub(crate) use code_signing::CodeSigning;
pub(crate) use compression_size::CompressionSize;
pub(crate) use delete_function::DeleteFunction;
pub(crate) use deployable::Deployable;
pub(crate) use deployment_rate::DeploymentRate;
pub(crate) use dry_run::DryRun;
pub(crate) use encryption::Encryption;
pub(crate) use filter_pattern::FilterPattern;
pub(crate) use flush_cache::FlushCache;
pub(crate) use function_error::FunctionError;
pub(crate) use function_policy::FunctionPolicy;
pub(crate) use function_url::FunctionUrls;
pub(crate) use http_apis::HttpApis;
pub(crate) use images::Images;
pub(crate) use import_rest_api::ImportRestApi;
pub(crate) use invoke_permission::InvokePermission;
pub(crate) use lambda_rate::LambdaRate;
pub(crate) use new_alias::NewAlias;
pub(crate) use new_version::NewVersion;
pub(crate) use part_size::PartSize;
pub(crate) use provisioned::ProvisionedConcurrency;
pub(crate) use publish::Publish;
pub(crate) use put_rest_api::PutRestApi;
pub(crate) use snapshots::Snapshots;
pub(crate) use stage_variables::StageVariables;
pub(crate) use tenants::Tenants;

use routes::Route;

/// Something that AWS enforces.
pub(crate) trait Rule: Any + Send + Sync {
    /// Answers instead of ministack, or changes what ministack is asked. Not asked where a rule before it answered.
    fn before(&self, _: &mut Exchange<'_>) -> Option<Message> {
        None
    }

    /// Learns from the answer, or changes it. Asked about every answer, whoever gave it.
    fn after(&self, _: &Exchange<'_>, _: &mut Message) {}
}

/// A call on its way.
pub(crate) struct Exchange<'a> {
    /// As it came.
    pub(crate) call: Call,
    /// What ministack is asked.
    pub(crate) request: Message,
    /// Ministack.
    pub(crate) upstream: &'a Upstream,
    /// Of a request to an endpoint: where the deployment of its stage leads to.
    pub(crate) route: Option<Route>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(call: Call, request: Message, upstream: &'a Upstream) -> Self {
        Self { call, request, upstream, route: None }
    }

    /// Whether it is a call of Lambda, and of one of these actions.
    pub(crate) fn is_lambda(&self, actions: &[&str]) -> bool {
        self.call.service == "lambda" && actions.contains(&self.call.action)
    }

    /// Whether it is a call of API Gateway, and of one of these actions.
    pub(crate) fn is_api_gateway(&self, actions: &[&str]) -> bool {
        self.call.service == "apigateway" && actions.contains(&self.call.action)
    }

    /// The request's body as JSON.
    pub(crate) fn document(&self) -> Value {
        self.request.document()
    }

    /// What happens where no rule answers.
    pub(super) fn pass(&self) -> Message {
        match &self.route {
            Some(route) => proxy_event::integrate(route, self),
            None => self.upstream.pass(&self.request),
        }
    }
}

/// All rules, in the order in which they are asked: what AWS refuses first comes first, and what answers a call
/// by itself comes last.
pub(super) fn all() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(LambdaRate::of(15)),
        // A tenth of AWS's times.
        Box::new(DeploymentRate::one_per(Duration::from_millis(500))),
        Box::new(ApiRate::scaled_by(0.1)),
        Box::new(HttpApis::default()),
        Box::new(BucketRegion::default()),
        Box::new(BucketOwner),
        Box::new(Encryption::default()),
        Box::new(Images::default()),
        Box::new(PartSize::default()),
        Box::new(CompressionSize),
        Box::new(FlushCache),
        Box::new(FunctionPolicy),
        Box::new(FunctionUrls::default()),
        Box::new(CodeSigning::default()),
        Box::new(Deployable),
        Box::new(ImportRestApi),
        Box::new(PutRestApi::default()),
        Box::new(AliasPolicy),
        Box::new(AliasVersion),
        Box::new(DeleteFunction),
        Box::new(Busy::default()),
        Box::new(NewAlias::default()),
        Box::new(CodeSettings::default()),
        Box::new(FilterPattern),
        Box::new(FunctionError),
        Box::new(DryRun),
        Box::new(Publish::default()),
        Box::new(NewVersion::default()),
        Box::new(Snapshots::default()),
        Box::new(StageVariables),
        Box::new(Tenants::default()),
        Box::new(InvokePermission),
        Box::new(ProvisionedConcurrency::default()),
    ]
}
