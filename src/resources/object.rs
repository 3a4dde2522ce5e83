//! Objects in the artifacts' bucket, under their own digests: put once, never overwritten, never put back.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Context, live_code};
use crate::aws::{CallError, Put};
use crate::engine::StepError;
use crate::error::Problem;
use crate::model::{Amount, Event, KeepCode, Listener, ObjectKey, Upload, Work};

/// Puts an artifact into the bucket.
pub async fn upload(cx: &Context<'_>, upload: &Upload) -> Result<(), StepError> {
    let artifact = cx.artifact(&upload.function)?;
    let sent = Sent::new(cx, &upload.key, upload.bytes);
    let put = Put {
        bucket: cx.bucket()?,
        owner: cx.inputs.bucket_owner.as_ref(),
        encryption: cx.inputs.encryption.as_ref(),
        key: &upload.key,
        path: &artifact.path,
        bytes: artifact.zipped_bytes,
        sha256: &artifact.sha256,
        contents: cx.inputs.contents.get(&upload.function).copied(),
        commit: cx.inputs.commit.as_ref(),
    };
    send(cx, &put, &|bytes| sent.more(bytes)).await?;
    sent.all();
    Ok(())
}

/// Reports how much of an upload was sent.
pub(super) struct Sent<'a> {
    listener: &'a dyn Listener,
    key: &'a ObjectKey,
    bytes: u64,
    left: AtomicU64,
}

impl<'a> Sent<'a> {
    /// An upload that begins.
    pub(super) fn new(cx: &'a Context<'_>, key: &'a ObjectKey, bytes: u64) -> Self {
        let sent = Self { listener: cx.run.listener, key, bytes, left: AtomicU64::new(bytes) };
        sent.listener.hear(Event::Started(sent.amount(bytes)));
        sent
    }

    fn amount(&self, bytes: u64) -> Amount {
        Amount { work: Work::Upload, what: self.key.to_string(), bytes }
    }

    /// More of it was sent.
    pub(super) fn more(&self, bytes: u64) {
        self.listener.hear(Event::Advanced(self.amount(taken(&self.left, bytes))));
    }

    /// It arrived.
    pub(super) fn all(&self) {
        self.listener.hear(Event::Finished(self.amount(self.bytes)));
    }
}

/// Takes bytes from those that are left; returns how many there were, since a repeated attempt tells its bytes again.
fn taken(left: &AtomicU64, bytes: u64) -> u64 {
    let less = |left: u64| Some(left.saturating_sub(bytes));
    let before = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    before.unwrap_or_default().min(bytes)
}

async fn send(cx: &Context<'_>, put: &Put<'_>, sent: &(dyn Fn(u64) + Sync)) -> Result<(), StepError> {
    cx.run.may_write()?;
    let result = cx.run.world.aws.s3.put(put, sent, cx.run.stopped()).await;
    let version = result.map_err(|error: CallError| match cx.run.may_write() {
        Ok(()) => error.into_problem(format!("failed to upload {}", put.key)).into(),
        Err(stopped) => stopped,
    })?;
    cx.run.memory.made(|made| made.object_versions.extend(version.map(|version| (put.key.clone(), version))));
    Ok(())
}

/// Puts the live code under its own digest.
pub async fn keep(cx: &Context<'_>, keep: &KeepCode) -> Result<(), StepError> {
    let failed = |why| {
        let problem = Problem::new(format!("failed to keep the live code of {}", keep.name)).why(why);
        problem
            .fix("without it nothing could be put back: put the zip that is live into the bucket under the key above")
    };
    let file = live_code::file(cx, &keep.function, &keep.sha256, failed).await?;
    let bytes = fs::metadata(&*file).map_err(|error| failed(error.to_string()))?.len();
    let put = Put {
        bucket: cx.bucket()?,
        owner: cx.inputs.bucket_owner.as_ref(),
        encryption: cx.inputs.encryption.as_ref(),
        key: &keep.key,
        path: &file,
        bytes,
        sha256: &keep.sha256,
        contents: cx.inputs.live.get(&keep.function).and_then(|live| live.contents),
        commit: None,
    };
    send(cx, &put, &|_| ()).await?;
    cx.run.done(format!("live code of {} kept as {}", keep.name, keep.key));
    Ok(())
}
