//! Log groups of CloudWatch.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html>

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::Builder;

use super::call_error::{Answered, CallError, retries};
use crate::model::Moment;

/// The log groups of one account and region. Each call may be repeated, so that the SDK does.
pub struct Logs {
    client: Client,
}

impl Logs {
    pub(super) fn new(config: &SdkConfig) -> Self {
        let config = Builder::from(config).retry_partition(retries()).build();
        Self { client: Client::from_conf(config) }
    }

    /// `CreateLogGroup`, with its tags from the first moment on; `Answer::Conflict` where there is one.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
    pub async fn create(&self, name: &str, tags: &BTreeMap<String, String>) -> Result<(), CallError> {
        let call = self.client.create_log_group().log_group_name(name);
        call.set_tags(Some(tags.clone().into_iter().collect())).send().await.done("logs:CreateLogGroup", name)
    }

    /// `PutRetentionPolicy`: what is older than this many days goes.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
    pub async fn keep_for(&self, name: &str, days: i32) -> Result<(), CallError> {
        let call = self.client.put_retention_policy().log_group_name(name).retention_in_days(days);
        call.send().await.done("logs:PutRetentionPolicy", name)
    }

    /// `ListTagsForResource`; `None` where there is no such log group.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html>
    pub async fn tags(&self, arn: &str) -> Result<Option<BTreeMap<String, String>>, CallError> {
        let call = self.client.list_tags_for_resource().resource_arn(arn);
        let answer = call.send().await.or_absent("logs:ListTagsForResource", arn)?;
        Ok(answer.map(|answer| answer.tags.into_iter().flatten().collect()))
    }

    /// `FilterLogEvents`: what a group holds since a moment that speaks of an error; nothing where there is no such group.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
    pub async fn errors(&self, name: &str, since: Moment) -> Result<Vec<String>, CallError> {
        let call = self.client.filter_log_events().log_group_name(name).start_time(since.unix() * 1000);
        let call = call.filter_pattern("?Error ?ERROR ?Exception ?errorType");
        let answer = call.send().await.or_absent("logs:FilterLogEvents", name)?;
        let events = answer.into_iter().flat_map(|answer| answer.events.unwrap_or_default());
        Ok(events.filter_map(|event| event.message).collect())
    }

    /// `DescribeLogGroups`, all pages: the names, with ARNs, that hold this text.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>
    pub async fn named(&self, text: &str) -> Result<Vec<(String, String)>, CallError> {
        let pages = self.client.describe_log_groups().log_group_name_pattern(text).into_paginator();
        let groups = pages.items().send().try_collect().await.answered("logs:DescribeLogGroups", "all log groups")?;
        let named = groups.into_iter().filter_map(|group| {
            let arn = group.arn?;
            Some((group.log_group_name?, arn.strip_suffix(":*").unwrap_or(&arn).to_owned()))
        });
        Ok(named.collect())
    }

    /// `DeleteLogGroup`, with all that was logged.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html>
    pub async fn delete(&self, name: &str) -> Result<(), CallError> {
        self.client.delete_log_group().log_group_name(name).send().await.done("logs:DeleteLogGroup", name)
    }
}
