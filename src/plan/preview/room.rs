//! Decides what makes room for a new preview where the settings allow only so many.

use std::collections::BTreeMap;

use crate::error::Problem;
use crate::model::{Moment, PreviewId, PreviewLimits, PullRequestState, StandingPreview, WhenFull};

/// A preview that makes room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakesRoom {
    /// Which.
    pub id: PreviewId,
    /// Its pull request is known to be closed; otherwise its readers have to be told.
    pub is_closed: bool,
}

/// How many previews have to go before `id` may be made; none where it stands already.
pub fn excess(id: &PreviewId, standing: &[StandingPreview], limits: &PreviewLimits) -> usize {
    let is_new = standing.iter().all(|preview| preview.id != *id);
    limits.max_previews.filter(|_| is_new).map_or(0, |most| (standing.len() + 1).saturating_sub(most))
}

/// What goes: closed ones first, each time the one that nobody touched for the longest time; a preview of which
/// nobody knows when it changed last goes only where its pull request is closed. The problem names those that stand.
pub fn decide(
    id: &PreviewId,
    standing: &[StandingPreview],
    states: &BTreeMap<u64, PullRequestState>,
    limits: &PreviewLimits,
) -> Result<Vec<MakesRoom>, Problem> {
    let excess = excess(id, standing, limits);
    let is_closed = |preview: &&StandingPreview| states.get(&preview.id.number) == Some(&PullRequestState::Closed);
    let (closed, others): (Vec<_>, Vec<_>) = oldest_first(standing).into_iter().partition(is_closed);
    let may_go = |preview: &&StandingPreview| limits.when_full == WhenFull::ReplaceOldest && preview.active.is_some();
    let closed = closed.into_iter().map(|preview| MakesRoom { id: preview.id.clone(), is_closed: true });
    let others =
        others.into_iter().filter(may_go).map(|preview| MakesRoom { id: preview.id.clone(), is_closed: false });
    let going: Vec<MakesRoom> = closed.chain(others).take(excess).collect();
    if going.len() == excess { Ok(going) } else { Err(full(id, standing, limits)) }
}

/// Those of which nothing is known come last.
fn oldest_first(standing: &[StandingPreview]) -> Vec<&StandingPreview> {
    let mut all: Vec<&StandingPreview> = standing.iter().collect();
    all.sort_by_key(|preview| (preview.active.is_none(), preview.active.map(Moment::unix), preview.id.number));
    all
}

fn full(id: &PreviewId, standing: &[StandingPreview], limits: &PreviewLimits) -> Problem {
    let numbers: Vec<String> = standing.iter().map(|preview| preview.id.number.to_string()).collect();
    let most = limits.max_previews.unwrap_or_default();
    Problem::new(format!("there is no room for the preview of pull request {}", id.number))
        .why(format!(
            "`max_previews` is {most}, and previews stand of pull requests {}, none of which is known to be closed",
            numbers.join(", ")
        ))
        .fix("close one of them, raise `max_previews`, or set `when_full = \"replace-oldest\"`")
}
