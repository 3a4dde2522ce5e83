//! The API has no resource policy, which its copy would lack.

use crate::error::Problem;
use crate::model::{ApiKey, SourceApi};

pub(super) fn check(key: &ApiKey, source: &SourceApi) -> Option<Problem> {
    source.has_policy.then(|| {
        Problem::new(format!("API {key} has a resource policy"))
            .why("it restricts who may call this API, and the copy would be open to everyone")
            .fix("preview a stage of an API without one")
    })
}
