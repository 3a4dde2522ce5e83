//! Wave after wave, and back again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use tokio::sync::watch;

use super::memory::Memory;
use crate::aws::{Answer, CallError};
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    Event, LeftAlone, Listener, NotPutBack, Phase, PutBack, Queue, RunId, Step, Undo, UndoReport, Wave,
};
use crate::world::{Cancellation, Look, Wait, WaitError, World};

/// One execution of a plan.
pub struct Run<'a> {
    /// Everything outside the process.
    pub world: &'a World,
    /// Receives an event for what happens.
    pub listener: &'a dyn Listener,
    /// What was made, and what may have to be put back.
    pub memory: Memory,
    /// How long one wait may take.
    pub wait_timeout: Duration,
    /// How many steps wait for Lambda now.
    pub waiting: AtomicUsize,
    /// Set at the first error.
    stop: watch::Sender<bool>,
    stopped: Cancellation,
}

/// Why a step did not end well.
pub enum StepError {
    /// What went wrong.
    Problem(Problem),
    /// The run was cancelled, or another step failed: this one did not begin, or did not wait.
    Stopped,
}

impl From<Problem> for StepError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What a run does after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// No further write begins, and waits end: everything is to be put back.
    PutBack,
    /// The other steps go on: what is deleted stays deleted.
    GoOn,
}

/// How putting back one resource ended.
pub enum Undone {
    /// There was nothing to put back.
    Nothing,
    /// In words, what is as it was again.
    PutBack(String),
    /// Another run or person changed it since, or may need it.
    LeftAlone(LeftAlone),
    /// It is not as it was, and why.
    Failed(NotPutBack),
}

impl<'a> Run<'a> {
    /// A run that has not begun.
    pub fn new(world: &'a World, listener: &'a dyn Listener, wait_timeout: Duration) -> Self {
        let (stop, stopped) = Cancellation::new();
        let (memory, waiting) = (Memory::default(), AtomicUsize::new(0));
        Self { world, listener, memory, wait_timeout, waiting, stop, stopped }
    }

    /// The run id, which marks everything that this run makes.
    pub fn id(&self) -> &RunId {
        &self.world.run
    }

    /// Comes before each write: the run was not cancelled, and no other step failed.
    pub fn may_write(&self) -> Result<(), StepError> {
        let stopped = self.world.cancel.is_cancelled() || self.stopped.is_cancelled();
        if stopped { Err(StepError::Stopped) } else { Ok(()) }
    }

    /// Reports that a step is done, in words.
    pub fn done(&self, what: String) {
        self.listener.hear(Event::Done(what));
    }

    /// Reports a warning.
    pub fn warn(&self, what: String) {
        self.listener.hear(Event::Warning(what));
    }

    /// A wait that a cancellation and another step's error end.
    pub fn wait(&self, what: String) -> Wait<'_> {
        Wait::new(what, self.wait_timeout, self.stops(), self.listener)
    }

    /// A read that the next step needs, tried again while AWS throttles it: another client may use up the account's
    /// calls, and that is no reason to put back.
    pub async fn read<T>(&self, what: &str, call: impl AsyncFn() -> Result<T, CallError>) -> Result<T, StepError> {
        let failed = format!("failed to look at {what}");
        let look = async || match call().await {
            Ok(found) => Ok(Look::Ready(found)),
            Err(error) if error.answer == Answer::Throttled => Ok(Look::NotYet(error.message)),
            Err(error) => Err(StepError::Problem(error.into_problem(&failed))),
        };
        let found = self.wait(what.to_owned()).until(look).await;
        found.map_err(|error| ended(error, &failed, "AWS takes no more calls for now: try again in a minute"))
    }

    fn stops(&self) -> Vec<Cancellation> {
        vec![self.world.cancel.clone(), self.stopped.clone()]
    }

    /// Ends at a cancellation, and at another step's error.
    pub async fn stopped(&self) {
        Cancellation::any(&self.stops()).await;
    }

    /// Does this unless the run is stopped. For reads, which may be dropped at any point. A stop that came before the
    /// result wins, even where both are seen at once: otherwise chance would decide how a run ends.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = Result<T, StepError>>) -> Result<T, StepError> {
        tokio::select! {
            biased;
            () = self.stopped() => Err(StepError::Stopped),
            result = work => result,
        }
    }
}

/// Runs all waves. Returns the steps that did not end well, and why; with [`OnError::PutBack`] no wave begins after one.
///
/// Each step runs to its end: a write that is under way is never dropped, or it would be unknown whether it was done. A
/// panic is an error like any other: it must not leave a stage half released either.
pub async fn forward<'p>(
    run: &Run<'_>,
    waves: &'p [Wave],
    on: OnError,
    act: impl AsyncFn(&'p Step) -> Result<(), StepError>,
) -> Vec<(&'p Step, StepError)> {
    let (mut failed, mut phase) = (Vec::new(), None);
    for wave in waves {
        if phase.replace(wave.phase) != Some(wave.phase) {
            announce(run, wave.phase);
        }
        let one = async |step: &'p Step| {
            let result = AssertUnwindSafe(act(step)).catch_unwind().await.unwrap_or_else(|_| Err(defect().into()));
            if result.is_err() && on == OnError::PutBack {
                run.stop.send_replace(true);
            }
            result.err().map(|error| (step, error))
        };
        let ended = in_turns(&wave.steps, |step| step.act.queue(), one).await;
        failed.extend(ended.into_iter().flatten());
        if on == OnError::PutBack && !failed.is_empty() {
            break;
        }
    }
    failed
}

/// Puts back everything that the run remembers, rank by rank. Each undo is guarded: a panic in one leaves the others
/// to be put back. No signal ends this.
pub async fn back(run: &Run<'_>, undo: impl AsyncFn(&Undo) -> Undone) -> UndoReport {
    announce(run, Phase::PutBack);
    let undos = run.memory.take_undos();
    let mut report = UndoReport::default();
    for same_rank in undos.chunk_by(|one, next| one.rank() == next.rank()) {
        let one = async |one: &Undo| {
            let undone = AssertUnwindSafe(undo(one)).catch_unwind().await;
            undone.unwrap_or_else(|_| Undone::Failed(defect_in_undo()))
        };
        for undone in in_turns(same_rank, Undo::queue, one).await {
            match undone {
                Undone::Nothing => {}
                Undone::PutBack(what) => report.put_back.push(PutBack { what }),
                Undone::LeftAlone(left) => report.left_alone.push(left),
                Undone::Failed(left) => report.not_put_back.push(left),
            }
        }
    }
    report
}

/// A panic of the listener must not keep anything from being put back.
fn announce(run: &Run<'_>, phase: Phase) {
    catch_unwind(AssertUnwindSafe(|| run.listener.hear(Event::Began(phase)))).ok();
}

/// Does all at once, except that those of one queue take turns in their order.
async fn in_turns<'i, T, R>(
    items: &'i [T],
    queue: impl Fn(&T) -> Option<Queue>,
    work: impl AsyncFn(&'i T) -> R,
) -> Vec<R> {
    let mut lanes: Vec<(Option<Queue>, Vec<&T>)> = Vec::new();
    for item in items {
        let queue = queue(item);
        match lanes.iter_mut().find(|(lane, _)| lane.is_some() && *lane == queue) {
            Some((_, lane)) => lane.push(item),
            None => lanes.push((queue, vec![item])),
        }
    }
    let lanes = lanes.into_iter().map(async |(_, lane)| {
        let mut results = Vec::new();
        for item in lane {
            results.push(work(item).await);
        }
        results
    });
    join_all(lanes).await.into_iter().flatten().collect()
}

/// Returns the failure of a run with these failed steps. A cancellation is reported only if nothing else went wrong.
pub fn failure_of(failed: Vec<(&Step, StepError)>, cancelled: bool) -> Failure {
    let problem = |(_, error)| match error {
        StepError::Problem(problem) => Some(problem),
        StepError::Stopped => None,
    };
    let problems: Vec<Problem> = failed.into_iter().filter_map(problem).collect();
    if problems.is_empty() && cancelled { Cancellation::failure() } else { Failure { kind: Kind::Failed, problems } }
}

/// A wait's bad end as a step's; `what` fits before "in time".
pub fn ended(error: WaitError<StepError>, what: &str, fix: &str) -> StepError {
    match error {
        WaitError::Final(error) => error,
        WaitError::Cancelled => StepError::Stopped,
        WaitError::Deadline(seen) => StepError::Problem(Problem::new(format!("{what} in time")).why(seen).fix(fix)),
    }
}

fn defect() -> Problem {
    Problem::defect("the run stopped unexpectedly").why("a step panicked; the message is above")
}

fn defect_in_undo() -> NotPutBack {
    NotPutBack {
        what: "a resource that this run changed".to_owned(),
        why: "putting it back stopped at a defect of sls-release; the message is above".to_owned(),
        command: "sls-release plan".to_owned(),
    }
}
