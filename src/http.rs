//! HTTP requests outside the AWS SDK: calls endpoints for the smoke test, and downloads live code.

use std::error::Error;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use tempfile::NamedTempFile;

use crate::error::{Failure, without_path};
use crate::model::{Secret, Sha256, Smoke, SmokeSettings};
use crate::network::{self, Network};
use crate::report::redact;

/// The timeout of a request. An endpoint of API Gateway answers within 29 seconds.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
const ONE_ANSWER: Duration = Duration::from_secs(30);

/// The timeout of a download of at most 250 MiB. The link is valid for ten minutes.
const DOWNLOAD: Duration = Duration::from_mins(10);

/// The most of a body that is searched for `contains`.
const BODY_LIMIT: usize = 1024 * 1024;

/// How much of a body a report shows, in characters.
const SHOWN_BODY: usize = 300;

/// How long the body of a wrong answer may take.
const FOR_A_WRONG_BODY: Duration = Duration::from_secs(3);

/// The end of a connection to a server that demands a certificate of its client, as rustls says it.
///
/// <https://www.rfc-editor.org/rfc/rfc8446#section-6.2>
const CERTIFICATE_REQUIRED: &str = "CertificateRequired";

/// How an endpoint did not answer as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    /// It answered: what differs, and the beginning of the body.
    Answered { what: String, body: String },
    /// No answer came.
    Silent(String),
}

impl Miss {
    /// Returns in words what is wrong, without the body.
    pub(crate) fn what(&self) -> &str {
        let (Self::Answered { what, .. } | Self::Silent(what)) = self;
        what
    }
}

/// A client for endpoints and download links.
pub(crate) struct Http {
    client: Client,
}

/// Returns an error and its causes, the innermost last.
pub(crate) fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    // A reference to an error is an error as well, so that it says which one is meant.
    std::iter::successors(Some(error), |cause| (*cause).source())
}

impl Http {
    /// Creates the client. A redirect to a sign-in page is no sign of health, so it is not followed.
    pub(crate) fn new(network: &Network) -> Result<Self, Failure> {
        let user_agent = concat!("sls-release/", env!("CARGO_PKG_VERSION"));
        Ok(Self { client: network.client(Client::builder().timeout(ONE_ANSWER).user_agent(user_agent))? })
    }

    /// Downloads live code from Lambda's link, which is never printed, into a temporary file.
    ///
    /// `Err` describes why the download failed or is not the code with this digest.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html>
    pub(crate) async fn live_code(&self, link: Option<&Secret>, sha256: &Sha256) -> Result<NamedTempFile, String> {
        let Some(link) = link else { return Err("Lambda returned no download link".to_owned()) };
        let mut file = NamedTempFile::new().map_err(|error| not_kept(&error))?;
        let request = self.client.get(link.reveal()).timeout(DOWNLOAD);
        let mut answer = request.send().await.map_err(|error| no_answer(&error))?;
        if !answer.status().is_success() {
            return Err(format!("the download link answered {}", answer.status().as_u16()));
        }
        let mut digest = Sha256::stream();
        while let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error))? {
            digest.update(&chunk);
            file.write_all(&chunk).map_err(|error| not_kept(&error))?;
        }
        let found = digest.finish();
        if found != *sha256 {
            return Err(format!("the download's SHA-256 is {}, not {}", found.base64(), sha256.base64()));
        }
        Ok(file)
    }

    /// Sends a request with a timeout of at most `remaining`, and checks the answer. `signed` are further headers.
    /// Returns how long a good answer took.
    pub(crate) async fn ask(
        &self,
        url: &str,
        smoke: &SmokeSettings,
        signed: &[(String, String)],
        remaining: Duration,
    ) -> Result<Duration, Miss> {
        let method = Method::from_bytes(smoke.method.as_bytes()).map_err(|error| Miss::Silent(error.to_string()))?;
        let mut request = self.client.request(method, url).timeout(remaining.min(ONE_ANSWER));
        for (name, value) in &smoke.headers {
            request = request.header(name, value);
        }
        for (name, value) in signed {
            request = request.header(name, value);
        }
        if let Some(body) = &smoke.body {
            request = request.body(body.clone());
        }
        let began = Instant::now();
        let answer = request.send().await.map_err(|error| Miss::Silent(no_answer(&error)))?;
        let status = answer.status().as_u16();
        if status != smoke.status {
            let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).map(Smoke::shown);
            let to = to.map_or_else(String::new, |to| format!(" with a redirect to {to}"));
            let what = format!("it answered {status}{to} instead of {}", smoke.status);
            let body = tokio::time::timeout(FOR_A_WRONG_BODY, text(answer)).await;
            let body = body.unwrap_or_else(|_| Err("its body did not end in time".to_owned()));
            let body = body.map_or_else(|why| format!("({why})"), |body| shown(&body, url, smoke));
            return Err(Miss::Answered { what, body });
        }
        let Some(wanted) = &smoke.contains else { return Ok(began.elapsed()) };
        let body = text(answer).await.map_err(Miss::Silent)?;
        if body.contains(wanted) {
            return Ok(began.elapsed());
        }
        let what = format!("its answer ({status}) does not contain `{wanted}`");
        Err(Miss::Answered { what, body: shown(&body, url, smoke) })
    }
}

/// The beginning of a body, without what was sent: an endpoint may answer with what it was asked.
fn shown(body: &str, url: &str, smoke: &SmokeSettings) -> String {
    let query = url.split_once('?').into_iter().flat_map(|(_, query)| query.split('&'));
    let values = query.map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
    let headers = smoke.headers.values().flat_map(|value| [value.as_str()].into_iter().chain(value.split(' ')));
    let body = redact::without(body, headers.chain(values).chain(smoke.body.as_deref()));
    body.chars().take(SHOWN_BODY).collect()
}

/// Reads a body up to the limit.
async fn text(mut answer: reqwest::Response) -> Result<String, String> {
    let mut body = Vec::new();
    while body.len() < BODY_LIMIT
        && let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error))?
    {
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Describes why a download cannot be kept.
fn not_kept(error: &io::Error) -> String {
    format!("the folder for temporary files cannot take it: {}", without_path(error))
}

/// Describes an error by its innermost cause, without the URL, which may contain a key.
fn no_answer(error: &reqwest::Error) -> String {
    let cause = causes(error).last().map(ToString::to_string).unwrap_or_default();
    if cause.contains(CERTIFICATE_REQUIRED) {
        "it did not answer: it asks for a certificate of the client (mutual TLS), and a smoke test sends none; send an event \
         instead: `invoke`"
            .to_owned()
    } else if error.is_timeout() {
        "it did not answer in time".to_owned()
    } else if network::is_untrusted(&cause) {
        format!("it did not answer: {cause}; {}", network::TRUST)
    } else {
        format!("it did not answer: {cause}")
    }
}
