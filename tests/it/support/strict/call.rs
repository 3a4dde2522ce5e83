//! One call as the program made it.

use std::time::Instant;

use serde_json::Value;

use super::actions;
use super::http::Message;

/// Bodies up to this size are kept; of the others, which are archives, the size tells enough.
const KEPT_BYTES: usize = 64 * 1024;

/// One call as the program made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// From 1, in the order of arrival; see [`super::Proxy::take_calls`].
    pub(crate) number: usize,
    /// The connection it came on, from 1.
    pub(crate) connection: usize,
    /// As signatures name it: `lambda`, `apigateway`, `s3`; `execute-api` for an endpoint of an API, `lambda-url` for the
    /// URL of a function.
    pub(crate) service: String,
    /// As the API reference names it: `UpdateFunctionCode`; `InvokeApi` for a request to an endpoint, `InvokeFunctionUrl`
    /// for one to the URL of a function; empty where
    /// the proxy does not know it.
    pub(crate) action: &'static str,
    /// The names in its path, in order: a function and an alias, an API and a stage, a bucket and a key.
    pub(crate) names: Vec<String>,
    /// The HTTP method.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Whether it sends tags in a header.
    pub(crate) sends_tags: bool,
    /// Its body, where that is small.
    pub(crate) body: Vec<u8>,
    /// Bytes of its body.
    pub(crate) sent_bytes: usize,
    /// The status of its answer; 0 where it got none.
    pub(crate) status: u16,
    /// When it had arrived.
    pub(crate) start: Instant,
    /// When its answer was sent.
    pub(crate) end: Instant,
}

impl Call {
    /// What a request is, before it is answered.
    pub(crate) fn new(request: &Message, number: usize, connection: usize) -> Self {
        let (method, target) = (request.word(0).to_owned(), request.word(1).to_owned());
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let service = service(request, path);
        let (action, names) = match request.header("x-amz-target") {
            Some(target) if service == "logs" => actions::logs(target, &request.document()),
            Some(target) if service == "ecr" => actions::ecr(target, &request.document()),
            Some(target) if service == "tagging" && target.ends_with(".GetResources") => ("GetResources", Vec::new()),
            _ => actions::action(&service, &method, path, query),
        };
        let kept = request.body.len() <= KEPT_BYTES;
        let body = if kept { request.body.clone() } else { Vec::new() };
        let (start, sent_bytes) = (Instant::now(), request.body.len());
        Self {
            number,
            connection,
            service,
            action,
            names,
            method,
            target,
            sends_tags: request.header("x-amz-tagging").is_some(),
            body,
            sent_bytes,
            status: 0,
            start,
            end: start,
        }
    }

    /// A request to the endpoint of an API or to the URL of a function, as its users make it.
    pub(crate) fn is_to_endpoint(&self) -> bool {
        matches!(self.service.as_str(), "execute-api" | "lambda-url")
    }

    /// Whether it changes anything in AWS.
    pub(crate) fn is_write(&self) -> bool {
        let reads = matches!(self.method.as_str(), "GET" | "HEAD")
            || self.action.starts_with("Describe")
            || ["tagging", "ecr"].contains(&self.service.as_str());
        !self.is_to_endpoint() && !reads && !["FilterLogEvents", "Invoke", "ListTagsForResource"].contains(&self.action)
    }

    /// As IAM policies name it: `lambda:UpdateFunctionCode`.
    pub(crate) fn iam_action(&self) -> String {
        super::authorization::permissions(self).into_iter().next().map(|needed| needed.action).unwrap_or_default()
    }

    /// The path without the query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A value of the query, decoded.
    pub(crate) fn query(&self, key: &str) -> Option<String> {
        let pairs = self.target.split_once('?')?.1.split('&');
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(name, _)| *name == key).map(|(_, value)| actions::decoded(value))
    }

    /// The body as JSON; null where it is none.
    pub(crate) fn document(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A name of the path; empty where there is none.
    pub(crate) fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("", String::as_str)
    }

    /// The function of a call to Lambda, whether it was named by name or by ARN.
    pub(crate) fn function(&self) -> &str {
        let name = self.name(0);
        let name = name.split_once(":function:").map_or(name, |(_, name)| name);
        name.split(':').next().unwrap_or_default()
    }
}

/// The scope of the signature names the service; a request to an endpoint has none.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
fn service(request: &Message, path: &str) -> String {
    if path.contains("/_user_request_") {
        return "execute-api".to_owned();
    }
    if path.starts_with("/_aws/lambda-url/") {
        return "lambda-url".to_owned();
    }
    if path.starts_with("/v2/apis") {
        // The signature names the same service as for REST APIs.
        return "apigatewayv2".to_owned();
    }
    let scope = request.header("authorization").and_then(|value| value.split("Credential=").nth(1));
    scope.and_then(|scope| scope.split('/').nth(3)).unwrap_or_default().to_owned()
}
