use std::collections::BTreeMap;
use std::sync::Mutex;

use super::{Exchange, Message, Rule, s3_error};

/// A bucket of another region than the one that is asked is 301, and says where it is.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html>
#[derive(Default)]
pub(crate) struct BucketRegion(Mutex<BTreeMap<String, String>>);

impl BucketRegion {
    /// The bucket is in this region from now on.
    pub(crate) fn set(&self, bucket: &str, region: &str) {
        self.0.lock().unwrap().insert(bucket.to_owned(), region.to_owned());
    }
}

impl Rule for BucketRegion {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let regions = self.0.lock().unwrap();
        let region = regions.get(exchange.call.name(0)).filter(|_| exchange.call.service == "s3")?;
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
        Some(s3_error(301, "PermanentRedirect", message).with_header("x-amz-bucket-region", region))
    }
}
