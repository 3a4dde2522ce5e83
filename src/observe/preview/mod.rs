//! What AWS has of the stage that is copied, and of previews: reads only.

mod found;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use self::found::{PATIENCE, api_of_preview};
use super::{ReadError, api_id, refuse, sort};
use crate::aws::{CallError, FoundObject, GotWhole};
use crate::error::{Failure, Problem};
use crate::model::{
    AccountId, ApiKey, ApiSettings, Artifact, FunctionKey, FunctionName, FunctionSettings, ObjectKey, ObservedPreview,
    PreviewId, Qualifier, RestApiId, Settings, Silent, SourceApi, SourceFunction, StageName, StandingApi,
    StandingFunction,
};
use crate::plan::definition_in;
use crate::plan::preview::{function_name, preview_key};
use crate::world::{Look, Wait, WaitError, World};

pub(super) use self::found::patiently;
pub use self::found::{Found, FoundApi, FoundFunction, FoundLogGroup, log_groups, tagged};

/// What `preview up` has to know; where anything cannot be read, everything that could not.
pub async fn up(
    id: &PreviewId,
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    world: &World,
) -> Result<ObservedPreview, Failure> {
    let sources = join_all(settings.functions.iter().map(|(key, function)| with(key, source(function, world))));
    let source_apis = join_all(settings.apis.iter().map(|(key, api)| with(key, source_api(api, world))));
    let standing = join_all(settings.functions.iter().map(|(key, function)| with(key, standing(function, id, world))));
    let objects = objects(settings, artifacts, world);
    let (sources, source_apis, functions, apis, objects) =
        futures::join!(sources, source_apis, standing, apis(id, world), objects);
    let mut problems = Vec::new();
    let observed = ObservedPreview {
        sources: sort(sources, &mut problems),
        source_apis: sort(source_apis, &mut problems),
        functions: present(sort(functions, &mut problems)),
        apis: apis.map_err(|error| problems.push(error)).unwrap_or_default(),
        objects: present(sort(objects, &mut problems)),
    };
    refuse(problems).map(|()| observed)
}

pub(super) async fn with<K: Clone, V>(
    key: &K,
    read: impl Future<Output = Result<V, ReadError>>,
) -> Result<(K, V), ReadError> {
    read.await.map(|value| (key.clone(), value))
}

pub(super) fn present<K: Ord, V>(found: BTreeMap<K, Option<V>>) -> BTreeMap<K, V> {
    found.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// The function as its callers see it: what its alias stands on, else `$LATEST`.
async fn source(settings: &FunctionSettings, world: &World) -> Result<Option<SourceFunction>, ReadError> {
    let qualifier = settings.alias.as_ref().map(|alias| alias.value.as_str());
    let found = world.aws.lambda.whole(&settings.name.value, qualifier).await?;
    Ok(found.map(|found| SourceFunction {
        account: AccountId::new(found.arn.split(':').nth(4).unwrap_or_default()),
        arn: found.arn,
        configuration: found.configuration,
        code: found.code,
        has_file_system: found.has_file_system,
        environment_hidden: found.environment_hidden,
        code_link: found.link,
    }))
}

async fn source_api(settings: &ApiSettings, world: &World) -> Result<Option<SourceApi>, ReadError> {
    let Some(id) = api_id(settings, world).await? else { return Ok(None) };
    let (apis, stage) = (&world.aws.rest_apis, &settings.stage.value);
    let (api, stage, document) = futures::join!(apis.api(&id), apis.stage(&id, stage), apis.export(&id, stage));
    let (Some(api), Some(stage), Some(document)) = (api?, stage?, document?) else { return Ok(None) };
    let api_settings = &api.definition.document["settings"];
    let has_policy = [&api_settings["policy"], &document["x-amazon-apigateway-policy"]];
    let types = api_settings["endpoint_types"].as_array();
    Ok(Some(SourceApi {
        name: api.name,
        has_policy: has_policy.iter().any(|policy| !policy.is_null() && policy.as_str() != Some("")),
        is_private: types.into_iter().flatten().any(|kind| kind == "PRIVATE"),
        execute_api_disabled: api.execute_api_disabled,
        variables: stage.variables,
        document,
    }))
}

async fn standing(
    settings: &FunctionSettings,
    id: &PreviewId,
    world: &World,
) -> Result<Option<StandingFunction>, ReadError> {
    let name = function_name(&settings.name.value, id);
    let lambda = &world.aws.lambda;
    let Some(found) = settled(&name, world).await? else { return Ok(None) };
    let (tags, policy) = futures::join!(lambda.tags(&found.arn), lambda.policy(&name, &Qualifier::Latest));
    let statements = policy?.map(|policy| policy.statements).unwrap_or_default();
    Ok(Some(StandingFunction {
        tags: tags?.unwrap_or_default(),
        configuration: found.configuration,
        code: found.code,
        statements: statements.into_iter().map(|statement| statement.sid).collect::<BTreeSet<_>>(),
        arn: found.arn,
    }))
}

/// As it is after an update that an earlier run may have begun: its revision is another one then. One that takes too long
/// is taken as it is.
async fn settled(name: &FunctionName, world: &World) -> Result<Option<GotWhole>, CallError> {
    let what = format!("the update of {name} that another run began");
    let wait = Wait::new(what, PATIENCE, vec![world.cancel.clone()], &Silent);
    let look = async || match world.aws.lambda.whole(name, None).await? {
        Some(found) if found.code.is_busy() => Ok(Look::NotYet(String::new())),
        found => Ok(Look::Ready(found)),
    };
    match wait.until(look).await {
        Ok(found) => Ok(found),
        Err(WaitError::Final(error)) => Err(error),
        Err(WaitError::Cancelled | WaitError::Deadline(_)) => world.aws.lambda.whole(name, None).await,
    }
}

/// The APIs that carry the preview's tags, by the key of what they are copies of.
async fn apis(id: &PreviewId, world: &World) -> Result<BTreeMap<ApiKey, Vec<StandingApi>>, ReadError> {
    let tagged = world.aws.rest_apis.tagged().await?;
    let ours = tagged.into_iter().filter_map(api_of_preview).filter(|api| api.preview == *id);
    let looks = ours.map(|api| async move {
        let definition = deployed(&api.id, &id.stage(), world).await?;
        Ok((api.key, StandingApi { id: api.id, definition }))
    });
    let mut found: BTreeMap<ApiKey, Vec<StandingApi>> = BTreeMap::new();
    for look in join_all(looks).await {
        let (key, api) = look.map_err(|error: ReadError| error)?;
        found.entry(key).or_default().push(api);
    }
    Ok(found)
}

async fn deployed(id: &RestApiId, stage: &StageName, world: &World) -> Result<Option<crate::model::Sha256>, ReadError> {
    let apis = &world.aws.rest_apis;
    let (stage, deployments) = futures::join!(apis.stage(id, stage), apis.deployments(id));
    let Some(serves) = stage?.and_then(|stage| stage.deployment) else { return Ok(None) };
    let deployments = deployments?;
    let found = deployments.iter().find(|deployment| deployment.id == serves);
    Ok(found.and_then(|deployment| definition_in(&deployment.description)))
}

pub(super) type ObjectLook = Result<(ObjectKey, Option<Option<String>>), ReadError>;

/// The artifacts that are there; those that S3 hides count as absent, since putting them again does no harm.
pub(super) async fn objects(
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    world: &World,
) -> Vec<ObjectLook> {
    let Some(store) = &settings.artifacts else { return Vec::new() };
    let looks = artifacts.iter().map(|(function, artifact)| async move {
        let key = preview_key(settings, function, &artifact.sha256);
        let found = world.aws.s3.object(&store.bucket.value, &key).await?;
        let FoundObject::Present(found) = found else { return Ok((key, None)) };
        let whole = found.checksum_sha256.filter(|sum| !sum.contains('-'));
        if found.bytes == artifact.zipped_bytes && whole.is_none_or(|sum| sum == artifact.sha256.base64()) {
            return Ok((key, Some(found.version_id)));
        }
        let what = format!("object {key} holds other bytes than its name says");
        Err(ReadError::Other(Problem::new(what).fix("delete the object")))
    });
    join_all(looks).await
}
