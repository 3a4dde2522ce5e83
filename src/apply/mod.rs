//! Runs a plan, and puts back what it changed where it does not reach the end.

mod aliases;
mod code;
mod deployments;
pub mod preview;
mod proof;
mod run;
mod undo;
mod upload;
mod write;

use std::time::Instant;

pub use run::Run;

use crate::error::Failure;
use crate::model::{Outcome, Phase, Released, SmokeResult};

/// Does every step of the plan, in its order; whatever goes wrong, the stage ends as it was.
pub async fn run(run: Run<'_>) -> Outcome {
    let began = Instant::now();
    match steps(&run).await {
        Ok(smoke) => {
            let released = Released { duration: began.elapsed(), ..run.released(smoke) };
            Outcome::Released { plan: run.plan, released }
        }
        Err(failure) => undo::put_back(run, failure).await,
    }
}

/// The story of a release: each line begins when the one before has ended well.
async fn steps(run: &Run<'_>) -> Result<Option<SmokeResult>, Failure> {
    run.began(Phase::Upload);
    upload::artifacts_and_live_code(run).await?;
    run.began(Phase::Functions);
    run.both(code::change(run), deployments::create(run)).await?;
    aliases::create(run).await?;
    aliases::move_all(run).await?;
    aliases::add_permissions(run).await?;
    run.began(Phase::Api);
    deployments::point_stages(run).await?;
    deployments::flush_caches(run).await?;
    run.began(Phase::Prove);
    proof::smoke(run).await
}
