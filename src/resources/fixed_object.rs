//! Objects under fixed keys, which Terraform owns. Each put is a new version, so that deleting it brings back the object from
//! before with everything that Terraform set on it.

use super::{Context, object, put_back};
use crate::aws::Put;
use crate::engine::{Found, StepError, Undone, Words, Write, send};
use crate::error::Problem;
use crate::model::{Artifact, ObservedObject, ReplaceObject};

/// Puts an artifact as a new version, unless the object changed since it was observed.
pub async fn replace(cx: &Context<'_>, replace: &ReplaceObject) -> Result<(), StepError> {
    let ReplaceObject { function, key, before, .. } = replace;
    let (s3, artifact, bucket) = (&cx.run.world.aws.s3, cx.artifact(function)?, cx.bucket()?);
    let fields = cx.inputs.object_fields.get(key).cloned().unwrap_or_default();
    let put = Put {
        bucket,
        owner: cx.inputs.bucket_owner.as_ref(),
        encryption: cx.inputs.encryption.as_ref(),
        key,
        path: &artifact.path,
        bytes: artifact.zipped_bytes,
        sha256: &artifact.sha256,
        contents: None,
        commit: None,
    };
    let sent = object::Sent::new(cx, key, artifact.zipped_bytes);
    let etag = before.as_ref().map(|before| before.etag.as_str());
    let call = async || s3.replace(&put, etag, &fields, &|bytes| sent.more(bytes)).await;
    let look = async || {
        let now = s3.object(bucket, key, cx.inputs.bucket_owner.as_ref()).await?;
        Ok(now.filter(|now| now.holds(artifact)).map(|now| now.version_id))
    };
    let write = Write::new(format!("failed to put a new version of {key}"), replace.undos());
    let version = send(&cx.run, write.waits_for_conflicts().may_be_anothers(), call, look).await?;
    sent.all();
    let version = version.ok_or_else(|| unversioned(replace))?;
    cx.run.memory.made(|made| made.object_versions.insert(key.clone(), version));
    Ok(())
}

fn unversioned(replace: &ReplaceObject) -> Problem {
    Problem::new(format!("the new object {} has no version", replace.key))
        .why("the bucket kept versions when this run looked, and does not any more")
        .fix("let the bucket keep versions, and put the object from before back with Terraform")
}

/// Deletes the version of this run, where it is still the current one.
pub async fn undo(cx: &Context<'_>, replace: &ReplaceObject) -> Undone {
    let ReplaceObject { function, key, before, .. } = replace;
    let (Ok(bucket), Ok(artifact)) = (cx.bucket(), cx.artifact(function)) else { return Undone::Nothing };
    let made = cx.run.memory.made(|made| made.object_versions.get(key).cloned());
    let version = made.clone().unwrap_or_else(|| "VERSION".to_owned());
    let of_object = format!("--bucket {bucket} --key {}", shell(key.as_str()));
    let words = Words {
        what: format!("object {key}"),
        restored: format!("object {key} has its version from before again"),
        by_hand: cx.aws(&format!("s3api delete-object {of_object} --version-id {version}")),
        to_look: cx.aws(&format!("s3api head-object {of_object}")),
    };
    let s3 = &cx.run.world.aws.s3;
    let look = async || {
        let Some(now) = s3.object(bucket, key, cx.inputs.bucket_owner.as_ref()).await? else {
            let is_gone = before.is_some();
            return Ok(if is_gone { Found::Changed("it does not exist any more".into()) } else { Found::AsBefore });
        };
        let before = before.as_ref();
        if before.is_some_and(|before| now.etag.as_ref() == Some(&before.etag) && now.version_id == before.version) {
            return Ok(Found::AsBefore);
        }
        let words = format!("its version is {}", now.version_id.as_deref().unwrap_or("null"));
        Ok(ours(now, made.as_ref(), artifact).map_or(Found::Changed(words), Found::Ours))
    };
    let write = async |version: String| s3.delete_version(bucket, key, &version).await;
    put_back(cx, words, look, write).await
}

/// The version, where it is this run's. After a lost answer, the bytes tell.
fn ours(now: ObservedObject, made: Option<&String>, artifact: &Artifact) -> Option<String> {
    let holds = now.holds(artifact);
    now.version_id.filter(|version| made.map_or(holds, |made| made == version))
}

/// A word for a shell.
fn shell(word: &str) -> String {
    let is_plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-=+@:".contains(&byte));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
