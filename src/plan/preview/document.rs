//! The document of the preview's API: that of the stage, with the preview's functions in place of the stage's.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::error::Problem;
use crate::model::{ApiKey, FunctionKey, FunctionName, GotFunction, LambdaTarget, SourceApi};
use crate::plan::checks::{preview_call_by_role, preview_call_not_copied};

/// API Gateway's extensions:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>
const INTEGRATION: &str = "x-amazon-apigateway-integration";
const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";
const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

/// The preview's document, and what of the stage's document cannot be copied.
pub(super) struct Copy {
    pub(super) document: Value,
    pub(super) calls: BTreeSet<FunctionKey>,
    pub(super) refused: Vec<Problem>,
}

/// A function of the preview, and the function that it is a copy of.
pub(super) struct Copied<'a> {
    pub(super) key: &'a FunctionKey,
    pub(super) source: &'a GotFunction,
    pub(super) arn: &'a str,
}

/// Copies the document for the API of this name. A call of an absent function is no problem here: that the function does
/// not exist is a problem of its own.
pub(super) fn copy(
    key: &ApiKey,
    source: &SourceApi,
    name: &str,
    copied: &[Copied<'_>],
    absent: &[&FunctionName],
) -> Copy {
    let mut document = source.document.clone();
    let mut calls = Calls { key, source, copied, absent, functions: BTreeSet::new(), refused: Vec::new() };
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
    copied: &'a [Copied<'a>],
    absent: &'a [&'a FunctionName],
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
                let action = caller.get(uri).and_then(Value::as_str).unwrap_or_default();
                self.refused.push(preview_call_by_role::service(self.key, what, action));
            }
            return;
        };
        let Some(copy) = self.copy_of(&target) else {
            if !self.absent.contains(&&target.function) {
                self.refused.push(preview_call_not_copied::problem(self.key, what, &target.function));
            }
            return;
        };
        if by_role {
            self.refused.push(preview_call_by_role::function(self.key, what, &target.function));
            return;
        }
        self.functions.insert(copy.key.clone());
        caller[uri] = with_function(&raw, copy.arn).into();
    }

    fn target(&self, caller: &Value, uri: &str) -> Option<(String, LambdaTarget)> {
        let uri = caller.get(uri)?.as_str()?;
        Some((uri.to_owned(), LambdaTarget::of_uri(uri, &self.source.variables)?))
    }

    /// A function of the same name in another account is another function.
    fn copy_of(&self, target: &LambdaTarget) -> Option<&'a Copied<'a>> {
        self.copied.iter().find(|copy| {
            let name = copy.source.arn.rsplit(':').next().unwrap_or_default();
            let is_account = target.account.as_ref().is_none_or(|account| *account == copy.source.account);
            name == target.function.as_str() && is_account
        })
    }
}

/// Puts a function's ARN where the URI names its function; how it is called stays.
fn with_function(uri: &str, arn: &str) -> String {
    let (before, rest) = uri.split_once("/functions/").unwrap_or((uri, ""));
    let (_, how) = rest.rsplit_once('/').unwrap_or(("", "invocations"));
    format!("{before}/functions/{arn}/{how}")
}
