//! An object under a fixed key gets a new version, and the one from before can come back.

use super::refused;
use crate::error::Problem;
use crate::plan::stack::{Function, Stack};

pub(super) fn check(function: &Function<'_>, stack: &Stack<'_>) -> Option<Problem> {
    let key = function.settings.key.as_ref()?;
    let (why, fix) = reason(function, stack)?;
    Some(refused(function, &format!("{} is the fixed key of its code, and {why}", key.value), fix).at(key.location()))
}

fn reason(function: &Function<'_>, stack: &Stack<'_>) -> Option<(String, &'static str)> {
    if stack.settings.artifacts.is_none() {
        return Some(("there is no bucket".to_owned(), "set `bucket` under [artifacts], or remove `key`"));
    }
    if let Some(other) = stack.functions.iter().find(|other| overwrites(function, other)) {
        return Some((format!("{} has other code under it", other.key), "give each its own `key`, or remove `key`"));
    }
    if !stack.observed.keeps_versions {
        let why = "the bucket keeps no versions: the object from before would be lost".to_owned();
        return Some((why, "let the bucket keep versions (`aws_s3_bucket_versioning`), or remove `key`"));
    }
    if function.observed.latest.storage_mode.as_deref() == Some("REFERENCE") {
        let why = "Lambda runs its code from the object itself (S3ObjectStorageMode REFERENCE)".to_owned();
        return Some((why, "remove `key`: each code then has an object of its own"));
    }
    None
}

fn overwrites(function: &Function<'_>, other: &Function<'_>) -> bool {
    let key = |function: &Function<'_>| function.settings.key.as_ref().map(|key| key.value.clone());
    other.key != function.key && key(other) == key(function) && other.asked_for() != function.asked_for()
}
