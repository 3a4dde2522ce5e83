//! Versions and aliases that come and go, and who calls a function without a qualifier.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::types::FunctionConfiguration;

use super::Lambda;
use super::configuration::observed_code;
use super::read::malformed;
use crate::aws::call_error::{self, Answer, CallError};
use crate::model::{AliasName, FunctionName, FunctionVersion, Sha256, Version};

fn once() -> Builder {
    Builder::new().retry_config(call_error::once())
}

impl Lambda {
    /// `ListVersionsByFunction`, all pages, without `$LATEST`; none where there is no such function.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html>
    pub async fn versions(&self, name: &FunctionName) -> Result<Vec<FunctionVersion>, CallError> {
        let (mut found, mut marker) = (Vec::new(), None);
        loop {
            let page = self.client.list_versions_by_function().function_name(name.as_str()).set_marker(marker);
            let page = page.send().await;
            let page =
                match page.map_err(|error| CallError::new("lambda:ListVersionsByFunction", name.as_str(), &error)) {
                    Err(error) if error.answer == Answer::NotFound => return Ok(found),
                    other => other?,
                };
            found.extend(page.versions.unwrap_or_default().iter().filter_map(version));
            match page.next_marker.filter(|marker| !marker.is_empty()) {
                Some(next) => marker = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// Each alias with the versions that it stands on, or sends a part of its calls to: `ListAliases`, all pages.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListAliases.html>
    pub async fn aliases(&self, name: &FunctionName) -> Result<BTreeMap<AliasName, BTreeSet<Version>>, CallError> {
        let (mut found, mut marker) = (BTreeMap::new(), None);
        loop {
            let page = self.client.list_aliases().function_name(name.as_str()).set_marker(marker).send().await;
            let page = page.map_err(|error| CallError::new("lambda:ListAliases", name.as_str(), &error))?;
            for alias in page.aliases.unwrap_or_default() {
                let weights = alias.routing_config.and_then(|routing| routing.additional_version_weights);
                let weighted = weights.unwrap_or_default().into_keys();
                let versions = alias.function_version.into_iter().chain(weighted).map(Version::new).collect();
                found.insert(AliasName::new(alias.name.unwrap_or_default()), versions);
            }
            match page.next_marker.filter(|marker| !marker.is_empty()) {
                Some(next) => marker = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// The event source mappings that call the function without a qualifier, by their source, in words:
    /// `ListEventSourceMappings`, all pages.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html>
    pub async fn event_sources(&self, name: &FunctionName) -> Result<Vec<String>, CallError> {
        let (mut found, mut marker) = (Vec::new(), None);
        loop {
            let call = self.client.list_event_source_mappings().function_name(name.as_str());
            let page = call.set_marker(marker).send().await;
            let page = page.map_err(|error| CallError::new("lambda:ListEventSourceMappings", name.as_str(), &error))?;
            for mapping in page.event_source_mappings.unwrap_or_default() {
                if is_unqualified(mapping.function_arn().unwrap_or_default()) {
                    let source = mapping.event_source_arn.or(mapping.uuid).unwrap_or_default();
                    found.push(format!("the event source mapping of {source}"));
                }
            }
            match page.next_marker.filter(|marker| !marker.is_empty()) {
                Some(next) => marker = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// Whether the function has a URL that leads to `$LATEST`: `GetFunctionUrlConfig`.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionUrlConfig.html>
    pub async fn has_url(&self, name: &FunctionName) -> Result<bool, CallError> {
        let answer = self.client.get_function_url_config().function_name(name.as_str()).send().await;
        match answer.map_err(|error| CallError::new("lambda:GetFunctionUrlConfig", name.as_str(), &error)) {
            Err(error) if error.answer == Answer::NotFound => Ok(false),
            other => other.map(|_| true),
        }
    }

    /// `PublishVersion` of exactly this code, with a description; where nothing changed since the last version, Lambda
    /// answers with that one, and its description stays.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>
    pub async fn publish_described(
        &self,
        name: &FunctionName,
        sha256: &Sha256,
        description: &str,
    ) -> Result<Version, CallError> {
        let call = self.client.publish_version().function_name(name.as_str()).code_sha256(sha256.base64());
        let answer = call.description(description).customize().config_override(once()).send().await;
        let answer = answer.map_err(|error| CallError::new("lambda:PublishVersion", name.as_str(), &error))?;
        answer.version.map(Version::new).ok_or_else(|| malformed("lambda:PublishVersion", name))
    }

    /// `CreateAlias` with a description.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>
    pub async fn create_described_alias(
        &self,
        name: &FunctionName,
        alias: &AliasName,
        version: &Version,
        description: &str,
    ) -> Result<(), CallError> {
        let call = self.client.create_alias().function_name(name.as_str()).name(alias.as_str());
        let call = call.function_version(version.as_str()).description(description);
        let answer = call.customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("lambda:CreateAlias", format!("{name}:{alias}"), &error))
    }

    /// `DeleteFunction` of one version; Lambda refuses it where an alias stands on the version.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>
    pub async fn delete_version(&self, name: &FunctionName, version: &Version) -> Result<(), CallError> {
        let resource = format!("{name}:{version}");
        // Without a qualifier the whole function would go.
        if version.as_str().is_empty() || version.as_str().starts_with('$') {
            return Err(CallError::malformed("lambda:DeleteFunction", resource));
        }
        let call = self.client.delete_function().function_name(name.as_str()).qualifier(version.as_str());
        let answer = call.customize().config_override(once()).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("lambda:DeleteFunction", resource, &error))
    }
}

fn version(found: &FunctionConfiguration) -> Option<FunctionVersion> {
    let code = observed_code(found, None).filter(|code| !code.version.as_str().starts_with('$'))?;
    Some(FunctionVersion {
        version: code.version,
        sha256: code.sha256,
        configuration: code.configuration,
        description: found.description.clone().unwrap_or_default(),
    })
}

/// `arn:aws:lambda:region:account:function:name`, or with `$LATEST`.
fn is_unqualified(arn: &str) -> bool {
    arn.split(':').nth(7).is_none_or(|qualifier| qualifier.starts_with('$'))
}
