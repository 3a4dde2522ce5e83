//! Room for a new preview, where the settings allow only so many.

use super::preview::not_deleted;
use super::prune;
use super::states::PullRequests;
use crate::apply;
use crate::error::{Failure, Kind, Problem};
use crate::model::{Event, Listener, PreviewId, PreviewOutcome, Request, Settings};
use crate::observe;
use crate::plan::{
    self,
    preview::room::{self, MakesRoom},
};
use crate::report::{self, Reporter};
use crate::world::{self, World};

/// What became of the room for a new preview.
pub(super) enum Room {
    /// There is enough.
    Enough,
    /// There is now; what was seen of AWS before may be gone.
    Made,
    /// Something could not be deleted: the run's end.
    Ended(Box<PreviewOutcome>),
}

/// Deletes what has to make room for the preview `id`. Previews that are made at the same time do not see each other.
///
/// # Errors
/// [`Kind::Refused`] where there is no room; nothing was written.
pub(super) async fn make(
    id: &PreviewId,
    settings: &Settings,
    request: &Request,
    world: &World,
    out: &Reporter,
) -> Result<Room, Failure> {
    let limits = &plan::preview::wanted(settings)?.limits;
    if limits.max_previews.is_none() {
        return Ok(Room::Enough);
    }
    let wanted = |other: &PreviewId| other.repository == id.repository && other.service == id.service;
    let found = world.cancel.or_cancelled(observe::preview::tagged(world, None, wanted)).await?;
    let standing = found.standing();
    if room::excess(id, &standing, limits) == 0 {
        return Ok(Room::Enough);
    }
    let pull_requests = PullRequests::connect(request, &id.repository)?;
    let look = async { Ok(pull_requests.states(&standing).await) };
    let states = world.cancel.or_cancelled(world::told("GitHub to answer", out, look)).await?;
    let going = room::decide(id, &standing, &states, limits);
    for one in going.map_err(|problem| problem.into_failure(Kind::Refused))? {
        if let Some(why) = prune::not_any_more(&one.id, one.is_closed, &found, &pull_requests, world).await {
            let what = format!("the preview of pull request {} no longer makes room", one.id.number);
            return Err(Problem::new(what).why(why).fix("run it again").into_failure(Kind::Refused));
        }
        out.hear(Event::Warning(format!("the preview of pull request {} makes room", one.id.number)));
        let deleted = apply::preview::down(&found.of(&one.id), settings.wait_timeout, world, out).await;
        if !deleted.left.is_empty() {
            return Ok(Room::Ended(Box::new(not_deleted(deleted))));
        }
        tell(&one, id, &pull_requests, out).await;
    }
    Ok(Room::Made)
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
