//! The payloads of the acts that prove.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ApiKey, ApiRef, FunctionKey, FunctionName, GoesLive, PayloadFormat, StageName, UrlEndpoint, Version, VersionRef,
};

/// An API's stage whose endpoint is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// The API.
    pub api: ApiKey,
    /// Its id.
    pub id: ApiRef,
    /// Its stage.
    pub stage: StageName,
}

/// A new version that is invoked, before the alias moves where it has one. The event may hold secrets, and is beside the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Invoke {
    /// Its place among the smoke tests of the settings.
    pub test: usize,
    /// The function.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The new version.
    pub version: VersionRef,
    /// The version that its callers have, which gets the same event where the new one fails.
    pub live: Option<Version>,
    /// Whether its callers have the new code already.
    pub goes_live: GoesLive,
    /// Where it logs.
    pub log: LogSource,
    /// What the event asks for: `GET /hello`, or its file.
    pub event: String,
    /// The tenant that it is sent for, where the function keeps tenants apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The status of a good answer to a request; `None`: any answer without an error is good.
    pub status: Option<u16>,
    /// The form of the event and its answer, where it is a request.
    #[serde(default, skip_serializing_if = "PayloadFormat::is_first")]
    pub format: PayloadFormat,
    /// What a good answer holds.
    pub contains: Option<String>,
    /// For how long another answer is tried again, in whole seconds.
    #[serde(rename = "timeout_seconds", serialize_with = "seconds", deserialize_with = "from_seconds")]
    #[schemars(with = "u64")]
    pub timeout: Duration,
    /// How long the function may take, in whole seconds.
    #[serde(rename = "function_timeout_seconds", serialize_with = "seconds", deserialize_with = "from_seconds")]
    #[schemars(with = "u64")]
    pub function_timeout: Duration,
}

/// A smoke test. Its target and request may hold secrets, and are beside the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Smoke {
    /// Its place among the smoke tests of the settings.
    pub test: usize,
    /// The stage that is asked; `None` where the settings name a URL.
    pub endpoint: Option<Endpoint>,
    /// The URL of a function that is asked; `None` where it is another endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_url: Option<UrlEndpoint>,
    /// The path, or the URL, without query and user.
    pub target: String,
    /// Good answers in a row.
    pub hits: u32,
    /// For all of it, in whole seconds.
    #[serde(rename = "timeout_seconds", serialize_with = "seconds", deserialize_with = "from_seconds")]
    #[schemars(with = "u64")]
    pub timeout: Duration,
    /// The status of a good answer.
    pub status: u16,
    /// What its body holds.
    pub contains: Option<String>,
    /// The logs that help after a failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogSource>,
}

/// Where a function logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogSource {
    /// Its name.
    pub function: FunctionName,
    /// Its log group.
    pub group: String,
}

impl Smoke {
    /// A path or URL without what may hold a secret: its query, its fragment, its user.
    pub fn shown(target: &str) -> String {
        let end = target.find(['?', '#']).unwrap_or(target.len());
        let target = &target[..end];
        let Some((scheme, rest)) = target.split_once("://") else { return target.to_owned() };
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        format!("{scheme}://{host}{path}")
    }
}

impl Smoke {
    pub(super) fn title(&self) -> String {
        match (&self.endpoint, &self.function_url) {
            (Some(endpoint), _) => format!("ask {} on stage {} of API {}", self.target, endpoint.stage, endpoint.api),
            (None, Some(UrlEndpoint { function, signed: true, .. })) => {
                format!("ask {} on the URL of {function} by a signed request", self.target)
            }
            (None, Some(url)) => format!("ask {} on the URL of {}", self.target, url.function),
            (None, None) => format!("ask {}", self.target),
        }
    }
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}

fn from_seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}
