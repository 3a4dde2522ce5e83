//! The API's default endpoint is enabled, as its copy's is.

use crate::error::Problem;
use crate::model::{ApiKey, SourceApi};

pub(super) fn check(key: &ApiKey, source: &SourceApi) -> Option<Problem> {
    source.execute_api_disabled.then(|| {
        Problem::new(format!("the default endpoint of API {key} is disabled"))
            .why("who may call it is decided in front of it, and its copy would answer everybody at such an endpoint")
            .fix("preview a stage of an API whose default endpoint is enabled")
    })
}
