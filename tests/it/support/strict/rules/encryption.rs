use std::collections::BTreeMap;
use std::sync::Mutex;

use super::{Exchange, Message, Rule, s3_error};

/// A bucket whose policy denies uploads that do not say how they are encrypted. What the bucket does by default does not
/// matter to the policy.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
#[derive(Default)]
pub(crate) struct Encryption(Mutex<BTreeMap<String, &'static str>>);

impl Encryption {
    /// The bucket takes only uploads with this value of `x-amz-server-side-encryption` from now on.
    pub(crate) fn demand(&self, bucket: &str, kind: &'static str) {
        self.0.lock().unwrap().insert(bucket.to_owned(), kind);
    }
}

impl Rule for Encryption {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let is_upload = ["PutObject", "CreateMultipartUpload"].contains(&exchange.call.action);
        let demanded = self.0.lock().unwrap().get(exchange.call.name(0)).copied().filter(|_| is_upload)?;
        if exchange.request.header("x-amz-server-side-encryption") == Some(demanded) {
            return None;
        }
        let arn = format!("arn:aws:s3:::{}", exchange.call.names.join("/"));
        let message = format!(
            "User: arn:aws:iam::000000000000:user/test is not authorized to perform: s3:PutObject on resource: \
             \"{arn}\" with an explicit deny in a resource-based policy"
        );
        Some(s3_error(403, "AccessDenied", &message))
    }
}
