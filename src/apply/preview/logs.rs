//! The log groups of a preview's functions. Without one Lambda makes it itself, and keeps what is logged for ever.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html>

use super::run::PreviewRun;
use super::undo::Undo;
use crate::apply::run::StepError;
use crate::apply::write::never;
use crate::aws::{Answer, CallError};
use crate::error::{Failure, Problem};
use crate::model::{Event, FunctionName, PreviewFunction, PreviewId, PreviewStep};

/// The log group that Lambda writes to for this function.
pub(super) fn group_of(function: &FunctionName) -> String {
    format!("/aws/lambda/{function}")
}

/// The ARN of that group, from the function's.
pub(super) fn group_arn(function_arn: &str, function: &FunctionName) -> String {
    let parts: Vec<&str> = function_arn.split(':').collect();
    let part = |number: usize| parts.get(number).copied().unwrap_or_default();
    format!("arn:{}:logs:{}:{}:log-group:{}", part(1), part(3), part(4), group_of(function))
}

/// A log group for each function that is to be made, before it can write. A preview is as good without: what goes
/// wrong is a warning.
pub(super) async fn make(run: &PreviewRun<'_>) -> Result<(), Failure> {
    let new = run.plan.functions.iter().filter(|function| function.step == PreviewStep::Create);
    run.all(new.map(|function| one(run, function))).await
}

async fn one(run: &PreviewRun<'_>, function: &PreviewFunction) -> Result<(), StepError> {
    match made(run, function).await {
        Err(StepError::Problem(problem)) => {
            let Problem { what, why, .. } = problem;
            run.listener.hear(Event::Warning(format!("{what}, so that its logs may be kept for ever: {why}")));
            Ok(())
        }
        other => other,
    }
}

/// One that is there already stays as it is: somebody may want to keep it.
async fn made(run: &PreviewRun<'_>, function: &PreviewFunction) -> Result<(), StepError> {
    let (logs, name) = (&run.world.aws.logs, group_of(&function.name));
    let tags = run.plan.id.tags(&run.world.nonce);
    let create = async || match logs.create(&name, &tags).await {
        Err(error) if error.answer == Answer::Conflict => Ok(false),
        other => other.map(|()| true),
    };
    let done = async || {
        let found = logs.tags(&group_arn(&function.arn, &function.name)).await?;
        let ours =
            |found: &std::collections::BTreeMap<String, String>| found.get(PreviewId::RUN) == tags.get(PreviewId::RUN);
        Ok::<_, CallError>(found.filter(ours).map(|_| true))
    };
    let undo = Undo::LogGroup { name: function.name.clone(), arn: function.arn.clone() };
    let failed = format!("failed to create log group {name}");
    if run.send(&failed, undo, never, create, done).await? {
        let kept = logs.keep_for(&name, run.log_retention_days()).await;
        kept.map_err(|error| error.into_problem(format!("failed to set how long log group {name} keeps its logs")))?;
    }
    Ok(())
}
