//! Deletes previews for a new one, if the settings limit their number.

use super::deletion::{self, not_any_more};
use super::session::Session;
use super::states::PullRequests;
use crate::error::{Failure, Kind, Problem};
use crate::model::{Event, Listener, PreviewId, PreviewOutcome, Settings, UndoReport};
use crate::observe;
use crate::plan::preview::{self as decide, Eviction};
use crate::report::{self, Reporter};
use crate::world::{self, World};

/// Deletes previews until `id` may be made. Returns the run's end if one could not be deleted. Previews that are made at
/// the same time do not see each other.
///
/// # Errors
/// [`Kind::Refused`] if no preview may be deleted; nothing was written.
pub(super) async fn evict(
    id: &PreviewId,
    settings: &Settings,
    world: &World,
    session: &Session<'_>,
) -> Result<Option<PreviewOutcome>, Failure> {
    let out = session.out;
    let limits = &decide::wanted(settings)?.limits;
    if limits.max_previews.is_none() {
        return Ok(None);
    }
    let wanted = |other: &PreviewId| other.repository == id.repository && other.service == id.service;
    let found = world.cancel.or_cancelled(observe::marked(world, None, wanted)).await?;
    let existing = found.previews();
    if decide::excess(id, &existing, limits) == 0 {
        return Ok(None);
    }
    let pull_requests = PullRequests::connect(&id.repository, session).await?;
    let look = async { Ok(pull_requests.states(&existing).await) };
    let states = world.cancel.or_cancelled(world::with_progress("GitHub to answer", out, look)).await?;
    let going = decide::evict(id, &existing, &states, limits);
    for (deleted, one) in going.map_err(|problem| problem.into_failure(Kind::Refused))?.into_iter().enumerate() {
        if let Some(why) = not_any_more(&one.id, one.is_closed, &found, &pull_requests, world).await {
            let what = format!("the preview of pull request {} is not deleted any more", one.id.number);
            let problem = Problem::new(what).why(why).fix("run it again");
            if deleted == 0 {
                return Err(problem.into_failure(Kind::Refused));
            }
            let (failure, undone) = (problem.into_failure(Kind::Failed), UndoReport::default());
            return Ok(Some(PreviewOutcome::Failed { failure, undone }));
        }
        out.hear(Event::Warning(format!(
            "the preview of pull request {} is deleted, because `max_previews` is reached",
            one.id.number
        )));
        let parts = found.of(&one.id);
        deletion::warn_of_mistagged(&parts, out);
        let deletion = deletion::delete(&parts, world, out).await;
        if !deletion.failed.is_empty() {
            return Ok(Some(deletion.into_failed()));
        }
        report_to(&one, id, &pull_requests, out).await;
    }
    Ok(None)
}

/// Reports the deletion on the pull request.
async fn report_to(gone: &Eviction, id: &PreviewId, pull_requests: &PullRequests, out: &Reporter) {
    let text = report::evicted(&gone.id, id.number);
    if let Err(why) = pull_requests.report(&gone.id, gone.is_closed, &text).await {
        out.hear(Event::NotReported(format!(
            "failed to report on pull request {} that its preview was deleted: {why}",
            gone.id.number
        )));
    }
}
