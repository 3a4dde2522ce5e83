//! Decides which previews go: those whose pull request is closed, and those that nobody touched for long.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{Moment, PreviewId, PullRequestState, StandingPreview};

/// Why a preview goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PruneReason {
    /// Its pull request is closed.
    Closed,
    /// Nobody touched it for this many whole days.
    Idle {
        /// Since something of it changed last.
        days: u64,
    },
}

/// What `preview prune` does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrunePlan {
    /// In the order of what stands.
    pub delete: Vec<(PreviewId, PruneReason)>,
    /// What stays because nobody knows, with why.
    pub doubtful: Vec<(PreviewId, String)>,
}

const DAY: Duration = Duration::from_hours(24);

/// A preview goes where its pull request is known to be closed, or where it is known to be idle for longer than
/// `older_than`. On doubt it stays.
pub fn decide(
    standing: &[StandingPreview],
    states: &BTreeMap<u64, PullRequestState>,
    older_than: Option<Duration>,
    now: Moment,
) -> PrunePlan {
    let mut plan = PrunePlan::default();
    for preview in standing {
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
                "nothing of it changed for as long as --older-than says, less than a day".to_owned()
            }
            Self::Idle { days: 1 } => "nothing of it changed for a day".to_owned(),
            Self::Idle { days } => format!("nothing of it changed for {days} days"),
        }
    }
}
