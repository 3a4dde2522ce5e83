//! Puts back what a run changed, in reverse, and only that.
//!
//! Each step looks first: what was never done needs nothing, what somebody else changed since is left
//! alone and named. So it does not matter whether the answer to a write was lost.

mod functions;
mod stages;

use futures::future::{FutureExt, LocalBoxFuture, join_all};

use super::run::Run;
use crate::aws::CallError;
use crate::error::{Failure, Kind};
use crate::model::{
    AddPermission, ChangeCode, CreateAlias, CreateDeployment, DeploymentId, Event, FlushCache, MoveAlias, NotPutBack,
    Outcome, PointStage, PutBack, Version,
};

/// Something that a run did, or may have done.
pub(super) enum Undo {
    /// The stage may serve `to`.
    Stage { point: PointStage, to: DeploymentId },
    /// Answers of the new code may be in the cache.
    Flush(FlushCache),
    /// The alias may stand on `to`.
    Alias { alias: MoveAlias, to: Version },
    /// The statement may be there.
    Permission(AddPermission),
    /// The alias may be there, on `version`.
    NewAlias { new: CreateAlias, version: Version },
    /// `$LATEST` may hold the new code.
    Code(ChangeCode),
    /// A deployment of ours may be there.
    Deployment(CreateDeployment),
}

impl Undo {
    /// What callers see first comes first; what shares a number runs at once.
    fn rank(&self) -> u8 {
        match self {
            Undo::Stage { .. } => 0,
            Undo::Alias { .. } => 1,
            Undo::Permission(_) => 2,
            Undo::NewAlias { .. } => 3,
            Undo::Code(_) => 4,
            Undo::Flush(_) => 5,
            Undo::Deployment(_) => 6,
        }
    }
}

/// How putting back one thing ended.
enum Undone {
    /// It was never done.
    Nothing,
    /// In words, what is as it was again.
    PutBack(String),
    /// It is not, and why.
    Left(NotPutBack),
}

/// Puts everything back; the failure's kind says whether that worked.
pub(super) async fn put_back(run: Run<'_>, failure: Failure) -> Outcome {
    let mut undo = run.take_undo();
    undo.sort_by_key(Undo::rank);
    let (mut put_back, mut not_put_back) = (Vec::new(), Vec::new());
    for same_rank in undo.chunk_by(|one, next| one.rank() == next.rank()) {
        for undone in join_all(same_rank.iter().map(|undo| one(&run, undo))).await {
            match undone {
                Undone::Nothing => {}
                Undone::PutBack(what) => put_back.push(PutBack { what }),
                Undone::Left(left) => not_put_back.push(left),
            }
        }
    }
    let kind = if not_put_back.is_empty() { Kind::Failed } else { Kind::NotPutBack };
    Outcome::Failed { plan: run.plan, failure: Failure { kind, ..failure }, put_back, not_put_back }
}

fn one<'r>(run: &'r Run<'_>, undo: &'r Undo) -> LocalBoxFuture<'r, Undone> {
    match undo {
        Undo::Stage { point, to } => stages::point(run, point, to).boxed_local(),
        Undo::Flush(flush) => stages::flush(run, flush).boxed_local(),
        Undo::Alias { alias, to } => functions::alias(run, alias, to).boxed_local(),
        Undo::Permission(permission) => functions::permission(run, permission).boxed_local(),
        Undo::NewAlias { new, version } => functions::new_alias(run, new, version).boxed_local(),
        Undo::Code(change) => functions::code(run, change).boxed_local(),
        Undo::Deployment(deployment) => stages::deployment(run, deployment).boxed_local(),
    }
}

/// What is to be put back, and the command that does it by hand.
struct Target<'r> {
    run: &'r Run<'r>,
    /// After "failed to put back": "alias live of hello-dev".
    what: String,
    command: String,
}

impl<'r> Target<'r> {
    fn new(run: &'r Run<'_>, what: String, command: &str) -> Self {
        run.listener.hear(Event::PuttingBack(what.clone()));
        Self { run, what, command: format!("aws {command} --region {}", run.plan.region) }
    }

    fn left(&self, why: impl Into<String>) -> Undone {
        Undone::Left(NotPutBack { what: self.what.clone(), why: why.into(), command: self.command.clone() })
    }

    fn failed(&self, error: CallError) -> Undone {
        self.left(error.into_problem("").why)
    }

    fn somebody_else(&self, now: &str) -> Undone {
        self.left(format!("somebody else changed it since: {now}"))
    }

    /// A write's answer.
    fn done(&self, answer: Result<(), CallError>, as_before: String) -> Undone {
        match answer {
            Ok(()) => Undone::PutBack(as_before),
            Err(error) => self.failed(error),
        }
    }
}
