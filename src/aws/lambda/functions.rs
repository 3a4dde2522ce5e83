//! Functions: their code and configuration, their tags, and functions that come and go.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    ApplicationLogLevel, Architecture, Environment, EphemeralStorage, FunctionCode, ImageConfig, LogFormat,
    LoggingConfig, PackageType, Runtime, S3ObjectStorageMode, SystemLogLevel, TracingConfig, TracingMode, VpcConfig,
};

use super::Lambda;
use super::configuration::{copied, environment_error, observed_code};
use super::fields::UnknownFields;
use crate::aws::call_error::{Answer, Answered, CallError};
use crate::aws::{ANSWER, time};
use crate::model::{
    AccountId, BucketName, ChangeCode, FunctionConfiguration, FunctionName, GotFunction, ImageConfiguration, ImageUri,
    Moment, ObjectKey, RevisionId, Secret, Version,
};

/// Where new code comes from.
pub enum Code<'a> {
    /// From S3.
    Object(CodeObject<'a>),
    /// An image in ECR.
    Image(&'a ImageUri),
    /// The zip itself, which the call carries: [`crate::model::SENT_LIMIT`] bytes at most.
    Zip(&'a [u8]),
}

/// The slowest upload that is waited for, in bytes a second.
const SLOWEST: u64 = 64 * 1024;

/// Code in the artifacts' bucket.
pub struct CodeObject<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The object's key.
    pub key: &'a ObjectKey,
    /// Its version, where the bucket keeps versions.
    pub version: Option<String>,
}

impl CodeObject<'_> {
    /// Lambda reads the object with the caller's permissions; if S3 refuses it, that is another
    /// permission than to update the function.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>
    fn error(&self, error: CallError) -> CallError {
        if error.answer != Answer::Denied || !error.message.contains("denied by S3") {
            return error;
        }
        let action = if self.version.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
        CallError { action, resource: format!("{}/{}", self.bucket, self.key), ..error }
    }
}

/// A function as a list of all shows it.
pub struct NamedFunction {
    /// Its name.
    pub name: FunctionName,
    /// Its ARN.
    pub arn: String,
    /// When its code or its configuration changed last.
    pub modified: Option<Moment>,
}

/// What a new function and a changed one are given alike.
macro_rules! configured {
    ($call:expr, $wanted:expr) => {
        $call
            .role(&$wanted.role)
            .set_runtime($wanted.runtime.as_deref().map(Runtime::from))
            .set_handler($wanted.handler.clone())
            .set_memory_size($wanted.memory_mib)
            .set_timeout($wanted.timeout_seconds)
            .set_ephemeral_storage(ephemeral_storage($wanted))
            .environment(environment($wanted))
    };
}

impl Lambda {
    /// `GetFunction` of `$LATEST`, or of an alias or a version by its qualifier; `None` where Lambda has none.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>
    pub async fn function(
        &self,
        name: &FunctionName,
        qualifier: Option<&str>,
    ) -> Result<Option<GotFunction>, CallError> {
        let action = "lambda:GetFunction";
        let call = self.client.get_function().function_name(name.as_str()).set_qualifier(qualifier.map(str::to_owned));
        let unknown_fields = UnknownFields::default();
        let call = call.customize().interceptor(unknown_fields.clone());
        let Some(answer) = call.send().await.or_absent(action, name.as_str())? else { return Ok(None) };
        let malformed = || CallError::malformed(action, name.as_str());
        let found = answer.configuration.ok_or_else(malformed)?;
        let code = observed_code(&found, answer.code.as_ref()).ok_or_else(malformed)?;
        let arn: Vec<_> = found.function_arn().unwrap_or_default().split(':').take(7).collect();
        Ok(Some(GotFunction {
            account: AccountId::new(arn.get(4).copied().unwrap_or_default()),
            arn: arn.join(":"),
            code,
            configuration: copied(&found),
            has_file_system: !found.file_system_configs().is_empty(),
            unknown_fields: unknown_fields.take(),
            environment_hidden: environment_error(&found),
            code_link: answer.code.and_then(|code| code.location).map(Secret::new),
        }))
    }

    /// `ListTags`; `None` where Lambda has no such function.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListTags.html>
    pub async fn tags(&self, arn: &str) -> Result<Option<BTreeMap<String, String>>, CallError> {
        let answer = self.client.list_tags().resource(arn).send().await.or_absent("lambda:ListTags", arn)?;
        Ok(answer.map(|answer| answer.tags.into_iter().flatten().collect()))
    }

    /// `ListFunctions`, all pages.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>
    pub async fn names(&self) -> Result<Vec<NamedFunction>, CallError> {
        let pages = self.client.list_functions().into_paginator();
        let functions = pages.items().send().try_collect().await.answered("lambda:ListFunctions", "all functions")?;
        let named = functions.into_iter().filter_map(|function| {
            let modified = function.last_modified.as_deref().and_then(time::read);
            let name = FunctionName::new(function.function_name?);
            Some(NamedFunction { name, arn: function.function_arn?, modified })
        });
        Ok(named.collect())
    }

    /// `GetFunctionCodeSigningConfig`: the ARN of the function's code signing configuration, or `None` where it has none.
    ///
    /// Regions without AWS Signer have no such operation. There Lambda answers 403, whatever the policy allows:
    /// <https://github.com/hashicorp/terraform-provider-aws/issues/27986>.
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionCodeSigningConfig.html>
    pub async fn code_signing(&self, name: &FunctionName) -> Result<Option<String>, CallError> {
        let call = self.client.get_function_code_signing_config().function_name(name.as_str());
        let answer = call.send().await.or_absent("lambda:GetFunctionCodeSigningConfig", name.as_str());
        let attached = unless_unavailable(answer)?;
        Ok(attached.map(|answer| answer.code_signing_config_arn).filter(|arn| !arn.is_empty()))
    }

    /// `GetCodeSigningConfig`: whether Lambda refuses unsigned code under this configuration.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_GetCodeSigningConfig.html>
    pub async fn refuses_unsigned(&self, arn: &str) -> Result<bool, CallError> {
        let call = self.client.get_code_signing_config().code_signing_config_arn(arn);
        let answer = call.send().await.answered("lambda:GetCodeSigningConfig", arn).map(Some);
        let config = unless_unavailable(answer)?.and_then(|answer| answer.code_signing_config);
        let policies = config.and_then(|config| config.code_signing_policies);
        let action = policies.and_then(|policies| policies.untrusted_artifact_on_deployment);
        Ok(action.is_some_and(|action| action.as_str() == "Enforce"))
    }

    /// `CreateFunction`, with its tags from the first moment on.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
    pub async fn create(
        &self,
        name: &FunctionName,
        wanted: &FunctionConfiguration,
        code: &Code<'_>,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), CallError> {
        let (function_code, timeouts) = match code {
            Code::Object(CodeObject { bucket, key, version }) => {
                let code = FunctionCode::builder().s3_bucket(bucket.as_str()).s3_key(key.as_str());
                (code.set_s3_object_version(version.clone()), to_send(&[]))
            }
            Code::Image(uri) => (FunctionCode::builder().image_uri(uri.to_string()), to_send(&[])),
            Code::Zip(zip) => (FunctionCode::builder().zip_file(Blob::new(*zip)), to_send(zip)),
        };
        let call = self
            .once
            .create_function()
            .function_name(name.as_str())
            .code(function_code.build())
            .set_architectures(wanted.architecture.as_deref().map(|name| vec![Architecture::from(name)]))
            .set_tracing_config(wanted.tracing.as_ref().map(|_| tracing(wanted)))
            .set_logging_config(wanted.logging.format.as_ref().map(|_| logging(wanted)))
            .set_layers(Some(wanted.layers.clone()).filter(|layers| !layers.is_empty()))
            .set_vpc_config(Some(vpc(wanted)).filter(|_| !wanted.subnets.is_empty()))
            .set_kms_key_arn(wanted.kms_key.clone())
            .set_package_type(wanted.image.as_ref().map(|_| PackageType::Image))
            .set_image_config(
                wanted.image.as_ref().filter(|said| **said != ImageConfiguration::default()).map(image_config),
            )
            .set_tags(Some(tags.clone().into_iter().collect()));
        let call = configured!(call, wanted).customize();
        let call = call.config_override(Builder::new().timeout_config(timeouts));
        let answer = call.send().await.done("lambda:CreateFunction", name.as_str());
        answer.map_err(|error| error.without(wanted.environment.values()))
    }

    /// `UpdateFunctionConfiguration`. The architecture belongs to the code.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>
    pub async fn configure(
        &self,
        name: &FunctionName,
        wanted: &FunctionConfiguration,
        revision: &RevisionId,
    ) -> Result<(), CallError> {
        let call = self
            .once
            .update_function_configuration()
            .function_name(name.as_str())
            .revision_id(revision.as_str())
            .tracing_config(tracing(wanted))
            .logging_config(logging(wanted))
            .set_layers(Some(wanted.layers.clone()).filter(|_| wanted.image.is_none()))
            .vpc_config(vpc(wanted))
            .set_image_config(wanted.image.as_ref().map(image_config))
            .kms_key_arn(wanted.kms_key.clone().unwrap_or_default());
        let answer = configured!(call, wanted).send().await.done("lambda:UpdateFunctionConfiguration", name.as_str());
        answer.map_err(|error| error.without(wanted.environment.values()))
    }

    /// `UpdateFunctionCode`, if the function is still at `revision`; of the change, only what an update has to
    /// keep is used. Returns the version, which is `$LATEST` unless one was published.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>
    pub async fn update_code(
        &self,
        change: &ChangeCode,
        code: &Code<'_>,
        revision: &RevisionId,
        publish: bool,
    ) -> Result<Version, CallError> {
        let (action, name) = ("lambda:UpdateFunctionCode", change.name.as_str());
        let call = self
            .once
            .update_function_code()
            .function_name(name)
            .set_architectures(change.architecture.as_deref().map(|name| vec![Architecture::from(name)]))
            .set_source_kms_key_arn(change.source_kms_key.clone())
            .revision_id(revision.as_str())
            .publish(publish);
        let answer = match code {
            Code::Object(code) => {
                let mode = change.storage_mode.as_deref().map(S3ObjectStorageMode::from);
                let call = call.s3_bucket(code.bucket.as_str()).s3_key(code.key.as_str());
                let call = call.set_s3_object_version(code.version.clone()).set_s3_object_storage_mode(mode);
                call.send().await.answered(action, name).map_err(|error| code.error(error))?
            }
            Code::Image(uri) => call.image_uri(uri.to_string()).send().await.answered(action, name)?,
            Code::Zip(zip) => {
                let call = call.zip_file(Blob::new(*zip)).customize();
                let call = call.config_override(Builder::new().timeout_config(to_send(zip)));
                call.send().await.answered(action, name)?
            }
        };
        answer.version.map(Version::new).ok_or_else(|| CallError::malformed(action, name))
    }

    /// `DeleteFunction`, with all that belongs to it.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>
    pub async fn delete(&self, name: &FunctionName) -> Result<(), CallError> {
        let call = self.once.delete_function().function_name(name.as_str());
        call.send().await.done("lambda:DeleteFunction", name.as_str())
    }
}

/// A call that carries this waits so much longer for its answer.
fn to_send(zip: &[u8]) -> TimeoutConfig {
    TimeoutConfig::builder().read_timeout(ANSWER + Duration::from_secs(zip.len() as u64 / SLOWEST)).build()
}

/// Reads the answer of an operation that the region does not have as `None`.
fn unless_unavailable<T>(answer: Result<Option<T>, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Err(error) if error.is_unknown_operation() => Ok(None),
        answer => answer,
    }
}

fn ephemeral_storage(wanted: &FunctionConfiguration) -> Option<EphemeralStorage> {
    EphemeralStorage::builder().size(wanted.ephemeral_mib?).build().ok()
}

fn tracing(wanted: &FunctionConfiguration) -> TracingConfig {
    let mode = wanted.tracing.as_deref().unwrap_or("PassThrough");
    TracingConfig::builder().mode(TracingMode::from(mode)).build()
}

fn logging(wanted: &FunctionConfiguration) -> LoggingConfig {
    let logging = &wanted.logging;
    LoggingConfig::builder()
        .log_format(LogFormat::from(logging.format.as_deref().unwrap_or("Text")))
        .set_application_log_level(logging.application_level.as_deref().map(ApplicationLogLevel::from))
        .set_system_log_level(logging.system_level.as_deref().map(SystemLogLevel::from))
        .build()
}

/// An empty list leaves what the image says.
fn image_config(said: &ImageConfiguration) -> ImageConfig {
    ImageConfig::builder()
        .set_entry_point(Some(said.entry_point.clone()))
        .set_command(Some(said.command.clone()))
        .set_working_directory(said.working_directory.clone())
        .build()
}

fn environment(wanted: &FunctionConfiguration) -> Environment {
    let variables = wanted.environment.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned()));
    Environment::builder().set_variables(Some(variables.collect())).build()
}

fn vpc(wanted: &FunctionConfiguration) -> VpcConfig {
    VpcConfig::builder()
        .set_subnet_ids(Some(wanted.subnets.iter().cloned().collect()))
        .set_security_group_ids(Some(wanted.security_groups.iter().cloned().collect()))
        .set_ipv6_allowed_for_dual_stack(Some(wanted.ipv6_allowed).filter(|_| !wanted.subnets.is_empty()))
        .build()
}
