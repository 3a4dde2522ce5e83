//! Stages of APIs: the deployment that each serves.

use std::collections::BTreeSet;

use super::{Context, not_made, put_back};
use crate::aws::{Answer, CallError};
use crate::engine::{Found, StepError, Undone, Words, Write, send};
use crate::model::{ApiKey, ApiKind, DeploymentId, DeploymentRef, PointStage, RestApiId, StageName, marks};

/// Points a stage at another deployment.
pub async fn point(cx: &Context<'_>, point: &PointStage) -> Result<(), StepError> {
    let PointStage { api, id, stage, .. } = point;
    let deployment = cx.run.memory.made(|made| made.deployment(&point.to));
    let deployment = deployment.ok_or_else(|| not_made(format!("deployment {}", point.to)))?;
    let apis = cx.run.world.aws.apis(point.kind);
    let what = format!("stage {stage} of {api}");
    let call = async || {
        still_serves(cx, point).await?;
        apis.point_stage(id, stage, &deployment).await.map(|()| deployment.clone())
    };
    let look = async || {
        let Some(now) = apis.serves(id, stage).await? else { return Ok(None) };
        let is_wanted = now == deployment || now != point.from && has_definition(cx, point, &now).await?;
        Ok(is_wanted.then_some(now))
    };
    let write = Write::new(format!("failed to point {what} at deployment {deployment}"), point.undos());
    let served = send(&cx.run, write.waits_for_conflicts().may_be_anothers(), call, look).await?;
    cx.run.done(format!("{what} serves deployment {served}"));
    cx.run.memory.made(|made| made.deployments.insert(api.clone(), served));
    Ok(())
}

/// Whether the deployment that is served now, which is another run's, has the wanted definition.
async fn has_definition(cx: &Context<'_>, point: &PointStage, now: &DeploymentId) -> Result<bool, CallError> {
    let all = cx.run.world.aws.apis(point.kind).deployments(&point.id).await?;
    let description = all.iter().find(|deployment| deployment.id == *now).map(|deployment| &deployment.description);
    Ok(description.and_then(|text| marks::definition_in(text)) == Some(point.definition))
}

/// Fails if the stage serves another deployment than the observed one. API Gateway has no revisions: a look just before
/// each attempt is the best there is.
async fn still_serves(cx: &Context<'_>, point: &PointStage) -> Result<(), CallError> {
    let PointStage { id, stage, from, .. } = point;
    let now = cx.run.world.aws.apis(point.kind).serves(id, stage).await?;
    if now.as_ref() == Some(from) {
        return Ok(());
    }
    let now = now.map_or("none".to_owned(), |id| format!("deployment {id}"));
    let message = format!("stage {stage} of {id} changed during the release: it served deployment {from}, now {now}");
    Err(CallError::found("apigateway:UpdateStage", format!("{id}/{stage}"), Answer::Changed, message))
}

/// Points the stage back.
pub async fn undo(
    cx: &Context<'_>,
    (api, kind): (&ApiKey, ApiKind),
    (id, stage): (&RestApiId, &StageName),
    from: &DeploymentId,
    left: &BTreeSet<DeploymentRef>,
) -> Undone {
    let words = Words {
        what: format!("stage {stage} of {kind} {id}"),
        restored: format!("stage {stage} of {api} serves deployment {from} again"),
        by_hand: cx.aws(&match kind {
            ApiKind::Rest => format!(
                "apigateway update-stage --rest-api-id {id} --stage-name {stage} --patch-operations \
                 op=replace,path=/deploymentId,value={from}"
            ),
            ApiKind::Http => {
                format!("apigatewayv2 update-stage --api-id {id} --stage-name '{stage}' --deployment-id {from}")
            }
        }),
        to_look: cx.aws(&match kind {
            ApiKind::Rest => format!("apigateway get-stage --rest-api-id {id} --stage-name {stage}"),
            ApiKind::Http => format!("apigatewayv2 get-stage --api-id {id} --stage-name '{stage}'"),
        }),
    };
    let apis = cx.run.world.aws.apis(kind);
    let look = async || {
        Ok(match apis.serves(id, stage).await? {
            Some(now) if now == *from => Found::AsBefore,
            Some(now) if cx.is_deployment(&now, left) => Found::Ours(()),
            Some(now) => Found::Changed(format!("it serves deployment {now}")),
            None => Found::Changed("it does not exist any more".to_owned()),
        })
    };
    put_back(cx, words, look, async |()| apis.point_stage(id, stage, from).await).await
}
