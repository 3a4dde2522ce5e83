//! The document of the preview's API: that of the stage, with the preview's functions in place of the stage's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::error::Problem;
use crate::model::{ApiKey, FunctionKey, Integration, LambdaTarget, PreviewFunction, SourceApi};

/// API Gateway's extensions:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>
const INTEGRATION: &str = "x-amazon-apigateway-integration";
const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";
const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

/// A document of the preview, and what of the stage's cannot be in it.
pub(super) struct Copy {
    pub(super) document: Value,
    pub(super) calls: BTreeSet<FunctionKey>,
    pub(super) refused: Vec<Problem>,
}

/// `copied` are the preview's functions by the ARNs of what they are copies of.
pub(super) fn copy(key: &ApiKey, source: &SourceApi, name: &str, copied: &BTreeMap<&str, &PreviewFunction>) -> Copy {
    let mut document = source.document.clone();
    let mut calls = Calls { key, source, copied, functions: BTreeSet::new(), refused: Vec::new() };
    if let Some(document) = document.as_object_mut() {
        // The stage's own address, and the time of its deployment.
        document.remove("servers");
        document.insert("info".to_owned(), json!({ "title": name, "version": "preview" }));
        document.remove("x-amazon-apigateway-policy");
    }
    for (path, item) in entries(&mut document, "/paths") {
        for (verb, operation) in item.as_object_mut().into_iter().flatten() {
            let verb = if verb == ANY_METHOD { "ANY".to_owned() } else { verb.to_uppercase() };
            calls.replace(operation.get_mut(INTEGRATION), "uri", "credentials", &format!("{verb} {path}"));
        }
    }
    for (name, scheme) in entries(&mut document, "/components/securitySchemes") {
        let what = format!("authorizer {name}");
        calls.replace(scheme.get_mut(AUTHORIZER), "authorizerUri", "authorizerCredentials", &what);
    }
    Copy { document, calls: calls.functions, refused: calls.refused }
}

fn entries<'v>(document: &'v mut Value, pointer: &str) -> impl Iterator<Item = (&'v String, &'v mut Value)> {
    document.pointer_mut(pointer).and_then(Value::as_object_mut).into_iter().flatten()
}

struct Calls<'a> {
    key: &'a ApiKey,
    source: &'a SourceApi,
    copied: &'a BTreeMap<&'a str, &'a PreviewFunction>,
    functions: BTreeSet<FunctionKey>,
    refused: Vec<Problem>,
}

impl<'a> Calls<'a> {
    /// Lets this call the copy of the function that it calls; a mock, or what is called by HTTP, stays as it is.
    fn replace(&mut self, caller: Option<&mut Value>, uri: &str, credentials: &str, what: &str) {
        let Some(caller) = caller else { return };
        let by_role = caller.get(credentials).is_some_and(|role| !role.is_null());
        let Some((raw, target)) = self.target(caller, uri) else {
            if by_role {
                let said = caller.get(uri).and_then(Value::as_str).unwrap_or_default();
                self.refuse(
                    what,
                    format!("it calls another service by a role: `{said}`"),
                    "preview an API without it: the copy would use the stage's own data",
                );
            }
            return;
        };
        let Some(copy) = self.copy_of(&target) else {
            self.refuse(
                what,
                format!("it calls function {}, which would not be copied", target.function),
                "add the function to the settings: the preview would call the stage's",
            );
            return;
        };
        if by_role {
            self.refuse(
                what,
                format!("it calls function {} by a role, which need not allow to call its copy", target.function),
                "let the policy of the function allow the call instead of a role",
            );
            return;
        }
        self.functions.insert(copy.key.clone());
        caller[uri] = with_function(&raw, &copy.arn).into();
    }

    fn target(&self, caller: &Value, uri: &str) -> Option<(String, LambdaTarget)> {
        let raw = caller.get(uri)?.as_str()?.to_owned();
        let integration =
            Integration { path: String::new(), method: String::new(), uri: Some(raw.clone()), credentials: None };
        let target = integration.lambda_target(&self.source.variables)?;
        Some((raw, target))
    }

    /// The same name in another account is another function.
    fn copy_of(&self, target: &LambdaTarget) -> Option<&'a PreviewFunction> {
        let is_it = |arn: &str, copy: &PreviewFunction| {
            let name = arn.rsplit(':').next().unwrap_or_default();
            name == target.function.as_str() && target.account.as_ref().is_none_or(|account| *account == copy.account)
        };
        self.copied.iter().find(|(arn, copy)| is_it(arn, copy)).map(|(_, copy)| *copy)
    }

    fn refuse(&mut self, what: &str, why: String, fix: &str) {
        let what = format!("{what} of API {} cannot be copied", self.key);
        self.refused.push(Problem::new(what).why(why).fix(fix));
    }
}

/// Puts a function's ARN where the URI names its function; how it is called stays.
fn with_function(uri: &str, arn: &str) -> String {
    let (before, rest) = uri.split_once("/functions/").unwrap_or((uri, ""));
    let (_, how) = rest.rsplit_once('/').unwrap_or(("", "invocations"));
    format!("{before}/functions/{arn}/{how}")
}
