//! Reads. A 404 is `None`.

use std::collections::BTreeMap;

use super::Lambda;
use super::configuration::observed_code;
use crate::aws::call_error::{Answer, CallError};
use crate::model::{
    AliasName, FunctionName, ObservedAlias, ObservedCode, PolicyStatement, Qualifier, RevisionId, Secret, Version,
};

/// What `GetFunction` says.
pub struct GotFunction {
    /// The function's ARN, without a qualifier.
    pub arn: String,
    /// Code and configuration.
    pub code: ObservedCode,
    /// A ten-minute link to the code.
    pub link: Option<Secret>,
}

/// What `GetAlias` says.
pub struct GotAlias {
    /// Where it points.
    pub version: Version,
    /// For the next write.
    pub revision: RevisionId,
    /// Further versions with their share.
    pub weights: BTreeMap<Version, f64>,
    /// May be empty.
    pub description: String,
}

impl GotAlias {
    /// The alias with the code of its version.
    pub fn with(self, name: AliasName, code: ObservedCode) -> ObservedAlias {
        ObservedAlias { name, version: self.version, revision: self.revision, weights: self.weights, code }
    }
}

/// A resource policy.
pub struct GotPolicy {
    /// For the next write.
    pub revision: RevisionId,
    /// Its statements.
    pub statements: Vec<PolicyStatement>,
}

/// A 404 is an answer, not an error.
fn absent_is_none<T>(error: CallError) -> Result<Option<T>, CallError> {
    if error.answer == Answer::NotFound { Ok(None) } else { Err(error) }
}

impl Lambda {
    /// `GetFunction`: `$LATEST`, an alias's version, or a version, by its qualifier.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>
    pub async fn function(
        &self,
        name: &FunctionName,
        qualifier: Option<&str>,
    ) -> Result<Option<GotFunction>, CallError> {
        let call = self.client.get_function().function_name(name.as_str());
        let answer = match call.set_qualifier(qualifier.map(str::to_owned)).send().await {
            Ok(answer) => answer,
            Err(error) => return absent_is_none(CallError::new("lambda:GetFunction", name.as_str(), &error)),
        };
        let location = answer.code.as_ref();
        let Some(code) = answer.configuration.as_ref().and_then(|found| observed_code(found, location)) else {
            return Err(malformed("lambda:GetFunction", name));
        };
        let arn = answer.configuration.and_then(|found| found.function_arn).unwrap_or_default();
        let arn = arn.split(':').take(7).collect::<Vec<_>>().join(":");
        let link = answer.code.and_then(|code| code.location).map(Secret::new);
        Ok(Some(GotFunction { arn, code, link }))
    }

    /// `GetAlias`.
    pub async fn alias(&self, name: &FunctionName, alias: &AliasName) -> Result<Option<GotAlias>, CallError> {
        let call = self.client.get_alias().function_name(name.as_str()).name(alias.as_str());
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => return absent_is_none(CallError::new("lambda:GetAlias", format!("{name}:{alias}"), &error)),
        };
        let (Some(version), Some(revision)) = (answer.function_version, answer.revision_id) else {
            return Err(malformed("lambda:GetAlias", name));
        };
        let weights = answer.routing_config.and_then(|routing| routing.additional_version_weights).unwrap_or_default();
        Ok(Some(GotAlias {
            version: Version::new(version),
            revision: RevisionId::new(revision),
            weights: weights.into_iter().map(|(version, share)| (Version::new(version), share)).collect(),
            description: answer.description.unwrap_or_default(),
        }))
    }

    /// `GetPolicy` of one qualifier.
    pub async fn policy(&self, name: &FunctionName, qualifier: &Qualifier) -> Result<Option<GotPolicy>, CallError> {
        let call = self.client.get_policy().function_name(name.as_str());
        let answer = match call.set_qualifier(qualifier.parameter().map(str::to_owned)).send().await {
            Ok(answer) => answer,
            Err(error) => return absent_is_none(CallError::new("lambda:GetPolicy", name.as_str(), &error)),
        };
        let document = serde_json::from_str(&answer.policy.unwrap_or_default());
        let document: serde_json::Value = document.map_err(|_| malformed("lambda:GetPolicy", name))?;
        let statements = document["Statement"].as_array().cloned().unwrap_or_default();
        let statement = |statement: serde_json::Value| PolicyStatement {
            sid: statement["Sid"].as_str().unwrap_or_default().to_owned(),
            statement,
        };
        Ok(Some(GotPolicy {
            revision: RevisionId::new(answer.revision_id.unwrap_or_default()),
            statements: statements.into_iter().map(statement).collect(),
        }))
    }

    /// Whether code signing refuses unsigned code: `GetFunctionCodeSigningConfig`, then, where one is
    /// attached, `GetCodeSigningConfig`.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html>
    pub async fn signing_enforced(&self, name: &FunctionName) -> Result<bool, CallError> {
        let attached = self.client.get_function_code_signing_config().function_name(name.as_str()).send().await;
        let arn = match attached {
            Ok(answer) => answer.code_signing_config_arn,
            Err(error) => {
                let error = CallError::new("lambda:GetFunctionCodeSigningConfig", name.as_str(), &error);
                return absent_is_none(error).map(|_: Option<()>| false);
            }
        };
        if arn.is_empty() {
            return Ok(false);
        }
        let config = self.client.get_code_signing_config().code_signing_config_arn(&arn).send().await;
        let config = config.map_err(|error| CallError::new("lambda:GetCodeSigningConfig", arn, &error))?;
        let policies = config.code_signing_config.and_then(|config| config.code_signing_policies);
        let action = policies.and_then(|policies| policies.untrusted_artifact_on_deployment);
        Ok(action.is_some_and(|action| action.as_str() == "Enforce"))
    }
}

pub(super) fn malformed(action: &'static str, name: &FunctionName) -> CallError {
    CallError::malformed(action, name.as_str())
}
