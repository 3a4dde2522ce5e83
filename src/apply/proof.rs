//! The proof that the endpoint answers.

use std::time::{Duration, Instant};

use super::run::{Run, StepError, ended};
use crate::error::Failure;
use crate::model::{SmokePlan, SmokeProof, SmokeResult};
use crate::world::{Look, Wait};

pub(super) async fn smoke(run: &Run<'_>) -> Result<Option<SmokeResult>, Failure> {
    let Some(plan) = &run.plan.smoke else { return Ok(None) };
    let (url, shown) = match &plan.endpoint {
        Some(endpoint) => (run.world.url(endpoint, &plan.target), run.world.url(endpoint, &plan.shown)),
        None => (plan.target.clone(), plan.shown.clone()),
    };
    run.all([answers(run, plan, &url, &shown)]).await?;
    let proof = if plan.settings.proves_release { SmokeProof::ThisRelease } else { SmokeProof::Health };
    Ok(Some(SmokeResult { url: shown, status: plan.status, hits: plan.hits, proof }))
}

async fn answers(run: &Run<'_>, plan: &SmokePlan, url: &str, shown: &str) -> Result<(), StepError> {
    run.may_write()?;
    let began = Instant::now();
    let look = async || {
        for _ in 0..plan.hits {
            let left = plan.timeout.saturating_sub(began.elapsed());
            let ask = async { Ok(run.world.http.ask(url, plan, left).await) };
            if let Err(seen) = run.unless_stopped(ask).await? {
                return Ok(Look::NotYet(seen));
            }
        }
        Ok(Look::Ready(()))
    };
    let what = match plan.hits {
        1 => format!("a good answer from {shown}"),
        hits => format!("{hits} good answers in a row from {shown}"),
    };
    let wait = Wait { longest: Duration::from_secs(1), deadline: plan.timeout, ..run.wait(what.clone()) };
    let failed = format!("failed to get {what}");
    wait.until(look).await.map_err(|error| ended(error, &failed, &fix(run)))?;
    run.done(what);
    Ok(())
}

/// Where to look next: the logs of the functions that changed.
fn fix(run: &Run<'_>) -> String {
    let logs = run.plan.code.iter().map(|change| format!("`aws logs tail /aws/lambda/{}`", change.name));
    let logs: Vec<_> = logs.collect();
    let logs = if logs.is_empty() { String::new() } else { format!("; the function's log: {}", logs.join(", ")) };
    format!("check [smoke] in the settings, and `timeout` for a slow start{logs}")
}
