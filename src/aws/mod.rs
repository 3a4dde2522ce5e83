//! Thin adapters over the SDKs: our words in, our words out. No SDK type leaves this folder.

/// The configurations of a service's two clients: one that repeats a call, and one that sends each write as one call, so that
/// the sender knows what a refusal means. The SDK would repeat a deletion whose answer was lost, and report the second answer,
/// 404. Calls wait for their turn, which is no stalled stream.
macro_rules! two_clients {
    ($service:ident, $config:expr, $http:expr) => {{
        let stalled = $service::config::StalledStreamProtectionConfig::disabled();
        let config = $service::config::Builder::from($config).http_client($http).stalled_stream_protection(stalled);
        let config = config.retry_partition(crate::aws::call_error::retries());
        let once = config.clone().retry_config(aws_config::retry::RetryConfig::disabled());
        (config, once)
    }};
}

mod apis;
mod call_error;
mod document;
mod ecr;
mod http_api;
mod lambda;
mod logs;
mod pace;
mod rest_api;
mod s3;
mod sign;
mod tagging;
pub mod time;

use std::num::NonZeroU32;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub use apis::Apis;
pub use call_error::{Answer, CallError};
pub use ecr::Ecr;
pub use http_api::{Deployed, HttpApis};
pub use lambda::{Code, CodeObject, EventSources, GotAlias, GotPolicy, Invocation, Lambda, NamedFunction};
pub use logs::Logs;
pub use rest_api::{RestApis, TaggedApi};
pub use s3::{Put, S3};
pub use sign::{SignedService, Signer};
pub use tagging::Tagging;

use pace::Pace;
use url::Url;

use crate::error::{Failure, Kind, Problem};
use crate::model::{ApiKind, Region};
use crate::network;

/// Everything that talks to AWS, made from one configuration.
pub struct Aws {
    /// Functions.
    pub lambda: Lambda,
    /// REST APIs.
    pub rest_apis: RestApis,
    /// HTTP APIs.
    pub http_apis: HttpApis,
    /// Artifacts.
    pub s3: S3,
    /// Container images.
    pub ecr: Ecr,
    /// Log groups.
    pub logs: Logs,
    /// Tags.
    pub tagging: Tagging,
    /// Signs requests to endpoints.
    pub signer: Signer,
    /// The region that is asked.
    pub region: Region,
    /// `AWS_ENDPOINT_URL`, without a slash at its end; `None`: AWS itself.
    pub endpoint_url: Option<String>,
}

/// For a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// For an answer of Lambda or API Gateway.
const ANSWER: Duration = Duration::from_secs(30);

/// Attempts per call if `AWS_MAX_ATTEMPTS` is not set; the SDK's own three are few for an account whose
/// calls others make too. It backs off between them, and repeats only what may be repeated.
const ATTEMPTS: u32 = 5;

/// `AWS_MAX_ATTEMPTS`, which counts the first attempt too. The SDK's chain does not show whether it was set.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
fn attempts() -> Result<u32, Failure> {
    let Some(text) = std::env::var_os("AWS_MAX_ATTEMPTS").filter(|text| !text.is_empty()) else { return Ok(ATTEMPTS) };
    let attempts = text.to_str().and_then(|text| text.parse::<NonZeroU32>().ok());
    attempts.map(NonZeroU32::get).ok_or_else(|| {
        let what = format!("AWS_MAX_ATTEMPTS is `{}`, which is no number of attempts", text.display());
        Problem::new(what).fix("set it to 5, say, or unset it").into_failure(Kind::Usage)
    })
}

/// The profile that `AWS_PROFILE` names, if no configuration file has it. The SDK then goes on to other credentials, which
/// may be those of another account. `None` where the SDK does not look at profiles, since the environment has a key.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>
async fn missing_profile() -> Option<String> {
    let profile = std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty() && name != "default")?;
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_some_and(|key| !key.is_empty()) {
        return None;
    }
    let profiles = network::profiles().await?;
    profiles.get_profile(&profile).is_none().then_some(profile)
}

/// Refuses a region that can be no part of a host's name: the SDK sends no request there. The settings' own was checked.
fn check_region(region: &str) -> Result<(), Failure> {
    if region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(());
    }
    Err(Problem::new(format!("`{region}` is no AWS region"))
        .why("AWS_REGION, or `region` in the profile, names it")
        .fix("set AWS_REGION to a region's code, such as eu-central-1")
        .into_failure(Kind::Usage))
}

/// The variables that lead to another AWS: for all services, and for each.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
const ENDPOINTS: [&str; 7] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_LAMBDA",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_ECR",
    "AWS_ENDPOINT_URL_API_GATEWAY",
    "AWS_ENDPOINT_URL_APIGATEWAYV2",
    "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
];

/// Refuses an endpoint that is no URL: the SDK passes it by with a line in its log, and panics where it is empty.
fn check_endpoints() -> Result<(), Failure> {
    let mut named = ENDPOINTS.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
    named.try_for_each(|(name, url)| {
        let is_usable = Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let problem = || Problem::new(format!("{name} is `{url}`, which is no URL"));
        let fix = "set it to a URL, such as http://localhost:4566, or unset it";
        if is_usable { Ok(()) } else { Err(problem().fix(fix).into_failure(Kind::Usage)) }
    })
}

/// The word that AWS has for a value of one of the SDK's enumerations.
fn word(value: Option<&impl AsRef<str>>) -> Option<&str> {
    value.map(AsRef::as_ref)
}

impl Aws {
    /// The APIs of a kind.
    pub fn apis(&self, kind: ApiKind) -> Apis<'_> {
        match kind {
            ApiKind::Rest => Apis::Rest(&self.rest_apis),
            ApiKind::Http => Apis::Http(&self.http_apis),
        }
    }

    /// Reads the SDK's default chain: environment, profiles, SSO, web identity, `AWS_ENDPOINT_URL`.
    ///
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>
    pub async fn connect(http: SharedHttpClient, region: Option<&Region>) -> Result<Self, Failure> {
        check_endpoints()?;
        if let Some(profile) = missing_profile().await {
            return Err(Problem::new(format!("there is no AWS profile `{profile}`"))
                .why("AWS_PROFILE names it, and no configuration file of AWS has it")
                .fix("correct AWS_PROFILE, or unset it; `aws configure list-profiles` shows the profiles that exist")
                .into_failure(Kind::Usage));
        }
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).read_timeout(ANSWER).build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(attempts()?))
            .timeout_config(timeouts);
        if let Some(region) = region {
            loader = loader.region(aws_config::Region::new(region.as_str().to_owned()));
        }
        let config = loader.load().await;
        let Some(region) = config.region().filter(|region| !region.as_ref().is_empty()) else {
            return Err(Problem::new("no AWS region is set")
                .why("neither the settings nor the AWS configuration names one")
                .fix("set `region` in sls-release.toml, pass --region (to the action, the input `region`), or set AWS_REGION")
                .into_failure(Kind::Usage));
        };
        check_region(region.as_ref())?;
        // Both kinds of APIs share the account's quotas.
        let of_apis = Pace::of_apis();
        let endpoint_url = config.endpoint_url().map(|url| url.trim_end_matches('/').to_owned());
        Ok(Self {
            lambda: Lambda::new(&config, Pace::of_lambda().client(http.clone())),
            rest_apis: RestApis::new(&config, of_apis.client(http.clone())),
            http_apis: HttpApis::new(&config, of_apis.client(http)),
            s3: S3::new(&config, endpoint_url.is_some()),
            ecr: Ecr::new(&config),
            logs: Logs::new(&config),
            tagging: Tagging::new(&config),
            signer: Signer::new(config.credentials_provider(), Region::new(region.as_ref())),
            region: Region::new(region.as_ref()),
            endpoint_url,
        })
    }
}
