//! octocrab over the HTTP client of the rest of the program: its proxies, its certificates, no redirects, no retries.

use std::time::Duration;

use http::HeaderValue;
use octocrab::Octocrab;
use reqwest::Client;
use reqwest::redirect::Policy;

use crate::error::{Failure, Kind, Problem};
use crate::model::Secret;

/// For one answer: GitHub itself ends a request after ten seconds.
/// <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts>
const ONE_ANSWER: Duration = Duration::from_secs(20);

/// To reach the host.
const CONNECT: Duration = Duration::from_secs(10);

/// A client for what is below this URL; the token goes to its host alone. Within a Tokio runtime only.
///
/// # Errors
/// [`Kind::Usage`] where the token or the URL can be no part of a request.
pub(super) fn client(base: &str, token: &Secret) -> Result<Octocrab, Failure> {
    check(token)?;
    let unusable = |error: octocrab::Error| {
        Problem::new(format!("`{base}` cannot be used")).why(error.to_string()).into_failure(Kind::Usage)
    };
    let builder = Octocrab::builder().base_uri(base).map_err(unusable)?.upload_uri(base).map_err(unusable)?;
    builder.personal_token(token.reveal()).build_with_reqwest(http_client()?).map_err(unusable)
}

/// octocrab panics where it is no header.
fn check(token: &Secret) -> Result<(), Failure> {
    HeaderValue::from_str(token.reveal()).map(drop).map_err(|_| {
        Problem::new("the token for GitHub cannot be used")
            .why("it holds characters that no header may have")
            .fix("set the input `github-token`, or GITHUB_TOKEN, to a token alone, without line ends")
            .into_failure(Kind::Usage)
    })
}

fn http_client() -> Result<Client, Failure> {
    // Another installation of the same provider is as good as ours.
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = Client::builder().redirect(Policy::none()).timeout(ONE_ANSWER).connect_timeout(CONNECT).build();
    client.map_err(|error| {
        Problem::new("failed to set up the HTTP client").why(error.to_string()).into_failure(Kind::Internal)
    })
}
