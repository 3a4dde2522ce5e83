//! Where GitHub's API is, which repository of it this is about, and the client for it.
//!
//! octocrab runs over the HTTP client of the rest of the program: its proxies, its certificates, no redirects, no
//! retries. <https://docs.github.com/actions/reference/workflows-and-actions/variables>

use std::net::IpAddr;
use std::time::Duration;

use http::HeaderValue;
use octocrab::Octocrab;
use reqwest::{Client, Url};

use super::run::Access;
use crate::error::{Failure, Kind, Problem};
use crate::model::Secret;
use crate::network::Network;

/// Returns the bases of the REST API and of GraphQL, without a slash at their ends; the path of GraphQL is `/graphql`
/// below its base. `None` where GraphQL is on another host than the API, which must not get the token.
///
/// # Errors
/// [`Kind::Usage`] where a URL cannot be used.
pub(super) fn bases(access: &Access) -> Result<(String, Option<String>), Failure> {
    let rest = url("GITHUB_API_URL", access.api_url.as_deref().unwrap_or("https://api.github.com"))?;
    let usual = format!("{}/graphql", text(&rest));
    let graphql = url("GITHUB_GRAPHQL_URL", access.graphql_url.as_deref().unwrap_or(&usual))?;
    let is_same = rest.origin() == graphql.origin();
    let base = text(&graphql).strip_suffix("/graphql").map(ToOwned::to_owned);
    Ok((text(&rest), base.filter(|_| is_same)))
}

fn text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// A token must not travel in the clear, but for the way to this machine itself.
fn url(name: &str, text: &str) -> Result<Url, Failure> {
    let unusable = |why: &str| {
        // A password may precede the host.
        let shown = text.rsplit_once('@').map_or(text, |(_, host)| host);
        Problem::new(format!("{name} cannot be used: `{shown}`"))
            .why(why)
            .fix("write an https URL, such as https://api.github.com")
            .into_failure(Kind::Usage)
    };
    let url = Url::parse(text).map_err(|error| unusable(&error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(unusable("it names a user, and GitHub is asked with a token"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(unusable("the token would travel unencrypted")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Checks the name of the repository, which becomes a part of each path.
///
/// # Errors
/// [`Kind::Usage`] where it is not `owner/name`.
pub(super) fn checked(text: &str) -> Result<String, Failure> {
    let is_name = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    match text.split('/').collect::<Vec<_>>()[..] {
        [owner, name] if is_name(owner) && is_name(name) => Ok(text.to_owned()),
        _ => Err(Problem::new(format!("GITHUB_REPOSITORY cannot be used: `{text}`"))
            .why("there is a token for GitHub, and its repository is needed")
            .fix("write owner/name")
            .into_failure(Kind::Usage)),
    }
}

/// For one answer: GitHub itself ends a request after ten seconds.
/// <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts>
const ONE_ANSWER: Duration = Duration::from_secs(20);

/// To reach the host.
const CONNECT: Duration = Duration::from_secs(10);

/// A client for what is below this URL; the token goes to its host alone. Within a Tokio runtime only.
///
/// # Errors
/// [`Kind::Usage`] where the token or the URL can be no part of a request.
pub(super) fn client(network: &Network, base: &str, token: &Secret) -> Result<Octocrab, Failure> {
    check_token(token)?;
    let unusable = |error: octocrab::Error| {
        let problem = Problem::new(format!("`{base}` cannot be used")).why(error.to_string());
        problem.fix("set GITHUB_API_URL to the URL of GitHub's API").into_failure(Kind::Usage)
    };
    let builder = Octocrab::builder().base_uri(base).map_err(unusable)?.upload_uri(base).map_err(unusable)?;
    let http = network.client(Client::builder().timeout(ONE_ANSWER).connect_timeout(CONNECT))?;
    builder.personal_token(token.reveal()).build_with_reqwest(http).map_err(unusable)
}

/// octocrab panics where it is no header.
fn check_token(token: &Secret) -> Result<(), Failure> {
    HeaderValue::from_str(token.reveal()).map(drop).map_err(|_| {
        Problem::new("the token for GitHub cannot be used")
            .why("it holds characters that no header may have")
            .fix("set the input `github-token`, or GITHUB_TOKEN, to a token alone, without line ends")
            .into_failure(Kind::Usage)
    })
}
