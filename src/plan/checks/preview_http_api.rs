//! The API is a REST API: HTTP APIs are released, but no copies of them are made.

use crate::error::Problem;
use crate::model::{ApiKey, ApiKind, SourceApi};

pub(super) fn check(key: &ApiKey, source: &SourceApi) -> Option<Problem> {
    (source.kind == ApiKind::Http).then(|| {
        Problem::new(format!("API {key} is an HTTP API, of which no preview is made"))
            .why("previews copy REST APIs, and functions alone")
            .fix("preview the functions alone: leave the API out of the settings that the preview is made with")
    })
}
