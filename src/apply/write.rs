//! One write, sent until it is known whether it was done.

use super::run::{Run, StepError, ended};
use super::undo::Undo;
use crate::aws::{Answer, CallError};
use crate::world::Look;

/// How often a write is sent whose answers get lost.
const LOST_ANSWERS: u32 = 4;

/// Sends a write, and again while AWS throttles it or is `busy` with its resource.
///
/// Each attempt is one call. The SDK's own repetition would hide whether a refusal answers the first
/// attempt, and so says that somebody else was faster, or a later one, and so may say that we were. Where
/// an answer is lost, `done` looks whether the write was done. A write that was refused is forgotten:
/// there is nothing to put back.
pub(super) async fn until_done<T>(
    run: &Run<'_>,
    failed: &str,
    undo: Undo,
    busy: fn(&CallError) -> bool,
    write: impl AsyncFn() -> Result<T, CallError>,
    done: impl AsyncFn() -> Result<Option<T>, CallError>,
) -> Result<T, StepError> {
    run.may_write()?;
    let memory = run.remember(undo);
    let problem = |error: CallError| StepError::Problem(error.into_problem(failed));
    let mut lost = 0;
    let look = async || {
        run.may_write()?;
        match write().await {
            Ok(value) => Ok(Look::Ready(value)),
            Err(error) if error.answer == Answer::Throttled || busy(&error) => Ok(Look::NotYet(error.message)),
            Err(error) if error.answer == Answer::Unknown || lost > 0 => {
                lost += 1;
                match done().await {
                    Ok(Some(value)) => Ok(Look::Ready(value)),
                    Ok(None) if error.answer == Answer::Unknown && lost <= LOST_ANSWERS => {
                        Ok(Look::NotYet(error.message))
                    }
                    Ok(None) => Err(problem(error)),
                    // The next attempt is refused, since the first one was done, and then asks again.
                    Err(later) if busy(&later) || may_pass(&later) && lost <= LOST_ANSWERS => {
                        Ok(Look::NotYet(later.message))
                    }
                    Err(later) => Err(problem(later)),
                }
            }
            Err(error) => {
                run.forget(memory);
                Err(problem(error))
            }
        }
    };
    let waiting = format!("AWS to {}", failed.trim_start_matches("failed to "));
    let result = run.wait(waiting).until(look).await;
    result.map_err(|error| ended(error, failed, "try again in a minute"))
}

fn may_pass(error: &CallError) -> bool {
    matches!(error.answer, Answer::Throttled | Answer::Unknown)
}

/// No conflict is transient: it says that the thing exists already.
pub(super) fn never(_error: &CallError) -> bool {
    false
}

/// A conflict says that another change is in progress.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/api/CommonErrors.html>
pub(super) fn conflicts(error: &CallError) -> bool {
    error.answer == Answer::Conflict
}
