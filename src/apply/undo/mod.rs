//! Puts back what a run changed, in reverse, and only that.
//!
//! Each thing is looked at first: what was never done needs nothing, what somebody else changed since is
//! left alone and named. Then it is written, and looked at again. So it does not matter whether the answer
//! to a write, forward or back, was lost.

mod functions;
mod others;
mod restore;
mod stages;

use std::panic::AssertUnwindSafe;

use futures::future::{FutureExt, LocalBoxFuture, join_all};

use super::run::Run;
use crate::error::{Failure, Kind};
use crate::model::{
    AddPermission, ChangeCode, CreateAlias, CreateDeployment, DeploymentId, LeftAlone, MoveAlias, NotPutBack, Outcome,
    Phase, PointStage, PutBack, Version,
};

/// Something that a run did, or may have done.
pub(super) enum Undo {
    /// Needs no putting back: versions stay, and an empty cache is no loss.
    Nothing,
    /// The stage may serve `to`.
    Stage { point: PointStage, to: DeploymentId },
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
            Undo::Nothing => 0,
            Undo::Stage { .. } => 1,
            Undo::Alias { .. } => 2,
            Undo::Permission(_) => 3,
            Undo::NewAlias { .. } => 4,
            Undo::Code(_) => 5,
            Undo::Deployment(_) => 6,
        }
    }

    /// Whether callers may have been answered by it, so that its answers may be in a cache.
    fn may_have_answered(&self) -> bool {
        matches!(self, Undo::Stage { .. } | Undo::Alias { .. } | Undo::NewAlias { .. } | Undo::Code(_))
    }
}

/// How putting back one thing ended.
enum Undone {
    /// It was never done.
    Nothing,
    /// In words, what is as it was again.
    PutBack(String),
    /// Somebody else changed it since, or may need it.
    LeftAlone(LeftAlone),
    /// It is not as it was, and why.
    Failed(NotPutBack),
}

/// Puts everything back; the failure's kind says whether that worked.
pub(super) async fn put_back(run: Run<'_>, failure: Failure) -> Outcome {
    run.began(Phase::PutBack);
    let mut undo = run.take_undo();
    undo.sort_by_key(Undo::rank);
    let mut undone = Vec::new();
    for same_rank in undo.chunk_by(|one, next| one.rank() == next.rank()) {
        undone.extend(join_all(same_rank.iter().map(|undo| guarded(one(&run, undo)))).await);
    }
    if undo.iter().any(Undo::may_have_answered) {
        undone.extend(join_all(run.plan.flushes.iter().map(|flush| guarded(stages::flush(&run, flush)))).await);
    }
    let (mut put_back, mut left_alone, mut not_put_back) = (Vec::new(), Vec::new(), Vec::new());
    for undone in undone {
        match undone {
            Undone::Nothing => {}
            Undone::PutBack(what) => put_back.push(PutBack { what }),
            Undone::LeftAlone(left) => left_alone.push(left),
            Undone::Failed(left) => not_put_back.push(left),
        }
    }
    let kind = if not_put_back.is_empty() { Kind::Failed } else { Kind::NotPutBack };
    Outcome::Failed { plan: run.plan, failure: Failure { kind, ..failure }, put_back, left_alone, not_put_back }
}

/// A defect in putting back one thing must not keep the others from being put back.
async fn guarded(undo: impl Future<Output = Undone>) -> Undone {
    let defect = || NotPutBack {
        what: "a part of the stage".to_owned(),
        why: "putting it back stopped at a defect of sls-release; the message is above".to_owned(),
        command: "sls-release plan".to_owned(),
    };
    AssertUnwindSafe(undo).catch_unwind().await.unwrap_or_else(|_| Undone::Failed(defect()))
}

fn one<'r>(run: &'r Run<'_>, undo: &'r Undo) -> LocalBoxFuture<'r, Undone> {
    match undo {
        Undo::Nothing => futures::future::ready(Undone::Nothing).boxed_local(),
        Undo::Stage { point, to } => stages::point(run, point, to).boxed_local(),
        Undo::Alias { alias, to } => functions::alias(run, alias, to).boxed_local(),
        Undo::Permission(permission) => functions::permission(run, permission).boxed_local(),
        Undo::NewAlias { new, version } => functions::new_alias(run, new, version).boxed_local(),
        Undo::Code(change) => functions::code(run, change).boxed_local(),
        Undo::Deployment(deployment) => stages::deployment(run, deployment).boxed_local(),
    }
}
