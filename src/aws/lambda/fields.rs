//! The fields of a function's configuration that a copy of it would lose.
//!
//! The SDK drops what it does not know, so that the answer itself is read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_lambda::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_lambda::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_lambda::error::BoxError;
use serde_json::{Map, Value};

/// What a copy has too, what says how the function is rather than how it was set, what a copy is documented to go without,
/// and what the checks of previews refuse.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>
const KNOWN: [&str; 40] = [
    "Architectures",
    "CapacityProviderConfig",
    "CodeSha256",
    "CodeSize",
    "ConfigSha256",
    "DeadLetterConfig",
    "Description",
    "DurableConfig",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "FunctionArn",
    "FunctionName",
    "Handler",
    "ImageConfigResponse",
    "KMSKeyArn",
    "LastModified",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
    "Layers",
    "LoggingConfig",
    "MasterArn",
    "MemorySize",
    "PackageType",
    "RevisionId",
    "Role",
    "Runtime",
    "RuntimeVersionConfig",
    "SigningJobArn",
    "SigningProfileVersionArn",
    "SnapStart",
    "State",
    "StateReason",
    "StateReasonCode",
    "TenancyConfig",
    "Timeout",
    "TracingConfig",
    "Version",
    "VpcConfig",
];

/// The same of the fields that a copy is given as a whole.
const WITHIN: [(&str, &[&str]); 4] = [
    ("EphemeralStorage", &["Size"]),
    ("LoggingConfig", &["ApplicationLogLevel", "LogFormat", "LogGroup", "SystemLogLevel"]),
    ("TracingConfig", &["Mode"]),
    ("VpcConfig", &["Ipv6AllowedForDualStack", "SecurityGroupIds", "SubnetIds", "VpcId"]),
];

/// Keeps the names of the fields in an answer that no copy has: `NewConfig`, `VpcConfig.NewField`.
#[derive(Clone, Debug, Default)]
pub(super) struct UnknownFields(Arc<Mutex<BTreeSet<String>>>);

impl UnknownFields {
    /// Returns the names in the last answer.
    pub(super) fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Intercept for UnknownFields {
    fn name(&self) -> &'static str {
        "UnknownFields"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let document = context.response().body().bytes().and_then(|body| serde_json::from_slice::<Value>(body).ok());
        let found = document.as_ref().and_then(|document| document["Configuration"].as_object()).map(unknown);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = found.unwrap_or_default();
        Ok(())
    }
}

fn unknown(configuration: &Map<String, Value>) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = beside(configuration, &KNOWN).cloned().collect();
    for (name, known) in WITHIN {
        let inner = configuration.get(name).and_then(Value::as_object);
        found.extend(inner.into_iter().flat_map(|inner| beside(inner, known)).map(|field| format!("{name}.{field}")));
    }
    found
}

fn beside<'f>(fields: &'f Map<String, Value>, known: &[&str]) -> impl Iterator<Item = &'f String> {
    fields.iter().filter(|(name, value)| is_set(value) && !known.contains(&name.as_str())).map(|(name, _)| name)
}

/// What is switched off or empty is not lost.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => fields.values().any(is_set),
        Value::Bool(true) | Value::Number(_) => true,
    }
}
