//! The proof that the preview answers.

use std::time::{Duration, Instant};

use super::run::PreviewRun;
use crate::apply::run::{StepError, ended};
use crate::error::Failure;
use crate::model::{Endpoint, Phase, SmokePlan, SmokeProof, SmokeResult};
use crate::world::{Look, Wait};

/// Asks as the settings say; `None` where they say nothing.
pub(super) async fn smoke(run: &PreviewRun<'_>) -> Result<Option<SmokeResult>, Failure> {
    let Some((key, plan)) = &run.plan.smoke else { return Ok(None) };
    let Some(endpoint) = run.endpoints().remove(key) else { return Ok(None) };
    run.began(Phase::Prove);
    run.all([answers(run, plan, &endpoint)]).await?;
    let proof = if plan.settings.proves_release { SmokeProof::ThisRelease } else { SmokeProof::Health };
    let url = run.world.url(&endpoint, &plan.shown);
    Ok(Some(SmokeResult { url, status: plan.status, hits: plan.hits, proof }))
}

async fn answers(run: &PreviewRun<'_>, plan: &SmokePlan, endpoint: &Endpoint) -> Result<(), StepError> {
    let (url, shown) = (run.world.url(endpoint, &plan.target), run.world.url(endpoint, &plan.shown));
    let began = Instant::now();
    let look = async || {
        for _ in 0..plan.hits {
            let left = plan.timeout.saturating_sub(began.elapsed());
            let seen = tokio::select! {
                biased;
                () = run.world.cancel.cancelled() => return Err(StepError::Stopped),
                seen = run.world.http.ask(&url, plan, left) => seen,
            };
            if let Err(seen) = seen {
                return Ok(Look::NotYet(seen));
            }
        }
        Ok(Look::Ready(()))
    };
    let what = format!("good answers from {shown}");
    let wait = Wait { longest: Duration::from_secs(1), deadline: plan.timeout, ..run.wait(what.clone()) };
    let fix = "check [smoke] in the settings, and the logs of the preview's functions";
    wait.until(look).await.map_err(|error| ended(error, &format!("failed to get {what}"), fix))?;
    run.done(what);
    Ok(())
}
