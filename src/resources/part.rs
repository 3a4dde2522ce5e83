//! Parts of previews, which are deleted as a whole: for a step, or because the run that made them failed.

use std::collections::BTreeMap;

use super::Context;
use crate::aws::{CallError, TaggedApi};
use crate::engine::{Found, StepError, Undone, Words, restore};
use crate::error::Problem;
use crate::model::marks::{self, Marks};
use crate::model::{ApiRef, Delete, Event, FunctionName, Owner, PreviewId, Ref, RestApiId, Target};
use crate::world::Wait;

/// Deletes a part for a step: what was deleted is remembered, what changed since is left alone with a warning. A
/// preview works without its log groups, so that one that cannot be deleted is a warning, too.
pub async fn remove(cx: &Context<'_>, step: &Delete) -> Result<(), StepError> {
    let Delete { target, owner } = step;
    cx.run.may_write()?;
    match delete(cx, target, owner, cx.run.wait_to_delete(&target.to_string())).await {
        Undone::Nothing => {}
        Undone::PutBack(what) => {
            cx.run.memory.made(|made| made.deleted.push((owner.preview.clone(), target.clone())));
            cx.run.done(what);
        }
        Undone::LeftAlone(left) => cx.run.warn(format!("{} is left alone: {}", left.what, left.why)),
        Undone::Failed(left) if matches!(target, Target::LogGroup { .. }) => {
            cx.run.warn(format!("{target} may be left: {}", left.why));
        }
        Undone::Failed(left) => {
            let problem = Problem::new(format!("failed to delete {target}")).why(left.why);
            return Err(problem.fix("run it again: what is gone stays gone").into());
        }
    }
    Ok(())
}

/// Deletes a part that this run made.
pub async fn undo(cx: &Context<'_>, target: &Target, owner: &Owner) -> Undone {
    let what = target.to_string();
    cx.run.listener.hear(Event::PuttingBack(what.clone()));
    delete(cx, target, owner, cx.run.wait_to_delete_again(&what)).await
}

async fn delete(cx: &Context<'_>, target: &Target, owner: &Owner, wait: Wait<'_>) -> Undone {
    let (aws, words) = (&cx.run.world.aws, words(target, &owner.preview));
    match target {
        Target::Function { name, arn } => {
            let look = async || {
                let tags = aws.lambda.tags(arn).await?;
                Ok(tags.map_or(Found::AsBefore, |tags| judge(owner, &tags, target, ())))
            };
            restore(wait, &words, look, async |()| aws.lambda.delete(name).await).await
        }
        Target::LogGroup { name, arn, function } => {
            let look = async || log_group(cx, owner, target, arn, function.as_ref()).await;
            restore(wait, &words, look, async |()| aws.logs.delete(name).await).await
        }
        Target::Api { id, .. } => {
            let look = async || api(cx, owner, id).await;
            let write = async |id: RestApiId| aws.rest_apis.delete(&id).await;
            restore(wait, &words, look, write).await
        }
    }
}

fn words(target: &Target, preview: &PreviewId) -> Words {
    let PreviewId { repository, number, service } = preview;
    Words {
        what: target.to_string(),
        restored: format!("{target} deleted"),
        by_hand: format!("sls-release preview down --pr {number} --repository {repository} --service {service}"),
        to_look: format!("sls-release preview list --repository {repository} --service {service}"),
    }
}

/// Looks at a log group. One that Lambda made carries no tags: it goes with its function, if this run deleted that. A
/// group of another owner is nothing to report.
async fn log_group(
    cx: &Context<'_>,
    owner: &Owner,
    target: &Target,
    arn: &str,
    function: Option<&FunctionName>,
) -> Result<Found<()>, CallError> {
    let is_its = |target: &Target| matches!(target, Target::Function { name, .. } if Some(name) == function);
    let function_is_gone = cx.run.memory.made(|made| made.deleted.iter().any(|(_, target)| is_its(target)));
    Ok(match cx.run.world.aws.logs.tags(arn).await? {
        None => Found::AsBefore,
        Some(tags) if tags.is_empty() && function_is_gone => Found::Ours(()),
        Some(tags) if !is_of(&owner.preview, &tags) => Found::AsBefore,
        Some(tags) => judge(owner, &tags, target, ()),
    })
}

/// Looks at an API. The answer to its creation may be lost, so one that this run made is found by its tags.
async fn api(cx: &Context<'_>, owner: &Owner, id: &ApiRef) -> Result<Found<RestApiId>, CallError> {
    let is_it = |api: &TaggedApi| match id {
        Ref::Existing(id) => api.id == *id,
        Ref::Made(key) => {
            let is_copy = api.tags.get(marks::API).is_some_and(|copied| copied == key.as_str());
            is_copy && is_of(&owner.preview, &api.tags) && is_by(owner, &api.tags)
        }
    };
    let found = cx.run.world.aws.rest_apis.list().await?.into_iter().find(is_it);
    Ok(found.map_or(Found::AsBefore, |TaggedApi { id, name, tags, .. }| {
        let target = Target::Api { id: Ref::Existing(id.clone()), name };
        judge(owner, &tags, &target, id)
    }))
}

/// Whether these are the tags that this owner gave to `target`; `ours` is what deleting needs. What carries another run's
/// tag was not created by this run.
fn judge<N>(owner: &Owner, tags: &BTreeMap<String, String>, target: &Target, ours: N) -> Found<N> {
    let marks = Marks::of_tags(tags).filter(|marks| marks.preview == owner.preview);
    match marks {
        _ if !is_by(owner, tags) => Found::AsBefore,
        None if owner.run.is_some() => Found::AsBefore,
        None => Found::Changed("its tags do not name this preview any more".to_owned()),
        Some(marks) => marks.mismatch(target.carrier()).map_or(Found::Ours(ours), Found::Changed),
    }
}

fn is_of(preview: &PreviewId, tags: &BTreeMap<String, String>) -> bool {
    PreviewId::of_tags(tags).as_ref() == Some(preview)
}

/// Whether the run that is looked for made what carries these tags.
fn is_by(owner: &Owner, tags: &BTreeMap<String, String>) -> bool {
    owner.run.as_ref().is_none_or(|run| tags.get(marks::RUN).is_some_and(|made| made == run.as_str()))
}
