//! Published versions. Terraform, and people, take the newest one for the good one, so that it is never one that failed.

use std::cell::Cell;

use super::{Context, put_back};
use crate::aws::Answer;
use crate::engine::{Found, Undone, Words};
use crate::model::{AliasName, FunctionName, LeftAlone, NotPutBack, Qualifier, Sha256, Version, code_sha256};

/// Deletes the version of a release that failed or was cancelled, or publishes the code that was put back after it.
///
/// A version that an alias pointed at is not deleted: calls that are under way would fail.
pub async fn undo(cx: &Context<'_>, name: &FunctionName, before: Option<&Sha256>, is_image: bool) -> Undone {
    let (fresh, was_live) = cx.run.memory.made(|made| {
        let fresh = made.fresh.get(name).cloned();
        let was_live = fresh.iter().any(|fresh| made.pointed_at.contains(&(name.clone(), fresh.clone())));
        (fresh, was_live)
    });
    let why = match fresh {
        None => "which version this run published is not known".to_owned(),
        Some(version) if was_live => format!("this run published version {version}, and calls of it may be under way"),
        Some(version) => match delete(cx, name, &version).await {
            Undone::Failed(NotPutBack { why, .. }) | Undone::LeftAlone(LeftAlone { why, .. }) => {
                format!("this run published version {version}, which is not deleted: {why}")
            }
            done => return done,
        },
    };
    if let Some(before) = before {
        return publish(cx, name, (before, &code_sha256(before, is_image)), &why).await;
    }
    cx.run.warn(format!("the newest version of {name} may be that of this run: {why}"));
    Undone::Nothing
}

/// Deletes a version that nothing uses.
async fn delete(cx: &Context<'_>, name: &FunctionName, version: &Version) -> Undone {
    let words = Words {
        what: format!("version {version} of {name}, which this run published"),
        restored: format!("version {version} of {name}, which this run published, is deleted"),
        by_hand: cx.aws(&format!("lambda delete-function --function-name {name} --qualifier {version}")),
        to_look: cx.aws(&format!("lambda get-function --function-name {name} --qualifier {version}")),
    };
    let lambda = &cx.run.world.aws.lambda;
    // Lambda says so where an alias points at it.
    let has_alias = Cell::new(false);
    let look = async || {
        if has_alias.get() {
            return Ok(Found::Changed("an alias points at it".to_owned()));
        }
        if lambda.function(name, Some(version.as_str())).await?.is_none() {
            return Ok(Found::AsBefore);
        }
        let qualifier = Qualifier::Named(AliasName::new(version.as_str()));
        let (policy, mappings) =
            futures::join!(lambda.policy(name, &qualifier), lambda.has_event_source(name, version));
        let has_policy = policy?.is_some_and(|policy| !policy.statements.is_empty());
        let is_used = has_policy || mappings?;
        Ok(if is_used { Found::Changed("something may call it".to_owned()) } else { Found::Ours(()) })
    };
    let write = async |()| {
        let answer = lambda.delete_version(name, version).await;
        has_alias.set(answer.as_ref().is_err_and(|error| error.answer == Answer::Conflict));
        answer
    };
    put_back(cx, words, look, write).await
}

/// Publishes `$LATEST`, which holds the code from before again.
async fn publish(cx: &Context<'_>, name: &FunctionName, (before, sha256): (&Sha256, &str), why: &str) -> Undone {
    let words = Words {
        what: format!("the newest version of {name}"),
        restored: format!("the newest version of {name} holds its code from before ({why})"),
        by_hand: cx.aws(&format!("lambda publish-version --function-name {name} --code-sha256 {sha256}")),
        to_look: cx.aws(&format!("lambda list-versions-by-function --function-name {name}")),
    };
    let lambda = &cx.run.world.aws.lambda;
    let published = Cell::new(false);
    let look = async || {
        if published.get() {
            return Ok(Found::AsBefore);
        }
        Ok(match lambda.function(name, None).await? {
            Some(latest) if latest.code.is_busy() => Found::Busy,
            Some(latest) if latest.code.sha256 == *before => Found::Ours(()),
            Some(latest) => Found::Changed(format!("the CodeSha256 of $LATEST is {}", latest.code.sha256.base64())),
            None => Found::Changed("the function does not exist any more".to_owned()),
        })
    };
    let write = async |()| {
        let answer = lambda.publish(name, sha256, None).await;
        published.set(answer.is_ok());
        // The code changed since the look, which comes again.
        match answer {
            Err(error) if error.code != "InvalidParameterValueException" => Err(error),
            _ => Ok(()),
        }
    };
    put_back(cx, words, look, write).await
}
