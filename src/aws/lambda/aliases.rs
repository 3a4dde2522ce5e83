//! Aliases, and their provisioned concurrency.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_lambda::types::{AliasConfiguration, AliasRoutingConfiguration};

use super::Lambda;
use crate::aws::call_error::{Answered, CallError};
use crate::aws::word;
use crate::model::{AliasName, FunctionName, ObservedAlias, ObservedCode, Provisioned, RevisionId, Version};

/// The answer of `GetAlias`.
pub struct GotAlias {
    /// Where it points.
    pub version: Version,
    /// For the next write.
    pub revision: RevisionId,
    /// Further versions with their share.
    pub weights: BTreeMap<Version, f64>,
}

impl GotAlias {
    /// The alias with the code of its version.
    pub fn with(self, name: AliasName, code: ObservedCode) -> ObservedAlias {
        let Self { version, revision, weights } = self;
        ObservedAlias { name, version, revision: Some(revision), weights, provisioned: None, code }
    }
}

impl Lambda {
    /// `ListAliases`, all pages: where each points.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListAliases.html>
    pub async fn aliases(&self, name: &FunctionName) -> Result<BTreeMap<AliasName, Version>, CallError> {
        let pages = self.client.list_aliases().function_name(name.as_str()).into_paginator();
        let found: Result<Vec<_>, _> = pages.items().send().collect().await;
        let found = found.answered("lambda:ListAliases", name.as_str())?;
        let alias =
            |alias: AliasConfiguration| Some((AliasName::new(alias.name?), Version::new(alias.function_version?)));
        Ok(found.into_iter().filter_map(alias).collect())
    }

    /// `GetAlias`; `None` where Lambda has none.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_GetAlias.html>
    pub async fn alias(&self, name: &FunctionName, alias: &AliasName) -> Result<Option<GotAlias>, CallError> {
        let action = "lambda:GetAlias";
        let call = self.client.get_alias().function_name(name.as_str()).name(alias.as_str());
        let answer = call.send().await.or_absent(action, format!("{name}:{alias}"))?;
        let Some(answer) = answer else { return Ok(None) };
        let (Some(version), Some(revision)) = (answer.function_version, answer.revision_id) else {
            return Err(CallError::malformed(action, name.as_str()));
        };
        let weights = answer.routing_config.and_then(|routing| routing.additional_version_weights).unwrap_or_default();
        Ok(Some(GotAlias {
            version: Version::new(version),
            revision: RevisionId::new(revision),
            weights: weights.into_iter().map(|(version, share)| (Version::new(version), share)).collect(),
        }))
    }

    /// `CreateAlias`.
    pub async fn create_alias(
        &self,
        name: &FunctionName,
        alias: &AliasName,
        version: &Version,
    ) -> Result<(), CallError> {
        let call = self.once.create_alias().function_name(name.as_str()).name(alias.as_str());
        let answer = call.function_version(version.as_str()).send().await;
        answer.done("lambda:CreateAlias", format!("{name}:{alias}"))
    }

    /// `UpdateAlias`: the alias points at this version, and has these weights, or, without any said, those that it has.
    /// Lambda refuses a version that has a weight on the alias, unless weights are sent along.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html>
    pub async fn move_alias(
        &self,
        name: &FunctionName,
        alias: &AliasName,
        version: &Version,
        revision: &RevisionId,
        weights: Option<HashMap<String, f64>>,
    ) -> Result<(), CallError> {
        let routing =
            |weights| AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build();
        let call = self.once.update_alias().function_name(name.as_str()).name(alias.as_str());
        let call = call.function_version(version.as_str()).revision_id(revision.as_str());
        let answer = call.set_routing_config(weights.map(routing)).send().await;
        answer.done("lambda:UpdateAlias", format!("{name}:{alias}"))
    }

    /// `DeleteAlias`.
    pub async fn delete_alias(&self, name: &FunctionName, alias: &AliasName) -> Result<(), CallError> {
        let call = self.once.delete_alias().function_name(name.as_str()).name(alias.as_str());
        call.send().await.done("lambda:DeleteAlias", format!("{name}:{alias}"))
    }

    /// `GetProvisionedConcurrencyConfig` of an alias; `None` where it has none.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html>
    pub async fn provisioned(&self, name: &FunctionName, alias: &AliasName) -> Result<Option<Provisioned>, CallError> {
        let action = "lambda:GetProvisionedConcurrencyConfig";
        let call = self.client.get_provisioned_concurrency_config().function_name(name.as_str());
        let answer = call.qualifier(alias.as_str()).send().await.or_absent(action, format!("{name}:{alias}"))?;
        Ok(answer.map(|answer| match word(answer.status.as_ref()) {
            Some("READY") => Provisioned::Ready,
            Some("FAILED") => Provisioned::Failed(answer.status_reason.unwrap_or_default()),
            _ => Provisioned::InProgress,
        }))
    }
}
