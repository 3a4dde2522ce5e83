//! `sls-release preview prune`.

use super::deletion::{self, Deletion, not_any_more};
use super::preview::{self, reports};
use super::session::Session;
use super::states::PullRequests;
use crate::error::{Failure, Kind, Problem};
use crate::model::{Event, Listener, Marked, PreviewId, PreviewOutcome, PreviewPruneRequest, PreviewReport};
use crate::plan::preview::{self as decide, PrunePlan, PruneReason};
use crate::report::Reporter;
use crate::world::{self, World};

/// Deletes the repository's previews whose pull request is closed, and those that are idle for long. In doubt, a preview
/// is kept.
///
/// `Err` means that nothing was written.
pub(super) async fn prune(request: &PreviewPruneRequest, session: &Session<'_>) -> Result<PreviewOutcome, Failure> {
    let &Session { cancel, out, .. } = session;
    let input = request.previews.settings_input();
    let asked = preview::asked(&input, &request.previews.owner, preview::find(&input)?)?;
    let pull_requests = PullRequests::connect(&asked.repository, session).await?;
    if !pull_requests.has_token() {
        out.hear(Event::Warning(only_by_age(request.older_than.is_some())?));
    }
    let (world, found) = preview::found(&asked, session).await?;
    deletion::warn_of_mistagged(&found, out);
    let existing = found.previews();
    let look = async { Ok(pull_requests.states(&existing).await) };
    let states = cancel.or_cancelled(world::with_progress("GitHub to answer", out, look)).await?;
    let plan = decide::prune(&existing, &states, request.older_than, world.began);
    for (id, why) in &plan.doubtful {
        out.hear(Event::Warning(format!("the preview of pull request {} is kept: {why}", id.number)));
    }
    if plan.delete.is_empty() && plan.doubtful.len() == existing.len() {
        all_unknown(&plan)?;
    }
    let going = going(&plan, &found, &world);
    if request.dry_run || going.is_empty() {
        return Ok(PreviewOutcome::WouldDelete(going));
    }
    let deletion = delete(&plan, &found, &pull_requests, &world, out).await;
    if !deletion.failed.is_empty() {
        return Ok(deletion.into_failed());
    }
    let reports = going.into_iter().map(|report| deletion.added_to(report));
    Ok(PreviewOutcome::Down(reports.filter(|report| !report.deleted.is_empty()).collect()))
}

/// Fails if nothing is known of any preview: a scheduled run must not look as if there were nothing to delete.
fn all_unknown(plan: &PrunePlan) -> Result<(), Failure> {
    let Some((_, why)) = plan.doubtful.first() else { return Ok(()) };
    let what = match plan.doubtful.len() {
        1 => "it is unknown whether the only preview has to be deleted".to_owned(),
        all => format!("it is unknown which of the {all} previews have to be deleted"),
    };
    Err(Problem::new(what)
        .why(why.clone())
        .fix("see that the token may read pull requests, then run it again")
        .into_failure(Kind::Refused))
}

/// Returns a warning that without a token only the age decides; without an age, a failure.
fn only_by_age(is_age_given: bool) -> Result<String, Failure> {
    let what = "without a token for GitHub, it is unknown which pull requests are closed";
    if is_age_given {
        return Ok(format!("{what}: only --older-than decides"));
    }
    let problem = Problem::new(what).fix("set GITHUB_TOKEN, or pass --older-than, such as --older-than 14d");
    Err(problem.into_failure(Kind::Usage))
}

/// Returns the previews to delete, each with its reason.
fn going(plan: &PrunePlan, found: &Marked, world: &World) -> Vec<PreviewReport> {
    let report = |(id, reason): &(PreviewId, PruneReason)| {
        let reason = Some(reason.in_words(id));
        reports(&found.of(id), world).pop().map(|report| PreviewReport { reason, ..report })
    };
    plan.delete.iter().filter_map(report).collect()
}

/// Deletes one preview after the other, since `DeleteRestApi` is limited to one in 30 seconds. That takes long, so each
/// pull request is checked again before.
async fn delete(
    plan: &PrunePlan,
    found: &Marked,
    pull_requests: &PullRequests,
    world: &World,
    out: &Reporter,
) -> Deletion {
    let mut all = Deletion::default();
    for (id, reason) in &plan.delete {
        if world.cancel.is_cancelled() {
            let what = format!("the preview of pull request {} is not deleted", id.number);
            all.failed.push((id.clone(), Problem::new(what).why("the run was cancelled").fix("run it again")));
            continue;
        }
        if let Some(why) = not_any_more(id, *reason == PruneReason::Closed, found, pull_requests, world).await {
            out.hear(Event::Warning(format!("the preview of pull request {} is kept: {why}", id.number)));
            continue;
        }
        let deletion = deletion::delete(&found.of(id), world, out).await;
        if deletion.failed.is_empty() && pull_requests.has_token() {
            report(id, *reason, pull_requests, out).await;
        }
        all.extend(deletion);
    }
    all
}

/// Reports a deletion to GitHub. A failure is a warning: the preview is deleted in any case.
async fn report(id: &PreviewId, reason: PruneReason, pull_requests: &PullRequests, out: &Reporter) {
    let text = out.gone(id, &reason.in_words(id));
    if let Err(why) = pull_requests.report(id, reason == PruneReason::Closed, &text).await {
        out.hear(Event::NotReported(format!(
            "failed to report to GitHub that the preview of pull request {} was deleted: {why}",
            id.number
        )));
    }
}
