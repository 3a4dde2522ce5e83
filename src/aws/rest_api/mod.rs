//! REST APIs of API Gateway: definition, stages, deployments.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/api/Welcome.html>

mod apis;
mod definition;
mod stages;

pub use apis::{GotApi, TaggedApi};

use aws_config::SdkConfig;
use aws_sdk_apigateway::Client;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

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
    /// Sends each write as one call.
    once: Client,
}

impl RestApis {
    pub(super) fn new(config: &SdkConfig, http: SharedHttpClient) -> Self {
        let (config, once) = two_clients!(aws_sdk_apigateway, config, http);
        Self { client: Client::from_conf(config.build()), once: Client::from_conf(once.build()) }
    }
}

/// A resource as IAM's ARNs for API Gateway name it.
fn path(id: &RestApiId, rest: &str) -> String {
    if rest.is_empty() { format!("/restapis/{id}") } else { format!("/restapis/{id}/{rest}") }
}
