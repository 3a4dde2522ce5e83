//! The functions of a preview.

use std::time::{Duration, Instant};

use super::run::PreviewRun;
use super::undo::Undo;
use crate::apply::run::{StepError, ended};
use crate::apply::write::{conflicts, never};
use crate::aws::{CallError, NewCode, NewFunction, Put};
use crate::error::{Failure, Problem};
use crate::model::{
    AddPermission, Event, FunctionName, ObservedCode, Phase, PreviewFunction, PreviewId, PreviewPlan, PreviewStep,
    Qualifier, RestApiId, RevisionId,
};
use crate::world::Look;

/// A function or a version that was made is there for everybody by then.
pub(super) const APPEARS: Duration = Duration::from_secs(15);

/// What was there before is not any more.
pub(super) fn gone(what: &str) -> Problem {
    let gone = Problem::new(format!("{what} is gone")).why("somebody deleted it meanwhile");
    gone.fix("run it again, unless the pull request was closed")
}

/// Artifacts into the bucket, where they are not there yet.
pub(super) async fn upload(run: &PreviewRun<'_>) -> Result<(), Failure> {
    run.began(Phase::Upload);
    let changes = |function: &&PreviewFunction| function.step != PreviewStep::Nothing && function.uploads;
    run.all(run.plan.functions.iter().filter(changes).map(|function| artifact(run, function))).await
}

async fn artifact(run: &PreviewRun<'_>, function: &PreviewFunction) -> Result<(), StepError> {
    run.may_write()?;
    let Some(artifact) = run.artifacts.get(&function.key) else {
        return Err(Problem::new(format!("the plan uploads {}, which was not packed", function.key)).into());
    };
    let what = function.object.to_string();
    run.listener.hear(Event::UploadStarted { what: what.clone(), bytes: artifact.zipped_bytes });
    let sent = |bytes| run.listener.hear(Event::Uploaded { what: what.clone(), bytes });
    let named = run.settings.artifacts.as_ref().and_then(|store| store.owner.as_ref());
    let put = Put {
        bucket: run.bucket()?,
        owner: Some(named.unwrap_or(&function.account)),
        key: &function.object,
        path: &artifact.path,
        bytes: artifact.zipped_bytes,
        sha256: &artifact.sha256,
        contents: None,
    };
    let version = run.world.aws.s3.put(&put, &sent, run.world.cancel.cancelled()).await;
    let version = version.map_err(|error| match run.may_write() {
        Ok(()) => error.into_problem(format!("failed to upload {what}")).into(),
        Err(stopped) => stopped,
    })?;
    run.uploaded(&function.key, version);
    run.listener.hear(Event::UploadFinished { what: what.clone() });
    Ok(())
}

/// Creates or updates each function, and waits until it can be called.
pub(super) async fn make(run: &PreviewRun<'_>) -> Result<(), Failure> {
    run.began(Phase::Functions);
    run.all(run.plan.functions.iter().map(|function| one(run, function))).await
}

async fn one(run: &PreviewRun<'_>, function: &PreviewFunction) -> Result<(), StepError> {
    match &function.step {
        PreviewStep::Nothing => Ok(()),
        PreviewStep::Create => {
            create(run, function).await?;
            settled(run, &function.name).await?;
            run.done(format!("function {} made", function.name));
            Ok(())
        }
        PreviewStep::Update { code, configuration, revision } => {
            let mut revision = revision.clone();
            if *configuration {
                configure(run, function, &revision).await?;
                revision = settled(run, &function.name).await?.revision;
            }
            if *code {
                update(run, function, &revision).await?;
                settled(run, &function.name).await?;
            }
            run.done(format!("function {} updated", function.name));
            Ok(())
        }
    }
}

/// Where the answer was lost, the run's own tag says that it was this run that made it.
async fn create(run: &PreviewRun<'_>, function: &PreviewFunction) -> Result<(), StepError> {
    let (lambda, name) = (&run.world.aws.lambda, &function.name);
    let tags = run.plan.id.tags(&run.world.nonce);
    let made = run.object_version(&function.key);
    let new = NewFunction {
        name,
        configuration: &function.configuration,
        bucket: run.bucket()?,
        key: &function.object,
        object_version: made.as_deref().or(function.object_version.as_deref()),
        tags: &tags,
    };
    let done = async || {
        let found = lambda.tags(&function.arn).await?;
        Ok(found.filter(|found| found.get(PreviewId::RUN) == tags.get(PreviewId::RUN)).map(|_| ()))
    };
    let undo = Undo::Function { name: name.clone(), arn: function.arn.clone() };
    let failed = format!("failed to create function {name}");
    run.send(&failed, undo, never, async || lambda.create(&new).await, done).await
}

async fn configure(run: &PreviewRun<'_>, function: &PreviewFunction, revision: &RevisionId) -> Result<(), StepError> {
    let (lambda, name) = (&run.world.aws.lambda, &function.name);
    let done = async || {
        let now = lambda.whole(name, None).await?;
        let architecture = function.configuration.architecture.clone();
        let same = |now: crate::aws::GotWhole| {
            crate::model::FunctionConfiguration { architecture, ..now.configuration } == function.configuration
        };
        Ok(now.is_some_and(same).then_some(()))
    };
    let write = async || lambda.configure(name, &function.configuration, revision).await;
    let failed = format!("failed to update the configuration of function {name}");
    run.send(&failed, changed(function), conflicts, write, done).await
}

async fn update(run: &PreviewRun<'_>, function: &PreviewFunction, revision: &RevisionId) -> Result<(), StepError> {
    let (lambda, name) = (&run.world.aws.lambda, &function.name);
    let made = run.object_version(&function.key);
    let code = NewCode {
        name,
        bucket: run.bucket()?,
        key: &function.object,
        object_version: made.as_deref().or(function.object_version.as_deref()),
        revision,
        architecture: function.configuration.architecture.as_deref(),
        source_kms_key: None,
        storage_mode: None,
        publish: false,
    };
    let done = async || {
        let now = lambda.function(name, None).await?;
        Ok(now.is_some_and(|now| now.code.sha256 == function.sha256).then_some(()))
    };
    let write = async || lambda.update_code(&code).await.map(|_| ());
    let failed = format!("failed to update the code of function {name}");
    run.send(&failed, changed(function), conflicts, write, done).await
}

fn changed(function: &PreviewFunction) -> Undo {
    Undo::Changed { what: format!("function {}", function.name) }
}

/// Waits until Lambda has done what it was asked to.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
async fn settled(run: &PreviewRun<'_>, name: &FunctionName) -> Result<ObservedCode, StepError> {
    let what = format!("function {name}");
    let began = Instant::now();
    let look = async || {
        let found = run.world.aws.lambda.function(name, None).await;
        let found = found.map_err(|error: CallError| error.into_problem(format!("failed to look at {what}")))?;
        let Some(found) = found else {
            if began.elapsed() < APPEARS {
                return Ok(Look::NotYet("it is not there yet".to_owned()));
            }
            return Err(gone(&what).into());
        };
        let code = found.code;
        if code.is_busy() {
            return Ok(Look::NotYet("an update of it is in progress".to_owned()));
        }
        if code.state == "Failed" || code.last_update_status == "Failed" {
            let problem = Problem::new(format!("{what} cannot be called")).why(code.status_reason);
            return Err(StepError::Problem(problem));
        }
        Ok(Look::Ready(code))
    };
    let failed = format!("{what} did not become ready");
    run.wait(what.clone()).until(look).await.map_err(|error| ended(error, &failed, "try again in a minute"))
}

/// Lets each API call the functions that it calls.
pub(super) async fn permit(run: &PreviewRun<'_>) -> Result<(), Failure> {
    let ids = run.api_ids();
    let calls = run.plan.apis.iter().flat_map(|api| {
        let id = ids.get(&api.key);
        run.plan.functions.iter().filter(|function| api.calls.contains(&function.key)).filter_map(move |function| {
            let id = id?;
            let has = function.statements.contains(&PreviewPlan::statement_id(id));
            (!has).then_some((id, function))
        })
    });
    let calls: Vec<_> = calls.collect();
    run.all(calls.into_iter().map(|(id, function)| let_call(run, id, function))).await
}

async fn let_call(run: &PreviewRun<'_>, id: &RestApiId, function: &PreviewFunction) -> Result<(), StepError> {
    let (lambda, name) = (&run.world.aws.lambda, &function.name);
    let permission = AddPermission {
        function: function.key.clone(),
        name: name.clone(),
        qualifier: Qualifier::Latest,
        statement_id: PreviewPlan::statement_id(id),
        source_arn: source_arn(&function.arn, id),
        account: function.account.clone(),
    };
    let done = async || {
        let policy = lambda.policy(name, &Qualifier::Latest).await?;
        let has = |policy: crate::aws::GotPolicy| {
            policy.statements.iter().any(|statement| statement.sid == permission.statement_id)
        };
        Ok(policy.is_some_and(has).then_some(()))
    };
    let failed = format!("failed to let API {id} call function {name}");
    run.send(&failed, Undo::Nothing, never, async || lambda.add_permission(&permission).await, done).await
}

/// Every stage, method and authorizer of the API: it belongs to the preview as a whole.
pub(super) fn source_arn(function_arn: &str, id: &RestApiId) -> String {
    let mut parts = function_arn.split(':').skip(1);
    let (partition, _) = (parts.next().unwrap_or("aws"), parts.next());
    let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("arn:{partition}:execute-api:{region}:{account}:{id}/*")
}
