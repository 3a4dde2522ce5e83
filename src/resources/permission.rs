//! Statements that let API Gateway invoke a function.

use super::{Context, put_back};
use crate::aws::CallError;
use crate::engine::{Found, StepError, Undone, Words, Write, send};
use crate::model::{KnownStates, Permit, PolicyStatement, Qualifier, RestApiId, RevisionId};

/// Adds the statement. It comes after an alias was made or moved: AWS takes a qualifier only once its alias exists.
pub async fn add(cx: &Context<'_>, permit: &Permit) -> Result<(), StepError> {
    let Permit { name, qualifier, caller, .. } = permit;
    let api = cx.api(&caller.api, &caller.api)?;
    let (id, source_arn) = (caller.statement_id(&api), caller.source_arn(&api));
    let what = format!("permission {id} on {name}:{qualifier}");
    let lambda = &cx.run.world.aws.lambda;
    let call = async || lambda.add_permission(name, qualifier, &id, &source_arn).await;
    let look = async || {
        let policy = lambda.policy(name, qualifier).await?;
        let is_there = |found: &PolicyStatement| is_ours(found, &id, &source_arn);
        Ok(policy.is_some_and(|policy| policy.statements.iter().any(is_there)).then_some(()))
    };
    let write = Write::new(format!("failed to add {what}"), permit.undos());
    send(&cx.run, write.may_be_anothers().of_something_new(), call, look).await?;
    cx.run.done(format!("{what} added"));
    Ok(())
}

fn is_ours(statement: &PolicyStatement, id: &str, source_arn: &str) -> bool {
    statement.sid == id && statement.statement.to_string().contains(&format!("\"{source_arn}\""))
}

/// Removes the statement, unless another release may need it.
pub async fn undo(cx: &Context<'_>, permit: &Permit) -> Undone {
    let Permit { name, qualifier, caller, .. } = permit;
    let Ok(api) = cx.api(&caller.api, &caller.api) else { return Undone::Nothing };
    let (id, source_arn) = (caller.statement_id(&api), caller.source_arn(&api));
    let parameter = qualifier.parameter().map_or(String::new(), |name| format!(" --qualifier {name}"));
    let words = Words {
        what: format!("permission {id} on {name}:{qualifier}"),
        restored: format!("permission {id} on {name}:{qualifier} removed"),
        by_hand: cx.aws(&format!("lambda remove-permission --function-name {name} --statement-id {id}{parameter}")),
        to_look: cx.aws(&format!("lambda get-policy --function-name {name}{parameter}")),
    };
    let lambda = &cx.run.world.aws.lambda;
    let look = async || {
        let Some(policy) = lambda.policy(name, qualifier).await? else { return Ok(Found::AsBefore) };
        Ok(match policy.statements.iter().find(|statement| statement.sid == id) {
            None => Found::AsBefore,
            Some(statement) if !is_ours(statement, &id, &source_arn) => {
                Found::Changed(format!("statement {id} allows something else"))
            }
            Some(_) => match other_release(cx, permit, &api).await? {
                Some(how) => Found::Changed(format!("{how}, which may need the permission")),
                None => Found::Ours(policy.revision),
            },
        })
    };
    let write = async |revision: RevisionId| lambda.remove_permission(name, qualifier, &id, &revision).await;
    put_back(cx, words, look, write).await
}

/// How another release shows on the function or the stage of a permission; `None` where it does not.
///
/// A statement is the same whichever run adds it, so a release that began later, and found this one there, would be
/// broken by its removal.
async fn other_release(cx: &Context<'_>, permit: &Permit, api: &RestApiId) -> Result<Option<String>, CallError> {
    if cx.run.memory.made(|made| made.met_another_run) {
        return Ok(Some("another run released the same at the same time".to_owned()));
    }
    let Some(known) = &permit.known else { return Ok(None) };
    let (code, stage) = futures::join!(other_code(cx, permit, known), other_deployment(cx, permit, api, known));
    let code = code?.map(|now| format!("{}:{} {now}", permit.name, permit.qualifier));
    Ok(code.or(stage?))
}

async fn other_code(cx: &Context<'_>, permit: &Permit, known: &KnownStates) -> Result<Option<String>, CallError> {
    let (lambda, name) = (&cx.run.world.aws.lambda, &permit.name);
    Ok(match &permit.qualifier {
        Qualifier::Latest => {
            let now = lambda.function(name, None).await?.map(|now| now.code.sha256);
            now.filter(|now| !known.code.contains(now)).map(|now| format!("has the CodeSha256 {}", now.base64()))
        }
        Qualifier::Named(alias) => {
            let now = lambda.alias(name, alias).await?.map(|now| now.version);
            now.filter(|now| !cx.is_version(now, &known.versions)).map(|now| format!("points at version {now}"))
        }
    })
}

async fn other_deployment(
    cx: &Context<'_>,
    permit: &Permit,
    api: &RestApiId,
    known: &KnownStates,
) -> Result<Option<String>, CallError> {
    let Some(stage) = &permit.caller.stage else { return Ok(None) };
    let now = cx.run.world.aws.apis(permit.caller.kind).serves(api, stage).await?;
    let other = now.filter(|now| !cx.is_deployment(now, &known.deployments));
    Ok(other.map(|now| format!("stage {stage} of {api} serves deployment {now}")))
}
