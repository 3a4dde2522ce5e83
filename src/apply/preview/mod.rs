//! Makes a preview, or brings it up to date; deletes previews.
//!
//! What a run made is deleted again where the run fails. What it changed of a preview that was there before stays
//! changed, and is named: the next `preview up` brings it up to date.

mod apis;
mod delete;
mod functions;
mod logs;
mod proof;
mod run;
pub mod stage;
mod undo;
mod writes;

use std::collections::BTreeMap;

pub use delete::{Deleted, down};
pub use run::PreviewRun;

use crate::error::Failure;
use crate::model::{PreviewOutcome, PreviewReport, SmokeResult};

/// Does every step of the plan; where one fails, nothing that this run made is left. Where nothing has to be written, it
/// is asked whether it answers: the run that made it so may have failed at this.
pub async fn up(run: PreviewRun<'_>) -> PreviewOutcome {
    match steps(&run).await {
        Ok(smoke) if run.plan.is_empty() => PreviewOutcome::Unchanged(PreviewReport { smoke, ..report(&run) }),
        Ok(smoke) => PreviewOutcome::Up(PreviewReport { smoke, ..report(&run) }),
        Err(failure) => undo::put_back(&run, failure).await,
    }
}

/// The story of a preview: each line begins when the one before has ended well.
async fn steps(run: &PreviewRun<'_>) -> Result<Option<SmokeResult>, Failure> {
    functions::upload(run).await?;
    logs::make(run).await?;
    functions::make(run).await?;
    apis::make(run).await?;
    functions::permit(run).await?;
    proof::smoke(&run.writes, run.plan.smoke.as_ref(), &run.endpoints()).await
}

/// What there is of the preview now.
fn report(run: &PreviewRun<'_>) -> PreviewReport {
    let endpoints: BTreeMap<_, _> = run.endpoints().into_iter().collect();
    PreviewReport {
        functions: run.plan.functions.iter().map(|function| function.name.clone()).collect(),
        endpoints: run.world.urls(&endpoints.into_values().collect::<Vec<_>>()),
        skipped: run.plan.skipped(),
        ..PreviewReport::of(&run.plan.id)
    }
}
