//! Artifacts into the bucket, and the live code beside them, so that there is a way back.

use std::fs;
use std::sync::Arc;

use futures::future::Either;
use tempfile::TempPath;

use super::run::{Run, StepError};
use crate::aws::{CallError, Put};
use crate::error::{Failure, Problem};
use crate::model::{Event, KeepLiveCode, UploadArtifact};

pub(super) async fn artifacts_and_live_code(run: &Run<'_>) -> Result<(), Failure> {
    let uploads = run.plan.uploads.iter().map(|upload| Either::Left(artifact(run, upload)));
    let keeps = run.plan.keeps.iter().map(|keep| Either::Right(live_code(run, keep)));
    run.all(uploads.chain(keeps)).await
}

async fn artifact(run: &Run<'_>, upload: &UploadArtifact) -> Result<(), StepError> {
    let Some(artifact) = run.artifacts.get(&upload.function) else {
        return Err(Problem::new(format!("the plan uploads {}, which was not packed", upload.function)).into());
    };
    let what = upload.key.to_string();
    run.listener.hear(Event::UploadStarted { what: what.clone(), bytes: upload.bytes });
    let sent = |bytes| run.listener.hear(Event::Uploaded { what: what.clone(), bytes });
    let put = Put {
        bucket: run.bucket()?,
        owner: run.bucket_owner(),
        key: &upload.key,
        path: &artifact.path,
        bytes: artifact.zipped_bytes,
        sha256: &artifact.sha256,
        contents: run.observed.contents.get(&upload.function).map(|contents| contents.packed),
    };
    let version = send(run, &put, &sent).await?;
    run.uploaded(&upload.key, version);
    run.listener.hear(Event::UploadFinished { what: what.clone() });
    Ok(())
}

async fn send(run: &Run<'_>, put: &Put<'_>, sent: &(dyn Fn(u64) + Sync)) -> Result<Option<String>, StepError> {
    run.may_write()?;
    let result = run.world.aws.s3.put(put, sent, run.stopped()).await;
    result.map_err(|error: CallError| match run.may_write() {
        Ok(()) => error.into_problem(format!("failed to upload {}", put.key)).into(),
        Err(stopped) => stopped,
    })
}

/// Puts the live code under its own digest; where the look at AWS did not fetch it, it is fetched by Lambda's link.
async fn live_code(run: &Run<'_>, keep: &KeepLiveCode) -> Result<(), StepError> {
    let failed = |why| {
        let problem = Problem::new(format!("failed to keep the live code of {}", keep.name)).why(why);
        problem.fix("without it nothing could be put back: put the zip that is live into the bucket as the key says")
    };
    let contents = run.observed.contents.get(&keep.function);
    let file = match contents.and_then(|contents| contents.live_file.clone()) {
        Some(file) => file,
        None => run.unless_stopped(async { fetch(run, keep).await.map_err(|why| failed(why).into()) }).await?,
    };
    let bytes = fs::metadata(&*file).map_err(|error| failed(error.to_string()))?;
    let put = Put {
        bucket: run.bucket()?,
        owner: run.bucket_owner(),
        key: &keep.key,
        path: &file,
        bytes: bytes.len(),
        sha256: &keep.sha256,
        contents: contents.and_then(|contents| contents.live),
    };
    let version = send(run, &put, &|_| ()).await?;
    run.uploaded(&keep.key, version);
    run.done(format!("live code of {} kept as {}", keep.name, keep.key));
    Ok(())
}

async fn fetch(run: &Run<'_>, keep: &KeepLiveCode) -> Result<Arc<TempPath>, String> {
    let observed = run.observed.functions.get(&keep.function).and_then(Option::as_ref);
    let link = observed.and_then(|function| function.code_link.as_ref());
    Ok(Arc::new(run.world.http.live_code(link, &keep.sha256).await?.into_temp_path()))
}
