//! Lambda functions, versions, aliases and policies.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/Welcome.html>

mod configuration;
mod preview;
mod read;
mod write;

pub use preview::{GotWhole, NamedFunction, NewFunction};
pub use read::{GotAlias, GotFunction, GotPolicy};
pub use write::NewCode;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Builder;

use super::call_error::retries;

/// More than elsewhere: Lambda takes 15 calls a second, so the reads of sixty functions have to wait for their turn.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const ATTEMPTS: u32 = 8;

/// Between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// The functions of one account and region.
pub struct Lambda {
    client: Client,
}

impl Lambda {
    pub(super) fn new(config: &SdkConfig) -> Self {
        let patient = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_PAUSE);
        let config = Builder::from(config).retry_partition(retries()).retry_config(patient).build();
        Self { client: Client::from_conf(config) }
    }
}
