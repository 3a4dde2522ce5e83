//! The format of the event that a request becomes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The form in which a function gets a request and answers it.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PayloadFormat {
    /// Format 1.0: an answer needs a `statusCode`.
    #[default]
    #[serde(rename = "1.0")]
    First,
    /// Format 2.0: an answer without a `statusCode` is the body of a 200.
    #[serde(rename = "2.0")]
    Second,
}

impl PayloadFormat {
    /// Returns whether it is format 1.0.
    pub fn is_first(&self) -> bool {
        *self == Self::First
    }
}
