//! An API's definition. A deployment is a snapshot of it.

use std::collections::BTreeMap;
use std::fmt;

use derive_more::Display;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AccountId, AliasName, FunctionName, PayloadFormat, Sha256};

/// The kind of an API of API Gateway.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, Display)]
#[serde(rename_all = "snake_case")]
pub enum ApiKind {
    /// `aws apigateway`.
    #[default]
    #[display("REST API")]
    Rest,
    /// `aws apigatewayv2`.
    #[display("HTTP API")]
    Http,
}

impl ApiKind {
    /// Returns whether it is a REST API.
    pub fn is_rest(&self) -> bool {
        *self == Self::Rest
    }
}

/// The definition of a REST API: resources, methods, integrations, authorizers, models, validators, gateway
/// responses, policy, binary types, compression, key source and endpoint settings; or that of an HTTP API: routes,
/// integrations, authorizers, CORS and endpoint settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiDefinition {
    /// The complete definition. Lists without a meaningful order are sorted when they are read from AWS.
    pub document: Value,
    /// The integrations of the document, in the form that the planner needs.
    pub integrations: Vec<Integration>,
}

impl ApiDefinition {
    /// Returns the SHA-256 of the document as canonical JSON: keys sorted by their bytes, no spaces.
    pub fn digest(&self) -> Sha256 {
        Sha256::of_json(self.document.clone())
    }
}

/// A method's integration: what the method calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    /// The resource's path, `/hello/{name}`; `$default` for what no other route of an HTTP API takes.
    pub path: String,
    /// The HTTP method, `GET` or `ANY`.
    pub method: String,
    /// The URI as AWS returns it; may contain `${stageVariables.x}`.
    #[serde(default)]
    pub uri: Option<String>,
    /// The role with which API Gateway calls the function. With a role, the function's policy does not matter.
    #[serde(default)]
    pub credentials: Option<String>,
    /// The id of the resource.
    #[serde(default)]
    pub resource_id: String,
    /// The function gets the request itself, and its answer is the API's: `AWS_PROXY`, without streaming or mapping.
    #[serde(default)]
    pub passes_requests: bool,
    /// Callers need an API key.
    #[serde(default)]
    pub needs_key: bool,
    /// Anybody may call it: no authorizer, no IAM, no API key.
    #[serde(default)]
    pub is_open: bool,
    /// What the function gets.
    #[serde(default, skip_serializing_if = "PayloadFormat::is_first")]
    pub format: PayloadFormat,
}

impl Integration {
    /// Returns the function that is called, with stage variables replaced, or `None` if it is not a function.
    pub fn lambda_target(&self, variables: &BTreeMap<String, String>) -> Option<LambdaTarget> {
        LambdaTarget::of_uri(self.uri.as_deref()?, variables)
    }
}

/// Replaces `${stageVariables.x}`. A variable without a value becomes empty, as in API Gateway.
fn fill_in(uri: &str, variables: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once("${stageVariables.") {
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(before);
        filled.push_str(variables.get(name).map_or("", String::as_str));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// A function that an integration calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaTarget {
    /// The function's name.
    pub function: FunctionName,
    /// The alias or version that is called.
    pub qualifier: Qualifier,
    /// The function's account, if the ARN contains it.
    pub account: Option<AccountId>,
}

impl LambdaTarget {
    /// Returns the function that a URI names, with stage variables replaced, or `None` if it names no function.
    ///
    /// The URI's form: <https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html>; an HTTP API may have the
    /// function's ARN alone.
    pub fn of_uri(uri: &str, variables: &BTreeMap<String, String>) -> Option<Self> {
        let uri = fill_in(uri, variables);
        if uri.starts_with("arn:") && uri.split(':').nth(5) == Some("function") {
            return parse_function(&uri);
        }
        let (_, rest) = uri.split_once(":lambda:path/")?;
        let (_, rest) = rest.split_once("/functions/")?;
        let (function, _) = rest.rsplit_once('/')?;
        parse_function(function)
    }
}

/// Parses a function's ARN `arn:aws:lambda:region:account:function:name[:qualifier]`, its partial ARN
/// `account:function:name[:qualifier]`, or `name[:qualifier]`.
fn parse_function(text: &str) -> Option<LambdaTarget> {
    let mut parts: Vec<&str> = text.split(':').collect();
    let mut account = None;
    // The word `function` has a fixed position. A function or an alias may have this name too.
    let marker = if parts.first() == Some(&"arn") { 5 } else { 1 };
    if parts.len() > marker + 1 && parts[marker] == "function" {
        account = Some(AccountId::new(parts[marker - 1]));
        parts.drain(..=marker);
    }
    let name = parts.first().filter(|name| !name.is_empty())?;
    let qualifier = parts.get(1).filter(|qualifier| !qualifier.is_empty() && **qualifier != "$LATEST");
    Some(LambdaTarget {
        function: FunctionName::new(*name),
        qualifier: qualifier.map_or(Qualifier::Latest, |alias| Qualifier::Named(AliasName::new(*alias))),
        account,
    })
}

/// The qualifier of a call or a policy: `$LATEST`, an alias or a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", from = "String")]
#[schemars(with = "String")]
pub enum Qualifier {
    /// No qualifier: `$LATEST`.
    #[default]
    Latest,
    /// An alias or a version number.
    Named(AliasName),
}

impl Qualifier {
    /// Returns the value of Lambda's `Qualifier` parameter, or `None` for `$LATEST`.
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Qualifier::Latest => None,
            Qualifier::Named(alias) => Some(alias.as_str()),
        }
    }
}

impl fmt::Display for Qualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.parameter().unwrap_or("$LATEST"))
    }
}

impl From<Qualifier> for String {
    fn from(qualifier: Qualifier) -> Self {
        qualifier.to_string()
    }
}

impl From<String> for Qualifier {
    fn from(text: String) -> Self {
        if text == "$LATEST" { Qualifier::Latest } else { Qualifier::Named(AliasName::new(text)) }
    }
}
