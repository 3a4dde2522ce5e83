//! Look, write, look again: the one way in which a resource is put back or deleted.

use std::time::Duration;

use super::run::{Run, Undone};
use crate::aws::{Answer, CallError};
use crate::model::{LeftAlone, NotPutBack};
use crate::world::{Look, Wait, WaitError};

/// The least that putting back waits, even where the way there was to be quick.
const AT_LEAST: Duration = Duration::from_mins(2);

/// How long a failed run waits to delete what it made: a person waits for its end, and what is left is named.
const TO_DELETE_AGAIN: Duration = Duration::from_mins(5);

/// How long one deletion may wait: a queue of forty APIs, one in thirty seconds.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const TO_DELETE: Duration = Duration::from_mins(20);

/// The longest pause between two attempts to delete.
const DELETE_PAUSE: Duration = Duration::from_secs(10);

/// How many lost answers one resource may have before it is given up.
const LOST_ANSWERS: u32 = 4;

/// What a look at the resource showed.
pub enum Found<N> {
    /// It is as it was before the run.
    AsBefore,
    /// It is as this run left it; with what the write needs.
    Ours(N),
    /// It was changed since; how it is now, in words.
    Changed(String),
    /// An update of it is in progress.
    Busy,
}

/// A resource in words and as commands.
pub struct Words {
    /// Fits after "putting back": "alias live of hello".
    pub what: String,
    /// Fits after "put back:": "alias live of hello points at version 3 again".
    pub restored: String,
    /// The command that does it.
    pub by_hand: String,
    /// The command that shows how it is, and changes nothing.
    pub to_look: String,
}

impl Run<'_> {
    /// A wait for putting back, which no signal ends.
    pub fn wait_to_put_back(&self, what: &str) -> Wait<'_> {
        Wait::new(what, self.wait_timeout.max(AT_LEAST), Vec::new(), self.listener)
    }

    /// A wait for deleting what a failed run made, which no signal ends.
    pub fn wait_to_delete_again(&self, what: &str) -> Wait<'_> {
        Wait { longest: DELETE_PAUSE, ..Wait::new(what, TO_DELETE_AGAIN, Vec::new(), self.listener) }
    }

    /// A wait for deleting, which a signal ends: what is left goes with the next attempt.
    pub fn wait_to_delete(&self, what: &str) -> Wait<'_> {
        Wait { longest: DELETE_PAUSE, ..Wait::new(what, TO_DELETE, vec![self.world.cancel.clone()], self.listener) }
    }
}

/// Looks and writes until the resource is as before.
pub async fn restore<N>(
    wait: Wait<'_>,
    words: &Words,
    look: impl AsyncFn() -> Result<Found<N>, CallError>,
    write: impl AsyncFn(N) -> Result<(), CallError>,
) -> Undone {
    let (mut written, mut taken, mut lost) = (false, false, 0);
    let attempt = async || {
        let found = match look().await {
            Err(error) => return again(error, &mut lost).map_err(|why| failed(words, unseen(taken, why))),
            Ok(found) => found,
        };
        let ours = match found {
            Found::AsBefore if written => return Ok(Look::Ready(Undone::PutBack(words.restored.clone()))),
            Found::AsBefore => return Ok(Look::Ready(Undone::Nothing)),
            Found::Changed(now) => return Err(left_alone(words, &now)),
            Found::Busy => return Ok(Look::NotYet("an update of it is in progress".to_owned())),
            Found::Ours(ours) => ours,
        };
        written = true; // from here on, even where the answer is lost
        if let Err(error) = write(ours).await {
            return again(error, &mut lost).map_err(|why| failed(words, why));
        }
        taken = true;
        Ok(Look::NotYet("it was written, and is looked at again".to_owned()))
    };
    match wait.until(attempt).await {
        Ok(undone) | Err(WaitError::Final(undone)) => undone,
        Err(WaitError::Deadline(seen)) => failed(words, seen),
        // What was sent before the signal may be done.
        Err(WaitError::Cancelled) if written && matches!(look().await, Ok(Found::AsBefore)) => {
            Undone::PutBack(words.restored.clone())
        }
        Err(WaitError::Cancelled) => failed(words, "the run was cancelled".to_owned()),
    }
}

/// Whether the next attempt may go better: too many calls, another change in progress, a revision that has just changed,
/// or, unless too often, a lost answer, or something that was deleted since the look. `Err` says why it may not.
fn again(error: CallError, lost: &mut u32) -> Result<Look<Undone>, String> {
    let is_lost = matches!(error.answer, Answer::Unknown | Answer::NotFound);
    let is_passing = matches!(error.answer, Answer::Throttled | Answer::Conflict | Answer::Changed);
    let may_pass = is_passing || is_lost && *lost < LOST_ANSWERS;
    *lost += u32::from(is_lost);
    if may_pass { Ok(Look::NotYet(error.message)) } else { Err(error.into_problem("").why) }
}

/// Why a look failed; what AWS answered to a write before stays true.
fn unseen(taken: bool, why: String) -> String {
    if taken { format!("AWS took the change, but how it is now cannot be seen: {why}") } else { why }
}

fn failed(words: &Words, why: String) -> Undone {
    Undone::Failed(NotPutBack { what: words.what.clone(), why, command: words.by_hand.clone() })
}

/// Leaves a resource as it is: another run or person changed it since, and may need it.
fn left_alone(words: &Words, now: &str) -> Undone {
    let why = format!("it was changed by another run or person since: {now}");
    Undone::LeftAlone(LeftAlone { what: words.what.clone(), why, command: words.to_look.clone() })
}
