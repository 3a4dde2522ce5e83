//! REST APIs of previews.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Context, not_made, part};
use crate::aws::{Answer, TaggedApi, time};
use crate::engine::{StepError, Undone, Write, ended, send};
use crate::error::Problem;
use crate::model::{
    self, CreateApi, LeftAlone, MarkedApi, NotPutBack, Owner, Ref, RestApiId, TagApi, Target, WriteApi, marks,
};
use crate::observe;
use crate::world::{Look, Wait};

/// How long another API may be made in the same second as one that was just made. API Gateway returns the time of a
/// creation in whole seconds.
///
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_RestApi.html>
const SAME_SECOND: Duration = Duration::from_secs(1);

/// The first pause of the look for other runs' APIs; even with jitter, it is no shorter than [`SAME_SECOND`].
const OTHERS_PAUSE: Duration = Duration::from_millis(1250);

/// Creates an empty API with its tags.
///
/// API Gateway takes several APIs of one name, so two runs may make one at the same time. Then one is kept, and the run
/// that made the other one deletes that, and goes on with the kept one.
pub async fn create(cx: &Context<'_>, create: &CreateApi) -> Result<(), StepError> {
    let apis = &cx.run.world.aws.rest_apis;
    let mut tags = cx.tags_of_part(create.preview.tags(cx.run.id(), &create.name, Some(&create.original)));
    tags.insert(marks::API.to_owned(), create.api.to_string());
    tags.extend(updated(cx));
    // After a lost answer, the run's own tag proves that this run created it.
    let look = async || {
        let ours =
            |found: &TaggedApi| [marks::RUN, marks::API].iter().all(|tag| found.tags.get(*tag) == tags.get(*tag));
        Ok(apis.list().await?.into_iter().find(ours).map(|found| found.id))
    };
    let undos = create.undos(cx.run.id());
    let write = Write::new(format!("failed to create API {}", create.name), undos).waits_for_conflicts();
    let call = async || apis.create(&create.name, &tags).await;
    let own = send(&cx.run, write.waits_for_quota(), call, look).await?;
    let kept = kept(cx, create, &own).await?;
    if kept == own {
        cx.run.done(format!("API {} made", create.name));
    } else {
        give_way(cx, create, own, &kept).await?;
    }
    cx.run.memory.made(|made| made.apis.insert(create.api.clone(), kept));
    Ok(())
}

/// Returns the API that all runs keep; this waits until no older one can appear.
async fn kept(cx: &Context<'_>, create: &CreateApi, own: &RestApiId) -> Result<RestApiId, StepError> {
    let (what, began) = (format!("other runs' APIs {}", create.name), Instant::now());
    let failed = format!("failed to look for {what}");
    let look = async || {
        let found = match cx.run.world.aws.rest_apis.list().await {
            Err(error) if error.answer == Answer::Throttled => return Ok(Look::NotYet(error.message)),
            Err(error) => return Err(StepError::Problem(error.into_problem(&failed))),
            Ok(found) => found,
        };
        match model::kept(observe::copies(found, &create.preview, &create.api)) {
            Some(kept) if kept.original != create.original => Err(another_original(create, &kept).into()),
            Some(kept) if kept.id != *own => Ok(Look::Ready(kept.id)),
            _ if began.elapsed() < SAME_SECOND => Ok(Look::NotYet("another run may make one now".to_owned())),
            _ => Ok(Look::Ready(own.clone())),
        }
    };
    let wait = cx.run.wait(what.clone());
    let wait = Wait { first: OTHERS_PAUSE, deadline: wait.deadline.max(OTHERS_PAUSE * 4), ..wait };
    wait.until(look)
        .await
        .map_err(|error| ended(error, &failed, "AWS takes no more calls for now: try again in a minute"))
}

fn another_original(create: &CreateApi, kept: &MarkedApi) -> Problem {
    let (MarkedApi { id, name, original, preview, key, .. }, wanted) = (kept, &create.original);
    Problem::new(format!(
        "another run makes API {name} ({id}) of this preview as a copy of {original}, not of {wanted}"
    ))
    .why(format!(
        "its settings file, or its stage, is another one with the service {} and the key {key}",
        preview.service
    ))
    .fix("set `service` in [preview] where two settings files share one")
}

/// Deletes the API that this run made, since another run's is kept.
async fn give_way(cx: &Context<'_>, create: &CreateApi, own: RestApiId, kept: &RestApiId) -> Result<(), StepError> {
    let target = Target::Api { id: Ref::Existing(own), name: create.name.clone() };
    let owner = Owner { preview: create.preview.clone(), run: Some(cx.run.id().clone()) };
    match part::undo(cx, &target, &owner).await {
        Undone::Nothing | Undone::PutBack(_) => {}
        Undone::LeftAlone(LeftAlone { why, .. }) | Undone::Failed(NotPutBack { why, .. }) => {
            let what = format!("failed to delete {target}, which another run made as well");
            return Err(Problem::new(what).why(why).fix("run it again when the other run has ended").into());
        }
    }
    cx.run.warn(format!("another run makes this preview at the same time: its API {kept} is used"));
    Ok(())
}

/// Writes the API's definition in the place of all that it holds; a second time does no harm.
pub async fn write(cx: &Context<'_>, wanted: &WriteApi) -> Result<(), StepError> {
    let id = cx.api(&wanted.id, &wanted.name)?;
    let document = cx.inputs.documents.get(&wanted.api).ok_or_else(|| not_made(format!("API {}", wanted.name)))?;
    let write = Write::new(format!("failed to write the definition of API {}", wanted.name), wanted.undos());
    let call = async || cx.run.world.aws.rest_apis.overwrite(&id, &document.document).await;
    send(&cx.run, write.waits_for_conflicts().waits_for_quota(), call, async || Ok(None)).await
}

/// The tag of the time at which this run began.
fn updated(cx: &Context<'_>) -> Option<(String, String)> {
    time::rfc3339(cx.run.world.began).map(|now| (marks::UPDATED.to_owned(), now))
}

/// Tags an existing API with the time of this run. The preview works without the tag, so a failure is a warning.
///
/// The repository's tag goes with it, since a policy lets a run tag something by that tag of the request.
pub async fn tag(cx: &Context<'_>, tag: &TagApi) -> Result<(), StepError> {
    cx.run.may_write()?;
    let repository = (marks::REPOSITORY.to_owned(), tag.preview.repository.clone());
    let tags: BTreeMap<_, _> = updated(cx).into_iter().chain([repository]).collect();
    let arn = format!("arn:{}:apigateway:{}::/restapis/{}", tag.partition, cx.run.world.aws.region, tag.id);
    if let Err(error) = cx.run.world.aws.rest_apis.tag(&arn, tags).await {
        cx.run.warn(format!("API {} is not tagged with the time of this run: {}", tag.name, error.message));
    }
    Ok(())
}
