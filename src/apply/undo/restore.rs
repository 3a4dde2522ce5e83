//! Look, write, look again: the one way in which a thing is put back.

use std::time::Duration;

use super::Undone;
use crate::apply::run::Run;
use crate::aws::{Answer, CallError};
use crate::model::{Event, LeftAlone, NotPutBack};
use crate::world::{Look, Wait, WaitError};

/// The way back is awaited for this long even where the way there was to be quick.
const AT_LEAST: Duration = Duration::from_mins(2);

/// How many lost answers one thing may have before it is given up.
const LOST_ANSWERS: u32 = 4;

/// What a look at the thing showed.
pub(super) enum Seen<N> {
    /// It is as it was before the run.
    AsBefore,
    /// It is as this run left it.
    Ours(N),
    /// It is neither: in words, how it is.
    SomebodyElses(String),
    /// An update of it is in progress.
    Busy,
}

/// A thing to be put back, in words and as commands.
pub(super) struct Thing<'r> {
    run: &'r Run<'r>,
    what: String,
    as_before: String,
    by_hand: String,
    to_look: String,
}

impl<'r> Thing<'r> {
    /// `what` fits after "putting back", `as_before` after "put back:". `by_hand` and `to_look` are commands
    /// of the AWS CLI: the one does it, the other shows how it is.
    pub(super) fn new(run: &'r Run<'_>, what: String, as_before: String, by_hand: &str, to_look: &str) -> Self {
        run.listener.hear(Event::PuttingBack(what.clone()));
        let command = |rest: &str| format!("aws {rest} --region {}", run.plan.region);
        Self { run, what, as_before, by_hand: command(by_hand), to_look: command(to_look) }
    }

    /// Looks and writes until it is as before; a signal does not end this.
    pub(super) async fn restore<N>(
        &self,
        look: impl AsyncFn() -> Result<Seen<N>, CallError>,
        write: impl AsyncFn(N) -> Result<(), CallError>,
    ) -> Undone {
        let (mut written, mut lost) = (false, 0);
        let attempt = async || {
            let seen = match look().await {
                Err(error) => return self.again(error, &mut lost),
                Ok(seen) => seen,
            };
            let ours = match seen {
                Seen::AsBefore if written => return Ok(Look::Ready(Undone::PutBack(self.as_before.clone()))),
                Seen::AsBefore => return Ok(Look::Ready(Undone::Nothing)),
                Seen::SomebodyElses(now) => return Err(self.somebody_elses(&now)),
                Seen::Busy => return Ok(Look::NotYet("an update of it is in progress".to_owned())),
                Seen::Ours(ours) => ours,
            };
            written = true; // from here on, even where the answer is lost
            match write(ours).await {
                Err(error) => self.again(error, &mut lost),
                Ok(()) => Ok(Look::NotYet("it was written, and is looked at again".to_owned())),
            }
        };
        let deadline = self.run.settings.wait_timeout.max(AT_LEAST);
        let wait = Wait::new(self.what.clone(), deadline, Vec::new(), self.run.listener);
        match wait.until(attempt).await {
            Ok(undone) | Err(WaitError::Final(undone)) => undone,
            Err(WaitError::Deadline(seen)) => self.left(seen),
            Err(WaitError::Cancelled) => self.left("the wait for it ended early".to_owned()),
        }
    }

    /// Whether the next attempt may go better: too many calls, another change in progress, a revision that
    /// has just changed, or, unless too often, a lost answer, or something that is gone since the look.
    fn again(&self, error: CallError, lost: &mut u32) -> Result<Look<Undone>, Undone> {
        let may_pass = match error.answer {
            Answer::Unknown | Answer::NotFound => *lost < LOST_ANSWERS,
            Answer::Throttled | Answer::Conflict | Answer::Changed => true,
            Answer::Denied | Answer::Refused => false,
        };
        *lost += u32::from(matches!(error.answer, Answer::Unknown | Answer::NotFound));
        if may_pass { Ok(Look::NotYet(error.message)) } else { Err(self.left(error.into_problem("").why)) }
    }

    fn left(&self, why: String) -> Undone {
        Undone::Failed(NotPutBack { what: self.what.clone(), why, command: self.by_hand.clone() })
    }

    /// What somebody else made may be better than what was there before, and nothing of this run is left in it.
    fn somebody_elses(&self, now: &str) -> Undone {
        let why = format!("somebody else changed it since: {now}");
        Undone::LeftAlone(LeftAlone { what: self.what.clone(), why, command: self.to_look.clone() })
    }
}
