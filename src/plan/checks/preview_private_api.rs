//! The API is not private, since its copy is public.

use crate::error::Problem;
use crate::model::{ApiKey, SourceApi};

pub(super) fn check(key: &ApiKey, source: &SourceApi) -> Option<Problem> {
    source.is_private.then(|| {
        Problem::new(format!("API {key} is private"))
            .why("its copy would be open to everybody")
            .fix("preview a stage of an API that is not")
    })
}
