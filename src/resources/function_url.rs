//! URLs of a preview's functions and of its commits.

use super::{Context, alias, code};
use crate::aws::{CallError, GotPolicy};
use crate::engine::{StepError, Write, send};
use crate::model::{DropCommits, GiveUrl, KeepCommit, LambdaUrl, PublicStatement, Qualifier, UrlAuth, code_sha256};

/// Publishes `$LATEST`, and lets the alias of the commit point at it.
pub async fn keep(cx: &Context<'_>, keep: &KeepCommit) -> Result<(), StepError> {
    let (lambda, KeepCommit { name, alias, .. }) = (&cx.run.world.aws.lambda, keep);
    let code = code_sha256(&keep.code, keep.is_image);
    let publish = async || lambda.publish(name, &code, None).await;
    let write = Write::new(format!("failed to publish a version of {name}"), keep.undos()).waits_for_conflicts();
    let version = send(&cx.run, write, publish, async || publish().await.map(Some)).await?;
    code::state(cx, &format!("version {version} of {name}"), name, Some(&version)).await?;
    let what = format!("alias {alias} of {name} on version {version}");
    let call = async || match lambda.alias(name, alias).await? {
        None => lambda.create_alias(name, alias, &version).await,
        Some(now) if now.version == version => Ok(()),
        Some(now) => lambda.move_alias(name, alias, &version, &now.revision, None).await,
    };
    let look = async || alias::points_at(cx, name, alias, &version).await;
    let write = Write::new(format!("failed to make {what}"), keep.undos());
    send(&cx.run, write.waits_for_conflicts().may_be_anothers(), call, look).await?;
    cx.run.done(format!("{what} made"));
    Ok(())
}

/// Gives a function or an alias its URL, or lets in others by it. The statements come first, so that where there is a URL of
/// this kind, they are there as well.
pub async fn give(cx: &Context<'_>, give: &GiveUrl) -> Result<(), StepError> {
    let (lambda, GiveUrl { name, qualifier, auth, .. }) = (&cx.run.world.aws.lambda, give);
    if *auth == UrlAuth::Open {
        for statement in PublicStatement::ALL {
            permit(cx, give, statement).await?;
        }
    }
    let call = async || {
        if give.has_url {
            lambda.change_url(name, qualifier, *auth).await
        } else {
            lambda.create_url(name, qualifier, *auth).await
        }
    };
    let look = async || {
        let found = lambda.url(name, qualifier).await?;
        Ok(found.filter(|found| found.auth == *auth).map(|found| found.url))
    };
    let what = format!("the URL of {name}:{qualifier}");
    let write = Write::new(format!("failed to make {what}"), give.undos()).may_be_anothers().of_something_new();
    let url: LambdaUrl = send(&cx.run, write, call, look).await?;
    if give.has_url {
        cx.run.done(format!("{what} changed"));
        return Ok(());
    }
    // Only the commit of this run may lack its URL.
    cx.run.memory.made(|made| {
        let urls = if *qualifier == Qualifier::Latest { &mut made.urls } else { &mut made.commit_urls };
        urls.insert(give.function.clone(), url);
    });
    cx.run.done(format!("{what} made"));
    Ok(())
}

async fn permit(cx: &Context<'_>, give: &GiveUrl, statement: PublicStatement) -> Result<(), StepError> {
    let (lambda, GiveUrl { name, qualifier, .. }) = (&cx.run.world.aws.lambda, give);
    let id = statement.id(qualifier);
    let look = async || {
        let policy = lambda.policy(name, qualifier).await?;
        let is_there = |policy: GotPolicy| policy.statements.iter().any(|one| one.sid == id);
        Ok(policy.is_some_and(is_there).then_some(()))
    };
    // One from before its URL was closed again, or from a run that ended before it made the URL.
    if give.existed && matches!(look().await, Ok(Some(()))) {
        return Ok(());
    }
    let call = async || lambda.open_url(name, qualifier, statement).await;
    let failed = format!("failed to let everybody call the URL of {name}:{qualifier}");
    let write = Write::new(failed, give.undos()).may_be_anothers().of_something_new();
    send(&cx.run, write, call, look).await
}

/// Deletes what older commits keep. The preview works with it too, so that a failure is a warning, and the next run tries
/// again.
pub async fn drop_commits(cx: &Context<'_>, drop: &DropCommits) -> Result<(), StepError> {
    cx.run.may_write()?;
    match delete(cx, drop).await {
        Ok(()) => cx.run.done(format!("older commits of {} deleted", drop.name)),
        Err(error) => {
            let aliases = drop.aliases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let failed = format!("failed to delete {aliases} of {}, of older commits", drop.name);
            cx.run.warn(error.into_problem(failed).to_string());
        }
    }
    Ok(())
}

async fn delete(cx: &Context<'_>, drop: &DropCommits) -> Result<(), CallError> {
    let (lambda, DropCommits { name, aliases, versions, .. }) = (&cx.run.world.aws.lambda, drop);
    for alias in aliases {
        lambda.delete_url(name, &Qualifier::Named(alias.clone())).await?;
        lambda.delete_alias(name, alias).await?;
    }
    for version in versions {
        lambda.delete_version(name, version).await?;
    }
    Ok(())
}
