//! Deletes previews, for every verb that does; with a last look before.

use std::time::Duration;

use super::states::PullRequests;
use crate::apply;
use crate::engine::Run;
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    Act, Delete, Event, Inputs, Listener, Marked, NotPutBack, PreviewId, PreviewOutcome, PreviewOwner, PreviewReport,
    PullRequestState, Step, UndoReport,
};
use crate::observe::{self, Answers};
use crate::plan;
use crate::resources::Context;
use crate::world::World;

/// What was deleted of previews, in words, and what was not.
#[derive(Default)]
pub(super) struct Deletion {
    deleted: Vec<(PreviewId, String)>,
    pub(super) failed: Vec<(PreviewId, Problem)>,
}

/// Warns of what carries the tags of previews and is not a part of them.
pub(super) fn warn_of_mistagged(marked: &Marked, out: &dyn Listener) {
    marked.mistagged.iter().for_each(|other| out.hear(Event::Warning(other.to_string())));
}

/// Deletes all parts. What is gone already is no problem.
pub(super) async fn delete(marked: &Marked, world: &World, out: &dyn Listener) -> Deletion {
    let plan = plan::preview::down(marked, &world.aws.region);
    let cx =
        Context { run: Run::new(world, out, Duration::ZERO), inputs: Inputs::default(), answers: Answers::default() };
    let (made, failed) = apply::delete(&plan, &cx).await;
    let of_preview = |(step, problem)| Some((deletion_of(step)?.owner.preview.clone(), problem));
    let failed = failed.into_iter().filter_map(of_preview);
    // In the plan's order, since deletions of one wave end in any.
    let deleted = plan.steps().filter_map(deletion_of).filter_map(|Delete { target, owner }| {
        let this = (owner.preview.clone(), target.clone());
        made.deleted.contains(&this).then(|| (this.0, format!("{target} deleted")))
    });
    Deletion { deleted: deleted.collect(), failed: failed.collect() }
}

fn deletion_of(step: &Step) -> Option<&Delete> {
    if let Act::Delete(delete) = &step.act { Some(delete) } else { None }
}

impl Deletion {
    /// Adds what another one did.
    pub(super) fn extend(&mut self, other: Self) {
        self.deleted.extend(other.deleted);
        self.failed.extend(other.failed);
    }

    /// The report with what was deleted of its preview.
    pub(super) fn added_to(&self, report: PreviewReport) -> PreviewReport {
        let is_its = |id: &PreviewId| id.number == report.pull_request && id.service == report.service;
        let deleted = self.deleted.iter().filter(|(id, _)| is_its(id)).map(|(_, what)| what.clone()).collect();
        PreviewReport { deleted, ..report }
    }

    /// The end of a run that could not delete everything: what is gone stays gone, and the rest goes with the next
    /// attempt.
    pub(super) fn into_failed(self) -> PreviewOutcome {
        let left = |(id, problem): &(PreviewId, Problem)| NotPutBack {
            what: problem.what.clone(),
            why: problem.why.clone(),
            command: command(id.number, Some(&id.repository), Some(&id.service)),
        };
        let left = self.failed.iter().map(left).collect();
        left_over(left, self.failed.into_iter().map(|(_, problem)| problem).collect())
    }
}

/// Returns the end of a run that could not even look for the preview to delete.
pub(super) fn not_done(owner: &PreviewOwner, number: u64, failure: Failure) -> PreviewOutcome {
    let left = NotPutBack {
        what: format!("the preview of pull request {number}, which was closed"),
        why: failure.to_string(),
        command: command(number, owner.repository.as_ref(), owner.service.as_ref()),
    };
    left_over(vec![left], failure.problems)
}

fn left_over(not_put_back: Vec<NotPutBack>, problems: Vec<Problem>) -> PreviewOutcome {
    let undone = UndoReport { not_put_back, ..UndoReport::default() };
    PreviewOutcome::Failed { failure: Failure { kind: Kind::NotPutBack, problems }, undone }
}

/// Returns the command that deletes the preview.
fn command(number: u64, repository: Option<&String>, service: Option<&String>) -> String {
    let mut command = format!("sls-release preview down --pr {number}");
    for (option, value) in [("repository", repository), ("service", service)] {
        command.extend(value.map(|value| format!(" --{option} {value}")));
    }
    command
}

/// Returns why a preview is kept after all, in words. It was to be deleted because its pull request `is_closed`, or
/// else because it is idle.
pub(super) async fn not_any_more(
    id: &PreviewId,
    is_closed: bool,
    found: &Marked,
    pull_requests: &PullRequests,
    world: &World,
) -> Option<String> {
    if !is_closed {
        return touched(id, found, world).await;
    }
    let is_still = pull_requests.state(id.number).await == PullRequestState::Closed;
    (!is_still).then(|| "the pull request is not known to be closed any more".to_owned())
}

/// Returns in words that a run changed the preview since it was found; on doubt, one did.
async fn touched(id: &PreviewId, found: &Marked, world: &World) -> Option<String> {
    let active = |found: &Marked| found.of(id).previews().into_iter().find_map(|preview| preview.active);
    match observe::marked(world, Some(id.number), |other| other == id).await {
        Ok(now) if active(&now) <= active(found) => None,
        Ok(_) => Some("a run brought it up to date meanwhile".to_owned()),
        Err(failure) => Some(failure.to_string()),
    }
}
