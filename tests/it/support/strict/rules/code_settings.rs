use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::{Exchange, Message, Rule, lambda_error};

/// An update of the code that does not name its storage mode, its key or its architecture sets each to its default:
/// `COPY`, AWS's own key, `x86_64`. What they are, `GetFunction` tells. A reference names the version of its object.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-self-managed-storage.html>,
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>,
/// <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html>
#[derive(Default)]
pub(crate) struct CodeSettings(Mutex<BTreeMap<String, Settings>>);

/// How the code of a function is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The object that the function refers to in place: bucket, key and version.
    pub(crate) reference: Option<[String; 3]>,
    /// The key that encrypts the code.
    pub(crate) key: Option<String>,
}

impl CodeSettings {
    /// So somebody created the function.
    pub(crate) fn set(&self, function: &str, settings: Settings) {
        self.0.lock().unwrap().insert(function.to_owned(), settings);
    }

    /// What is left of it.
    pub(crate) fn of(&self, function: &str) -> Settings {
        self.0.lock().unwrap().get(function).cloned().unwrap_or_default()
    }
}

impl Rule for CodeSettings {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if exchange.is_lambda(&["UpdateFunctionCode"]) && exchange.document()["Architectures"].is_null() {
            exchange.request.edit(|body| body["Architectures"] = json!(["x86_64"]));
        }
        let document = exchange.document();
        let refers = document["S3ObjectStorageMode"] == "REFERENCE" && document["S3ObjectVersion"].is_null();
        (exchange.is_lambda(&["UpdateFunctionCode"]) && refers).then(|| {
            let message = "S3ObjectVersion is required when S3ObjectStorageMode is REFERENCE.";
            lambda_error(400, "InvalidParameterValueException", message)
        })
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if !answer.is_success() {
            return;
        }
        if exchange.is_lambda(&["UpdateFunctionCode"]) && exchange.document()["DryRun"] != true {
            self.set(exchange.call.function(), named_by(&exchange.document()));
        } else if exchange.is_lambda(&["GetFunction"]) {
            let settings = self.of(exchange.call.function());
            answer.edit(|document| show(&mut document["Code"], &settings));
        }
    }
}

fn named_by(update: &Value) -> Settings {
    let text = |name: &str| update[name].as_str().map(str::to_owned);
    let refers = update["S3ObjectStorageMode"] == "REFERENCE";
    let object = || ["S3Bucket", "S3Key", "S3ObjectVersion"].map(|name| text(name).unwrap_or_default());
    Settings { reference: refers.then(object), key: text("SourceKMSKeyArn") }
}

/// Ministack shows what it was told last, even by another update.
fn show(code: &mut Value, settings: &Settings) {
    let Some(parts) = code.as_object_mut() else { return };
    parts.remove("ResolvedS3Object");
    parts.remove("SourceKMSKeyArn");
    if let Some([bucket, key, version]) = &settings.reference {
        let object = json!({ "S3Bucket": bucket, "S3Key": key, "S3ObjectVersion": version });
        parts.insert("ResolvedS3Object".to_owned(), object);
    }
    if let Some(key) = &settings.key {
        parts.insert("SourceKMSKeyArn".to_owned(), key.as_str().into());
    }
}
