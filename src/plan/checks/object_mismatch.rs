//! Checks that the objects under a function's keys hold the code that their names promise.

use crate::error::Problem;
use crate::model::{Artifact, ObjectKey, ObservedObject, marks};
use crate::plan::stack::{Function, Stack};

/// The artifact's object, which Lambda would take, and the live code's, which would be put back.
pub(super) fn check(function: &Function<'_>, artifact: &Artifact, stack: &Stack<'_>) -> Vec<Problem> {
    let checks = [(artifact.sha256, true), (function.observed.latest.sha256, false)];
    let wrong = checks.into_iter().filter_map(|(sha256, is_artifact)| {
        let key = marks::object_key(stack.settings.artifact_prefix(), function.key, &sha256);
        let object = stack.observed.objects.get(&key)?.as_ref()?;
        let is_right = if is_artifact { holds_artifact(object, artifact) } else { may_be_live_code(object, function) };
        (!is_right).then(|| problem(&key))
    });
    wrong.collect()
}

/// A checksum of the whole object proves its bytes. One of parts proves them only if the parts have our size.
fn holds_artifact(object: &ObservedObject, artifact: &Artifact) -> bool {
    let is_its = |sum: &String| *sum == artifact.checksum_sha256 || *sum == artifact.sha256.base64();
    object.bytes == artifact.zipped_bytes && object.checksum_sha256.as_ref().is_none_or(is_its)
}

/// Of the live code only the digest is known, so a checksum of parts (`…-3`) proves nothing.
fn may_be_live_code(object: &ObservedObject, function: &Function<'_>) -> bool {
    let over_all = object.checksum_sha256.as_ref().filter(|sum| !sum.contains('-'));
    over_all.is_none_or(|sum| *sum == function.observed.latest.sha256.base64())
}

fn problem(key: &ObjectKey) -> Problem {
    Problem::new(format!("object {key} does not match the SHA-256 in its name"))
        .why("its size or its SHA-256 is another than that of the code it is named after")
        .fix("delete the object, and find out who writes under this prefix")
}
