//! The one way in which a run of `preview up` writes, and its memory of what to put back.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;

use crate::apply::run::{StepError, defect, ended, failure_of};
use crate::aws::{Answer, CallError};
use crate::error::Failure;
use crate::model::{Event, Listener, Phase, Settings};
use crate::world::{Look, Wait, World};

/// The least that a write waits for its turn. An account deploys one API in five seconds, and creates one in three:
/// this is a queue of a hundred and eighty.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const QUEUE: Duration = Duration::from_mins(15);
/// The first pause of a write in a queue.
const QUEUE_FIRST: Duration = Duration::from_millis(500);
/// The longest: many that ask often would take the account's other calls from each other, ten a second in all.
const QUEUE_LONGEST: Duration = Duration::from_secs(5);

/// How often a write is sent whose answers get lost.
const LOST_ANSWERS: u32 = 4;

/// What a run writes with; `U` says how one write is put back.
pub(super) struct Writes<'a, U> {
    pub(super) settings: &'a Settings,
    pub(super) world: &'a World,
    pub(super) listener: &'a dyn Listener,
    memory: Mutex<Memory<U>>,
}

struct Memory<U> {
    undo: BTreeMap<usize, U>,
    remembered: usize,
    failed: bool,
}

impl<'a, U> Writes<'a, U> {
    pub(super) fn new(settings: &'a Settings, world: &'a World, listener: &'a dyn Listener) -> Self {
        let memory = Mutex::new(Memory { undo: BTreeMap::new(), remembered: 0, failed: false });
        Self { settings, world, listener, memory }
    }

    fn memory<T>(&self, look: impl FnOnce(&mut Memory<U>) -> T) -> T {
        look(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs all at once and lets each end. After the first error no further write begins.
    pub(super) async fn all<F>(&self, steps: impl IntoIterator<Item = F>) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), StepError>>,
    {
        let step = async |step: F| {
            let result = AssertUnwindSafe(step).catch_unwind().await.unwrap_or_else(|_| Err(defect().into()));
            self.memory(|memory| memory.failed |= result.is_err());
            result
        };
        let results = join_all(steps.into_iter().map(step)).await;
        failure_of(results.into_iter().filter_map(Result::err).collect(), self.world.cancel.is_cancelled())
    }

    /// Comes before each write.
    pub(super) fn may_write(&self) -> Result<(), StepError> {
        let stopped = self.world.cancel.is_cancelled() || self.memory(|memory| memory.failed);
        if stopped { Err(StepError::Stopped) } else { Ok(()) }
    }

    pub(super) fn wait(&self, what: String) -> Wait<'_> {
        Wait::new(what, self.settings.wait_timeout, vec![self.world.cancel.clone()], self.listener)
    }

    /// For a write that AWS takes only so many of in a time, of everybody together: it may have to queue for longer
    /// than anything else takes, and many may queue.
    fn queue(&self, what: String) -> Wait<'_> {
        let wait = self.wait(what);
        Wait { first: QUEUE_FIRST, longest: QUEUE_LONGEST, deadline: wait.deadline.max(QUEUE), ..wait }
    }

    pub(super) fn began(&self, phase: Phase) {
        self.listener.hear(Event::Began(phase));
    }

    pub(super) fn done(&self, what: String) {
        self.listener.hear(Event::Done(what));
    }

    /// Comes before each write, since its answer may be lost.
    pub(super) fn remember(&self, undo: U) -> usize {
        self.memory(|memory| {
            memory.remembered += 1;
            memory.undo.insert(memory.remembered, undo);
            memory.remembered
        })
    }

    /// It was refused, or has been put back.
    pub(super) fn forget(&self, remembered: usize) {
        self.memory(|memory| memory.undo.remove(&remembered));
    }

    /// The latest first.
    pub(super) fn take_undo(&self) -> Vec<U> {
        self.memory(|memory| std::mem::take(&mut memory.undo)).into_values().rev().collect()
    }

    /// Sends a write, and again while AWS throttles it or, where that may be, is busy with its resource. Where an
    /// answer is lost, `done` looks whether the write was done. One that was refused is forgotten.
    pub(super) async fn send<T>(
        &self,
        failed: &str,
        undo: U,
        busy: fn(&CallError) -> bool,
        write: impl AsyncFn() -> Result<T, CallError>,
        done: impl AsyncFn() -> Result<Option<T>, CallError>,
    ) -> Result<T, StepError> {
        let wait = self.wait(awaited(failed));
        self.send_in(&wait, (failed, undo), busy, write, done).await
    }

    /// The same for a write that has to queue.
    pub(super) async fn send_in_turn<T>(
        &self,
        failed: &str,
        undo: U,
        busy: fn(&CallError) -> bool,
        write: impl AsyncFn() -> Result<T, CallError>,
        done: impl AsyncFn() -> Result<Option<T>, CallError>,
    ) -> Result<T, StepError> {
        let wait = self.queue(awaited(failed));
        self.send_in(&wait, (failed, undo), busy, write, done).await
    }

    async fn send_in<T>(
        &self,
        wait: &Wait<'_>,
        (failed, undo): (&str, U),
        busy: fn(&CallError) -> bool,
        write: impl AsyncFn() -> Result<T, CallError>,
        done: impl AsyncFn() -> Result<Option<T>, CallError>,
    ) -> Result<T, StepError> {
        self.may_write()?;
        let remembered = self.remember(undo);
        let mut lost = 0;
        let look = async || {
            self.may_write()?;
            let error = match write().await {
                Ok(value) => return Ok(Look::Ready(value)),
                Err(error) if error.answer == Answer::Throttled || busy(&error) => {
                    return Ok(Look::NotYet(error.message));
                }
                Err(error) => error,
            };
            if error.answer != Answer::Unknown && lost == 0 {
                self.forget(remembered);
                return Err(StepError::Problem(error.into_problem(failed)));
            }
            lost += 1;
            match done().await {
                Ok(Some(value)) => Ok(Look::Ready(value)),
                Ok(None) | Err(_) if error.answer == Answer::Unknown && lost <= LOST_ANSWERS => {
                    Ok(Look::NotYet(error.message))
                }
                Ok(None) | Err(_) => Err(StepError::Problem(error.into_problem(failed))),
            }
        };
        wait.until(look).await.map_err(|error| ended(error, failed, "try again in a minute"))
    }
}

/// "failed to create it" as something that is waited for.
fn awaited(failed: &str) -> String {
    format!("AWS to {}", failed.trim_start_matches("failed to "))
}
