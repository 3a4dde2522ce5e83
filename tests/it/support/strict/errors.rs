//! Errors in the forms in which AWS answers them.

use serde_json::json;

use super::http::Message;

/// An error of Lambda.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html>
pub(crate) fn lambda_error(status: u16, code: &str, message: &str) -> Message {
    let body = json!({ "Type": if status < 500 { "User" } else { "Service" }, "message": message });
    Message::json(status, &body).with_header("x-amzn-ErrorType", code)
}

/// An error of API Gateway.
///
/// <https://docs.aws.amazon.com/apigateway/latest/api/CommonErrors.html>
pub(crate) fn api_gateway_error(status: u16, code: &str, message: &str) -> Message {
    Message::json(status, &json!({ "message": message })).with_header("x-amzn-ErrorType", code)
}

/// An error of S3.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
pub(crate) fn s3_error(status: u16, code: &str, message: &str) -> Message {
    let head = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    let body = format!("{head}\n<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Message::answer(status, body.into_bytes()).with_header("Content-Type", "application/xml")
}

/// An error of CloudWatch Logs, of ECR, and of the index of tags, which have 400 for all that the caller is to blame for.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html>
pub(crate) fn logs_error(status: u16, code: &str, message: &str) -> Message {
    let status = if status < 500 { 400 } else { status };
    Message::json(status, &json!({ "__type": code, "message": message }))
}

/// An error in the form of the service.
pub(crate) fn error(service: &str, status: u16, code: &str, message: &str) -> Message {
    match service {
        "lambda" => lambda_error(status, code, message),
        "s3" => s3_error(status, code.trim_end_matches("Exception"), message),
        "logs" | "tagging" | "ecr" => logs_error(status, code, message),
        _ => api_gateway_error(status, code, message),
    }
}
