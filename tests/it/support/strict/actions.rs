//! Which call of AWS an HTTP request is, by its method, path and query.

/// Method, path with `{}` for a name, and action. `{+}` takes the rest of the path.
const LAMBDA: [(&str, &str, &str); 24] = [
    ("POST", "functions", "CreateFunction"),
    ("GET", "functions", "ListFunctions"),
    ("GET", "functions/{}", "GetFunction"),
    ("DELETE", "functions/{}", "DeleteFunction"),
    ("PUT", "functions/{}/code", "UpdateFunctionCode"),
    ("GET", "functions/{}/configuration", "GetFunctionConfiguration"),
    ("PUT", "functions/{}/configuration", "UpdateFunctionConfiguration"),
    ("POST", "functions/{}/versions", "PublishVersion"),
    ("GET", "functions/{}/versions", "ListVersionsByFunction"),
    ("POST", "functions/{}/aliases", "CreateAlias"),
    ("GET", "functions/{}/aliases", "ListAliases"),
    ("GET", "functions/{}/aliases/{}", "GetAlias"),
    ("PUT", "functions/{}/aliases/{}", "UpdateAlias"),
    ("DELETE", "functions/{}/aliases/{}", "DeleteAlias"),
    ("GET", "functions/{}/policy", "GetPolicy"),
    ("POST", "functions/{}/policy", "AddPermission"),
    ("DELETE", "functions/{}/policy/{}", "RemovePermission"),
    ("POST", "functions/{}/invocations", "Invoke"),
    ("GET", "functions/{}/code-signing-config", "GetFunctionCodeSigningConfig"),
    ("GET", "code-signing-configs/{+}", "GetCodeSigningConfig"),
    ("GET", "functions/{}/provisioned-concurrency", "GetProvisionedConcurrencyConfig"),
    ("GET", "functions/{}/concurrency", "GetFunctionConcurrency"),
    ("PUT", "functions/{}/concurrency", "PutFunctionConcurrency"),
    ("GET", "tags/{+}", "ListTags"),
];

const API_GATEWAY: [(&str, &str, &str); 35] = [
    ("POST", "restapis", "CreateRestApi"),
    ("GET", "restapis", "GetRestApis"),
    ("GET", "restapis/{}", "GetRestApi"),
    ("PUT", "restapis/{}", "PutRestApi"),
    ("PATCH", "restapis/{}", "UpdateRestApi"),
    ("DELETE", "restapis/{}", "DeleteRestApi"),
    ("GET", "restapis/{}/resources", "GetResources"),
    ("POST", "restapis/{}/resources/{}", "CreateResource"),
    ("GET", "restapis/{}/resources/{}", "GetResource"),
    ("DELETE", "restapis/{}/resources/{}", "DeleteResource"),
    ("PUT", "restapis/{}/resources/{}/methods/{}", "PutMethod"),
    ("GET", "restapis/{}/resources/{}/methods/{}", "GetMethod"),
    ("DELETE", "restapis/{}/resources/{}/methods/{}", "DeleteMethod"),
    ("PUT", "restapis/{}/resources/{}/methods/{}/integration", "PutIntegration"),
    ("PATCH", "restapis/{}/resources/{}/methods/{}/integration", "UpdateIntegration"),
    ("GET", "restapis/{}/resources/{}/methods/{}/integration", "GetIntegration"),
    ("DELETE", "restapis/{}/resources/{}/methods/{}/integration", "DeleteIntegration"),
    ("GET", "restapis/{}/authorizers", "GetAuthorizers"),
    ("GET", "restapis/{}/models", "GetModels"),
    ("GET", "restapis/{}/requestvalidators", "GetRequestValidators"),
    ("GET", "restapis/{}/gatewayresponses", "GetGatewayResponses"),
    ("PUT", "restapis/{}/gatewayresponses/{}", "PutGatewayResponse"),
    ("POST", "restapis/{}/deployments", "CreateDeployment"),
    ("GET", "restapis/{}/deployments", "GetDeployments"),
    ("GET", "restapis/{}/deployments/{}", "GetDeployment"),
    ("PATCH", "restapis/{}/deployments/{}", "UpdateDeployment"),
    ("DELETE", "restapis/{}/deployments/{}", "DeleteDeployment"),
    ("POST", "restapis/{}/stages", "CreateStage"),
    ("GET", "restapis/{}/stages", "GetStages"),
    ("GET", "restapis/{}/stages/{}", "GetStage"),
    ("PATCH", "restapis/{}/stages/{}", "UpdateStage"),
    ("DELETE", "restapis/{}/stages/{}", "DeleteStage"),
    ("DELETE", "restapis/{}/stages/{}/cache/data", "FlushStageCache"),
    ("GET", "restapis/{}/stages/{}/exports/{}", "GetExport"),
    ("PUT", "tags/{+}", "TagResource"),
];

/// Method, path, a key of the query (or nothing), and action; the first that fits.
const S3: [(&str, &str, &str, &str); 17] = [
    ("GET", "", "", "ListBuckets"),
    ("PUT", "{}", "versioning", "PutBucketVersioning"),
    ("GET", "{}", "versioning", "GetBucketVersioning"),
    ("GET", "{}", "location", "GetBucketLocation"),
    ("GET", "{}", "list-type", "ListObjectsV2"),
    ("GET", "{}", "uploads", "ListMultipartUploads"),
    ("PUT", "{}", "", "CreateBucket"),
    ("HEAD", "{}", "", "HeadBucket"),
    ("POST", "{}/{+}", "uploads", "CreateMultipartUpload"),
    ("PUT", "{}/{+}", "uploadId", "UploadPart"),
    ("POST", "{}/{+}", "uploadId", "CompleteMultipartUpload"),
    ("DELETE", "{}/{+}", "uploadId", "AbortMultipartUpload"),
    ("GET", "{}/{+}", "uploadId", "ListParts"),
    ("PUT", "{}/{+}", "", "PutObject"),
    ("HEAD", "{}/{+}", "", "HeadObject"),
    ("GET", "{}/{+}", "", "GetObject"),
    ("DELETE", "{}/{+}", "", "DeleteObject"),
];

/// CloudWatch's calls; the header `X-Amz-Target` names them.
const LOGS: [&str; 5] =
    ["CreateLogGroup", "PutRetentionPolicy", "ListTagsForResource", "DescribeLogGroups", "DeleteLogGroup"];

/// The action of a call of CloudWatch Logs, and the name of its log group.
pub(super) fn logs(target: &str, document: &serde_json::Value) -> (&'static str, Vec<String>) {
    let action = LOGS.into_iter().find(|action| target.ends_with(&format!(".{action}"))).unwrap_or_default();
    let arn = || document["resourceArn"].as_str().and_then(|arn| arn.split_once(":log-group:")).map(|(_, name)| name);
    let name = document["logGroupName"].as_str().or_else(arn);
    (action, name.map(str::to_owned).into_iter().collect())
}

/// The action as AWS's API reference has it, and the names in the path; empty where it is none of these.
pub(super) fn action(service: &str, method: &str, path: &str, query: &str) -> (&'static str, Vec<String>) {
    let path = path.trim_start_matches('/').trim_end_matches('/');
    let known = |table: &[(&'static str, &'static str, &'static str)], path: &str| {
        let fits = |row: &(&'static str, &'static str, &'static str)| Some((row.2, names(row.1, path)?));
        table.iter().filter(|row| row.0 == method).find_map(fits).unwrap_or_default()
    };
    match service {
        // The first part is the date of the API, which differs between calls.
        "lambda" => known(&LAMBDA, path.split_once('/').map_or("", |(_, rest)| rest).trim_end_matches('/')),
        "apigateway" => match known(&API_GATEWAY, path) {
            // The same path, but for its query.
            ("CreateRestApi", names) if has(query, "mode") => ("ImportRestApi", names),
            action => action,
        },
        "s3" => s3(method, path, query),
        "execute-api" => ("InvokeApi", names("restapis/{}/{}/_user_request_/{+}", path).unwrap_or_default()),
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
pub(super) fn decoded(text: &str) -> String {
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
