//! Which previews go: pure decisions.

use std::collections::BTreeMap;
use std::time::Duration;

use sls_release::model::{ExistingPreview, Moment, PreviewId, PreviewLimits, PullRequestState, WhenFull};
use sls_release::plan::preview::{PruneReason, evict, prune};

const DAY: i64 = 86_400;
const NOW: Moment = Moment::of_unix(100 * DAY);

fn id(number: u64) -> PreviewId {
    PreviewId { repository: "acme/hello".into(), number, service: "hello".into() }
}

/// One that changed last so many days ago; `None`: nobody knows.
fn existing(number: u64, days_ago: Option<i64>) -> ExistingPreview {
    ExistingPreview { id: id(number), active: days_ago.map(|days| Moment::of_unix((100 - days) * DAY)) }
}

fn unknown() -> PullRequestState {
    PullRequestState::Unknown("GitHub does not answer".into())
}

fn states(all: impl IntoIterator<Item = (u64, PullRequestState)>) -> BTreeMap<u64, PullRequestState> {
    all.into_iter().collect()
}

#[test]
fn what_is_closed_goes_and_what_is_open_stays() {
    let all = [existing(1, Some(0)), existing(2, Some(90)), existing(3, None)];
    let states = states([(1, PullRequestState::Closed), (2, PullRequestState::Open), (3, PullRequestState::Closed)]);
    let plan = prune(&all, &states, None, NOW);
    assert_eq!(plan.delete, [(id(1), PruneReason::Closed), (id(3), PruneReason::Closed)]);
    assert!(plan.doubtful.is_empty());
}

#[test]
fn what_is_idle_for_longer_goes_whatever_its_pull_request_is() {
    let two_weeks = Some(Duration::from_hours(14 * 24));
    let all = [existing(1, Some(14)), existing(2, Some(15)), existing(3, Some(90)), existing(4, None)];
    let states = states([(1, PullRequestState::Open), (2, PullRequestState::Open), (3, unknown()), (4, unknown())]);
    let plan = prune(&all, &states, two_weeks, NOW);
    assert_eq!(plan.delete, [(id(2), PruneReason::Idle { days: 15 }), (id(3), PruneReason::Idle { days: 90 })]);
    assert_eq!(plan.doubtful, [(id(4), "GitHub does not answer".to_owned())]);
}

#[test]
fn nobody_knows_the_future() {
    let all = [existing(1, Some(-3))];
    let plan = prune(&all, &BTreeMap::new(), Some(Duration::from_secs(1)), NOW);
    assert!(plan.delete.is_empty() && plan.doubtful.is_empty());
}

fn limits(max_previews: usize, when_full: WhenFull) -> PreviewLimits {
    PreviewLimits { max_previews: Some(max_previews), when_full, log_retention_days: 14 }
}

fn going(
    number: u64,
    all: &[ExistingPreview],
    known: &[(u64, PullRequestState)],
    limits: &PreviewLimits,
) -> Result<Vec<u64>, String> {
    let states = states(known.iter().cloned());
    let going = evict(&id(number), all, &states, limits).map_err(|problem| problem.why)?;
    Ok(going.into_iter().map(|one| one.id.number).collect())
}

#[test]
fn below_the_limit_and_again_nothing_makes_room() {
    let all = [existing(1, Some(9)), existing(2, Some(3))];
    assert_eq!(going(9, &all, &[], &limits(3, WhenFull::Refuse)), Ok(vec![]));
    assert_eq!(going(2, &all, &[], &limits(2, WhenFull::Refuse)), Ok(vec![]), "it stands already");
    let none = PreviewLimits { max_previews: None, ..limits(1, WhenFull::Refuse) };
    assert_eq!(going(9, &all, &[], &none), Ok(vec![]));
}

#[test]
fn the_oldest_closed_one_makes_room_first() {
    let all = [existing(1, Some(9)), existing(2, Some(3)), existing(3, Some(5)), existing(4, None)];
    let known = [(2, PullRequestState::Closed), (3, PullRequestState::Closed), (1, PullRequestState::Open)];
    assert_eq!(going(9, &all, &known, &limits(4, WhenFull::Refuse)), Ok(vec![3]));
    assert_eq!(going(9, &all, &known, &limits(4, WhenFull::ReplaceOldest)), Ok(vec![3]));
    assert_eq!(going(9, &all, &known, &limits(3, WhenFull::Refuse)), Ok(vec![3, 2]), "the limit was lowered");
    assert_eq!(going(9, &all, &known, &limits(2, WhenFull::ReplaceOldest)), Ok(vec![3, 2, 1]));
}

#[test]
fn where_all_are_open_the_settings_decide() {
    let all = [existing(1, Some(9)), existing(2, Some(30)), existing(3, None)];
    let known = [(1, PullRequestState::Open), (2, PullRequestState::Open), (3, unknown())];
    assert_eq!(going(9, &all, &known, &limits(3, WhenFull::ReplaceOldest)), Ok(vec![2]));
    let why = going(9, &all, &known, &limits(3, WhenFull::Refuse)).unwrap_err();
    assert!(why.contains("of pull requests 1, 2, 3"), "{why}");
    // Nobody knows how long it has been idle.
    assert!(going(9, &all, &known, &limits(1, WhenFull::ReplaceOldest)).is_err());
}
