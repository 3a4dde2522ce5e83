//! Event source mappings: the queues, streams and tables that call a function.

use std::collections::{BTreeMap, BTreeSet};

use super::Lambda;
use crate::aws::call_error::{Answered, CallError};
use crate::model::{AliasName, EventSource, FunctionName, Qualifier, Version};

/// Event source mappings by function.
pub type EventSources = BTreeMap<FunctionName, BTreeSet<EventSource>>;

impl Lambda {
    /// `ListEventSourceMappings` of a version: whether there is one.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html>
    pub async fn has_event_source(&self, name: &FunctionName, version: &Version) -> Result<bool, CallError> {
        let call = self.client.list_event_source_mappings().function_name(format!("{name}:{version}"));
        let answer = call.send().await.answered("lambda:ListEventSourceMappings", name.as_str())?;
        Ok(answer.event_source_mappings.is_some_and(|mappings| !mappings.is_empty()))
    }

    /// `ListEventSourceMappings` of a function or an alias, or of all functions, on all pages. A disabled one calls
    /// nothing.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html>
    pub async fn event_sources(&self, of: Option<(&FunctionName, &Qualifier)>) -> Result<EventSources, CallError> {
        let called = of.map(|(name, qualifier)| match qualifier.parameter() {
            Some(alias) => format!("{name}:{alias}"),
            None => name.to_string(),
        });
        let call = self.client.list_event_source_mappings().set_function_name(called.clone());
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        let found = found.answered("lambda:ListEventSourceMappings", called.as_deref().unwrap_or("*"))?;
        let mut sources = EventSources::new();
        for mapping in found.into_iter().filter(|mapping| mapping.state() != Some("Disabled")) {
            if let Some((function, qualifier)) = called_by(mapping.function_arn().unwrap_or_default()) {
                let (id, source) = (mapping.uuid.unwrap_or_default(), mapping.event_source_arn);
                sources.entry(function).or_default().insert(EventSource { id, source, qualifier });
            }
        }
        Ok(sources)
    }
}

/// The function and the qualifier of an ARN: `arn:aws:lambda:<region>:<account>:function:<name>`, or with `:<qualifier>`.
fn called_by(arn: &str) -> Option<(FunctionName, Qualifier)> {
    let mut parts = arn.splitn(8, ':').skip(6);
    let name = FunctionName::new(parts.next()?);
    let qualifier = parts.next().filter(|qualifier| *qualifier != "$LATEST");
    Some((name, qualifier.map_or(Qualifier::Latest, |alias| Qualifier::Named(AliasName::new(alias)))))
}
