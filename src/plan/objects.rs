//! Whether the objects under a function's keys are what their names say.

use super::{Function, Stack, object_key};
use crate::error::Problem;
use crate::model::{ObjectKey, ObservedObject};

/// The artifact's object, which Lambda would take, and the live code's, which would be put back.
pub(super) fn other_bytes(function: &Function<'_>, stack: &Stack<'_>) -> Vec<Problem> {
    let checks = [(function.artifact.sha256, true), (function.observed.latest.sha256, false)];
    let wrong = checks.into_iter().filter_map(|(sha256, ours)| {
        let key = object_key(stack.settings, function.key, &sha256);
        let object = stack.observed.objects.get(&key)?.as_ref()?;
        let is_right = if ours { is_artifact(object, function) } else { may_be_live_code(object, function) };
        (!is_right).then(|| problem(&key))
    });
    wrong.collect()
}

/// A checksum over the whole proves the bytes, whoever wrote them; one over parts only where the parts are ours.
fn is_artifact(object: &ObservedObject, function: &Function<'_>) -> bool {
    let artifact = function.artifact;
    let same = |sum: &String| *sum == artifact.checksum_sha256 || *sum == artifact.sha256.base64();
    object.bytes == artifact.zipped_bytes && object.checksum_sha256.as_ref().is_none_or(same)
}

/// Of the live code only the digest is known, so a checksum over parts (`…-3`) says nothing.
fn may_be_live_code(object: &ObservedObject, function: &Function<'_>) -> bool {
    let whole = object.checksum_sha256.as_ref().filter(|sum| !sum.contains('-'));
    whole.is_none_or(|sum| *sum == function.observed.latest.sha256.base64())
}

fn problem(key: &ObjectKey) -> Problem {
    Problem::new(format!("object {key} holds other bytes than its name says"))
        .why("its size or its SHA-256 is another than that of the code it is named after")
        .fix("delete the object, and find out who writes under this prefix")
}
