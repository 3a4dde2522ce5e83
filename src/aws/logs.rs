//! Log groups of CloudWatch.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html>

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::Builder;

use super::call_error::{Answer, CallError, retries};

/// The log groups of one account and region. Each call may be repeated, so that the SDK does.
pub struct Logs {
    client: Client,
}

impl Logs {
    pub(super) fn new(config: &SdkConfig) -> Self {
        let config = Builder::from(config).retry_partition(retries()).build();
        Self { client: Client::from_conf(config) }
    }

    /// `CreateLogGroup`, with its tags from the first moment on; [`Answer::Conflict`] where there is one.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
    pub async fn create(&self, name: &str, tags: &BTreeMap<String, String>) -> Result<(), CallError> {
        let call = self.client.create_log_group().log_group_name(name);
        let answer = call.set_tags(Some(tags.clone().into_iter().collect())).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("logs:CreateLogGroup", name, &error))
    }

    /// `PutRetentionPolicy`: what is older than this many days goes.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
    pub async fn keep_for(&self, name: &str, days: i32) -> Result<(), CallError> {
        let answer = self.client.put_retention_policy().log_group_name(name).retention_in_days(days).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("logs:PutRetentionPolicy", name, &error))
    }

    /// `ListTagsForResource`; `None` where there is no such log group.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html>
    pub async fn tags(&self, arn: &str) -> Result<Option<BTreeMap<String, String>>, CallError> {
        let answer = self.client.list_tags_for_resource().resource_arn(arn).send().await;
        match answer.map_err(|error| CallError::new("logs:ListTagsForResource", arn, &error)) {
            Err(error) if error.answer == Answer::NotFound => Ok(None),
            other => Ok(Some(other?.tags.unwrap_or_default().into_iter().collect())),
        }
    }

    /// `DescribeLogGroups`, all pages: the names, with ARNs, that hold this text.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>
    pub async fn named(&self, text: &str) -> Result<Vec<(String, String)>, CallError> {
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            let page = self.client.describe_log_groups().log_group_name_pattern(text).set_next_token(next).send().await;
            let page = page.map_err(|error| CallError::new("logs:DescribeLogGroups", "all log groups", &error))?;
            found.extend(page.log_groups.unwrap_or_default().into_iter().filter_map(|group| {
                let arn = group.arn?;
                Some((group.log_group_name?, arn.strip_suffix(":*").unwrap_or(&arn).to_owned()))
            }));
            match page.next_token {
                Some(token) => next = Some(token),
                None => return Ok(found),
            }
        }
    }

    /// `DeleteLogGroup`, with all that was logged.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html>
    pub async fn delete(&self, name: &str) -> Result<(), CallError> {
        let answer = self.client.delete_log_group().log_group_name(name).send().await;
        answer.map(|_| ()).map_err(|error| CallError::new("logs:DeleteLogGroup", name, &error))
    }
}
