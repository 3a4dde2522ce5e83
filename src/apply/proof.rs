//! The proof that the endpoint answers.

use std::time::Duration;

use super::run::{Run, StepError, ended};
use crate::error::Failure;
use crate::model::{SmokePlan, SmokeProof, SmokeResult};
use crate::world::{Look, Wait};

pub(super) async fn smoke(run: &Run<'_>) -> Result<Option<SmokeResult>, Failure> {
    let Some(plan) = &run.plan.smoke else { return Ok(None) };
    let url = match &plan.endpoint {
        Some(endpoint) => run.world.url(endpoint, &plan.target),
        None => plan.target.clone(),
    };
    run.all([answers(run, plan, &url)]).await?;
    let proof = if plan.contains.is_some() { SmokeProof::ThisRelease } else { SmokeProof::Health };
    Ok(Some(SmokeResult { url: shown(&url).to_owned(), status: plan.status, hits: plan.hits, proof }))
}

/// A query may hold a key.
fn shown(url: &str) -> &str {
    url.split_once('?').map_or(url, |(before, _)| before)
}

async fn answers(run: &Run<'_>, plan: &SmokePlan, url: &str) -> Result<(), StepError> {
    run.may_write()?;
    let mut hits = 0;
    let look = async || loop {
        let answer = tokio::select! {
            answer = run.world.http.ask(url, plan) => answer,
            () = run.world.cancel.cancelled() => Err("the run was cancelled".to_owned()),
        };
        match answer {
            Ok(()) => hits += 1,
            Err(seen) => {
                hits = 0;
                return Ok(Look::NotYet(seen));
            }
        }
        if hits >= plan.hits {
            return Ok(Look::Ready(()));
        }
    };
    let what = format!("{} good answers from {}", plan.hits, shown(url));
    let wait = Wait { longest: Duration::from_secs(1), deadline: plan.timeout, ..run.wait(what.clone()) };
    let fix =
        "see the function's log: `aws logs tail /aws/lambda/<name>`; for a slow start raise `timeout` under [smoke]";
    wait.until(look).await.map_err(|error| ended(error, &what, fix))?;
    run.done(what);
    Ok(())
}
