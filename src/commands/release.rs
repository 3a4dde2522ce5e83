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
    CommitId, Event, Inputs, Listener, Observed, Outcome, Phase, Plan, Planned, ReleaseRequest, Released, Settings,
};
use crate::observe::{self, Answers};
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
    let artifacts = tokio::task::block_in_place(|| packer.pack(cancel, out))?;
    out.hear(Event::Began(Phase::Look));
    let world = World::connect(settings.region.as_ref(), cancel).await?;
    let look = observe::stack(&settings, &artifacts, &world, out);
    let look = cancel.or_cancelled(world::with_progress("AWS to answer", out, look));
    let answers = asked(request, &settings, &world).shared();
    let observed = world::beside(look, answers.clone()).await?;
    out.logs(&world.aws.region, observed.functions.values().flatten().map(plan::log_of));
    let commit = request.common.commit.as_deref().and_then(CommitId::read);
    let older_commit =
        async { Ok(history::older_commit(commit.as_ref(), &artifacts, &settings, &observed, session).await) };
    let older_commit = cancel.or_cancelled(older_commit).await?;
    let observed = Observed { older_commit, ..observed };
    let Planned { plan, inputs } = plan::release(desired::from_artifacts(&artifacts), &settings, &observed)?;
    let inputs = Inputs { commit, ..inputs };
    if request.plan_only {
        return Ok(Outcome::Planned(plan));
    }
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

/// What the endpoints answer now, which counts where nothing changes. `plan` asks nothing.
async fn asked(request: &ReleaseRequest, settings: &Settings, world: &World) -> Answers {
    if request.plan_only { Answers::default() } else { observe::answers(settings, world).await }
}

/// Nothing changes; what is there has to answer all the same.
async fn unchanged(plan: Plan, cx: &Context<'_>) -> Outcome {
    match apply::run(&plan, cx).await {
        Ok(made) => {
            let endpoints = cx.run.world.urls(&plan.endpoints, &made);
            Outcome::Unchanged { plan, endpoints, smoke: made.smoke.into_values().collect() }
        }
        Err(Reverted { failure, undone }) => Outcome::Failed { plan, failure, undone },
    }
}

async fn applied(plan: Plan, cx: &Context<'_>) -> Outcome {
    let began = Instant::now();
    match apply::run(&plan, cx).await {
        Ok(made) => {
            let endpoints = cx.run.world.urls(&plan.endpoints, &made);
            let released = Released { endpoints, duration: began.elapsed(), ..Released::of(&plan, &made) };
            Outcome::Released { plan, released }
        }
        Err(Reverted { failure, undone }) => Outcome::Failed { plan, failure, undone },
    }
}
