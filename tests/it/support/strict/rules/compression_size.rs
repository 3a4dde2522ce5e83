use serde_json::Value;

use super::{Exchange, Message, Rule};

/// `minimumCompressionSize` is a number or absent; ministack makes it an empty text.
///
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_RestApi.html>
pub(crate) struct CompressionSize;

impl Rule for CompressionSize {
    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if exchange.is_api_gateway(&["CreateRestApi", "GetRestApi", "GetRestApis", "UpdateRestApi"]) {
            answer.edit(take_out);
        }
    }
}

fn take_out(document: &mut Value) {
    match document {
        Value::Object(parts) => {
            parts.retain(|name, value| name != "minimumCompressionSize" || value.is_number());
            parts.values_mut().for_each(take_out);
        }
        Value::Array(items) => items.iter_mut().for_each(take_out),
        _ => {}
    }
}
