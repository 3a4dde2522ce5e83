//! Lambda functions, versions, aliases and policies.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/Welcome.html>

mod aliases;
mod configuration;
mod event_sources;
mod fields;
mod functions;
mod invocations;
mod policies;
mod urls;
mod versions;

pub use aliases::GotAlias;
pub use event_sources::EventSources;
pub use functions::{Code, CodeObject, NamedFunction};
pub use invocations::Invocation;
pub use policies::GotPolicy;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_lambda::Client;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// More than elsewhere: Lambda takes 15 calls a second, so the reads of sixty functions have to wait for their turn.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const ATTEMPTS: u32 = 8;

/// Between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// The functions of one account and region.
pub struct Lambda {
    client: Client,
    /// Sends each write as one call.
    once: Client,
}

impl Lambda {
    pub(super) fn new(config: &SdkConfig, http: SharedHttpClient) -> Self {
        let (config, once) = two_clients!(aws_sdk_lambda, config, http);
        let patient = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_PAUSE);
        let client = Client::from_conf(config.retry_config(patient).build());
        Self { client, once: Client::from_conf(once.build()) }
    }
}
