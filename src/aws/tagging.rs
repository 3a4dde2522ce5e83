//! Tags of all kinds of resources.
//!
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/overview.html>

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_resourcegroupstagging::Client;
use aws_sdk_resourcegroupstagging::config::Builder;
use aws_sdk_resourcegroupstagging::types::TagFilter;

use super::call_error::{Answered, CallError, retries};

/// The index of tags of one account and region. What changed a moment ago may not be in it.
pub struct Tagging {
    client: Client,
}

impl Tagging {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::from_conf(Builder::from(config).retry_partition(retries()).build()) }
    }

    /// `GetResources`, all pages: the functions that have a tag of this key, by ARN, with all their tags.
    ///
    /// <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>
    pub async fn functions(&self, key: &str) -> Result<BTreeMap<String, BTreeMap<String, String>>, CallError> {
        let call = self.client.get_resources().resource_type_filters("lambda:function");
        let pages = call.tag_filters(TagFilter::builder().key(key).build()).into_paginator();
        let found: Result<Vec<_>, _> = pages.items().send().collect().await;
        let found = found.answered("tag:GetResources", "all functions")?;
        let tagged = found.into_iter().filter_map(|function| {
            let tags = function.tags.into_iter().flatten().map(|tag| (tag.key, tag.value));
            Some((function.resource_arn?, tags.collect()))
        });
        Ok(tagged.collect())
    }
}
