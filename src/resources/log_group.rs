//! Log groups of previews' functions. If there is none, Lambda creates one that keeps its logs for ever.
//!
//! A preview works without its log group, so a failure is a warning.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html>

use super::Context;
use crate::aws::Answer;
use crate::engine::{StepError, Write, send};
use crate::error::Problem;
use crate::model::{CreateLogGroup, marks};

/// Creates a log group with a retention, before its function can write to it.
pub async fn create(cx: &Context<'_>, create: &CreateLogGroup) -> Result<(), StepError> {
    match try_create(cx, create).await {
        Err(StepError::Problem(Problem { what, why, .. })) => {
            cx.run.warn(format!("{what}, so that its logs may be kept for ever: {why}"));
            Ok(())
        }
        other => other,
    }
}

/// A group that exists already stays as it is: its owner may want to keep it.
async fn try_create(cx: &Context<'_>, create: &CreateLogGroup) -> Result<(), StepError> {
    let (logs, name) = (&cx.run.world.aws.logs, marks::log_group(&create.function));
    let tags = cx.tags_of_part(create.preview.tags(cx.run.id(), &name, None));
    let look = async || {
        let found = logs.tags(&create.arn).await?;
        Ok(found.filter(|found| found.get(marks::RUN) == tags.get(marks::RUN)).map(|_| true))
    };
    let call = async || match logs.create(&name, &tags).await {
        // The SDK repeats the call, so that a conflict may come from this run's own first attempt.
        Err(error) if error.answer == Answer::Conflict => Ok(look().await?.unwrap_or(false)),
        other => other.map(|()| true),
    };
    let undos = create.undos(cx.run.id());
    if send(&cx.run, Write::new(format!("failed to create log group {name}"), undos), call, look).await? {
        cx.run.may_write()?;
        let kept = logs.keep_for(&name, create.retention_days).await;
        kept.map_err(|error| error.into_problem(format!("failed to set how long log group {name} keeps its logs")))?;
    }
    Ok(())
}
