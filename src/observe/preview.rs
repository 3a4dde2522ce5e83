//! What AWS has of the stage that is copied, and of previews: reads only.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::{ReadError, api_id, refuse, sort};
use crate::aws::{FoundObject, TaggedApi};
use crate::error::{Failure, Problem};
use crate::model::{
    AccountId, ApiKey, ApiSettings, Artifact, Endpoint, FunctionKey, FunctionName, FunctionSettings, ObjectKey,
    ObservedPreview, PreviewId, Qualifier, RestApiId, Settings, SourceApi, SourceFunction, StageName, StandingApi,
    StandingFunction,
};
use crate::plan::definition_in;
use crate::plan::preview::{function_name, preview_key};
use crate::world::World;

/// Something of a preview that AWS has.
pub struct FoundFunction {
    /// Its name.
    pub name: FunctionName,
    /// Its ARN.
    pub arn: String,
    /// Whose.
    pub preview: PreviewId,
}

/// An API of a preview that AWS has.
pub struct FoundApi {
    /// Its id.
    pub id: RestApiId,
    /// Its name.
    pub name: String,
    /// The key of the API that it is a copy of.
    pub key: ApiKey,
    /// Whose.
    pub preview: PreviewId,
}

impl FoundApi {
    /// Where it answers.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint { api: self.key.clone(), id: self.id.clone(), stage: self.preview.stage() }
    }
}

/// All that AWS has of some previews.
pub struct Found {
    /// In the order of their names.
    pub functions: Vec<FoundFunction>,
    /// In the order of their ids.
    pub apis: Vec<FoundApi>,
}

/// Everything whose tags name a preview that is `wanted`; functions are asked for their tags where their names end as
/// those of previews do.
pub async fn tagged(world: &World, wanted: impl Fn(&PreviewId) -> bool) -> Result<Found, Failure> {
    let (functions, apis) = futures::join!(functions_of_previews(world), world.aws.rest_apis.tagged());
    let mut problems = Vec::new();
    let mut found = Found { functions: Vec::new(), apis: Vec::new() };
    match functions {
        Ok(functions) => found.functions.extend(functions.into_iter().filter(|one| wanted(&one.preview))),
        Err(error) => problems.push(error),
    }
    match apis {
        Ok(apis) => found.apis.extend(apis.into_iter().filter_map(api_of_preview).filter(|one| wanted(&one.preview))),
        Err(error) => problems.push(error.into()),
    }
    found.functions.sort_by(|one, other| one.name.cmp(&other.name));
    found.apis.sort_by(|one, other| one.id.cmp(&other.id));
    refuse(problems).map(|()| found)
}

async fn functions_of_previews(world: &World) -> Result<Vec<FoundFunction>, ReadError> {
    let named = world.aws.lambda.names().await?;
    let looks = named.into_iter().filter(|(name, _)| is_of_a_preview(name)).map(|(name, arn)| async move {
        let tags = world.aws.lambda.tags(&arn).await?;
        let preview = tags.and_then(|tags| PreviewId::of_tags(&tags));
        Ok(preview.map(|preview| FoundFunction { name, arn, preview }))
    });
    let found: Result<Vec<_>, ReadError> = join_all(looks).await.into_iter().collect();
    Ok(found?.into_iter().flatten().collect())
}

/// Whether it ends in `-pr-` and a number.
fn is_of_a_preview(name: &FunctionName) -> bool {
    let number = name.as_str().rsplit_once("-pr-").map_or("", |(_, number)| number);
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn api_of_preview(api: TaggedApi) -> Option<FoundApi> {
    let (preview, key) = (PreviewId::of_tags(&api.tags)?, api.tags.get(PreviewId::API)?);
    Some(FoundApi { id: api.id, name: api.name, key: ApiKey::new(key), preview })
}

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

async fn with<K: Clone, V>(key: &K, read: impl Future<Output = Result<V, ReadError>>) -> Result<(K, V), ReadError> {
    read.await.map(|value| (key.clone(), value))
}

fn present<K: Ord, V>(found: BTreeMap<K, Option<V>>) -> BTreeMap<K, V> {
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
    let Some(found) = lambda.whole(&name, None).await? else { return Ok(None) };
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

type ObjectLook = Result<(ObjectKey, Option<Option<String>>), ReadError>;

/// The artifacts that are there; those that S3 hides count as absent, since putting them again does no harm.
async fn objects(settings: &Settings, artifacts: &BTreeMap<FunctionKey, Artifact>, world: &World) -> Vec<ObjectLook> {
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
