//! Lambda functions, versions, aliases and policies.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/Welcome.html>

mod configuration;
mod read;
mod write;

pub use read::{GotAlias, GotFunction, GotPolicy};
pub use write::NewCode;

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;

/// The functions of one account and region.
pub struct Lambda {
    client: Client,
}

impl Lambda {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}
