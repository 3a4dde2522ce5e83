//! Without a bucket, the call that updates a function carries the code: the new one, and on the way back the live one.

use super::refused;
use crate::error::Problem;
use crate::model::{Artifact, FunctionSettings, SENT_LIMIT, Settings};
use crate::plan::stack::{Function, Stack};

pub(super) fn check(function: &Function<'_>, artifact: &Artifact, stack: &Stack<'_>) -> Option<Problem> {
    if stack.settings.artifacts.is_some() {
        return None;
    }
    let latest = &function.observed.latest;
    let (new, live) = (artifact.zipped_bytes, latest.zipped_bytes.unwrap_or_default());
    let why = if new.max(live) > SENT_LIMIT {
        let which = if new > SENT_LIMIT { "the zip" } else { "the code that is live, which may have to go back," };
        format!("{which} has {} bytes, and Lambda takes {SENT_LIMIT} without a bucket", new.max(live))
    } else if latest.storage_mode.as_deref() == Some("REFERENCE") {
        "Lambda refers to its code in a bucket (S3ObjectStorageMode REFERENCE), and code from no bucket ends that"
            .to_owned()
    } else {
        return None;
    };
    Some(refused(function, &why, SET_IT))
}

/// The same of a preview's function, which has no code that goes back.
pub(in crate::plan) fn of_preview(
    function: &FunctionSettings,
    artifact: &Artifact,
    settings: &Settings,
) -> Option<Problem> {
    let is_sent = settings.artifacts.is_none();
    (is_sent && artifact.zipped_bytes > SENT_LIMIT).then(|| {
        let bytes = artifact.zipped_bytes;
        Problem::new(format!("function {} cannot be copied", function.name.value))
            .why(format!("its zip has {bytes} bytes, and Lambda takes {SENT_LIMIT} without a bucket"))
            .fix(SET_IT)
            .at(function.name.location())
            .check("code-needs-bucket")
    })
}

const SET_IT: &str = "set `bucket` under [artifacts], or pass --bucket";
