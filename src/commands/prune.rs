//! `sls-release preview prune`.

use std::time::Duration;

use super::preview::{self, not_deleted, of, reports};
use super::states::PullRequests;
use crate::apply;
use crate::apply::preview::Deleted;
use crate::error::{Failure, Kind, Problem};
use crate::model::{Event, Listener, PreviewId, PreviewOutcome, PreviewReport, PullRequestState, Request};
use crate::observe::{self, preview::Found};
use crate::plan::preview::prune::{self, PrunePlan, PruneReason};
use crate::report::Reporter;
use crate::world::{self, Cancellation, World};

/// Deletes the repository's previews whose pull request is closed, and those that nobody touched for long. What nobody
/// knows enough of stays.
///
/// `Err` means that nothing was written.
pub async fn prune(request: &Request, cancel: &Cancellation, out: &Reporter) -> Result<PreviewOutcome, Failure> {
    let asked = preview::asked(request)?;
    let pull_requests = PullRequests::connect(request, &asked.repository)?;
    if !pull_requests.can_tell() {
        out.hear(Event::Warning(only_by_age(request)?));
    }
    let (world, found) = preview::found(&asked, request, cancel, out).await?;
    let standing = found.standing();
    let look = async { Ok(pull_requests.states(&standing).await) };
    let states = cancel.or_cancelled(world::told("GitHub to answer", out, look)).await?;
    let plan = prune::decide(&standing, &states, request.preview.older_than, world.began);
    for (id, why) in &plan.doubtful {
        out.hear(Event::Warning(format!("the preview of pull request {} stays: {why}", id.number)));
    }
    if plan.delete.is_empty() && plan.doubtful.len() == standing.len() {
        nobody_knows(&plan)?;
    }
    let going = going(&plan, &found, &world);
    if request.preview.dry_run || going.is_empty() {
        return Ok(PreviewOutcome::WouldDelete(going));
    }
    let deleted = delete(&plan, &found, asked.patience(request)?, &pull_requests, &world, out).await;
    if !deleted.left.is_empty() {
        return Ok(not_deleted(deleted));
    }
    let with_deleted = |report| PreviewReport { deleted: of(&report, &deleted.gone), ..report };
    Ok(PreviewOutcome::Down(going.into_iter().map(with_deleted).filter(|report| !report.deleted.is_empty()).collect()))
}

/// Whoever prunes by a schedule must not take this for the answer that nothing has to go.
fn nobody_knows(plan: &PrunePlan) -> Result<(), Failure> {
    let Some((_, why)) = plan.doubtful.first() else { return Ok(()) };
    let what = match plan.doubtful.len() {
        1 => "nobody knows whether the one preview that stands has to go".to_owned(),
        all => format!("nobody knows which of the {all} previews that stand have to go"),
    };
    Err(Problem::new(what).why(why.clone()).into_failure(Kind::Refused))
}

/// Without a token nobody knows which pull requests are closed.
fn only_by_age(request: &Request) -> Result<String, Failure> {
    let what = "there is no token for GitHub, so that nobody tells which pull requests are closed";
    if request.preview.older_than.is_some() {
        return Ok(format!("{what}: only --older-than decides"));
    }
    let problem = Problem::new(what).fix("set GITHUB_TOKEN, or pass --older-than, such as --older-than 14d");
    Err(problem.into_failure(Kind::Usage))
}

/// What goes, with why.
fn going(plan: &PrunePlan, found: &Found, world: &World) -> Vec<PreviewReport> {
    let report = |(id, reason): &(PreviewId, PruneReason)| {
        let reason = Some(reason.in_words(id));
        reports(&found.of(id), world).pop().map(|report| PreviewReport { reason, ..report })
    };
    plan.delete.iter().filter_map(report).collect()
}

/// One preview after the other, since their APIs have to take turns anyway. That may take long, so that each pull
/// request is looked at once more.
async fn delete(
    plan: &PrunePlan,
    found: &Found,
    patience: Duration,
    pull_requests: &PullRequests,
    world: &World,
    out: &Reporter,
) -> Deleted {
    let mut deleted = Deleted::default();
    for (id, reason) in &plan.delete {
        if world.cancel.is_cancelled() {
            let what = format!("the preview of pull request {} is not deleted", id.number);
            deleted.left.push((id.clone(), Problem::new(what).why("the run was cancelled")));
            continue;
        }
        if let Some(why) = not_any_more(id, *reason == PruneReason::Closed, found, pull_requests, world).await {
            out.hear(Event::Warning(format!("the preview of pull request {} stays: {why}", id.number)));
            continue;
        }
        let one = apply::preview::down(&found.of(id), patience, world, out).await;
        if one.left.is_empty() && pull_requests.can_tell() {
            tell(id, *reason, pull_requests, out).await;
        }
        deleted.gone.extend(one.gone);
        deleted.left.extend(one.left);
    }
    deleted
}

/// Why a preview does not go any more that was to go because its pull request `is_closed`, or else because it is idle; in
/// words.
pub(super) async fn not_any_more(
    id: &PreviewId,
    is_closed: bool,
    found: &Found,
    pull_requests: &PullRequests,
    world: &World,
) -> Option<String> {
    if !is_closed {
        return touched(id, found, world).await;
    }
    let is_still = pull_requests.state(id.number).await == PullRequestState::Closed;
    (!is_still).then(|| "the pull request is not known to be closed any more".to_owned())
}

/// Whether somebody touched a preview since it was found, in words; on doubt somebody did.
async fn touched(id: &PreviewId, found: &Found, world: &World) -> Option<String> {
    let active = |found: &Found| found.of(id).standing().into_iter().find_map(|standing| standing.active);
    match observe::preview::tagged(world, Some(id.number), |other| other == id).await {
        Ok(now) if active(&now) <= active(found) => None,
        Ok(_) => Some("a run brought it up to date meanwhile".to_owned()),
        Err(failure) => Some(failure.to_string()),
    }
}

/// GitHub shows no deployment of what is gone; that it cannot be told keeps nothing.
async fn tell(id: &PreviewId, reason: PruneReason, pull_requests: &PullRequests, out: &Reporter) {
    let text = out.gone(id, &reason.in_words(id));
    let told = match reason {
        PruneReason::Closed => pull_requests.close(id, &text).await,
        PruneReason::Idle { .. } => pull_requests.tell(id, &text).await,
    };
    if let Err(why) = told {
        out.hear(Event::Untold(format!(
            "GitHub was not told that the preview of pull request {} is gone: {why}",
            id.number
        )));
    }
}
