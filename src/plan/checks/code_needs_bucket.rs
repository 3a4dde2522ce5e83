//! Without a bucket, the call that updates a function carries the code: the new one, and on the way back the live one.

use super::refused;
use crate::error::Problem;
use crate::model::SENT_LIMIT;
use crate::plan::stack::{Function, Stack};

pub(super) fn check(function: &Function<'_>, stack: &Stack<'_>) -> Option<Problem> {
    if stack.settings.artifacts.is_some() {
        return None;
    }
    let latest = &function.observed.latest;
    let (new, live) = (function.artifact.zipped_bytes, latest.zipped_bytes.unwrap_or_default());
    let why = if new.max(live) > SENT_LIMIT {
        let which = if new > SENT_LIMIT { "the zip" } else { "the code that is live, which may have to go back," };
        format!("{which} has {} bytes, and Lambda takes {SENT_LIMIT} without a bucket", new.max(live))
    } else if latest.storage_mode.as_deref() == Some("REFERENCE") {
        "Lambda refers to its code in a bucket (S3ObjectStorageMode REFERENCE), and code from no bucket ends that"
            .to_owned()
    } else {
        return None;
    };
    Some(refused(function, &why, "set `bucket` under [artifacts], or pass --bucket"))
}
