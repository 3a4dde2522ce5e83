//! REST APIs of API Gateway: definition, stages, deployments.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/api/Welcome.html>

mod definition;
mod preview;
mod preview_stage;
mod read;
mod write;

pub use preview::{StageDeployment, TaggedApi};
pub use preview_stage::NewStage;
pub use read::GotApi;

use aws_config::SdkConfig;
use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::config::Builder;

use super::call_error::retries;

/// The REST APIs of one account and region.
pub struct RestApis {
    client: Client,
}

impl RestApis {
    pub(super) fn new(config: &SdkConfig) -> Self {
        let config = Builder::from(config).retry_partition(retries()).build();
        Self { client: Client::from_conf(config) }
    }
}
