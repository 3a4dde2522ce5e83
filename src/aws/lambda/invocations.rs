//! Invocations.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::config::Config;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Lambda;
use crate::aws::call_error::{Answered, CallError};
use crate::model::{Invoke, Version};

/// What Lambda adds to the function's own time: a cold start, and the way.
const BESIDE_THE_FUNCTION: Duration = Duration::from_secs(30);

/// How an invocation ended.
pub struct Invocation {
    /// `ExecutedVersion`: the code that ran.
    pub version: Option<Version>,
    /// `FunctionError`: the function failed, and the payload says how.
    pub failed: bool,
    /// What the function answered; a text where that is no JSON.
    pub payload: Value,
    /// The last 4 KB of its log.
    pub log: String,
}

impl Lambda {
    /// `Invoke` of a version, sent once: a function may be called twice by repetition. Of the act, the function, its
    /// timeout and the tenant are used.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
    pub async fn invoke(&self, invoke: &Invoke, version: &Version, event: &Value) -> Result<Invocation, CallError> {
        let name = &invoke.name;
        let longest = invoke.function_timeout + BESIDE_THE_FUNCTION;
        let longest = TimeoutConfig::builder().read_timeout(longest).build();
        let call = self
            .once
            .invoke()
            .function_name(name.as_str())
            .qualifier(version.as_str())
            .invocation_type(InvocationType::RequestResponse)
            .log_type(LogType::Tail)
            .set_tenant_id(invoke.tenant.clone())
            .payload(Blob::new(event.to_string()));
        let answer = call.customize().config_override(Config::builder().timeout_config(longest)).send().await;
        let answer = answer.answered("lambda:InvokeFunction", format!("{name}:{version}"))?;
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        let text = String::from_utf8_lossy(&payload);
        let log = answer.log_result.and_then(|log| STANDARD.decode(log).ok()).unwrap_or_default();
        Ok(Invocation {
            version: answer.executed_version.map(Version::new),
            failed: answer.function_error.is_some(),
            payload: serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned())),
            log: String::from_utf8_lossy(&log).into_owned(),
        })
    }
}
