//! HTTP beside AWS: asks an endpoint once and says whether the answer is good; fetches live code.

use std::io::Write;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use tempfile::NamedTempFile;

use crate::error::{Failure, Kind, Problem};
use crate::model::{Secret, Sha256, SmokePlan};

/// For one answer; an endpoint of API Gateway answers within 29 seconds or not at all.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
const ONE_ANSWER: Duration = Duration::from_secs(30);

/// For a download of at most 250 MiB; the link is good for ten minutes.
const DOWNLOAD: Duration = Duration::from_mins(10);

/// The most of a body that is searched for `contains`.
const BODY_LIMIT: usize = 1024 * 1024;

/// A client for endpoints and links.
pub struct Http {
    client: Client,
}

impl Http {
    /// Redirects are answers, not followed: a redirect to a sign-in page is no proof of health.
    pub fn new() -> Result<Self, Failure> {
        // Another installation of the same provider is as good as ours.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = Client::builder()
            .redirect(Policy::none())
            .timeout(ONE_ANSWER)
            .user_agent(concat!("sls-release/", env!("CARGO_PKG_VERSION")))
            .build();
        let broken = |error: reqwest::Error| Problem::new("failed to set up the HTTP client").why(error.to_string());
        Ok(Self { client: client.map_err(|error| broken(error).into_failure(Kind::Internal))? })
    }

    /// Downloads live code by Lambda's link, which is never shown, into a file that goes away with its value. `Err`
    /// says, in words, why it is not the code of this digest.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html>
    pub async fn live_code(&self, link: Option<&Secret>, sha256: &Sha256) -> Result<NamedTempFile, String> {
        let Some(link) = link else { return Err("Lambda gave no link to it".to_owned()) };
        let mut file = NamedTempFile::new().map_err(|error| error.to_string())?;
        let mut digest = Sha256::stream();
        let write = |chunk: &[u8]| {
            digest.update(chunk);
            file.write_all(chunk).map_err(|error| error.to_string())
        };
        self.download(link.reveal(), write).await?;
        let found = digest.finish();
        if found != *sha256 {
            return Err(format!("the download's SHA-256 is {}, not {}", found.base64(), sha256.base64()));
        }
        Ok(file)
    }

    /// Downloads what lies behind a link that must not be shown, piece by piece.
    async fn download(&self, link: &str, mut write: impl FnMut(&[u8]) -> Result<(), String>) -> Result<(), String> {
        let mut answer = self.client.get(link).timeout(DOWNLOAD).send().await.map_err(|error| no_answer(&error))?;
        if !answer.status().is_success() {
            return Err(format!("its link answered {}", answer.status().as_u16()));
        }
        while let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error))? {
            write(&chunk)?;
        }
        Ok(())
    }

    /// One request, for as long as `left`. `Err` says, in words, what was not good about the answer.
    pub async fn ask(&self, url: &str, plan: &SmokePlan, left: Duration) -> Result<(), String> {
        let method = Method::from_bytes(plan.settings.method.as_bytes()).map_err(|error| error.to_string())?;
        let mut request = self.client.request(method, url).timeout(left.min(ONE_ANSWER));
        for (name, value) in &plan.settings.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &plan.settings.body {
            request = request.body(body.clone());
        }
        let answer = request.send().await.map_err(|error| no_answer(&error))?;
        let status = answer.status().as_u16();
        if status != plan.status {
            let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).map(SmokePlan::shown);
            let to = to.map_or_else(String::new, |to| format!(" with a redirect to {to}"));
            return Err(format!("it answered {status}{to} instead of {}", plan.status));
        }
        match &plan.contains {
            Some(wanted) => holds(answer, wanted).await,
            None => Ok(()),
        }
    }
}

async fn holds(mut answer: reqwest::Response, wanted: &str) -> Result<(), String> {
    let mut body = Vec::new();
    while body.len() < BODY_LIMIT
        && let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error))?
    {
        body.extend_from_slice(&chunk);
    }
    let found = String::from_utf8_lossy(&body).contains(wanted);
    if found { Ok(()) } else { Err(format!("its answer does not hold `{wanted}`")) }
}

/// The innermost cause, without the URL: that may hold a key.
fn no_answer(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    if error.is_timeout() { "it did not answer in time".to_owned() } else { format!("it did not answer: {cause}") }
}
