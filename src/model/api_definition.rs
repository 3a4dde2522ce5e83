//! A REST API's definition: what a deployment freezes.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AccountId, AliasName, FunctionName, Sha256};

/// Resources, methods, integrations, authorizers, models, validators, gateway responses, policy,
/// binary types, compression, key source and endpoint settings of a REST API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiDefinition {
    /// All of it. Lists whose order means nothing are sorted by whoever reads them from AWS.
    pub document: Value,
    /// The integrations, once more, in the form the planner asks for.
    pub integrations: Vec<Integration>,
}

impl ApiDefinition {
    /// SHA-256 of the document as canonical JSON: keys sorted bytewise, no spaces.
    pub fn digest(&self) -> Sha256 {
        let mut text = String::new();
        write_canonical(&self.document, &mut text);
        Sha256::of(text.as_bytes())
    }
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            write_list('{', '}', sorted, out, |(key, value), out| {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(value, out);
            });
        }
        Value::Array(items) => write_list('[', ']', items, out, write_canonical),
        other => out.push_str(&other.to_string()),
    }
}

fn write_list<T>(
    open: char,
    close: char,
    items: impl IntoIterator<Item = T>,
    out: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

/// What a method calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    /// The resource's path, `/hello/{name}`.
    pub path: String,
    /// The method's, `GET` or `ANY`.
    pub method: String,
    /// As AWS keeps it; may hold `${stageVariables.x}`.
    #[serde(default)]
    pub uri: Option<String>,
    /// A role that API Gateway takes for the call: then the function's policy does not matter.
    #[serde(default)]
    pub credentials: Option<String>,
}

impl Integration {
    /// The function that is called, with the stage's variables filled in; `None` where it is no function.
    ///
    /// The URI's form: <https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html>.
    pub fn lambda_target(&self, variables: &BTreeMap<String, String>) -> Option<LambdaTarget> {
        let uri = fill_in(self.uri.as_deref()?, variables);
        let (_, rest) = uri.split_once(":lambda:path/")?;
        let (_, rest) = rest.split_once("/functions/")?;
        let (function, _) = rest.rsplit_once('/')?;
        parse_function(function)
    }
}

/// Replaces `${stageVariables.x}`; one without a value becomes empty, as in API Gateway.
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

/// `arn:aws:lambda:region:account:function:name[:qualifier]`, `account:function:name[:qualifier]`, or the name with or without a qualifier.
fn parse_function(text: &str) -> Option<LambdaTarget> {
    let mut parts: Vec<&str> = text.split(':').collect();
    let mut account = None;
    // The word has a fixed place: a function, or an alias, may be called `function` as well.
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

/// A function that an integration calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaTarget {
    /// Its name.
    pub function: FunctionName,
    /// Which of its versions.
    pub qualifier: Qualifier,
    /// The owner, where the ARN says so.
    pub account: Option<AccountId>,
}

/// Which of a function's versions a call, or a policy, is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", from = "String")]
#[schemars(with = "String")]
pub enum Qualifier {
    /// No qualifier: `$LATEST`.
    Latest,
    /// An alias, or a version's number.
    Named(AliasName),
}

impl Qualifier {
    /// What the API's `Qualifier` parameter takes; nothing for `$LATEST`.
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
