//! Makes a preview by the strategy `stage`, or brings it up to date.
//!
//! The stage comes first and goes last: its tags say whose the preview is, and what it serves leads to the rest.

mod aliases;
mod delete;
mod latest;
mod leave;
mod passage;
mod run;
mod stages;
mod undo;

pub(super) use delete::stage as delete_stage;
pub use run::StageRun;

use crate::error::Failure;
use crate::model::{FunctionName, Phase, PreviewOutcome, PreviewReport, SmokeResult, StagePlanFunction};

/// Does every step of the plan; where one fails, all is as it was before. Where nothing has to be written, it is asked
/// whether it answers: the run that made it so may have failed at this.
pub async fn up(run: StageRun<'_>) -> PreviewOutcome {
    match steps(&run).await {
        Ok(smoke) if run.plan.is_empty() => PreviewOutcome::Unchanged(PreviewReport { smoke, ..report(&run) }),
        Ok(smoke) => {
            delete::outdated(&run).await;
            PreviewOutcome::Up(PreviewReport { smoke, ..report(&run) })
        }
        Err(failure) => undo::put_back(&run, failure).await,
    }
}

/// The story of a preview: each line begins when the one before has ended well.
async fn steps(run: &StageRun<'_>) -> Result<Option<SmokeResult>, Failure> {
    run.writes.began(Phase::Upload);
    latest::upload(run).await?;
    run.writes.began(Phase::Api);
    stages::make(run).await?;
    stages::touch(run).await;
    run.writes.began(Phase::Functions);
    latest::versions(run).await?;
    aliases::point(run).await?;
    aliases::permit(run).await?;
    super::proof::smoke(&run.writes, run.plan.smoke.as_ref(), &run.endpoints()).await
}

/// What there is of the preview now.
fn report(run: &StageRun<'_>) -> PreviewReport {
    let alias = run.plan.id.alias();
    let name = |function: &StagePlanFunction| FunctionName::new(format!("{}:{alias}", function.name));
    PreviewReport {
        functions: run.plan.functions.iter().map(name).collect(),
        endpoints: run.world.urls(&run.endpoints().into_values().collect::<Vec<_>>()),
        ..PreviewReport::of(&run.plan.id)
    }
}
