//! Writes. Each carries what was observed, so that Lambda refuses it where somebody else was faster, and
//! each is one call: whoever sends it knows what a refusal means, and repeats it where that is right.

use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::operation::update_function_code::builders::UpdateFunctionCodeFluentBuilder;
use aws_sdk_lambda::types::{Architecture, S3ObjectStorageMode};

use super::Lambda;
use super::read::malformed;
use crate::aws::call_error::{self, Answer, CallError};
use crate::model::{AddPermission, AliasName, BucketName, FunctionName, ObjectKey, RevisionId, Sha256, Version};

/// What `UpdateFunctionCode` takes.
pub struct NewCode<'a> {
    /// The function.
    pub name: &'a FunctionName,
    /// The artifacts' bucket.
    pub bucket: &'a BucketName,
    /// The artifact.
    pub key: &'a ObjectKey,
    /// Its version, where the bucket keeps versions.
    pub object_version: Option<&'a str>,
    /// What the function must still be at.
    pub revision: &'a RevisionId,
    /// Kept as it was.
    pub architecture: Option<&'a str>,
    /// Kept as it was.
    pub source_kms_key: Option<&'a str>,
    /// Kept as it was.
    pub storage_mode: Option<&'a str>,
    /// Whether to publish a version of it.
    pub publish: bool,
}

impl NewCode<'_> {
    /// Lambda reads the object with the caller's permissions, and says so where S3 refuses it; that is another
    /// permission than to update the function.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>
    fn error(&self, error: CallError) -> CallError {
        if error.answer != Answer::Denied || !error.message.contains("denied by S3") {
            return error;
        }
        let action = if self.object_version.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
        CallError { action, resource: format!("{}/{}", self.bucket, self.key), ..error }
    }
}

fn once() -> Builder {
    Builder::new().retry_config(call_error::once())
}

impl Lambda {
    /// `UpdateFunctionCode` from S3; returns the version, which is `$LATEST` unless one was published.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>
    pub async fn update_code(&self, code: &NewCode<'_>) -> Result<Version, CallError> {
        let action = "lambda:UpdateFunctionCode";
        let answer = self.update_call(code).customize().config_override(once()).send().await;
        let answer = answer.map_err(|error| code.error(CallError::new(action, code.name.as_str(), &error)))?;
        answer.version.map(Version::new).ok_or_else(|| malformed(action, code.name))
    }

    fn update_call(&self, code: &NewCode<'_>) -> UpdateFunctionCodeFluentBuilder {
        self.client
            .update_function_code()
            .function_name(code.name.as_str())
            .s3_bucket(code.bucket.as_str())
            .s3_key(code.key.as_str())
            .set_s3_object_version(code.object_version.map(str::to_owned))
            .set_architectures(code.architecture.map(|name| vec![Architecture::from(name)]))
            .set_source_kms_key_arn(code.source_kms_key.map(str::to_owned))
            .set_s3_object_storage_mode(code.storage_mode.map(S3ObjectStorageMode::from))
            .revision_id(code.revision.as_str())
            .publish(code.publish)
    }

    /// `PublishVersion` of exactly this code; where nothing changed since the last version, Lambda
    /// answers with that one.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>
    pub async fn publish(
        &self,
        name: &FunctionName,
        sha256: &Sha256,
        revision: Option<&RevisionId>,
    ) -> Result<Version, CallError> {
        let call = self.client.publish_version().function_name(name.as_str()).code_sha256(sha256.base64());
        let call = call.set_revision_id(revision.map(ToString::to_string));
        let answer = call.customize().config_override(once()).send().await;
        let answer = answer.map_err(|error| CallError::new("lambda:PublishVersion", name.as_str(), &error))?;
        answer.version.map(Version::new).ok_or_else(|| malformed("lambda:PublishVersion", name))
    }

    /// `CreateAlias`.
    pub async fn create_alias(
        &self,
        name: &FunctionName,
        alias: &AliasName,
        version: &Version,
    ) -> Result<(), CallError> {
        let call = self.client.create_alias().function_name(name.as_str()).name(alias.as_str());
        let answer = call.function_version(version.as_str()).customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("lambda:CreateAlias", format!("{name}:{alias}"), &error))
    }

    /// `UpdateAlias`.
    pub async fn move_alias(
        &self,
        name: &FunctionName,
        alias: &AliasName,
        version: &Version,
        revision: &RevisionId,
    ) -> Result<(), CallError> {
        let call = self.client.update_alias().function_name(name.as_str()).name(alias.as_str());
        let answer = call.function_version(version.as_str()).revision_id(revision.as_str());
        let answer = answer.customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("lambda:UpdateAlias", format!("{name}:{alias}"), &error))
    }

    /// `DeleteAlias`.
    pub async fn delete_alias(&self, name: &FunctionName, alias: &AliasName) -> Result<(), CallError> {
        let call = self.client.delete_alias().function_name(name.as_str()).name(alias.as_str());
        let answer = call.customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("lambda:DeleteAlias", format!("{name}:{alias}"), &error))
    }

    /// `AddPermission` for API Gateway.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
    pub async fn add_permission(&self, permission: &AddPermission) -> Result<(), CallError> {
        let call = self
            .client
            .add_permission()
            .function_name(permission.name.as_str())
            .set_qualifier(permission.qualifier.parameter().map(str::to_owned))
            .statement_id(&permission.statement_id)
            .action("lambda:InvokeFunction")
            .principal("apigateway.amazonaws.com")
            .source_arn(&permission.source_arn);
        let answer = call.customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("lambda:AddPermission", permission.name.as_str(), &error))
    }

    /// `RemovePermission`.
    pub async fn remove_permission(&self, permission: &AddPermission, revision: &RevisionId) -> Result<(), CallError> {
        let call = self
            .client
            .remove_permission()
            .function_name(permission.name.as_str())
            .set_qualifier(permission.qualifier.parameter().map(str::to_owned))
            .statement_id(&permission.statement_id)
            .revision_id(revision.as_str());
        let answer = call.customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("lambda:RemovePermission", permission.name.as_str(), &error))
    }
}
