//! Aliases.

use std::collections::{BTreeSet, HashMap};

use super::{Context, concurrency, not_made, put_back};
use crate::aws::{CallError, GotAlias};
use crate::engine::{Found, StepError, Undone, Words, Write, send};
use crate::model::{AliasName, CreateAlias, FunctionName, MoveAlias, RevisionId, Version, VersionRef};

/// Creates an alias.
pub async fn create(cx: &Context<'_>, create: &CreateAlias) -> Result<(), StepError> {
    let CreateAlias { name, alias, .. } = create;
    let version = version(cx, name, &create.to)?;
    let what = format!("alias {alias} of {name} on version {version}");
    let call = async || cx.run.world.aws.lambda.create_alias(name, alias, &version).await;
    let look = async || points_at(cx, name, alias, &version).await;
    let write = Write::new(format!("failed to create {what}"), create.undos()).may_be_anothers();
    send(&cx.run, write, call, look).await?;
    cx.run.done(format!("{what} created"));
    Ok(())
}

/// Moves an alias to another version, and waits until its calls go there.
pub async fn move_to(cx: &Context<'_>, moved: &MoveAlias) -> Result<(), StepError> {
    let version = version(cx, &moved.name, &moved.to)?;
    let undos = moved.undos();
    let MoveAlias { name, alias, from, .. } = moved;
    let revision = moved.revision.as_ref().ok_or_else(|| not_made(format!("the revision of alias {alias}")))?;
    let what = format!("alias {alias} of {name}");
    let call = async || cx.run.world.aws.lambda.move_alias(name, alias, &version, revision, None).await;
    let look = async || points_at(cx, name, alias, &version).await;
    let write = Write::new(format!("failed to move {what} to version {version}"), undos);
    send(&cx.run, write.waits_for_conflicts().may_be_anothers(), call, look).await?;
    concurrency::provided(cx, moved, &version).await?;
    cx.run.done(format!("{what} moved from version {from} to {version}"));
    Ok(())
}

/// The version that the alias is about to point at, which is no longer deleted from now on.
fn version(cx: &Context<'_>, name: &FunctionName, version: &VersionRef) -> Result<Version, StepError> {
    let found = cx.run.memory.made(|made| {
        let found = made.version(version);
        made.pointed_at.extend(found.iter().map(|version| (name.clone(), version.clone())));
        found
    });
    found.ok_or_else(|| not_made(format!("version {version}")).into())
}

pub(super) async fn points_at(
    cx: &Context<'_>,
    name: &FunctionName,
    alias: &AliasName,
    version: &Version,
) -> Result<Option<()>, CallError> {
    let now = cx.run.world.aws.lambda.alias(name, alias).await?;
    Ok(now.filter(|now| now.version == *version).map(|_| ()))
}

/// Moves the alias back to `from`, or deletes it where it did not exist before.
pub async fn undo(
    cx: &Context<'_>,
    (name, alias): (&FunctionName, &AliasName),
    from: Option<&Version>,
    left: &BTreeSet<VersionRef>,
) -> Undone {
    let what = format!("alias {alias} of {name}");
    let to_look = cx.aws(&format!("lambda get-alias --function-name {name} --name {alias}"));
    let words = match from {
        Some(from) => Words {
            restored: format!("{what} points at version {from} again"),
            by_hand: cx.aws(&format!(
                "lambda update-alias --function-name {name} --name {alias} --function-version {from} \
                 --routing-config AdditionalVersionWeights={{}}"
            )),
            what,
            to_look,
        },
        None => Words {
            restored: format!("{what} deleted"),
            by_hand: cx.aws(&format!("lambda delete-alias --function-name {name} --name {alias}")),
            what: format!("{what}, which did not exist"),
            to_look,
        },
    };
    let lambda = &cx.run.world.aws.lambda;
    let look = async || {
        Ok(match lambda.alias(name, alias).await? {
            None if from.is_none() => Found::AsBefore,
            None => Found::Changed("it does not exist any more".to_owned()),
            Some(now) if Some(&now.version) == from && !sends_calls(cx, &now, left) => Found::AsBefore,
            Some(now) if Some(&now.version) == from => Found::Ours(now.revision),
            Some(now) if cx.is_version(&now.version, left) => found_moved(now, from),
            Some(now) => Found::Changed(format!("it points at version {}", now.version)),
        })
    };
    let write = async |revision: RevisionId| match from {
        Some(from) => lambda.move_alias(name, alias, from, &revision, Some(HashMap::new())).await,
        None => lambda.delete_alias(name, alias).await,
    };
    put_back(cx, words, look, write).await
}

/// Whether the alias sends calls to one of the versions by a weight: Lambda does so after a move, until the version that
/// the alias points at has its provisioned concurrency.
fn sends_calls(cx: &Context<'_>, now: &GotAlias, versions: &BTreeSet<VersionRef>) -> bool {
    now.weights.keys().any(|version| cx.is_version(version, versions))
}

/// An alias that points at this run's version. A weight of the version from before is Lambda's own, as above; a weight of
/// any other version was set since.
fn found_moved(now: GotAlias, from: Option<&Version>) -> Found<RevisionId> {
    let set_since = now.weights.keys().find(|version| from.is_some_and(|from| *version != from));
    match set_since {
        Some(version) => Found::Changed(format!("it sends a part of its calls to version {version}")),
        None => Found::Ours(now.revision),
    }
}
