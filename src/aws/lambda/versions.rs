//! Published versions.

use std::collections::BTreeSet;

use super::Lambda;
use crate::aws::call_error::{Answered, CallError};
use crate::model::{FunctionName, RevisionId, Version};

impl Lambda {
    /// `PublishVersion` of exactly this code; where nothing changed since the last version, Lambda
    /// answers with that one.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>
    pub async fn publish(
        &self,
        name: &FunctionName,
        code_sha256: &str,
        revision: Option<&RevisionId>,
    ) -> Result<Version, CallError> {
        let action = "lambda:PublishVersion";
        let call = self.once.publish_version().function_name(name.as_str()).code_sha256(code_sha256);
        let call = call.set_revision_id(revision.map(ToString::to_string));
        let answer = call.send().await.answered(action, name.as_str())?;
        answer.version.map(Version::new).ok_or_else(|| CallError::malformed(action, name.as_str()))
    }

    /// `ListVersionsByFunction`, all pages; with `$LATEST`.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html>
    pub async fn versions(&self, name: &FunctionName) -> Result<BTreeSet<Version>, CallError> {
        let pages = self.client.list_versions_by_function().function_name(name.as_str()).into_paginator();
        let found: Result<Vec<_>, _> = pages.items().send().collect().await;
        let found = found.answered("lambda:ListVersionsByFunction", name.as_str())?;
        Ok(found.into_iter().filter_map(|version| version.version.map(Version::new)).collect())
    }

    /// `DeleteFunction` of a published version; never of the function, for which only a number is sent.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>
    pub async fn delete_version(&self, name: &FunctionName, version: &Version) -> Result<(), CallError> {
        let action = "lambda:DeleteFunction";
        let number: u64 = version.as_str().parse().map_err(|_| CallError::malformed(action, name.as_str()))?;
        let call = self.once.delete_function().function_name(name.as_str()).qualifier(number.to_string());
        call.send().await.done(action, format!("{name}:{number}"))
    }
}
