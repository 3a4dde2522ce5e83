//! Puts back what a run did, the latest first, and only that.

use super::delete::{alias, deployments, versions};
use super::run::StageRun;
use super::{leave, passage};
use crate::apply::preview::delete::Deletion;
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    AddPermission, FunctionName, NotPutBack, ObservedStage, Passage, PreviewId, PreviewOutcome, PutBack, RestApiId,
    StagePlanFunction, Version,
};

/// Something that a run did, or may have done.
pub(super) enum Undo {
    /// Something else puts it back.
    Nothing,
    /// `$LATEST` may hold the pull request's code, and the alias that says so may be there.
    Passage { function: StagePlanFunction, passage: Passage },
    /// There may be a version that was not there before.
    Version { function: StagePlanFunction },
    /// The alias may be there.
    NewAlias { name: FunctionName },
    /// The alias may stand on `to`.
    MovedAlias { name: FunctionName, from: Version, to: Version },
    /// The statement may be there.
    Permission(AddPermission),
    /// A deployment of this description may be there.
    Deployment { id: RestApiId, description: String },
    /// The stage may be there, with the tag of this run.
    NewStage { id: RestApiId },
    /// The stage may be as `to`.
    ChangedStage { id: RestApiId, from: ObservedStage, to: ObservedStage },
}

/// Puts all back; the failure's kind says whether that worked.
pub(super) async fn put_back(run: &StageRun<'_>, failure: Failure) -> PreviewOutcome {
    let deletion = run.putting_back();
    let (mut put_back, mut not_put_back) = (Vec::new(), Vec::<NotPutBack>::new());
    let mut is_passing = false;
    for undo in run.writes.take_undo() {
        // It leads `down` and `prune` to the functions, and so to what is left in `$LATEST`.
        if is_passing && matches!(undo, Undo::NewStage { .. } | Undo::Deployment { .. }) {
            let why = "the code of the pull request is still in $LATEST, and it leads there";
            not_put_back.push(left(
                run,
                &undo,
                Problem::new(format!("stage {} and its deployment stay", run.plan.id.stage())).why(why),
            ));
            continue;
        }
        match one(run, &deletion, &undo).await {
            Ok(done) => put_back.extend(done.into_iter().map(|what| PutBack { what })),
            Err(problem) => {
                is_passing |= matches!(undo, Undo::Passage { .. });
                not_put_back.push(left(run, &undo, problem));
            }
        }
    }
    let kind = if not_put_back.is_empty() { Kind::Failed } else { Kind::NotPutBack };
    PreviewOutcome::Failed { failure: Failure { kind, ..failure }, put_back, not_put_back }
}

async fn one(run: &StageRun<'_>, deletion: &Deletion<'_>, undo: &Undo) -> Result<Vec<String>, Problem> {
    let id = &run.plan.id;
    let done = match undo {
        Undo::Nothing => None,
        Undo::Passage { function, passage } => passage::end(run, function, passage).await.map(|()| None)?,
        Undo::Version { function } => {
            let made = |version: &Version| !function.known.contains(version);
            return versions(deletion, &function.name, id, made).await;
        }
        Undo::NewAlias { name } => alias(deletion, name, id).await?,
        Undo::MovedAlias { name, from, to } => moved_alias(run, deletion, name, from, to).await?,
        Undo::Permission(permission) => permission_of(run, deletion, permission).await?,
        Undo::Deployment { id, description } => {
            return deployments(deletion, id, |found| found == description).await;
        }
        Undo::NewStage { id } => new_stage(run, deletion, id).await?,
        Undo::ChangedStage { id, from, to } => changed_stage(run, deletion, id, from, to).await?,
    };
    Ok(done.into_iter().collect())
}

async fn moved_alias(
    run: &StageRun<'_>,
    deletion: &Deletion<'_>,
    name: &FunctionName,
    from: &Version,
    to: &Version,
) -> Result<Option<String>, Problem> {
    let (lambda, alias) = (&run.world.aws.lambda, run.plan.id.alias());
    let ours = async || Ok(lambda.alias(name, &alias).await?.filter(|now| now.version == *to));
    let back = async || match ours().await? {
        Some(now) => lambda.move_alias(name, &alias, from, &now.revision).await,
        None => Ok(()),
    };
    let what = format!("alias {alias} of {name}");
    let done = format!("{what} stands on version {from} again");
    let is_there = async || Ok(ours().await?.is_some());
    deletion.until_undone(&format!("failed to move {what} back"), &done, is_there, back).await
}

async fn permission_of(
    run: &StageRun<'_>,
    deletion: &Deletion<'_>,
    permission: &AddPermission,
) -> Result<Option<String>, Problem> {
    super::delete::permission(run.world, deletion, permission).await
}

async fn new_stage(run: &StageRun<'_>, deletion: &Deletion<'_>, id: &RestApiId) -> Result<Option<String>, Problem> {
    let (apis, stage) = (&run.world.aws.rest_apis, run.plan.id.stage());
    let is_there = async || {
        let stages = apis.stages(id).await?.unwrap_or_default();
        let is_ours =
            |tags: &std::collections::BTreeMap<String, String>| tags.get(PreviewId::RUN) == Some(&run.world.nonce);
        Ok(stages.iter().any(|one| one.stage.name == stage && is_ours(&one.tags)))
    };
    let delete = async || apis.delete_stage(id, &stage).await;
    deletion.until_gone(&format!("stage {stage} of API {id}"), is_there, delete).await
}

async fn changed_stage(
    run: &StageRun<'_>,
    deletion: &Deletion<'_>,
    id: &RestApiId,
    from: &ObservedStage,
    to: &ObservedStage,
) -> Result<Option<String>, Problem> {
    let apis = &run.world.aws.rest_apis;
    let is_there = async || {
        let now = apis.stage(id, &to.name).await?;
        Ok(now.is_some_and(|now| now.deployment == to.deployment && now.variables == to.variables))
    };
    let what = format!("stage {} of API {id}", to.name);
    let back = async || apis.change_stage(id, to, from).await;
    deletion
        .until_undone(&format!("failed to change {what} back"), &format!("{what} is as it was"), is_there, back)
        .await
}

fn left(run: &StageRun<'_>, undo: &Undo, problem: Problem) -> NotPutBack {
    let PreviewId { repository, number, service } = &run.plan.id;
    let down = || format!("sls-release preview down --pr {number} --repository {repository} --service {service}");
    let command = match undo {
        Undo::Passage { function, passage } => leave::by_hand(&function.name, passage),
        Undo::MovedAlias { .. } | Undo::ChangedStage { .. } => format!("sls-release preview up --pr {number}"),
        _ => down(),
    };
    NotPutBack { what: problem.what, why: problem.why, command }
}
