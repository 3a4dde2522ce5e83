//! `sls-release`, `sls-release release` and `sls-release plan`.

use super::{changes, pack, read_settings};
use crate::apply;
use crate::error::Failure;
use crate::model::{Event, Listener, Outcome, Phase, Request};
use crate::observe;
use crate::plan;
use crate::report::Reporter;
use crate::world::{self, Cancellation, World};

/// From a folder of code to an endpoint that answers. `plan` ends before the first write.
///
/// `Err` means that nothing was written; a step that failed later is an [`Outcome::Failed`].
pub async fn release(request: &Request, cancel: &Cancellation, out: &Reporter) -> Result<Outcome, Failure> {
    let settings = read_settings(request)?;
    let artifacts = tokio::task::block_in_place(|| pack(request, &settings, cancel, out))?;
    out.hear(Event::Began(Phase::Look));
    let region = settings.region.as_ref().map(|region| &region.value);
    let world = World::connect(region, cancel.clone()).await?;
    let observed = cancel
        .or_cancelled(world::told("AWS to answer", out, observe::stage(&settings, &artifacts, &world, out)))
        .await?;
    let plan = plan::decide(&settings, &artifacts, &observed)?;
    if request.plan_only {
        return Ok(Outcome::Planned(plan));
    }
    out.plan(&plan);
    if plan.is_empty() {
        let endpoints = world.urls(&plan.endpoints);
        return Ok(Outcome::Unchanged { plan, endpoints });
    }
    let before = changes::of_stage(&settings, &observed);
    let run = apply::run(apply::Run::new(plan, &settings, &artifacts, &observed, &world, out));
    let (outcome, compared) = futures::join!(run, changes::compared(&artifacts, before, &world));
    out.changes(compared);
    Ok(outcome)
}
