//! REST APIs of API Gateway: definition, stages, deployments.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/api/Welcome.html>

mod apis;
mod definition;
mod stages;

pub use apis::{GotApi, TaggedApi};

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::config::{Builder, StalledStreamProtectionConfig};

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::call_error::retries;
use crate::model::RestApiId;

/// The most items that a page holds.
const PAGE: i32 = 500;

/// Reads all pages of a list.
macro_rules! pages {
    ($call:expr, $resource:expr) => {
        async {
            let (call, mut items, mut position) = ($call.limit(PAGE), Vec::new(), None);
            loop {
                let page = call.clone().set_position(position).send().await.answered("apigateway:GET", $resource)?;
                items.extend(page.items.unwrap_or_default());
                position = page.position;
                if position.is_none() {
                    break Ok::<_, CallError>(items);
                }
            }
        }
    };
}
use pages;

/// The REST APIs of one account and region.
pub struct RestApis {
    client: Client,
    /// Sends each write as one call, so that the sender knows what a refusal means. The SDK would repeat a deletion
    /// whose answer was lost, and report the second answer, 404; it would make a second deployment.
    once: Client,
}

impl RestApis {
    pub(super) fn new(config: &SdkConfig, http: SharedHttpClient) -> Self {
        // A call that waits for its turn is not stalled.
        let stalled = StalledStreamProtectionConfig::disabled();
        let config =
            Builder::from(config).http_client(http).stalled_stream_protection(stalled).retry_partition(retries());
        let once = config.clone().retry_config(RetryConfig::disabled());
        Self { client: Client::from_conf(config.build()), once: Client::from_conf(once.build()) }
    }
}

/// A resource as IAM's ARNs for API Gateway name it.
fn path(id: &RestApiId, rest: &str) -> String {
    if rest.is_empty() { format!("/restapis/{id}") } else { format!("/restapis/{id}/{rest}") }
}
