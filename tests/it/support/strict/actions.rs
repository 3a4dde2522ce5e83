//! Which call of AWS an HTTP request is, by its method, path and query.

/// A path with `{}` for a name, and the action of each method. `{+}` takes the rest of the path.
type Resource = (&'static str, &'static [(&'static str, &'static str)]);

const LAMBDA: [Resource; 16] = [
    ("functions", &[("POST", "CreateFunction"), ("GET", "ListFunctions")]),
    ("functions/{}", &[("GET", "GetFunction"), ("DELETE", "DeleteFunction")]),
    ("functions/{}/code", &[("PUT", "UpdateFunctionCode")]),
    ("functions/{}/configuration", &[("GET", "GetFunctionConfiguration"), ("PUT", "UpdateFunctionConfiguration")]),
    ("functions/{}/versions", &[("POST", "PublishVersion"), ("GET", "ListVersionsByFunction")]),
    ("functions/{}/aliases", &[("POST", "CreateAlias"), ("GET", "ListAliases")]),
    ("functions/{}/aliases/{}", &[("GET", "GetAlias"), ("PUT", "UpdateAlias"), ("DELETE", "DeleteAlias")]),
    ("functions/{}/policy", &[("GET", "GetPolicy"), ("POST", "AddPermission")]),
    ("functions/{}/policy/{}", &[("DELETE", "RemovePermission")]),
    (
        "functions/{}/provisioned-concurrency",
        &[("GET", "GetProvisionedConcurrencyConfig"), ("PUT", "PutProvisionedConcurrencyConfig")],
    ),
    (
        "functions/{}/url",
        &[
            ("GET", "GetFunctionUrlConfig"),
            ("POST", "CreateFunctionUrlConfig"),
            ("PUT", "UpdateFunctionUrlConfig"),
            ("DELETE", "DeleteFunctionUrlConfig"),
        ],
    ),
    ("functions/{}/invocations", &[("POST", "Invoke")]),
    ("functions/{}/code-signing-config", &[("GET", "GetFunctionCodeSigningConfig")]),
    ("code-signing-configs/{+}", &[("GET", "GetCodeSigningConfig")]),
    ("event-source-mappings", &[("GET", "ListEventSourceMappings")]),
    ("tags/{+}", &[("GET", "ListTags")]),
];

const API_GATEWAY: [Resource; 18] = [
    ("restapis", &[("POST", "CreateRestApi"), ("GET", "GetRestApis")]),
    (
        "restapis/{}",
        &[("GET", "GetRestApi"), ("PUT", "PutRestApi"), ("PATCH", "UpdateRestApi"), ("DELETE", "DeleteRestApi")],
    ),
    ("restapis/{}/resources", &[("GET", "GetResources")]),
    ("restapis/{}/resources/{}", &[("POST", "CreateResource")]),
    ("restapis/{}/resources/{}/methods/{}", &[("PUT", "PutMethod")]),
    ("restapis/{}/resources/{}/methods/{}/integration", &[("PUT", "PutIntegration")]),
    ("restapis/{}/authorizers", &[("GET", "GetAuthorizers")]),
    ("restapis/{}/models", &[("GET", "GetModels")]),
    ("restapis/{}/requestvalidators", &[("GET", "GetRequestValidators")]),
    ("restapis/{}/gatewayresponses", &[("GET", "GetGatewayResponses")]),
    ("restapis/{}/gatewayresponses/{}", &[("PUT", "PutGatewayResponse")]),
    ("restapis/{}/deployments", &[("POST", "CreateDeployment"), ("GET", "GetDeployments")]),
    ("restapis/{}/deployments/{}", &[("GET", "GetDeployment"), ("DELETE", "DeleteDeployment")]),
    ("restapis/{}/stages", &[("POST", "CreateStage"), ("GET", "GetStages")]),
    ("restapis/{}/stages/{}", &[("GET", "GetStage"), ("PATCH", "UpdateStage")]),
    ("restapis/{}/stages/{}/cache/data", &[("DELETE", "FlushStageCache")]),
    ("restapis/{}/stages/{}/exports/{}", &[("GET", "GetExport")]),
    ("tags/{+}", &[("PUT", "TagResource")]),
];

const HTTP_APIS: [Resource; 11] = [
    ("v2/apis", &[("POST", "CreateApi"), ("GET", "GetApis")]),
    ("v2/apis/{}", &[("GET", "GetApi"), ("PATCH", "UpdateApi"), ("DELETE", "DeleteApi")]),
    ("v2/apis/{}/routes", &[("POST", "CreateRoute"), ("GET", "GetRoutes")]),
    ("v2/apis/{}/routes/{}", &[("GET", "GetRoute"), ("PATCH", "UpdateRoute"), ("DELETE", "DeleteRoute")]),
    ("v2/apis/{}/integrations", &[("POST", "CreateIntegration"), ("GET", "GetIntegrations")]),
    ("v2/apis/{}/authorizers", &[("POST", "CreateAuthorizer"), ("GET", "GetAuthorizers")]),
    ("v2/apis/{}/models", &[("GET", "GetModels")]),
    ("v2/apis/{}/deployments", &[("POST", "CreateDeployment"), ("GET", "GetDeployments")]),
    ("v2/apis/{}/deployments/{}", &[("GET", "GetDeployment"), ("DELETE", "DeleteDeployment")]),
    ("v2/apis/{}/stages", &[("POST", "CreateStage"), ("GET", "GetStages")]),
    ("v2/apis/{}/stages/{}", &[("GET", "GetStage"), ("PATCH", "UpdateStage")]),
];

/// Method, path, a key of the query (or nothing), and action; the first that fits.
const S3: [(&str, &str, &str, &str); 14] = [
    ("PUT", "{}", "versioning", "PutBucketVersioning"),
    ("GET", "{}", "versioning", "GetBucketVersioning"),
    ("GET", "{}", "list-type", "ListObjectsV2"),
    ("PUT", "{}", "", "CreateBucket"),
    ("HEAD", "{}", "", "HeadBucket"),
    ("POST", "{}/{+}", "uploads", "CreateMultipartUpload"),
    ("PUT", "{}/{+}", "uploadId", "UploadPart"),
    ("POST", "{}/{+}", "uploadId", "CompleteMultipartUpload"),
    ("DELETE", "{}/{+}", "uploadId", "AbortMultipartUpload"),
    ("GET", "{}/{+}", "tagging", "GetObjectTagging"),
    ("PUT", "{}/{+}", "", "PutObject"),
    ("HEAD", "{}/{+}", "", "HeadObject"),
    ("GET", "{}/{+}", "", "GetObject"),
    ("DELETE", "{}/{+}", "", "DeleteObject"),
];

/// CloudWatch's calls; the header `X-Amz-Target` names them.
const LOGS: [&str; 6] = [
    "CreateLogGroup",
    "PutRetentionPolicy",
    "ListTagsForResource",
    "DescribeLogGroups",
    "FilterLogEvents",
    "DeleteLogGroup",
];

/// The action of a call of CloudWatch Logs, and the name of its log group.
pub(super) fn logs(target: &str, document: &serde_json::Value) -> (&'static str, Vec<String>) {
    let action = LOGS.into_iter().find(|action| target.ends_with(&format!(".{action}"))).unwrap_or_default();
    let arn = || document["resourceArn"].as_str().and_then(|arn| arn.split_once(":log-group:")).map(|(_, name)| name);
    let name = document["logGroupName"].as_str().or_else(arn);
    (action, name.map(str::to_owned).into_iter().collect())
}

/// The action of a call of ECR, and its repository.
pub(super) fn ecr(target: &str, document: &serde_json::Value) -> (&'static str, Vec<String>) {
    let action = if target.ends_with(".BatchGetImage") { "BatchGetImage" } else { "" };
    (action, document["repositoryName"].as_str().map(str::to_owned).into_iter().collect())
}

/// The action as AWS's API reference has it, and the names in the path; empty where it is none of these.
pub(super) fn action(service: &str, method: &str, path: &str, query: &str) -> (&'static str, Vec<String>) {
    let path = path.trim_start_matches('/').trim_end_matches('/');
    let known = |table: &[Resource], path: &str| {
        let fits = |(pattern, actions): &Resource| {
            let action = actions.iter().find(|(of, _)| *of == method)?.1;
            Some((action, names(pattern, path)?))
        };
        table.iter().find_map(fits).unwrap_or_default()
    };
    match service {
        // The first part is the date of the API, which differs between calls.
        "lambda" => known(&LAMBDA, path.split_once('/').map_or("", |(_, rest)| rest).trim_end_matches('/')),
        "apigateway" => match known(&API_GATEWAY, path) {
            // The same path, but for its query.
            ("CreateRestApi", names) if has(query, "mode") => ("ImportRestApi", names),
            action => action,
        },
        "apigatewayv2" => known(&HTTP_APIS, path),
        "s3" => s3(method, path, query),
        "execute-api" => ("InvokeApi", names("restapis/{}/{}/_user_request_/{+}", path).unwrap_or_default()),
        "lambda-url" => ("InvokeFunctionUrl", names("_aws/lambda-url/{}/{+}", path).unwrap_or_default()),
        _ => Default::default(),
    }
}

fn s3(method: &str, path: &str, query: &str) -> (&'static str, Vec<String>) {
    let mut rows = S3.iter().filter(|row| row.0 == method && has(query, row.2));
    rows.find_map(|row| Some((row.3, names(row.1, path)?))).unwrap_or_default()
}

/// Whether a query has this key; every query has none.
fn has(query: &str, key: &str) -> bool {
    key.is_empty() || query.split('&').any(|pair| pair.split('=').next() == Some(key))
}

/// What stands at the `{}` of a pattern.
fn names(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        match wanted {
            "{+}" => {
                let rest = parts.by_ref().collect::<Vec<_>>().join("/");
                names.push(decoded(&rest));
            }
            "{}" => names.push(decoded(parts.next().filter(|part| !part.is_empty())?)),
            _ if parts.next()? == wanted => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(names)
}

/// Percent-decoding.
pub(crate) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
