//! Room for a new preview, where the settings allow only so many.

use super::preview::not_deleted;
use super::prune::touched;
use super::states::PullRequests;
use crate::apply;
use crate::error::{Failure, Kind, Problem};
use crate::model::{Event, Listener, PreviewId, PreviewOutcome, PullRequestState, Request, Settings};
use crate::observe::{self, preview::Found};
use crate::plan::{
    self,
    preview::room::{self, MakesRoom},
};
use crate::report::{self, Reporter};
use crate::world::{self, World};

/// Deletes what has to make room for the preview `id`; `None` where it may be made now, and the run's end where
/// something could not be deleted. Previews that are made at the same time do not see each other.
///
/// # Errors
/// [`Kind::Refused`] where there is no room; nothing was written.
pub(super) async fn make(
    id: &PreviewId,
    settings: &Settings,
    request: &Request,
    world: &World,
    out: &Reporter,
) -> Result<Option<PreviewOutcome>, Failure> {
    let limits = &plan::preview::wanted(settings)?.limits;
    if limits.max_previews.is_none() {
        return Ok(None);
    }
    let wanted = |other: &PreviewId| other.repository == id.repository && other.service == id.service;
    let found = world.cancel.or_cancelled(observe::preview::tagged(world, None, wanted)).await?;
    let standing = found.standing();
    if room::excess(id, &standing, limits) == 0 {
        return Ok(None);
    }
    let pull_requests = PullRequests::connect(request, &id.repository)?;
    let look = async { Ok(pull_requests.states(&standing).await) };
    let states = world.cancel.or_cancelled(world::told("GitHub to answer", out, look)).await?;
    let going = room::decide(id, &standing, &states, limits);
    for one in going.map_err(|problem| problem.into_failure(Kind::Refused))? {
        if let Some(why) = not_any_more(&one, &found, &pull_requests, world).await {
            let what = format!("the preview of pull request {} no longer makes room", one.id.number);
            return Err(Problem::new(what).why(why).fix("run it again").into_failure(Kind::Refused));
        }
        out.hear(Event::Warning(format!("the preview of pull request {} makes room", one.id.number)));
        let deleted = apply::preview::down(&found.of(&one.id), settings.wait_timeout, world, out).await;
        if !deleted.left.is_empty() {
            return Ok(Some(not_deleted(deleted)));
        }
        tell(&one, id, &pull_requests, out).await;
    }
    Ok(None)
}

/// Why it does not go any more, in words.
async fn not_any_more(gone: &MakesRoom, found: &Found, pull_requests: &PullRequests, world: &World) -> Option<String> {
    if !gone.is_closed {
        return touched(&gone.id, found, world).await;
    }
    let is_closed = pull_requests.state(gone.id.number).await == PullRequestState::Closed;
    (!is_closed).then(|| "the pull request is not known to be closed any more".to_owned())
}

/// Who looks at an open pull request learns where its preview went.
async fn tell(gone: &MakesRoom, id: &PreviewId, pull_requests: &PullRequests, out: &Reporter) {
    let text = report::made_room(&gone.id, id.number);
    let told = if gone.is_closed {
        pull_requests.close(&gone.id, &text).await
    } else {
        pull_requests.tell(&gone.id, &text).await
    };
    if let Err(why) = told {
        out.hear(Event::Untold(format!(
            "pull request {} was not told that its preview is gone: {why}",
            gone.id.number
        )));
    }
}
