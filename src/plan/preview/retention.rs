//! Decides which previews are deleted: by `prune`, and to make a new one within the limits.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::Problem;
use crate::model::{ExistingPreview, Moment, PreviewId, PreviewLimits, PullRequestState, WhenFull};

/// Why a preview is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PruneReason {
    /// Its pull request is closed.
    Closed,
    /// Nothing of it changed for this many whole days.
    Idle {
        /// Since something of it changed last.
        days: u64,
    },
}

/// What `preview prune` does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrunePlan {
    /// In the order of the existing previews.
    pub delete: Vec<(PreviewId, PruneReason)>,
    /// The previews that are kept because too little is known of them, with the reason.
    pub doubtful: Vec<(PreviewId, String)>,
}

const DAY: Duration = Duration::from_hours(24);

/// Selects the previews whose pull request is known to be closed, or that are known to be idle for longer than
/// `older_than`. In doubt, a preview is kept.
pub fn prune(
    existing: &[ExistingPreview],
    states: &BTreeMap<u64, PullRequestState>,
    older_than: Option<Duration>,
    now: Moment,
) -> PrunePlan {
    let mut plan = PrunePlan::default();
    for preview in existing {
        let idle = preview.active.map(|active| now.since(active));
        let too_old = older_than.zip(idle).filter(|(limit, idle)| idle > limit).map(|(_, idle)| idle);
        match (states.get(&preview.id.number), too_old) {
            (Some(PullRequestState::Closed), _) => plan.delete.push((preview.id.clone(), PruneReason::Closed)),
            (_, Some(idle)) => {
                let days = idle.as_secs() / DAY.as_secs();
                plan.delete.push((preview.id.clone(), PruneReason::Idle { days }));
            }
            (Some(PullRequestState::Unknown(why)), None) => plan.doubtful.push((preview.id.clone(), why.clone())),
            (Some(PullRequestState::Open) | None, None) => {}
        }
    }
    plan
}

impl PruneReason {
    /// In words.
    pub fn in_words(self, id: &PreviewId) -> String {
        match self {
            Self::Closed => format!("pull request {} is closed", id.number),
            Self::Idle { days: 0 } => {
                "nothing of it changed for as long as --older-than allows, less than a day".to_owned()
            }
            Self::Idle { days: 1 } => "nothing of it changed for a day".to_owned(),
            Self::Idle { days } => format!("nothing of it changed for {days} days"),
        }
    }
}

/// A preview that is deleted so that another one can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eviction {
    /// Which.
    pub id: PreviewId,
    /// Its pull request is known to be closed; otherwise the deletion is reported on it.
    pub is_closed: bool,
}

/// Returns how many previews have to be deleted before `id` may be made; 0 if it exists already.
pub fn excess(id: &PreviewId, existing: &[ExistingPreview], limits: &PreviewLimits) -> usize {
    let is_new = existing.iter().all(|preview| preview.id != *id);
    limits.max_previews.filter(|_| is_new).map_or(0, |most| (existing.len() + 1).saturating_sub(most))
}

/// Selects the previews to delete: closed ones first, and the longest idle first. A preview whose last change is unknown
/// is deleted only if its pull request is closed. The problem names the existing previews.
pub fn evict(
    id: &PreviewId,
    existing: &[ExistingPreview],
    states: &BTreeMap<u64, PullRequestState>,
    limits: &PreviewLimits,
) -> Result<Vec<Eviction>, Problem> {
    let excess = excess(id, existing, limits);
    let is_closed = |preview: &ExistingPreview| states.get(&preview.id.number) == Some(&PullRequestState::Closed);
    let may_go = |preview: &&ExistingPreview| {
        is_closed(preview) || (limits.when_full == WhenFull::ReplaceOldest && preview.active.is_some())
    };
    let mut going: Vec<&ExistingPreview> = existing.iter().filter(may_go).collect();
    going.sort_by_key(|preview| (!is_closed(preview), preview.active.is_none(), preview.active, preview.id.number));
    if going.len() < excess {
        return Err(full(id, existing, limits));
    }
    let eviction = |preview: &ExistingPreview| Eviction { id: preview.id.clone(), is_closed: is_closed(preview) };
    Ok(going.into_iter().take(excess).map(eviction).collect())
}

fn full(id: &PreviewId, existing: &[ExistingPreview], limits: &PreviewLimits) -> Problem {
    let numbers: Vec<String> = existing.iter().map(|preview| preview.id.number.to_string()).collect();
    let most = limits.max_previews.unwrap_or_default();
    let fix = match limits.when_full {
        WhenFull::Refuse => "close one of them, raise `max_previews`, or set `when_full = \"replace-oldest\"`",
        WhenFull::ReplaceOldest => "close one of them, or raise `max_previews`",
    };
    Problem::new(format!("the preview of pull request {} would exceed `max_previews`", id.number))
        .why(format!(
            "`max_previews` is {most}, there are previews of pull requests {}, and too few of these are known to be closed",
            numbers.join(", ")
        ))
        .fix(fix)
}
