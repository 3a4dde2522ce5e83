//! What AWS has of the stage that is copied, and of previews: reads only.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::preview_stage::FoundStage;
use super::{ReadError, api_id, refuse, sort};
use crate::aws::{self, Answer, CallError, FoundObject, GotWhole, NamedFunction, TaggedApi};
use crate::error::{Failure, Problem};
use crate::model::{
    AccountId, ApiKey, ApiSettings, Artifact, Endpoint, FunctionKey, FunctionName, FunctionSettings, Moment, ObjectKey,
    ObservedPreview, PreviewId, Qualifier, RestApiId, Settings, Silent, SourceApi, SourceFunction, StageName,
    StandingApi, StandingFunction, StandingPreview,
};
use crate::plan::definition_in;
use crate::plan::preview::{function_name, preview_key};
use crate::world::{Look, Wait, WaitError, World};

/// Something of a preview that AWS has.
#[derive(Clone)]
pub struct FoundFunction {
    /// Its name.
    pub name: FunctionName,
    /// Its ARN.
    pub arn: String,
    /// Whose.
    pub preview: PreviewId,
    /// When it changed last.
    pub active: Option<Moment>,
}

/// An API of a preview that AWS has.
#[derive(Clone)]
pub struct FoundApi {
    /// Its id.
    pub id: RestApiId,
    /// Its name.
    pub name: String,
    /// The key of the API that it is a copy of.
    pub key: ApiKey,
    /// Whose.
    pub preview: PreviewId,
    /// When a run wrote to it last; else when it was made.
    pub active: Option<Moment>,
}

impl FoundApi {
    /// Where it answers.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint { api: self.key.clone(), id: self.id.clone(), stage: self.preview.stage() }
    }
}

/// A log group of a preview's function.
#[derive(Clone)]
pub struct FoundLogGroup {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Whose.
    pub preview: PreviewId,
}

/// All that AWS has of some previews.
pub struct Found {
    /// In the order of their names.
    pub functions: Vec<FoundFunction>,
    /// In the order of their ids.
    pub apis: Vec<FoundApi>,
    /// Stages of APIs that others made, in the order of the ids of these.
    pub stages: Vec<FoundStage>,
    /// Those of functions that may be gone already; only where they were looked for.
    pub log_groups: Vec<FoundLogGroup>,
}

impl Found {
    /// What of it belongs to this preview.
    #[must_use]
    pub fn of(&self, id: &PreviewId) -> Self {
        Self {
            functions: self.functions.iter().filter(|one| one.preview == *id).cloned().collect(),
            apis: self.apis.iter().filter(|one| one.preview == *id).cloned().collect(),
            stages: self.stages.iter().filter(|one| one.preview == *id).cloned().collect(),
            log_groups: self.log_groups.iter().filter(|one| one.preview == *id).cloned().collect(),
        }
    }

    /// Each preview once, in the order of repositories and numbers, with the time of the last change to any part.
    pub fn standing(&self) -> Vec<StandingPreview> {
        let functions = self.functions.iter().map(|one| (&one.preview, one.active));
        let stages = self.stages.iter().map(|one| (&one.preview, one.active));
        let parts = functions.chain(self.apis.iter().map(|one| (&one.preview, one.active))).chain(stages);
        let mut standing: BTreeMap<&PreviewId, Option<Moment>> = BTreeMap::new();
        for (id, active) in parts {
            let known = standing.entry(id).or_default();
            *known = (*known).max(active);
        }
        standing.into_iter().map(|(id, active)| StandingPreview { id: id.clone(), active }).collect()
    }
}

/// How many functions are asked for their tags at once: Lambda takes 15 such calls a second, of all that there are.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const AT_ONCE: usize = 8;

/// For one read of something of a preview, while AWS throttles.
const PATIENCE: Duration = Duration::from_mins(2);

/// Everything whose tags name a preview that is `wanted`; functions are asked for their tags where their names end as
/// those of previews do, of this pull request where one is named.
pub async fn tagged(world: &World, number: Option<u64>, wanted: impl Fn(&PreviewId) -> bool) -> Result<Found, Failure> {
    let (functions, apis) = futures::join!(functions_of_previews(world, number), world.aws.rest_apis.tagged());
    let mut problems = Vec::new();
    let mut found = Found { functions: Vec::new(), apis: Vec::new(), stages: Vec::new(), log_groups: Vec::new() };
    match functions {
        Ok(functions) => found.functions.extend(functions.into_iter().filter(|one| wanted(&one.preview))),
        Err(error) => problems.push(error),
    }
    match apis {
        Ok(apis) => {
            let is_of_preview = |api: &TaggedApi| PreviewId::of_tags(&api.tags).is_some();
            let (previews, others) = apis.into_iter().partition(is_of_preview);
            let previews: Vec<TaggedApi> = previews;
            let previews = previews.into_iter().filter_map(api_of_preview);
            found.apis.extend(previews.filter(|one| wanted(&one.preview)));
            let stages = super::preview_stage::tagged(&others, &wanted, world).await;
            found.stages = stages.map_err(|error| problems.push(error.into())).unwrap_or_default();
        }
        Err(error) => problems.push(error.into()),
    }
    found.functions.sort_by(|one, other| one.name.cmp(&other.name));
    found.apis.sort_by(|one, other| one.id.cmp(&other.id));
    found.stages.sort_by(|one, other| one.id.cmp(&other.id));
    refuse(problems).map(|()| found)
}

/// The log groups of the pull request's functions whose tags name a preview that is `wanted`. A function that is gone
/// may have left one.
pub async fn log_groups(
    world: &World,
    number: u64,
    wanted: impl Fn(&PreviewId) -> bool,
) -> Result<Vec<FoundLogGroup>, CallError> {
    let ending = format!("-pr-{number}");
    let mut found = Vec::new();
    for (name, arn) in world.aws.logs.named(&ending).await? {
        if !name.starts_with("/aws/lambda/") || !name.ends_with(&ending) {
            continue;
        }
        let preview = world.aws.logs.tags(&arn).await?.and_then(|tags| PreviewId::of_tags(&tags));
        found.extend(preview.filter(&wanted).map(|preview| FoundLogGroup { name, arn, preview }));
    }
    Ok(found)
}

async fn functions_of_previews(world: &World, number: Option<u64>) -> Result<Vec<FoundFunction>, ReadError> {
    let named = world.aws.lambda.names().await?;
    let is_wanted = |function: &NamedFunction| {
        let found = pull_request_of(&function.name);
        found.is_some_and(|found| number.is_none_or(|number| found == number))
    };
    let looks = named.into_iter().filter(is_wanted).map(|function| async move {
        let NamedFunction { name, arn, modified } = function;
        let tags = tags(&arn, world).await?;
        let preview = tags.and_then(|tags| PreviewId::of_tags(&tags));
        Ok::<_, ReadError>(preview.map(|preview| FoundFunction { name, arn, preview, active: modified }))
    });
    let found: Vec<_> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

async fn tags(arn: &str, world: &World) -> Result<Option<BTreeMap<String, String>>, CallError> {
    patiently("the tags of a function", world, async || world.aws.lambda.tags(arn).await).await
}

/// Many runs at once that look at many previews are throttled for longer than the SDK tries.
pub(super) async fn patiently<T>(
    what: &str,
    world: &World,
    read: impl AsyncFn() -> Result<T, CallError>,
) -> Result<T, CallError> {
    let wait = Wait::new(what, PATIENCE, vec![world.cancel.clone()], &Silent);
    let look = async || match read().await {
        Err(error) if error.answer == Answer::Throttled => Ok(Look::NotYet(error.message)),
        other => other.map(Look::Ready),
    };
    match wait.until(look).await {
        Ok(found) => Ok(found),
        Err(WaitError::Final(error)) => Err(error),
        // Whoever cancelled hears of nothing else, and after the deadline AWS says once more what is wrong.
        Err(WaitError::Cancelled | WaitError::Deadline(_)) => read().await,
    }
}

/// The number that its name ends in, behind `-pr-`.
fn pull_request_of(name: &FunctionName) -> Option<u64> {
    let (_, number) = name.as_str().rsplit_once("-pr-")?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

fn api_of_preview(api: TaggedApi) -> Option<FoundApi> {
    let (preview, key) = (PreviewId::of_tags(&api.tags)?, api.tags.get(PreviewId::API)?);
    let updated = api.tags.get(PreviewId::UPDATED).and_then(|text| aws::time::read(text));
    Some(FoundApi { id: api.id, name: api.name, key: ApiKey::new(key), preview, active: updated.or(api.created) })
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
