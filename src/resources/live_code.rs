//! The live code of functions, which goes back after a failure.

use std::sync::Arc;

use tempfile::TempPath;

use super::{Context, code};
use crate::engine::{StepError, Write, send};
use crate::error::Problem;
use crate::model::{FetchCode, FunctionKey, KeptCode, Sha256, Version};

/// Keeps the live code in a private file. Where no version has it, it is published first: a run that is killed loses
/// nothing.
pub async fn fetch(cx: &Context<'_>, fetch: &FetchCode) -> Result<(), StepError> {
    let name = &fetch.name;
    let failed = |why| {
        let problem = Problem::new(format!("failed to fetch the live code of {name}")).why(why);
        problem.fix("without it nothing could be put back: try again, or set `bucket` under [artifacts]")
    };
    let file = file(cx, &fetch.function, &fetch.sha256, failed).await?;
    let version = match &fetch.version {
        Some(version) => version.clone(),
        None => published(cx, fetch).await?,
    };
    cx.run.done(format!("live code of {name} fetched, which version {version} has"));
    cx.run.memory.made(|made| made.kept.insert(name.clone(), KeptCode { file, version }));
    Ok(())
}

/// Publishes the live code. Lambda gives `$LATEST` another revision by that, which the update has to name; other code than
/// before is somebody else's.
async fn published(cx: &Context<'_>, fetch: &FetchCode) -> Result<Version, StepError> {
    let (lambda, name) = (&cx.run.world.aws.lambda, &fetch.name);
    let sha256 = fetch.sha256.base64();
    let publish = async |revision| lambda.publish(name, &sha256, revision).await;
    let write = Write::new(format!("failed to publish the live code of {name}"), Vec::new());
    let call = async || publish(Some(&fetch.revision)).await;
    let version = send(&cx.run, write.waits_for_conflicts(), call, async || publish(None).await.map(Some)).await?;
    let now = code::state(cx, &format!("function {name}"), name, None).await?;
    if (now.sha256, now.configuration) != (fetch.sha256, fetch.configuration) {
        return Err(Problem::new(format!("{name} changed since the plan was made"))
            .why(format!("its CodeSha256 is {}, or its configuration is another one", now.sha256.base64()))
            .fix("somebody else releases it: run it again")
            .into());
    }
    cx.run.memory.revised(name.clone(), now.revision);
    Ok(version)
}

/// The live code in a file. Where the look at AWS did not fetch it, it is fetched by Lambda's link.
pub(super) async fn file(
    cx: &Context<'_>,
    function: &FunctionKey,
    sha256: &Sha256,
    failed: impl Fn(String) -> Problem,
) -> Result<Arc<TempPath>, StepError> {
    let live = cx.inputs.live.get(function).cloned().unwrap_or_default();
    if let Some(file) = live.file {
        return Ok(file);
    }
    let http = &cx.run.world.http;
    let fetch = async { http.live_code(live.link.as_ref(), sha256).await.map_err(|why| failed(why).into()) };
    Ok(Arc::new(cx.run.unless_stopped(fetch).await?.into_temp_path()))
}
