//! Event source mappings: the queues, streams and tables that call a function.

use std::collections::BTreeMap;

use super::Lambda;
use crate::aws::call_error::{Answered, CallError};
use crate::model::{EventSource, FunctionName, Version};

impl Lambda {
    /// `ListEventSourceMappings` of a version: whether there is one.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html>
    pub async fn has_event_source(&self, name: &FunctionName, version: &Version) -> Result<bool, CallError> {
        let call = self.client.list_event_source_mappings().function_name(format!("{name}:{version}"));
        let answer = call.send().await.answered("lambda:ListEventSourceMappings", name.as_str())?;
        Ok(answer.event_source_mappings.is_some_and(|mappings| !mappings.is_empty()))
    }

    /// `ListEventSourceMappings` of a function, or of all, on all pages: those that call a function without a qualifier, by
    /// function. A disabled one calls nothing.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html>
    pub async fn event_sources(
        &self,
        of: Option<&FunctionName>,
    ) -> Result<BTreeMap<FunctionName, Vec<EventSource>>, CallError> {
        let call = self.client.list_event_source_mappings().set_function_name(of.map(ToString::to_string));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        let resource = of.map_or("*", FunctionName::as_str);
        let found = found.answered("lambda:ListEventSourceMappings", resource)?;
        let mut sources: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for mapping in found.into_iter().filter(|mapping| mapping.state() != Some("Disabled")) {
            if let Some(function) = called_without_qualifier(mapping.function_arn().unwrap_or_default()) {
                let (id, source) = (mapping.uuid.unwrap_or_default(), mapping.event_source_arn);
                sources.entry(function).or_default().push(EventSource { id, source });
            }
        }
        Ok(sources)
    }
}

/// The function of an ARN without a qualifier: `arn:aws:lambda:<region>:<account>:function:<name>`, or with `$LATEST`.
fn called_without_qualifier(arn: &str) -> Option<FunctionName> {
    let mut parts = arn.splitn(8, ':').skip(6);
    let name = parts.next()?;
    parts.next().is_none_or(|qualifier| qualifier == "$LATEST").then(|| FunctionName::new(name))
}
