//! The URLs of functions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FunctionKey, Ref};

/// The address of a function's URL: `https://<id>.lambda-url.<region>.on.aws/`.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html>
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, derive_more::Display)]
#[serde(transparent)]
pub struct LambdaUrl(String);

impl LambdaUrl {
    /// Wraps the address as Lambda writes it.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// Returns the host: `<id>.lambda-url.<region>.on.aws`.
    pub fn host(&self) -> &str {
        let (_, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        rest.split('/').next().unwrap_or_default()
    }

    /// Returns the id, which begins the host.
    pub fn id(&self) -> &str {
        self.host().split('.').next().unwrap_or_default()
    }
}

/// A function's URL, by its address or as what is made for a function.
pub type UrlRef = Ref<FunctionKey, LambdaUrl>;

/// Whom a URL lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UrlAuth {
    /// `AWS_IAM`: who signs the request and may call it.
    #[serde(rename = "AWS_IAM")]
    Iam,
    /// `NONE`: whom the function's policy lets in, most often everybody.
    #[serde(rename = "NONE")]
    Open,
}

/// The answer to `GetFunctionUrlConfig`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionUrl {
    /// Where it is.
    pub url: LambdaUrl,
    /// Whom it lets in.
    pub auth: UrlAuth,
    /// `InvokeMode` is `RESPONSE_STREAM`.
    #[serde(default)]
    pub streams: bool,
}

/// A function's URL that is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UrlEndpoint {
    /// The function.
    pub function: FunctionKey,
    /// Its URL.
    pub url: UrlRef,
    /// Requests are signed, since IAM guards it.
    pub signed: bool,
}

/// What is shown of URLs of functions.
pub type FunctionUrls = BTreeMap<FunctionKey, String>;
