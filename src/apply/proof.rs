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
    let what = format!("{} good answers from {shown}", plan.hits);
    let wait = Wait { longest: Duration::from_secs(1), deadline: plan.timeout, ..run.wait(what.clone()) };
    let fix =
        "see the function's log: `aws logs tail /aws/lambda/<name>`; for a slow start raise `timeout` under [smoke]";
    let failed = format!("{shown} did not give {} good answers in a row", plan.hits);
    wait.until(look).await.map_err(|error| ended(error, &failed, fix))?;
    run.done(what);
    Ok(())
}
