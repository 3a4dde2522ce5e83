//! One write, sent until it is known whether it was done. The only sender.

use std::time::{Duration, Instant};

use super::run::{Run, StepError, ended};
use crate::aws::{Answer, CallError};
use crate::model::Undo;
use crate::world::{Look, Wait};

/// How often a write is sent if its answers get lost.
const LOST_ANSWERS: u32 = 4;

/// The least that a write waits for a quota of the account: a queue of a hundred and eighty deployments.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const QUOTA: Duration = Duration::from_mins(15);

/// How long AWS may not know what was just made.
const APPEARS: Duration = Duration::from_secs(15);

/// The first pause of a write that waits for a quota.
const QUOTA_FIRST: Duration = Duration::from_millis(500);

/// The longest: many runs that ask more often would take the account's other calls, ten a second in all.
const QUOTA_LONGEST: Duration = Duration::from_secs(5);

/// A write in words, and what it may leave.
pub struct Write {
    /// "failed to move alias live of hello to version 4".
    failed: String,
    undos: Vec<Undo>,
    /// The answers after which it is sent again.
    comes_after: &'static [Answer],
    waits_for_quota: bool,
    may_be_anothers: bool,
    is_of_something_new: bool,
}

impl Write {
    /// A write for which a conflict is final: what it makes exists already.
    pub fn new(failed: impl Into<String>, undos: Vec<Undo>) -> Self {
        Self {
            failed: failed.into(),
            undos,
            comes_after: &[Answer::Throttled],
            waits_for_quota: false,
            may_be_anothers: false,
            is_of_something_new: false,
        }
    }

    /// A conflict means that another change is in progress; wait for its end.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>,
    /// <https://docs.aws.amazon.com/apigateway/latest/api/CommonErrors.html>
    #[must_use]
    pub fn waits_for_conflicts(self) -> Self {
        Self { comes_after: &[Answer::Throttled, Answer::Conflict], ..self }
    }

    /// A refusal because of a change meanwhile is no failure where that change is the same: two runs released the same
    /// code at once. What another run did is not put back.
    #[must_use]
    pub fn may_be_anothers(self) -> Self {
        Self { may_be_anothers: true, ..self }
    }

    /// What it is about may have just been made: for some seconds, AWS may not know it, or be busy with it.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
    #[must_use]
    pub fn of_something_new(self) -> Self {
        Self { is_of_something_new: true, ..self }
    }

    /// All calls of the account share the quota, so that the write may have to wait longer than anything else.
    #[must_use]
    pub fn waits_for_quota(self) -> Self {
        Self { waits_for_quota: true, ..self }
    }

    /// "move alias live of hello to version 4".
    fn purpose(&self) -> &str {
        self.failed.trim_start_matches("failed to ")
    }

    fn wait<'r>(&self, run: &'r Run<'_>) -> Wait<'r> {
        let wait = run.wait(format!("AWS to {}", self.purpose()));
        if !self.waits_for_quota {
            return wait;
        }
        Wait { first: QUOTA_FIRST, longest: QUOTA_LONGEST, deadline: wait.deadline.max(QUOTA), ..wait }
    }

    fn comes_again(&self, error: &CallError) -> bool {
        self.comes_after.contains(&error.answer)
    }

    fn may_appear(&self, error: &CallError, began: Instant) -> bool {
        let is_not_known = matches!(error.answer, Answer::NotFound | Answer::Conflict);
        self.is_of_something_new && is_not_known && began.elapsed() < APPEARS
    }

    /// Whether another run may have done the same before.
    fn is_lost_race(&self, error: &CallError) -> bool {
        self.may_be_anothers && matches!(error.answer, Answer::Changed | Answer::Conflict)
    }
}

/// Sends a write, and again while AWS throttles it or is busy with its resource.
///
/// Each attempt is one call. The SDK's own repetition would hide whether a refusal answers the first attempt, and so
/// says that another run was faster, or a later one, and so may say that this run was. After a lost answer, `look` says
/// whether the write was done. A write that was refused or throttled each time is forgotten: there is nothing to put back,
/// even where another run did the same.
pub async fn send<T>(
    run: &Run<'_>,
    write: Write,
    call: impl AsyncFn() -> Result<T, CallError>,
    look: impl AsyncFn() -> Result<Option<T>, CallError>,
) -> Result<T, StepError> {
    run.may_write()?;
    let remembered = run.memory.remember(write.undos.clone());
    let problem = |error: CallError| StepError::Problem(error.into_problem(&write.failed));
    let (mut lost, mut is_anothers, began) = (0, false, Instant::now());
    let attempt = async || {
        run.may_write()?;
        let error = match call().await {
            Ok(value) => return Ok(Look::Ready(value)),
            Err(error) if write.comes_again(&error) => return Ok(Look::NotYet(error.message)),
            Err(error) => error,
        };
        let is_lost = error.answer == Answer::Unknown || lost > 0;
        let comes_later = || !is_lost && write.may_appear(&error, began);
        if !is_lost && !write.is_lost_race(&error) {
            return if comes_later() { Ok(Look::NotYet(error.message)) } else { Err(problem(error)) };
        }
        lost += u32::from(is_lost);
        let may_pass = |error: &CallError| error.answer == Answer::Unknown && lost <= LOST_ANSWERS;
        match look().await {
            Ok(Some(value)) => {
                is_anothers = !is_lost;
                Ok(Look::Ready(value))
            }
            Ok(None) if may_pass(&error) || comes_later() => Ok(Look::NotYet(error.message)),
            Ok(None) => Err(problem(error)),
            // The next attempt is refused if the first one was done, and then this looks again.
            Err(later) if write.comes_again(&later) || may_pass(&later) => Ok(Look::NotYet(later.message)),
            Err(later) => Err(problem(later)),
        }
    };
    let result = write.wait(run).until(attempt).await;
    if is_anothers || result.is_err() && lost == 0 {
        run.memory.forget(remembered);
    }
    if is_anothers {
        run.memory.made(|made| made.met_another_run = true);
        run.warn(format!("another run released the same at the same time: it was faster to {}", write.purpose()));
    }
    result.map_err(|error| ended(error, &write.failed, "try again in a minute"))
}
