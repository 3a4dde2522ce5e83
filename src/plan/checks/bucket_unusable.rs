//! The bucket for the artifacts can be used.

use crate::error::Problem;
use crate::model::{Observed, ObservedBucket, Settings};

pub(super) fn check(settings: &Settings, observed: &Observed) -> Option<Problem> {
    if settings.chosen.is_empty() {
        return None; // APIs alone have no artifact
    }
    let store = settings.artifacts.as_ref()?;
    let name = &store.bucket.value;
    let problem = match &observed.bucket {
        ObservedBucket::Present => return None,
        ObservedBucket::Missing => Problem::new(format!("bucket {name} does not exist"))
            .why("the artifacts are uploaded to it, and a release creates no bucket")
            .fix("create it with Terraform first, or correct `bucket` under [artifacts]"),
        ObservedBucket::Elsewhere => Problem::new(format!("bucket {name} is not in {}", observed.region))
            .why("Lambda takes code from a bucket of its own region alone")
            .fix(format!("choose a bucket in {}, or correct the region", observed.region)),
        ObservedBucket::Forbidden(why) => Problem::new(format!("bucket {name} may not be used")).why(why.clone()).fix(
            "check that it is yours, that `owner` under [artifacts] names its account, and that s3:ListBucket, \
             s3:GetObject and s3:PutObject are allowed; without s3:ListBucket S3 answers 403 for an absent object",
        ),
    };
    Some(problem.at(store.bucket.location()))
}
