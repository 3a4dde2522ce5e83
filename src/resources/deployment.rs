//! Deployments of APIs.

use super::{Context, not_made, put_back};
use crate::aws::{Answer, CallError, Deployed};
use crate::engine::{Found, StepError, Undone, Words, Write, ended, send};
use crate::error::Problem;
use crate::model::{ApiKind, CreateDeployment, DeployStage, DeploymentId, RestApiId, marks};
use crate::world::Look;

/// Makes a deployment that no stage serves yet.
pub async fn create(cx: &Context<'_>, wanted: &CreateDeployment) -> Result<(), StepError> {
    unchanged(cx, wanted).await?;
    let description = marks::deployment_description(&wanted.definition, cx.run.id());
    let CreateDeployment { kind, id: api, .. } = wanted;
    let apis = cx.run.world.aws.apis(*kind);
    let write = Write::new(format!("failed to make a deployment of {kind} {api}"), wanted.undos());
    let write = write.waits_for_conflicts().waits_for_quota();
    let call = async || apis.create_deployment(api, &description).await;
    let id = send(&cx.run, write, call, async || described(cx, *kind, api, &description).await).await?;
    if *kind == ApiKind::Http {
        deployed(cx, api, &id).await?;
    }
    unchanged(cx, wanted).await?;
    cx.run.done(format!("deployment {id} of {} made", wanted.api));
    cx.run.memory.made(|made| made.deployments.insert(wanted.api.clone(), id));
    Ok(())
}

/// Finds the deployment with this description. After a lost answer, it proves that the deployment was made.
async fn described(
    cx: &Context<'_>,
    kind: ApiKind,
    id: &RestApiId,
    description: &str,
) -> Result<Option<DeploymentId>, CallError> {
    let found = cx.run.world.aws.apis(kind).deployments(id).await?;
    Ok(found.into_iter().find(|deployment| deployment.description == description).map(|ours| ours.id))
}

/// Waits until a deployment of an HTTP API can be served.
async fn deployed(cx: &Context<'_>, api: &RestApiId, id: &DeploymentId) -> Result<(), StepError> {
    let what = format!("deployment {id} of HTTP API {api}");
    let look = async || match cx.run.world.aws.http_apis.deployed(api, id).await {
        Ok(Deployed::Done) => Ok(Look::Ready(())),
        Ok(Deployed::Pending) => Ok(Look::NotYet("it is pending".to_owned())),
        Ok(Deployed::Failed(why)) => {
            let failed = Problem::new(format!("{what} failed")).why(why);
            Err(StepError::from(failed.fix("correct what the reason names with Terraform, and release again")))
        }
        Err(error) if error.answer == Answer::Throttled => Ok(Look::NotYet(error.message)),
        Err(error) => Err(StepError::Problem(error.into_problem(format!("failed to look at {what}")))),
    };
    let ended_with = cx.run.wait(what.clone()).until(look).await;
    ended_with.map_err(|error| ended(error, &format!("{what} did not end"), "raise `wait_timeout`"))
}

/// A definition that changes while it is deployed is half of a `terraform apply`.
async fn unchanged(cx: &Context<'_>, wanted: &CreateDeployment) -> Result<(), StepError> {
    let CreateDeployment { kind, id, .. } = wanted;
    let look = async || cx.run.world.aws.apis(*kind).api(id).await;
    let now = cx.run.read(&format!("{kind} {id}"), look).await?;
    if now.is_some_and(|now| now.definition.digest() == wanted.definition) {
        return Ok(());
    }
    Err(Problem::new(format!("the definition of {kind} {id} changed during the release"))
        .why("a change is being applied to it")
        .fix("release again when that has ended")
        .into())
}

/// Makes a deployment for a preview's stage, and the stage where it does not exist.
pub async fn deploy(cx: &Context<'_>, wanted: &DeployStage) -> Result<(), StepError> {
    let id = cx.api(&wanted.id, &wanted.name)?;
    let document = cx.inputs.documents.get(&wanted.api).ok_or_else(|| not_made(format!("API {}", wanted.name)))?;
    let (name, description) = (wanted.preview.stage(), marks::deployment_description(&wanted.definition, cx.run.id()));
    let stage = Some((&name, &document.variables));
    let apis = &cx.run.world.aws.rest_apis;
    let call = async || apis.create_deployment(&id, &description, stage).await;
    let look = async || {
        let ours = described(cx, ApiKind::Rest, &id, &description).await?;
        let serves = apis.serves(&id, &name).await?;
        Ok(ours.filter(|ours| serves.as_ref() == Some(ours)))
    };
    let write = Write::new(format!("failed to deploy API {}", wanted.name), wanted.undos());
    send(&cx.run, write.waits_for_conflicts().waits_for_quota(), call, look).await?;
    cx.run.done(format!("API {} deployed", wanted.name));
    Ok(())
}

/// Deletes the deployment that carries this run's description; there is none where the call never arrived.
pub async fn undo(cx: &Context<'_>, made: &CreateDeployment) -> Undone {
    let CreateDeployment { api, kind, id, .. } = made;
    let description = marks::deployment_description(&made.definition, cx.run.id());
    let ours = cx.aws(&match kind {
        ApiKind::Rest => {
            format!("apigateway get-deployments --rest-api-id {id} --query \"items[?description=='{description}']\"")
        }
        ApiKind::Http => {
            format!("apigatewayv2 get-deployments --api-id {id} --query \"Items[?Description=='{description}']\"")
        }
    });
    let words = Words {
        what: format!("the deployment of {kind} {id} that this run made"),
        restored: format!("the deployment of {api} that this run made is deleted"),
        by_hand: ours.clone(),
        to_look: ours,
    };
    let look = async || Ok(described(cx, *kind, id, &description).await?.map_or(Found::AsBefore, Found::Ours));
    let write = async |ours: DeploymentId| cx.run.world.aws.apis(*kind).delete_deployment(id, &ours).await;
    put_back(cx, words, look, write).await
}
