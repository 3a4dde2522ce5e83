//! `sls-release`, `sls-release release` and `sls-release plan`.

use std::time::Instant;

use futures::FutureExt;

use super::archive_folder::ArchiveFolder;
use super::archives::{Packer, read_settings};
use super::changes;
use super::history;
use super::session::Session;
use crate::apply::{self, Reverted};
use crate::engine::Run;
use crate::error::Failure;
use crate::model::{
    CommitId, Event, Inputs, Listener, Observed, Outcome, Phase, Plan, Planned, ReleaseRequest, Released,
};
use crate::observe::{self, Answers, Reads};
use crate::plan::{self, desired};
use crate::resources::Context;
use crate::settings;
use crate::world::{self, World};

/// Releases the code of a folder, up to an endpoint that answers. `plan` ends before the first write.
///
/// `Err` means that nothing was written; a step that failed later is an [`Outcome::Failed`].
pub(super) async fn release(request: &ReleaseRequest, session: &Session<'_>) -> Result<Outcome, Failure> {
    let &Session { cancel, out, .. } = session;
    let mut settings = read_settings(&request.settings_input(), request.archives.artifacts.as_deref(), out)?;
    settings::read_events(&mut settings)?;
    let folder = ArchiveFolder::for_upload(&settings)?;
    let packer = Packer::new(&request.common, &request.archives, &settings, folder);
    let world = World::connect(settings.region.as_ref(), cancel).await?;
    let artifacts = tokio::task::block_in_place(|| packer.pack(cancel, out))?;
    out.hear(Event::Began(Phase::Look));
    let commit = request.common.commit.as_deref().and_then(CommitId::read);
    let decide = async |reads| {
        let look = observe::stack(&settings, &artifacts, reads, &world, out);
        let observed = cancel.or_cancelled(world::with_progress("AWS to answer", out, look)).await?;
        let older = history::older_commit(commit.as_ref(), &artifacts, &settings, &observed, session);
        let older_commit = cancel.or_cancelled(older.map(Ok)).await?;
        let observed = Observed { older_commit, ..observed };
        let planned = plan::release(desired::from_artifacts(&artifacts), &settings, &observed)?;
        Ok((observed, planned))
    };
    if request.plan_only {
        return Ok(Outcome::Planned(decide(Reads::All).await?.1.plan));
    }
    let answers = observe::answers(&settings, &world).shared();
    let (mut observed, mut planned) = world::beside(decide(Reads::Changes), answers.clone()).await?;
    if observed.is_partial() {
        let answers = cancel.or_cancelled(answers.clone().map(Ok)).await?;
        if !observe::is_shown_by(&answers, &settings) {
            // What was not read of functions that do not change may be why: a permission that was lost.
            (observed, planned) = decide(Reads::All).await?;
        }
    }
    out.logs(&world.aws.region, observed.functions.values().flatten().map(plan::log_of));
    let Planned { plan, inputs } = planned;
    let inputs = Inputs { commit, ..inputs };
    out.plan(&plan);
    let run = Run::new(&world, out, settings.wait_timeout);
    if plan.is_empty() {
        let answers = cancel.or_cancelled(answers.map(Ok)).await?;
        return Ok(unchanged(plan, &Context { run, inputs, answers }).await);
    }
    let before = changes::of_stage(&settings, &observed);
    let cx = Context { run, inputs, answers: Answers::default() };
    let (outcome, ()) = futures::join!(applied(plan, &cx), changes::tell(&artifacts, before, &world, out));
    Ok(outcome)
}

/// Nothing changes; what is there has to answer all the same.
async fn unchanged(plan: Plan, cx: &Context<'_>) -> Outcome {
    match apply::run(&plan, cx).await {
        Ok(made) => {
            let endpoints = cx.run.world.urls(&plan.endpoints, &made);
            let function_urls = cx.run.world.function_urls(&plan.function_urls, &made);
            Outcome::Unchanged { plan, endpoints, function_urls, smoke: made.smoke.into_values().collect() }
        }
        Err(Reverted { failure, undone }) => Outcome::Failed { plan, failure, undone },
    }
}

async fn applied(plan: Plan, cx: &Context<'_>) -> Outcome {
    let began = Instant::now();
    match apply::run(&plan, cx).await {
        Ok(made) => {
            let endpoints = cx.run.world.urls(&plan.endpoints, &made);
            let function_urls = cx.run.world.function_urls(&plan.function_urls, &made);
            let duration = began.elapsed();
            let released = Released { endpoints, function_urls, duration, ..Released::of(&plan, &made) };
            Outcome::Released { plan, released }
        }
        Err(Reverted { failure, undone }) => Outcome::Failed { plan, failure, undone },
    }
}
