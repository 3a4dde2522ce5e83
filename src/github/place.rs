//! Where GitHub's API is, and which repository of it this is about.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/variables>

use std::collections::BTreeMap;
use std::net::IpAddr;

use reqwest::Url;

use crate::error::{Failure, Kind, Problem};
use crate::model::Secret;

/// A repository at a GitHub.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The base of the REST API, without a slash at its end.
    pub(super) api: String,
    /// The same for GraphQL, whose path is below it `/graphql`; `None` where that is another host than the API's, which
    /// must not get the token.
    pub(super) graphql: Option<String>,
    /// `owner/name`.
    pub(super) repository: String,
}

impl Place {
    /// As the runner says.
    ///
    /// # Errors
    /// [`Kind::Usage`] where a URL cannot be used, or the repository is not said.
    pub(super) fn of(environment: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let api = url(environment, "GITHUB_API_URL", "https://api.github.com")?;
        let usual = format!("{}/graphql", text(&api));
        let graphql = url(environment, "GITHUB_GRAPHQL_URL", &usual)?;
        let is_same = api.origin() == graphql.origin();
        let repository = repository(environment)?;
        let base = text(&graphql).strip_suffix("/graphql").map(ToOwned::to_owned);
        Ok(Self { api: text(&api), graphql: base.filter(|_| is_same), repository })
    }
}

/// `SLS_RELEASE_GITHUB_TOKEN`, which the action sets, else `GITHUB_TOKEN`.
pub(super) fn token(environment: &BTreeMap<String, String>) -> Option<Secret> {
    ["SLS_RELEASE_GITHUB_TOKEN", "GITHUB_TOKEN"].into_iter().find_map(|name| said(environment, name)).map(Secret::new)
}

/// What stands in a variable that is neither absent nor empty.
pub(super) fn said<'a>(environment: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

fn text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// A token must not travel in the clear, but for the way to this machine itself.
fn url(environment: &BTreeMap<String, String>, name: &str, usual: &str) -> Result<Url, Failure> {
    let text = said(environment, name).unwrap_or(usual);
    let unusable = |why: &str| {
        // What stands before the host may be a password.
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

/// It becomes a part of each path.
fn repository(environment: &BTreeMap<String, String>) -> Result<String, Failure> {
    let text = said(environment, "GITHUB_REPOSITORY").unwrap_or_default();
    let is_name = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    match text.split('/').collect::<Vec<_>>()[..] {
        [owner, name] if is_name(owner) && is_name(name) => Ok(text.to_owned()),
        _ => Err(Problem::new(format!("GITHUB_REPOSITORY cannot be used: `{text}`"))
            .why("there is a token for GitHub, and nobody says for which repository")
            .fix("write owner/name")
            .into_failure(Kind::Usage)),
    }
}
