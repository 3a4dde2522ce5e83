//! What AWS asks IAM before it does a call, and how it refuses.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html>

use super::call::Call;
use super::errors::error;
use super::http::Message;
use super::upstream::{ACCOUNT, REGION};

/// An action on a resource, as IAM policies name them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Permission {
    /// `lambda:GetFunction`.
    pub(crate) action: String,
    /// An ARN.
    pub(crate) resource: String,
}

impl Permission {
    fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into() }
    }
}

/// All that the caller needs for this call; nothing for a call of an endpoint.
pub(crate) fn permissions(call: &Call) -> Vec<Permission> {
    match call.service.as_str() {
        "lambda" => lambda(call),
        "apigateway" | "apigatewayv2" => {
            // IAM has the paths of HTTP APIs without the version of their API.
            let path = call.path().strip_prefix("/v2").unwrap_or(call.path());
            let arn = format!("arn:aws:apigateway:{REGION}::{path}");
            let mut permissions = vec![Permission::new(format!("apigateway:{}", call.method), arn)];
            // To tag something changes it, too, as <https://github.com/iann0036/iam-dataset/pull/39> saw.
            permissions
                .extend((call.action == "TagResource").then(|| Permission::new("apigateway:PATCH", call.name(0))));
            permissions
        }
        "s3" => {
            let object = object(&call.names.join("/"));
            let tags = call.sends_tags.then(|| Permission::new("s3:PutObjectTagging", &object));
            [Permission::new(s3_action(call), &object)].into_iter().chain(tags).collect()
        }
        "logs" => {
            // Reading what a group holds is asked for with `:*`.
            // <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>
            let streams = if call.action == "FilterLogEvents" { ":*" } else { "" };
            let arn = format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{}{streams}", call.name(0));
            vec![Permission::new(format!("logs:{}", call.action), arn)]
        }
        "ecr" => {
            let arn = format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{}", call.name(0));
            vec![Permission::new(format!("ecr:{}", call.action), arn)]
        }
        "tagging" => vec![Permission::new(format!("tag:{}", call.action), "*")],
        _ => Vec::new(),
    }
}

fn lambda(call: &Call) -> Vec<Permission> {
    let action = match call.action {
        "Invoke" => "lambda:InvokeFunction".to_owned(),
        action => format!("lambda:{action}"),
    };
    if call.action == "GetCodeSigningConfig" {
        return vec![Permission::new(action, call.name(0))];
    }
    if call.action == "ListEventSourceMappings" {
        return vec![Permission::new(action, "*")];
    }
    let document = call.document();
    let created = document["FunctionName"].as_str().filter(|_| call.action == "CreateFunction");
    let function = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", created.unwrap_or(call.function()));
    let of_a_qualifier = ["DeleteFunction", "GetProvisionedConcurrencyConfig", "Invoke"].contains(&call.action);
    if let Some(qualifier) = call.query("Qualifier").filter(|_| of_a_qualifier) {
        return vec![Permission::new(action, format!("{function}:{qualifier}"))];
    }
    let mut permissions = vec![Permission::new(&action, &function)];
    permissions.extend(qualified(call, &action, &function));
    permissions.extend((call.action == "UpdateFunctionCode").then(|| code(call)).flatten());
    permissions
}

/// The actions that take the version or the alias of a function as their resource. AWS documents that only for the
/// permissions, and asks for both here: a policy that allows one of them alone may fail.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html>
fn qualified(call: &Call, action: &str, function: &str) -> Option<Permission> {
    let takes = [
        "GetFunction",
        "GetPolicy",
        "AddPermission",
        "RemovePermission",
        "GetFunctionUrlConfig",
        "CreateFunctionUrlConfig",
        "DeleteFunctionUrlConfig",
    ];
    let takes = takes.contains(&call.action);
    let qualifier = takes.then(|| call.query("Qualifier")).flatten()?;
    Some(Permission::new(action, format!("{function}:{qualifier}")))
}

/// Lambda reads the object as the caller, who needs another action where the object's version is named.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>
fn code(call: &Call) -> Option<Permission> {
    let document = call.document();
    let key = format!("{}/{}", document["S3Bucket"].as_str()?, document["S3Key"].as_str()?);
    let action = if document["S3ObjectVersion"].is_string() { "s3:GetObjectVersion" } else { "s3:GetObject" };
    Some(Permission::new(action, object(&key)))
}

fn s3_action(call: &Call) -> String {
    let action = match call.action {
        "DeleteObject" if call.query("versionId").is_some() => "DeleteObjectVersion",
        "HeadObject" => "GetObject",
        "HeadBucket" | "ListObjectsV2" => "ListBucket",
        "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "PutObject",
        action => action,
    };
    format!("s3:{action}")
}

fn object(name: &str) -> String {
    format!("arn:aws:s3:::{name}")
}

/// The refusal of a call for want of a permission.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
pub(super) fn refusal(call: &Call, wanted: &Permission) -> Message {
    let Permission { action, resource } = wanted;
    let user = format!("arn:aws:iam::{ACCOUNT}:user/test");
    let message = if call.service == "lambda" && action.starts_with("s3:") {
        format!(
            "Your access has been denied by S3, please make sure your request credentials have permission to \
             GetObject for {}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied",
            resource.trim_start_matches("arn:aws:s3:::")
        )
    } else {
        format!(
            "User: {user} is not authorized to perform: {action} on resource: {resource} because no identity-based \
             policy allows the {action} action"
        )
    };
    error(&call.service, 403, "AccessDeniedException", &message)
}

/// Whether a pattern of a policy takes this name: `*` stands for any text, `/` included.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.is_char_boundary(at) && fits(after, &rest[at..]))),
    }
}
