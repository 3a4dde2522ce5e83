//! What AWS has of the stage that is copied, and of the preview.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::marked::api_of_preview;
use super::{ReadError, api_id, images, keyed, patiently, refuse, sort, urls};
use crate::aws::{Answer, CallError};
use crate::error::{Failure, Problem};
use crate::model::{
    AliasName, ApiKey, ApiKind, ApiSettings, Artifact, ExistingApi, ExistingFunction, FunctionKey, FunctionName,
    FunctionSettings, FunctionUrl, GotFunction, MarkedApi, Mistagged, ObjectKey, ObservedPreview, PreviewId, Qualifier,
    RestApiId, Settings, Sha256, SourceApi, StageName, UntaggedApi, Version, marks,
};
use crate::world::World;

/// What `preview up` has to know; where anything cannot be read, everything that could not.
pub async fn preview(
    id: &PreviewId,
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    world: &World,
) -> Result<ObservedPreview, Failure> {
    let sources = join_all(settings.functions.iter().map(|(key, function)| keyed(key, source(function, world))));
    let source_apis = join_all(settings.apis.iter().map(|(key, api)| keyed(key, source_api(api, world))));
    let existing = join_all(
        settings.functions.iter().map(|(key, function)| keyed(key, existing(key, function, id, settings, world))),
    );
    let with_url = settings.functions.iter().filter(|(key, _)| settings.may_use_url(key));
    let source_urls = join_all(with_url.map(|(key, function)| keyed(key, has_url(function, world))));
    let objects = objects(settings, artifacts, world);
    let images = images::all(settings, world);
    let (sources, source_urls, source_apis, functions, apis, objects, images) =
        futures::join!(sources, source_urls, source_apis, existing, apis(id, world), objects, images);
    let mut problems = Vec::new();
    let Apis { existing: apis, mistagged, untagged } = apis.map_err(|error| problems.push(error)).unwrap_or_default();
    let observed = ObservedPreview {
        region: world.aws.region.clone(),
        sources: sort(sources, &mut problems),
        source_urls: sort(source_urls, &mut problems).into_iter().filter_map(|(key, has)| has.then_some(key)).collect(),
        source_apis: sort(source_apis, &mut problems),
        functions: present(sort(functions, &mut problems)),
        apis,
        mistagged,
        untagged,
        images: sort(images, &mut problems),
        objects: present(sort(objects, &mut problems)),
    };
    refuse(problems).map(|()| observed)
}

fn present<K: Ord, V>(found: BTreeMap<K, Option<V>>) -> BTreeMap<K, V> {
    found.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// Returns the function as its callers see it: its alias's version, or else `$LATEST`.
async fn source(settings: &FunctionSettings, world: &World) -> Result<Option<GotFunction>, ReadError> {
    let qualifier = settings.alias.as_ref().map(|alias| alias.value.as_str());
    Ok(world.aws.lambda.function(&settings.name.value, qualifier).await?)
}

async fn source_api(settings: &ApiSettings, world: &World) -> Result<Option<SourceApi>, ReadError> {
    let Some((kind, id)) = api_id(settings, world).await? else { return Ok(None) };
    let (apis, stage) = (&world.aws.rest_apis, &settings.stage.value);
    if kind == Some(ApiKind::Http) {
        return http_api(&id, world).await;
    }
    let (api, stage, document) = futures::join!(apis.api(&id), apis.stage(&id, stage), apis.export(&id, stage));
    let (api, stage, document) = (api?, stage?, document?);
    if api.is_none() && kind.is_none() {
        return http_api(&id, world).await;
    }
    let (Some(api), Some(stage), Some(document)) = (api, stage, document) else { return Ok(None) };
    let api_settings = &api.definition.document["settings"];
    let has_policy = [&api_settings["policy"], &document["x-amazon-apigateway-policy"]];
    let types = api_settings["endpoint_types"].as_array();
    Ok(Some(SourceApi {
        kind: ApiKind::Rest,
        id,
        name: api.name,
        has_policy: has_policy.iter().any(|policy| !policy.is_null() && policy.as_str() != Some("")),
        is_private: types.into_iter().flatten().any(|kind| kind == "PRIVATE"),
        execute_api_disabled: api.execute_api_disabled,
        variables: stage.variables,
        document,
    }))
}

/// Whether the function of the stage has a URL, or its alias.
async fn has_url(settings: &FunctionSettings, world: &World) -> Result<bool, ReadError> {
    Ok(!urls(settings, world).await?.is_empty())
}

/// The aliases of a preview's commits, and its URLs.
async fn commits(name: &FunctionName, world: &World) -> Result<(Commits, Urls), CallError> {
    let mut aliases = world.aws.lambda.aliases(name).await?;
    aliases.retain(|alias, _| alias.commit().is_some());
    let qualifiers = aliases.keys().map(|alias| Qualifier::Named(alias.clone())).chain([Qualifier::Latest]);
    let reads = qualifiers.map(async |qualifier| {
        let found = world.url_of(name, &qualifier).await?;
        Ok(found.map(|found| (qualifier, found)))
    });
    let urls: Result<_, _> = join_all(reads).await.into_iter().filter_map(Result::transpose).collect();
    Ok((aliases, urls?))
}

type Commits = BTreeMap<AliasName, Version>;
type Urls = BTreeMap<Qualifier, FunctionUrl>;

/// An HTTP API. Previews do not copy those.
async fn http_api(id: &RestApiId, world: &World) -> Result<Option<SourceApi>, ReadError> {
    let Some(api) = world.aws.http_apis.api(id).await? else { return Ok(None) };
    let id = id.clone();
    Ok(Some(SourceApi {
        kind: ApiKind::Http,
        id,
        name: api.name,
        document: serde_json::Value::Null,
        variables: BTreeMap::new(),
        has_policy: false,
        is_private: false,
        execute_api_disabled: api.execute_api_disabled,
    }))
}

async fn existing(
    key: &FunctionKey,
    function: &FunctionSettings,
    id: &PreviewId,
    settings: &Settings,
    world: &World,
) -> Result<Option<ExistingFunction>, ReadError> {
    let name = id.function_name(&function.name.value);
    let lambda = &world.aws.lambda;
    let Some(found) = settled(&name, world).await? else { return Ok(None) };
    let commits =
        async { if settings.may_use_url(key) { commits(&name, world).await } else { Ok(Default::default()) } };
    let (tags, policy, commits) =
        futures::join!(lambda.tags(&found.arn), lambda.policy(&name, &Qualifier::Latest), commits);
    let (commits, urls) = commits?;
    let statements = policy?.map(|policy| policy.statements).unwrap_or_default();
    Ok(Some(ExistingFunction {
        arn: found.arn,
        tags: tags?.unwrap_or_default(),
        configuration: found.configuration,
        code: found.code,
        statements: statements.into_iter().map(|statement| statement.sid).collect::<BTreeSet<_>>(),
        urls,
        commits,
    }))
}

/// As it is after an update that an earlier run may have begun: its revision is another one then. One that takes too long
/// is taken as it is.
async fn settled(name: &FunctionName, world: &World) -> Result<Option<GotFunction>, CallError> {
    let what = format!("the update of {name} that another run began");
    let read = async || world.aws.lambda.function(name, None).await;
    patiently(&what, world, read, |found| matches!(found, Ok(Some(found)) if found.code.is_busy())).await
}

/// The APIs of the preview, and others that a person may take for them.
#[derive(Default)]
struct Apis {
    /// By the key of what they are copies of.
    existing: BTreeMap<ApiKey, Vec<ExistingApi>>,
    mistagged: Vec<Mistagged>,
    untagged: Vec<UntaggedApi>,
}

async fn apis(id: &PreviewId, world: &World) -> Result<Apis, ReadError> {
    let (mut found, mut ours, ending) = (Apis::default(), Vec::new(), format!("-{}", id.stage()));
    for api in world.aws.rest_apis.list().await? {
        let (api_id, name) = (api.id.clone(), api.name.clone());
        match api_of_preview(api) {
            Some(Ok(api)) if api.preview == *id => ours.push(api),
            Some(Err(mistagged)) if mistagged.preview == *id => found.mistagged.push(mistagged),
            None if name.ends_with(&ending) => found.untagged.push(UntaggedApi { id: api_id, name }),
            _ => {}
        }
    }
    let looks = ours.into_iter().map(|MarkedApi { id: api_id, name, key, original, .. }| async move {
        let definition = deployed(&api_id, &id.stage(), world).await?;
        Ok((key, ExistingApi { id: api_id, name, original, definition }))
    });
    for look in join_all(looks).await {
        let (key, api) = look.map_err(|error: ReadError| error)?;
        found.existing.entry(key).or_default().push(api);
    }
    Ok(found)
}

async fn deployed(id: &RestApiId, stage: &StageName, world: &World) -> Result<Option<Sha256>, ReadError> {
    let apis = &world.aws.rest_apis;
    let (serves, deployments) = futures::join!(apis.serves(id, stage), apis.deployments(id));
    let Some(serves) = serves? else { return Ok(None) };
    let deployments = deployments?;
    let found = deployments.iter().find(|deployment| deployment.id == serves);
    Ok(found.and_then(|deployment| marks::definition_in(&deployment.description)))
}

type ObjectLook = Result<(ObjectKey, Option<Option<String>>), ReadError>;

/// Returns the artifacts that exist. Those that S3 hides count as absent, since uploading them again is harmless.
async fn objects(settings: &Settings, artifacts: &BTreeMap<FunctionKey, Artifact>, world: &World) -> Vec<ObjectLook> {
    let Some(store) = &settings.artifacts else { return Vec::new() };
    let looks = artifacts.iter().map(|(function, artifact)| async move {
        let key = marks::preview_object_key(settings.artifact_prefix(), function, &artifact.sha256);
        let found = match world.aws.s3.object(&store.bucket.value, &key, store.owner.as_ref()).await {
            Err(error) if error.answer == Answer::Denied => None,
            found => found?,
        };
        let Some(found) = found else { return Ok((key, None)) };
        if found.may_hold(artifact.zipped_bytes, &artifact.sha256) {
            return Ok((key, Some(found.version_id)));
        }
        let what = format!("object {key} does not match the SHA-256 in its name");
        Err(ReadError::Other(Problem::new(what).fix("delete the object")))
    });
    join_all(looks).await
}
