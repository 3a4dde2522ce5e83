//! The functions of previews: what is copied, and whole functions that come and go.

use std::collections::BTreeMap;

use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::types::{
    Architecture, Environment, EphemeralStorage, FunctionCode, FunctionConfiguration as SdkConfiguration, Runtime,
    VpcConfig, VpcConfigResponse,
};

use super::Lambda;
use super::configuration::observed_code;
use super::read::malformed;
use crate::aws::call_error::{self, Answer, CallError};
use crate::aws::time;
use crate::model::{
    BucketName, FunctionConfiguration, FunctionName, Moment, ObjectKey, ObservedCode, RevisionId, Secret,
};

/// A function with the part of its configuration that previews copy.
pub struct GotWhole {
    /// Its ARN, without a qualifier.
    pub arn: String,
    /// As everywhere.
    pub code: ObservedCode,
    /// What is copied.
    pub configuration: FunctionConfiguration,
    /// It mounts a file system.
    pub has_file_system: bool,
    /// Why the environment is not shown, in AWS's words. The configuration then has none of it.
    pub environment_hidden: Option<String>,
    /// A ten-minute link to the code: used, never shown.
    pub link: Option<Secret>,
}

/// What `CreateFunction` takes.
pub struct NewFunction<'a> {
    /// Its name.
    pub name: &'a FunctionName,
    /// How it runs.
    pub configuration: &'a FunctionConfiguration,
    /// The artifacts' bucket.
    pub bucket: &'a BucketName,
    /// The artifact.
    pub key: &'a ObjectKey,
    /// Its version, where the bucket keeps versions.
    pub object_version: Option<&'a str>,
    /// All of its tags.
    pub tags: &'a BTreeMap<String, String>,
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

fn once() -> Builder {
    Builder::new().retry_config(call_error::once())
}

impl Lambda {
    /// `GetFunction` with what a preview copies of it; `None` where there is none.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>
    pub async fn whole(&self, name: &FunctionName, qualifier: Option<&str>) -> Result<Option<GotWhole>, CallError> {
        let call = self.client.get_function().function_name(name.as_str()).set_qualifier(qualifier.map(str::to_owned));
        let answer =
            match call.send().await.map_err(|error| CallError::new("lambda:GetFunction", name.as_str(), &error)) {
                Err(error) if error.answer == Answer::NotFound => return Ok(None),
                other => other?,
            };
        let Some(found) = answer.configuration else { return Err(malformed("lambda:GetFunction", name)) };
        let code = observed_code(&found, answer.code.as_ref()).ok_or_else(|| malformed("lambda:GetFunction", name))?;
        let arn = found.function_arn().unwrap_or_default().split(':').take(7).collect::<Vec<_>>().join(":");
        Ok(Some(GotWhole {
            arn,
            code,
            configuration: configuration(&found),
            has_file_system: !found.file_system_configs().is_empty(),
            environment_hidden: environment_hidden(&found),
            link: answer.code.and_then(|code| code.location).map(Secret::new),
        }))
    }

    /// `ListTags`; `None` where there is no such function.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListTags.html>
    pub async fn tags(&self, arn: &str) -> Result<Option<BTreeMap<String, String>>, CallError> {
        let answer = self.client.list_tags().resource(arn).send().await;
        match answer.map_err(|error| CallError::new("lambda:ListTags", arn, &error)) {
            Err(error) if error.answer == Answer::NotFound => Ok(None),
            other => Ok(Some(other?.tags.unwrap_or_default().into_iter().collect())),
        }
    }

    /// `ListFunctions`, all pages.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>
    pub async fn names(&self) -> Result<Vec<NamedFunction>, CallError> {
        let (mut found, mut marker) = (Vec::new(), None);
        loop {
            let page = self.client.list_functions().set_marker(marker).send().await;
            let page = page.map_err(|error| CallError::new("lambda:ListFunctions", "all functions", &error))?;
            let named = |function: SdkConfiguration| {
                let modified = function.last_modified.as_deref().and_then(time::read);
                let name = FunctionName::new(function.function_name?);
                Some(NamedFunction { name, arn: function.function_arn?, modified })
            };
            found.extend(page.functions.unwrap_or_default().into_iter().filter_map(named));
            match page.next_marker.filter(|marker| !marker.is_empty()) {
                Some(next) => marker = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// `CreateFunction` of an object in S3, with its tags from the first moment on.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
    pub async fn create(&self, new: &NewFunction<'_>) -> Result<(), CallError> {
        let wanted = new.configuration;
        let code = FunctionCode::builder().s3_bucket(new.bucket.as_str()).s3_key(new.key.as_str());
        let code = code.set_s3_object_version(new.object_version.map(str::to_owned)).build();
        let call = self
            .client
            .create_function()
            .function_name(new.name.as_str())
            .code(code)
            .role(&wanted.role)
            .set_runtime(wanted.runtime.as_deref().map(Runtime::from))
            .set_handler(wanted.handler.clone())
            .set_architectures(wanted.architecture.as_deref().map(|name| vec![Architecture::from(name)]))
            .set_memory_size(wanted.memory_mib)
            .set_timeout(wanted.timeout_seconds)
            .set_ephemeral_storage(ephemeral_storage(wanted))
            .set_layers(Some(wanted.layers.clone()).filter(|layers| !layers.is_empty()))
            .set_vpc_config(Some(vpc(wanted)).filter(|_| !wanted.subnets.is_empty()))
            .environment(environment(wanted))
            .set_kms_key_arn(wanted.kms_key.clone())
            .set_tags(Some(new.tags.clone().into_iter().collect()));
        let answer = call.customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("lambda:CreateFunction", new.name.as_str(), &error))
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
            .client
            .update_function_configuration()
            .function_name(name.as_str())
            .revision_id(revision.as_str())
            .role(&wanted.role)
            .set_runtime(wanted.runtime.as_deref().map(Runtime::from))
            .set_handler(wanted.handler.clone())
            .set_memory_size(wanted.memory_mib)
            .set_timeout(wanted.timeout_seconds)
            .set_ephemeral_storage(ephemeral_storage(wanted))
            .set_layers(Some(wanted.layers.clone()))
            .vpc_config(vpc(wanted))
            .environment(environment(wanted))
            .kms_key_arn(wanted.kms_key.clone().unwrap_or_default());
        let answer = call.customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("lambda:UpdateFunctionConfiguration", name.as_str(), &error))
    }

    /// `DeleteFunction`, with all that belongs to it.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>
    pub async fn delete(&self, name: &FunctionName) -> Result<(), CallError> {
        let call = self.client.delete_function().function_name(name.as_str());
        let answer = call.customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("lambda:DeleteFunction", name.as_str(), &error))
    }
}

fn configuration(found: &SdkConfiguration) -> FunctionConfiguration {
    let variables = found.environment.as_ref().and_then(|environment| environment.variables.as_ref());
    let variables = variables.into_iter().flatten().map(|(name, value)| (name.clone(), Secret::new(value)));
    let vpc = found.vpc_config.as_ref();
    FunctionConfiguration {
        runtime: found.runtime.as_ref().map(|runtime| runtime.as_str().to_owned()),
        handler: found.handler.clone(),
        architecture: found.architectures().first().map(|architecture| architecture.as_str().to_owned()),
        role: found.role.clone().unwrap_or_default(),
        memory_mib: found.memory_size,
        timeout_seconds: found.timeout,
        ephemeral_mib: found.ephemeral_storage.as_ref().map(|storage| storage.size),
        layers: found.layers().iter().filter_map(|layer| layer.arn.clone()).collect(),
        subnets: vpc.into_iter().flat_map(VpcConfigResponse::subnet_ids).cloned().collect(),
        security_groups: vpc.into_iter().flat_map(VpcConfigResponse::security_group_ids).cloned().collect(),
        environment: variables.collect(),
        kms_key: found.kms_key_arn.clone().filter(|key| !key.is_empty()),
    }
}

fn ephemeral_storage(wanted: &FunctionConfiguration) -> Option<EphemeralStorage> {
    EphemeralStorage::builder().size(wanted.ephemeral_mib?).build().ok()
}

/// <https://docs.aws.amazon.com/lambda/latest/api/API_EnvironmentError.html>
fn environment_hidden(found: &SdkConfiguration) -> Option<String> {
    let error = found.environment()?.error()?;
    let said = [error.error_code(), error.message()].into_iter().flatten();
    Some(said.collect::<Vec<_>>().join(": "))
}

fn environment(wanted: &FunctionConfiguration) -> Environment {
    let variables = wanted.environment.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned()));
    Environment::builder().set_variables(Some(variables.collect())).build()
}

fn vpc(wanted: &FunctionConfiguration) -> VpcConfig {
    VpcConfig::builder()
        .set_subnet_ids(Some(wanted.subnets.iter().cloned().collect()))
        .set_security_group_ids(Some(wanted.security_groups.iter().cloned().collect()))
        .build()
}
