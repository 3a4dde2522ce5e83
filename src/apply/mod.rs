//! Runs a plan, and puts back what it changed where it does not reach the end.

mod aliases;
mod code;
mod deployments;
mod proof;
mod run;
mod undo;
mod upload;

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures::FutureExt;

pub use run::Run;

use crate::error::{Failure, Kind, Problem};
use crate::model::{Outcome, Released, SmokeResult};

/// Does every step of the plan, in its order; whatever goes wrong, the stage ends as it was.
pub async fn run(run: Run<'_>) -> Outcome {
    let began = Instant::now();
    // A defect of this program must not leave a stage half-released either.
    let result = AssertUnwindSafe(steps(&run)).catch_unwind().await;
    match result.unwrap_or_else(|_| Err(defect())) {
        Ok(smoke) => {
            let released = Released { duration: began.elapsed(), ..run.released(smoke) };
            Outcome::Released { plan: run.plan, released }
        }
        Err(failure) => undo::put_back(run, failure).await,
    }
}

/// The story of a release: each line begins when the one before has ended well.
async fn steps(run: &Run<'_>) -> Result<Option<SmokeResult>, Failure> {
    upload::artifacts_and_live_code(run).await?;
    run.both(code::change(run), deployments::create(run)).await?;
    aliases::create(run).await?;
    aliases::add_permissions(run).await?;
    aliases::move_all(run).await?;
    deployments::point_stages(run).await?;
    deployments::flush_caches(run).await?;
    proof::smoke(run).await
}

fn defect() -> Failure {
    Problem::new("the release stopped at a defect of sls-release")
        .why("a step panicked; the message is above")
        .fix("please report it")
        .into_failure(Kind::Failed)
}
