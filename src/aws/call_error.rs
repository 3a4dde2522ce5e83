//! What a failed call means: for the program an [`Answer`], for the user a [`Problem`].

use std::error::Error;

use aws_config::retry::RetryConfig;
use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};

use crate::error::Problem;

/// What a failed call means for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 404: there is no such thing.
    NotFound,
    /// 409: it exists already, or an update of it is in progress.
    Conflict,
    /// 412: somebody else changed it.
    Changed,
    /// 403, or credentials that AWS does not take.
    Denied,
    /// 429: too many calls; nothing was done.
    Throttled,
    /// Any other 4xx: nothing was done.
    Refused,
    /// 5xx, or no answer: it may have been done or not.
    Unknown,
}

/// A call to AWS that failed.
#[derive(Clone, Debug)]
pub struct CallError {
    /// As IAM writes it: `lambda:UpdateFunctionCode`.
    pub action: &'static str,
    /// On what: a function's name, an object's key.
    pub resource: String,
    /// What it means.
    pub answer: Answer,
    /// AWS's error code; empty where there was no answer.
    pub code: String,
    /// AWS's words, or the network's.
    pub message: String,
}

impl CallError {
    /// Reads the SDK's error.
    pub(super) fn new<E>(action: &'static str, resource: impl Into<String>, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default().to_owned();
        let message = match (error.message(), status) {
            (Some(message), _) => message.to_owned(),
            (None, Some(status)) => format!("HTTP status {status}, without a reason"),
            (None, None) => no_answer(error),
        };
        let answer = if is_quota(&code, &message) { Answer::Refused } else { answer(status, &code) };
        Self { action, resource: resource.into(), answer, code, message }
    }

    /// An answer that lacks what AWS documents; the call may have been done.
    pub(super) fn malformed(action: &'static str, resource: impl Into<String>) -> Self {
        let message = "the answer lacks what AWS documents".to_owned();
        Self { action, resource: resource.into(), answer: Answer::Unknown, code: String::new(), message }
    }

    /// Whether it says nothing of this call alone: without an answer, or with credentials that AWS does not take,
    /// all calls fail alike.
    pub fn is_of_all_calls(&self) -> bool {
        self.answer == Answer::Unknown || self.are_expired() || self.are_not_taken()
    }

    /// <https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html>,
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
    fn are_expired(&self) -> bool {
        matches!(self.code.as_str(), "ExpiredToken" | "ExpiredTokenException" | "RequestExpired")
    }

    /// A key that AWS does not know, another secret than it knows, or a clock that is wrong.
    fn are_not_taken(&self) -> bool {
        const CODES: [&str; 6] = [
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "RequestTimeTooSkewed",
        ];
        CODES.contains(&self.code.as_str())
    }

    /// The user's view: `what` says which step failed.
    pub fn into_problem(self, what: impl Into<String>) -> Problem {
        let fix = self.fix();
        let why = match self.code.as_str() {
            "" => format!("{} on {}: {}", self.action, self.resource, self.message),
            code => format!("{} on {}: {code}: {}", self.action, self.resource, self.message),
        };
        Problem::new(what).why(why).fix(fix)
    }

    fn fix(&self) -> String {
        match (self.answer, self.code.as_str()) {
            _ if self.are_expired() => "the credentials have expired: sign in again".to_owned(),
            _ if self.are_not_taken() => {
                "AWS does not take these credentials: check AWS_PROFILE, the AWS_* variables and the clock".to_owned()
            }
            (Answer::Denied, _) => {
                format!("allow {} on {}; the README lists the policy that a release needs", self.action, self.resource)
            }
            (Answer::Unknown, "") if self.message.contains("credential") => {
                "give it credentials: set AWS_PROFILE, sign in with `aws sso login`, or set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY; in a workflow, by aws-actions/configure-aws-credentials with `id-token: write`"
                    .to_owned()
            }
            (Answer::Refused, QUOTA) if is_quota(&self.code, &self.message) => {
                "delete what is no longer needed, such as previews whose pull request is closed: `sls-release preview \
                 prune`"
                    .to_owned()
            }
            (Answer::Refused, "") => "check AWS_ENDPOINT_URL: what answers there does not speak as AWS does".to_owned(),
            (Answer::Unknown, "") => match endpoint(self.action) {
                Some((name, url)) => format!("check the network, and that AWS answers at {url}: {name} says so"),
                None => "check the network and the region".to_owned(),
            },
            (Answer::Changed, _) => {
                "somebody else changed it in the meantime: run `sls-release plan`, then release again".to_owned()
            }
            (Answer::Throttled, _) => "AWS takes no more calls for now: try again in a minute".to_owned(),
            _ => String::new(),
        }
    }
}

/// The variable that leads the calls of an action's service elsewhere than to AWS, and where to.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
fn endpoint(action: &str) -> Option<(&'static str, String)> {
    let of_service = match action.split(':').next() {
        Some("lambda") => "AWS_ENDPOINT_URL_LAMBDA",
        Some("s3") => "AWS_ENDPOINT_URL_S3",
        Some("logs") => "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
        _ => "AWS_ENDPOINT_URL_API_GATEWAY",
    };
    [of_service, "AWS_ENDPOINT_URL"].into_iter().find_map(|name| Some((name, std::env::var(name).ok()?)))
}

/// For calls that must not be repeated blindly.
pub(super) fn once() -> RetryConfig {
    RetryConfig::disabled()
}

/// All calls of a client share one budget of retries unless they get another. A stack of sixty functions would spend
/// it on its first look: most of these calls are throttled, and only in time taken. The attempts of each call are
/// limited all the same.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
pub(super) fn retries() -> RetryPartition {
    RetryPartition::custom("sls-release").token_bucket(TokenBucket::unlimited()).build()
}

/// API Gateway answers with this code, and 429, where there are as many of something as there may be.
const QUOTA: &str = "LimitExceededException";

/// Whether it says that there are as many as there may be. The code, and the status 429, are also those of a rate that
/// is exceeded: its words alone tell them apart, and to try again would be in vain.
///
/// <https://github.com/hashicorp/terraform-provider-aws/issues/37605>
fn is_quota(code: &str, message: &str) -> bool {
    code == QUOTA && message.starts_with("Maximum number of ")
}

fn answer(status: Option<u16>, code: &str) -> Answer {
    match (status, code) {
        (Some(429), _) | (_, "TooManyRequestsException" | "ThrottlingException" | "SlowDown" | "Throttling") => {
            Answer::Throttled
        }
        (Some(400), code) if code.contains("ExpiredToken") => Answer::Denied,
        // CloudWatch has 400 for all of this.
        (Some(401 | 403), _) | (Some(400), "AccessDeniedException" | "UnrecognizedClientException") => Answer::Denied,
        (Some(404), _) | (Some(400), "ResourceNotFoundException") => Answer::NotFound,
        (Some(409), _) | (Some(400), "ResourceAlreadyExistsException" | "OperationAbortedException") => {
            Answer::Conflict
        }
        (Some(412), _) => Answer::Changed,
        (Some(300..500), _) => Answer::Refused,
        _ => Answer::Unknown,
    }
}

/// Why there was none: without credentials the call was not even made.
fn no_answer(error: &dyn Error) -> String {
    let causes = chain(error);
    if causes.contains("credential") { format!("no credentials can be used ({causes})") } else { causes }
}

/// An error's causes, each once, without those that are dumps of the SDK's own types.
fn chain(error: &dyn Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        let text = text.trim_start_matches("dispatch failure").trim_start_matches(": ").to_owned();
        let is_dump = text.is_empty() || text == "other" || text.contains('{') || text.len() > 200;
        if !is_dump && !causes.iter().any(|known| known.contains(&text)) {
            causes.push(text);
        }
        next = cause.source();
    }
    if causes.is_empty() { "the call could not be made".to_owned() } else { causes.join(": ") }
}
