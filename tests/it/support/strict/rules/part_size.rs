use std::collections::BTreeMap;
use std::sync::Mutex;

use super::{Exchange, Message, Rule, s3_error};

/// Every part of an upload but the last holds at least 5 MiB.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
#[derive(Default)]
pub(crate) struct PartSize {
    /// Bytes by upload and number of the part.
    parts: Mutex<BTreeMap<(String, u32), u64>>,
}

const LEAST_BYTES: u64 = 5 * 1024 * 1024;

impl Rule for PartSize {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if exchange.call.action != "CompleteMultipartUpload" {
            return None;
        }
        let upload = exchange.call.query("uploadId")?;
        let body = String::from_utf8_lossy(&exchange.request.body).into_owned();
        let numbers = body.split("<PartNumber>").skip(1).filter_map(|rest| rest.split('<').next()?.parse().ok());
        let (numbers, parts) = (numbers.collect::<Vec<u32>>(), self.parts.lock().unwrap());
        let (_, but_the_last) = numbers.split_last()?;
        let is_small = |number: &u32| parts.get(&(upload.clone(), *number)).is_some_and(|bytes| *bytes < LEAST_BYTES);
        let message = "Your proposed upload is smaller than the minimum allowed size";
        but_the_last.iter().any(is_small).then(|| s3_error(400, "EntityTooSmall", message))
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if exchange.call.action == "UploadPart" && answer.is_success() {
            let (upload, number) = (exchange.call.query("uploadId"), exchange.call.query("partNumber"));
            let number = number.and_then(|number| number.parse().ok());
            if let Some(part) = upload.zip(number) {
                self.parts.lock().unwrap().insert(part, content_bytes(&exchange.request));
            }
        }
    }
}

/// The size of the content, without the framing of aws-chunked.
fn content_bytes(request: &Message) -> u64 {
    let told = request.header("x-amz-decoded-content-length").and_then(|bytes| bytes.parse().ok());
    told.unwrap_or(request.body.len() as u64)
}
