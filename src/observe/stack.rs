//! The stack that is released: its functions, APIs, objects and bucket.
//!
//! The first look asks for what tells whether anything changes: the code behind each function and alias, and the APIs.
//! A second one follows only for functions where something may change: Lambda has a hundred `GetFunction` a second, and
//! fifteen of all other reads together. It waits until functions that another run is updating have settled. Where the live
//! code may hold the same files in other bytes, it is fetched then.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::details::{self, Asked};
use super::objects::{self, Doubt};
use super::{ReadError, Reads, api_id, contents, images, keyed, refuse, sort, unless_denied, urls};
use crate::aws::{CallError, EventSources};
use crate::error::Failure;
use crate::model::{
    AliasName, ApiKind, ApiSettings, Artifact, FunctionKey, FunctionName, FunctionSettings, Listener, Observed,
    ObservedAlias, ObservedApi, ObservedBucket, ObservedFunction, ObservedImage, OptionalRead, Qualifier, Redeploy,
    RestApiId, Settings, marks,
};
use crate::world::World;

/// The state of the stack; where anything cannot be read, everything that could not.
pub async fn stack(
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    reads: Reads,
    world: &World,
    listener: &dyn Listener,
) -> Result<Observed, Failure> {
    let mut observed = first_look(settings, world).await?;
    let asked = asked(settings, artifacts, reads, &observed);
    let changing: Vec<_> = asked.iter().filter(|(_, asked)| asked.code_changes).map(|(key, _)| key.clone()).collect();
    let packed = contents::read_packed(settings, &changing, artifacts, &observed);
    let doubt = second_look(settings, artifacts, &asked, reads, &mut observed, world, listener).await?;
    let bucket = objects::bucket(doubt, settings.artifacts.as_ref(), world);
    let (contents, bucket) = futures::join!(contents::compare(packed, settings, &observed, world), bucket);
    (observed.contents, observed.bucket) = (contents, bucket?);
    Ok(observed)
}

async fn first_look(settings: &Settings, world: &World) -> Result<Observed, Failure> {
    let functions = settings.chosen_functions();
    let functions =
        join_all(functions.map(|(key, function)| keyed(key, self::function(key, function, settings, world))));
    let apis = join_all(settings.apis.iter().map(|(key, settings)| keyed(key, api(settings, world))));
    let (functions, apis, images) = futures::join!(functions, apis, images::named(settings, world));
    let mut problems = Vec::new();
    let observed = Observed {
        region: world.aws.region.clone(),
        functions: sort(functions, &mut problems),
        apis: sort(apis, &mut problems),
        objects: BTreeMap::new(),
        bucket: ObservedBucket::Present,
        images: sort(images, &mut problems),
        keeps_versions: false,
        contents: BTreeMap::new(),
        older_commit: None,
    };
    refuse(problems).map(|()| observed)
}

async fn function(
    key: &FunctionKey,
    function: &FunctionSettings,
    settings: &Settings,
    world: &World,
) -> Result<Option<ObservedFunction>, ReadError> {
    let (lambda, name) = (&world.aws.lambda, &function.name.value);
    let wanted = function.alias.as_ref().map(|alias| &alias.value);
    let alias = async { if let Some(wanted) = wanted { alias(name, wanted, world).await } else { Ok(None) } };
    let urls = async { if settings.asks_url(key) { urls(function, world).await } else { Ok(BTreeMap::new()) } };
    let (latest, alias, urls) = futures::join!(lambda.function(name, None), alias, urls);
    let Some(latest) = latest? else { return Ok(None) };
    // Only an alias has a version whose environment may differ.
    let hidden = latest.environment_hidden.is_some() && wanted.is_some();
    Ok(Some(ObservedFunction {
        name: name.clone(),
        account: latest.account,
        arn: latest.arn,
        latest: latest.code,
        alias: alias?,
        policies: BTreeMap::new(),
        signing_enforced: false,
        aliases: BTreeSet::new(),
        event_sources: Vec::new(),
        urls: urls?,
        denied: hidden.then_some(OptionalRead::Environment).into_iter().collect(),
        code_link: latest.code_link,
    }))
}

/// The alias, as far as `GetFunction` of it tells.
async fn alias(name: &FunctionName, alias: &AliasName, world: &World) -> Result<Option<ObservedAlias>, CallError> {
    let found = world.aws.lambda.function(name, Some(alias.as_str())).await?;
    Ok(found.map(|found| ObservedAlias::of_code(alias.clone(), found.code)))
}

async fn api(settings: &ApiSettings, world: &World) -> Result<Option<ObservedApi>, ReadError> {
    let Some((kind, id)) = api_id(settings, world).await? else { return Ok(None) };
    match kind {
        Some(kind) => of_kind(kind, &id, settings, world).await,
        // Most are REST APIs. A role that may not read those may read HTTP APIs.
        None => match of_kind(ApiKind::Rest, &id, settings, world).await {
            Ok(Some(found)) => Ok(Some(found)),
            Ok(None) => of_kind(ApiKind::Http, &id, settings, world).await,
            Err(error) => match of_kind(ApiKind::Http, &id, settings, world).await {
                Ok(Some(found)) => Ok(Some(found)),
                _ => Err(error),
            },
        },
    }
}

async fn of_kind(
    kind: ApiKind,
    id: &RestApiId,
    settings: &ApiSettings,
    world: &World,
) -> Result<Option<ObservedApi>, ReadError> {
    let apis = world.aws.apis(kind);
    let (api, stage, deployments) =
        futures::join!(apis.api(id), apis.stage(id, &settings.stage.value), apis.deployments(id));
    let Some(api) = api? else { return Ok(None) };
    Ok(Some(ObservedApi {
        kind,
        id: id.clone(),
        definition: api.definition,
        stage: stage?,
        deployments: deployments?,
        execute_api_disabled: api.execute_api_disabled,
    }))
}

/// The functions of which more is read, each with what a release may do to it.
fn asked(
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    reads: Reads,
    observed: &Observed,
) -> BTreeMap<FunctionKey, Asked> {
    let called = called_by_changed_apis(settings, observed);
    let asked = settings.chosen_functions().filter_map(|(key, function)| {
        let found = observed.functions.get(key)?.as_ref()?;
        let image = observed.images.get(key).map(ObservedImage::digest);
        let wanted = image.or_else(|| Some(Some(artifacts.get(key)?.sha256)))?;
        let asked = Asked::of(found, function, wanted);
        let is_asked = reads == Reads::All || asked.changes() || called.contains(&function.name.value);
        is_asked.then(|| (key.clone(), asked))
    });
    asked.collect()
}

/// A new route may call a function that does not permit it yet.
fn called_by_changed_apis(settings: &Settings, observed: &Observed) -> BTreeSet<FunctionName> {
    let apis = settings.apis.iter().filter_map(|(key, api)| Some((api, observed.apis.get(key)?.as_ref()?)));
    let deploys_itself = |api: &ObservedApi| api.stage.as_ref().is_some_and(|stage| stage.auto_deploy);
    let changed = apis.filter(|(settings, api)| match settings.redeploy {
        _ if deploys_itself(api) => false,
        Redeploy::Always => true,
        Redeploy::Changed => {
            let deployed = api.live_deployment().and_then(|live| marks::definition_in(&live.description));
            deployed != Some(api.definition.digest())
        }
        Redeploy::Never => false,
    });
    changed.flat_map(|(_, api)| api.lambda_targets()).map(|target| target.function).collect()
}

/// What a release has to know of what changes; also whether the bucket is in doubt.
async fn second_look(
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    asked: &BTreeMap<FunctionKey, Asked>,
    reads: Reads,
    observed: &mut Observed,
    world: &World,
    listener: &dyn Listener,
) -> Result<Option<Doubt>, Failure> {
    let found = |key: &FunctionKey| observed.functions.get(key).and_then(Option::as_ref);
    let details = join_all(asked.iter().filter_map(|(key, asked)| {
        let (found, function) = (found(key)?, settings.functions.get(key)?);
        Some(keyed(key, details::of(found, function, asked, settings, world, listener)))
    }));
    let changing =
        || asked.iter().filter(|(_, asked)| asked.code_changes).filter_map(|(key, _)| Some((key, found(key)?)));
    let released =
        |key: &FunctionKey| settings.functions.get(key).map_or(Qualifier::Latest, FunctionSettings::qualifier);
    let sources = event_sources(changing().map(|(key, found)| (&found.name, released(key))).collect(), world);
    let of_bucket = changing().collect();
    let stored = objects::of(&of_bucket, settings, artifacts, reads, world);
    let images = images::of_changing(changing(), &observed.images, world);
    let (details, sources, stored, images) = futures::join!(details, sources, stored, images);
    let mut problems = Vec::new();
    let mut functions = sort(details, &mut problems);
    let images = sort(images, &mut problems);
    match sources {
        Ok(sources) => functions
            .iter_mut()
            .filter(|(key, _)| asked[*key].code_changes)
            .for_each(|(_, function)| with_event_sources(function, sources.as_ref())),
        Err(error) => problems.push(ReadError::Call(error)),
    }
    let stored = stored.map_err(|errors| problems.extend(errors)).unwrap_or_default();
    (observed.objects, observed.keeps_versions) = (stored.objects, stored.keeps_versions);
    observed.images.extend(images);
    observed.functions.extend(functions.into_iter().map(|(key, function)| (key, Some(function))));
    refuse(problems).map(|()| stored.doubt)
}

/// The event source mappings of a function and of its alias, or of all functions where several change, since Lambda takes
/// few calls a second; `None` where the role may not read them.
async fn event_sources(
    called: Vec<(&FunctionName, Qualifier)>,
    world: &World,
) -> Result<Option<EventSources>, CallError> {
    let read = async |of| unless_denied(world.aws.lambda.event_sources(of).await);
    let [(name, released)] = called.as_slice() else {
        return if called.is_empty() { Ok(Some(EventSources::new())) } else { read(None).await };
    };
    // Whether the list of a function has those of its aliases is not documented.
    let of_alias = async {
        if *released == Qualifier::Latest { Ok(Some(EventSources::new())) } else { read(Some((name, released))).await }
    };
    let (found, of_alias) = futures::join!(read(Some((name, &Qualifier::Latest))), of_alias);
    let (Some(mut found), Some(of_alias)) = (found?, of_alias?) else { return Ok(None) };
    for (function, sources) in of_alias {
        found.entry(function).or_default().extend(sources);
    }
    Ok(Some(found))
}

fn with_event_sources(function: &mut ObservedFunction, sources: Option<&EventSources>) {
    match sources {
        Some(sources) => function.event_sources = sources.get(&function.name).into_iter().flatten().cloned().collect(),
        None => drop(function.denied.insert(OptionalRead::EventSources)),
    }
}
