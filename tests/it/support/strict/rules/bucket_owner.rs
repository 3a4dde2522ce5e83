use super::{ACCOUNT, Exchange, Message, Rule, s3_error};

/// A bucket of another account than the caller expects is 403.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>
pub(crate) struct BucketOwner;

impl Rule for BucketOwner {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let expected = exchange.request.header("x-amz-expected-bucket-owner")?;
        let other = exchange.call.service == "s3" && expected != ACCOUNT;
        other.then(|| s3_error(403, "AccessDenied", "Access Denied"))
    }
}
