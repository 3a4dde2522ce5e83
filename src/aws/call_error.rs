//! What a failed call means: for the program an [`Answer`], for the user a [`Problem`].

use std::error::Error;
use std::iter::successors;

use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};

use crate::error::Problem;
use crate::model::Secret;
use crate::network;
use crate::report::redact;

/// What a failed call means for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 404: there is no such thing.
    NotFound,
    /// 409: it exists already, or an update of it is in progress.
    Conflict,
    /// 412: another client changed it.
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
    fn new<E: ProvideErrorMetadata + Error + 'static>(
        action: &'static str,
        resource: impl Into<String>,
        error: &SdkError<E, HttpResponse>,
    ) -> Self {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default().to_owned();
        let message = match (error, error.message(), status) {
            (_, Some(message), _) => message.to_owned(),
            (SdkError::ResponseError(_), None, Some(status)) | (_, None, Some(status @ 200..300)) => {
                format!("{UNREADABLE} (HTTP status {status})")
            }
            (_, None, Some(status)) => format!("HTTP status {status}, without a reason"),
            (_, None, None) => no_answer(error),
        };
        let answer = if is_quota(&code, &message) { Answer::Refused } else { answer(status, &code) };
        Self { action, resource: resource.into(), answer, code, message }
    }

    /// The same without these values, which AWS may quote where it refuses them.
    pub(super) fn without<'v>(mut self, values: impl IntoIterator<Item = &'v Secret>) -> Self {
        self.message = redact::without(&self.message, values.into_iter().map(Secret::reveal));
        self
    }

    /// Returns an error that this program found itself, in its own words; AWS gave no code.
    pub fn found(
        action: &'static str,
        resource: impl Into<String>,
        answer: Answer,
        message: impl Into<String>,
    ) -> Self {
        Self { action, resource: resource.into(), answer, code: String::new(), message: message.into() }
    }

    /// An answer that lacks what AWS documents; the call may have been done.
    pub(super) fn malformed(action: &'static str, resource: impl Into<String>) -> Self {
        Self::found(action, resource, Answer::Unknown, format!("{UNREADABLE}: it lacks what AWS documents"))
    }

    /// Reads 404 as `None`: for reads, that is an answer.
    pub(super) fn absent_is_none<T>(answer: Result<T, Self>) -> Result<Option<T>, Self> {
        match answer {
            Err(error) if error.answer == Answer::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    /// Whether the cause is not this call alone: without an answer, or with credentials that AWS does not take,
    /// all calls fail alike.
    pub fn is_of_all_calls(&self) -> bool {
        (self.answer == Answer::Unknown && !self.is_unreadable()) || self.fix_of_credentials().is_some()
    }

    /// Whether there was an answer, but not one that AWS documents.
    fn is_unreadable(&self) -> bool {
        self.message.starts_with(UNREADABLE)
    }

    /// Whether the region does not have this operation. The words are Lambda's for an operation of a service that the
    /// region lacks; a denial by a policy names the action instead.
    ///
    /// <https://github.com/hashicorp/terraform-provider-aws/issues/27986>
    pub(super) fn is_unknown_operation(&self) -> bool {
        self.answer == Answer::Denied && self.message.contains("Unable to determine service/operation name")
    }

    /// Returns what to do about credentials that AWS does not take; `None` where the error has another cause.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html>,
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
    fn fix_of_credentials(&self) -> Option<&'static str> {
        match self.code.as_str() {
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
                Some("the credentials have expired: sign in again")
            }
            // A key that AWS does not know, another secret than it knows, or a clock that is wrong.
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "RequestTimeTooSkewed" => {
                Some("AWS does not take these credentials: check AWS_PROFILE, the AWS_* variables and the clock")
            }
            _ => None,
        }
    }

    /// Returns the problem for the user; `what` names the step that failed.
    pub fn into_problem(self, what: impl Into<String>) -> Problem {
        let fix = self.fix();
        let why = match self.code.as_str() {
            "" => format!("{} on {}: {}", self.action, self.resource, self.message),
            code => format!("{} on {}: {code}: {}", self.action, self.resource, self.message),
        };
        Problem::new(what).why(why).fix(fix)
    }

    /// Returns what to do about a denial. Where AWS's message names another action than that of the call, such as
    /// `kms:GenerateDataKey` for an upload, that is the one that is missing.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
    fn fix_of_denial(&self) -> String {
        let (action, resource) = denied(&self.message)
            .filter(|(action, _)| *action != self.action)
            .unwrap_or((self.action, self.resource.as_str()));
        if self.message.contains(EXPLICIT_DENY) {
            let of_upload =
                " A policy may demand that an upload says how it is encrypted: set `encryption` under [artifacts].";
            let of_url = " An organisation may forbid URLs, or those that everybody may call: leave out `public_url`.";
            let hint = match action {
                PUT => of_upload,
                "lambda:CreateFunctionUrlConfig" | "lambda:UpdateFunctionUrlConfig" => of_url,
                // That of a URL names its qualifier.
                "lambda:AddPermission" if self.resource.contains(':') => of_url,
                _ => "",
            };
            return format!(
                "a policy forbids {action} on {resource}, so that allowing it elsewhere changes nothing: change that \
                 policy, of the resource, the role, its boundary or the organisation.{hint}"
            );
        }
        let key = match self.action {
            _ if action.starts_with("kms:") => "",
            "s3:GetObject" | "s3:GetObjectVersion" => ", and kms:Decrypt on the key if KMS encrypts the object",
            "lambda:UpdateFunctionCode" | "lambda:CreateFunction" | "lambda:UpdateFunctionConfiguration" => {
                ", and kms:CreateGrant on the key if the function has one for its environment"
            }
            _ => "",
        };
        format!("allow {action} on {resource}{key}; the README lists the policy that a release needs")
    }

    fn fix(&self) -> String {
        if let Some(fix) = self.fix_of_credentials() {
            return fix.to_owned();
        }
        match (self.answer, self.code.as_str()) {
            _ if self.is_unreadable() => match endpoint(self.action, &self.resource) {
                Some((name, url)) => format!("check what answers at {url}: {name} says so"),
                None => "check that no proxy answers instead of AWS; if it is AWS, update sls-release, or report this"
                    .to_owned(),
            },
            (Answer::Denied, _) => self.fix_of_denial(),
            // Lambda passes on what KMS or EC2 denied the caller, as 400.
            (Answer::Refused, _) if denied(&self.message).is_some() => self.fix_of_denial(),
            (_, "PublicPolicyException") => {
                "the account, or its organisation, forbids functions that everybody may call: leave out `public_url`"
                    .to_owned()
            }
            (_, "CodeStorageExceededException") => {
                "delete versions and functions that are no longer used, or ask for a higher quota of Lambda's code \
                 storage in Service Quotas: a region has 75 GB by default"
                    .to_owned()
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
            (Answer::Unknown, "") if network::is_untrusted(&self.message) => network::TRUST.to_owned(),
            (Answer::Unknown, "") => {
                let fix = match endpoint(self.action, &self.resource) {
                    Some((name, url)) => format!("check the network, and that AWS answers at {url}: {name} says so"),
                    None => "check the network and the region".to_owned(),
                };
                network::proxy().map_or(fix.clone(), |proxy| format!("{fix}; check the proxy in {proxy} too"))
            }
            (Answer::Changed, _) => {
                "it was changed in the meantime: run `sls-release plan`, then release again".to_owned()
            }
            (Answer::Throttled, _) => "AWS takes no more calls for now: try again in a minute".to_owned(),
            (Answer::NotFound, _) => "it is gone: run `sls-release plan` to see what is there".to_owned(),
            (Answer::Conflict, _) => "another change of it is under way: try again in a minute".to_owned(),
            (Answer::Refused, _) => {
                format!("correct what AWS names; its reference of {} explains the error", self.action)
            }
            (Answer::Unknown, _) => {
                "AWS failed: try again in a minute; https://health.aws.amazon.com shows known trouble".to_owned()
            }
        }
    }
}

/// The SDK's answer to a call, read in our words.
pub(super) trait Answered<T>: Sized {
    /// Returns the answer.
    fn answered(self, action: &'static str, resource: impl Into<String>) -> Result<T, CallError>;

    /// Returns the answer to a read, where 404 is one too: `None`.
    fn or_absent(self, action: &'static str, resource: impl Into<String>) -> Result<Option<T>, CallError> {
        CallError::absent_is_none(self.answered(action, resource))
    }

    /// Checks that the call was done; nothing of its answer is used.
    fn done(self, action: &'static str, resource: impl Into<String>) -> Result<(), CallError> {
        self.answered(action, resource).map(drop)
    }
}

impl<T, E: ProvideErrorMetadata + Error + 'static> Answered<T> for Result<T, SdkError<E, HttpResponse>> {
    fn answered(self, action: &'static str, resource: impl Into<String>) -> Result<T, CallError> {
        self.map_err(|error| CallError::new(action, resource, &error))
    }
}

/// The variable that leads the calls of an action's service elsewhere than to AWS, and where to.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
fn endpoint(action: &str, resource: &str) -> Option<(&'static str, String)> {
    let of_service = match action.split(':').next() {
        Some("lambda") => "AWS_ENDPOINT_URL_LAMBDA",
        Some("s3") => "AWS_ENDPOINT_URL_S3",
        Some("ecr") => "AWS_ENDPOINT_URL_ECR",
        Some("logs") => "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
        _ if resource.starts_with("/apis") => "AWS_ENDPOINT_URL_APIGATEWAYV2",
        _ => "AWS_ENDPOINT_URL_API_GATEWAY",
    };
    [of_service, "AWS_ENDPOINT_URL"].into_iter().find_map(|name| Some((name, std::env::var(name).ok()?)))
}

/// All calls of a client share one budget of retries unless they get another. A stack of sixty functions would spend
/// it on its first look: most of these calls are throttled, and only in time taken. The attempts of each call are
/// limited all the same.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
pub(super) fn retries() -> RetryPartition {
    RetryPartition::custom("sls-release").token_bucket(TokenBucket::unlimited()).build()
}

/// Begins the message of an answer that is not as AWS documents it.
const UNREADABLE: &str = "the answer cannot be read";

/// AWS's words for a denial by a statement with `"Effect": "Deny"`, which no permission outweighs.
const EXPLICIT_DENY: &str = "with an explicit deny";

/// The action of uploads.
const PUT: &str = "s3:PutObject";

/// Returns the action and the resource that a denial names: "… is not authorized to perform: ACTION on resource: ARN …",
/// of which KMS leaves out the resource: "… on the resource associated with this ciphertext …".
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
fn denied(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let (action, rest) = rest.split_once(' ')?;
    let resource = rest.strip_prefix("on resource: ").and_then(|rest| rest.split_whitespace().next());
    action.contains(':').then(|| (action, resource.map_or("what AWS names", |arn| arn.trim_matches('"'))))
}

/// API Gateway answers with this code, and 429, where there are as many of something as there may be.
const QUOTA: &str = "LimitExceededException";

/// Whether a quota on the number of resources is reached. A throttled call has the same code and the status 429; only
/// the message differs, and trying again would not help.
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
        // CloudWatch and ECR have 400 for all of this.
        (Some(401 | 403), _) | (Some(400), "AccessDeniedException" | "UnrecognizedClientException") => Answer::Denied,
        (Some(404), _) | (Some(400), "ResourceNotFoundException" | "RepositoryNotFoundException") => Answer::NotFound,
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
    for cause in successors(Some(error), |&cause| cause.source()) {
        let text = cause.to_string();
        let text = text.trim_start_matches("dispatch failure").trim_start_matches(": ").to_owned();
        let is_dump = text.is_empty() || text == "other" || text.contains('{') || text.len() > 200;
        if !is_dump && !causes.iter().any(|known| known.contains(&text)) {
            causes.push(text);
        }
    }
    if causes.is_empty() { "the call could not be made".to_owned() } else { causes.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_a_fix() {
        for answer in [
            Answer::NotFound,
            Answer::Conflict,
            Answer::Changed,
            Answer::Denied,
            Answer::Throttled,
            Answer::Refused,
            Answer::Unknown,
        ] {
            for code in ["", "InternalError"] {
                let error = CallError::found("lambda:GetFunction", "hello", answer, "no");
                let problem = CallError { code: code.to_owned(), ..error }.into_problem("it failed");
                assert!(!problem.fix.is_empty(), "{answer:?} {code}");
            }
        }
    }

    #[test]
    fn values_that_aws_quotes_are_hidden_and_short_words_stay() {
        let quoted = "value 'sk-12345' at 'environment' is true";
        let error = CallError::found("lambda:CreateFunction", "hello", Answer::Refused, quoted);
        let values = ["sk-12345", "true"].map(Secret::new);
        assert_eq!(error.without(&values).message, "value '***' at 'environment' is true");
    }

    fn fix_of(action: &'static str, answer: Answer, code: &str, message: &str) -> String {
        CallError { code: code.to_owned(), ..CallError::found(action, "it", answer, message) }.fix()
    }

    #[test]
    fn the_action_that_aws_names_is_the_one_to_allow() {
        let message = "User: arn:aws:sts::123456789012:assumed-role/ci/run is not authorized to perform: \
                       kms:GenerateDataKey on resource: arn:aws:kms:eu-central-1:123456789012:key/1234 because no \
                       identity-based policy allows the kms:GenerateDataKey action";
        let fix = fix_of("s3:PutObject", Answer::Denied, "AccessDenied", message);
        let allow = "allow kms:GenerateDataKey on arn:aws:kms:eu-central-1:123456789012:key/1234;";
        assert!(fix.starts_with(allow), "{fix}");
        let fix = fix_of("lambda:UpdateFunctionCode", Answer::Denied, "AccessDeniedException", "no");
        assert!(fix.starts_with("allow lambda:UpdateFunctionCode on it, and kms:CreateGrant on the key"), "{fix}");
        let message = "Lambda was unable to configure access to your environment variables: u is not authorized to \
                       perform: kms:CreateGrant on resource: arn:aws:kms:eu-central-1:123456789012:key/1234";
        let fix = fix_of("lambda:UpdateFunctionCode", Answer::Refused, "InvalidParameterValueException", message);
        assert!(fix.starts_with("allow kms:CreateGrant on arn:aws:kms:"), "{fix}");
        let fix = fix_of("s3:GetObject", Answer::Denied, "", "HTTP status 403, without a reason");
        assert!(fix.starts_with("allow s3:GetObject on it, and kms:Decrypt on the key"), "{fix}");
    }

    #[test]
    fn what_a_policy_forbids_is_not_told_as_an_action_to_allow() {
        let message = "User: u is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::b/k\" with an \
                       explicit deny in a resource-based policy";
        let fix = fix_of("s3:PutObject", Answer::Denied, "AccessDenied", message);
        assert!(fix.starts_with("a policy forbids s3:PutObject") && fix.contains("`encryption`"), "{fix}");
        assert!(!fix.contains("allow s3"), "{fix}");
    }

    #[test]
    fn a_full_code_storage_says_what_to_do() {
        let fix = fix_of("lambda:UpdateFunctionCode", Answer::Refused, "CodeStorageExceededException", "full");
        assert!(fix.contains("75 GB"), "{fix}");
    }
}
