//! What AWS has now: reads only, all of them at once.
//!
//! A second wave follows only where code changes: it asks for what unchanged functions do not need, and
//! waits until functions that somebody else is updating have settled. Where the live code may hold the same files in
//! other bytes, it is fetched then.

mod contents;
pub mod preview;
pub mod preview_stage;

use std::collections::BTreeMap;

use futures::future::join_all;

use crate::aws::{CallError, FoundObject};
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    AccountId, AliasName, ApiName, ApiSettings, Artifact, ArtifactStore, FunctionKey, FunctionName, FunctionSettings,
    Listener, ObjectKey, Observed, ObservedAlias, ObservedApi, ObservedBucket, ObservedFunction, ObservedObject,
    Passage, PreviewStrategy, Qualifier, RestApiId, Settings,
};
use crate::plan::{code_changes, object_key};
use crate::world::{Look, Wait, WaitError, World};

/// The state of the stage; where anything cannot be read, everything that could not.
pub async fn stage(
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    world: &World,
    listener: &dyn Listener,
) -> Result<Observed, Failure> {
    let (mut observed, hidden) = first_wave(settings, artifacts, world).await?;
    let changing = changing(settings, artifacts, &observed);
    if !changing.is_empty() {
        let packed = contents::read_packed(settings, &changing, artifacts, &observed);
        second_wave(settings, &changing, &mut observed, hidden, world, listener).await?;
        observed.contents = contents::compare(packed, settings, &observed, world).await;
    }
    Ok(observed)
}

/// And the objects that S3 hides: whether that matters, the second wave tells.
async fn first_wave(
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    world: &World,
) -> Result<(Observed, Vec<CallError>), Failure> {
    let has_apis = !settings.apis.is_empty();
    let functions = join_all(settings.chosen_functions().map(|(key, settings)| async move {
        function(settings, has_apis, world).await.map(|found| (key.clone(), found))
    }));
    let apis = join_all(
        settings
            .apis
            .iter()
            .map(|(key, settings)| async move { api(settings, world).await.map(|found| (key.clone(), found)) }),
    );
    let keys = artifacts.iter().map(|(key, artifact)| object_key(settings, key, &artifact.sha256));
    let (functions, apis, objects) = futures::join!(functions, apis, objects(settings, keys.collect(), world));
    let (mut problems, mut hidden) = (Vec::new(), Vec::new());
    let observed = Observed {
        region: world.aws.region.clone(),
        functions: sort(functions, &mut problems),
        apis: sort(apis, &mut problems),
        objects: shown(sort(objects, &mut problems), &mut hidden),
        bucket: ObservedBucket::Present,
        contents: BTreeMap::new(),
    };
    refuse(problems).map(|()| (observed, hidden))
}

/// The good answers in order; the bad ones go to `problems`.
fn sort<K: Ord, V>(results: Vec<Result<(K, V), ReadError>>, problems: &mut Vec<ReadError>) -> BTreeMap<K, V> {
    let mut sorted = BTreeMap::new();
    for result in results {
        match result {
            Ok((key, value)) => drop(sorted.insert(key, value)),
            Err(error) => problems.push(error),
        }
    }
    sorted
}

/// The objects that S3 shows; the others go to `hidden`.
fn shown(
    found: BTreeMap<ObjectKey, FoundObject>,
    hidden: &mut Vec<CallError>,
) -> BTreeMap<ObjectKey, Option<ObservedObject>> {
    let mut show = |found| match found {
        FoundObject::Present(object) => Some(object),
        FoundObject::Absent => None,
        FoundObject::Hidden(error) => {
            hidden.push(error);
            None
        }
    };
    found.into_iter().map(|(key, found)| (key, show(found))).collect()
}

/// A read that failed.
enum ReadError {
    Call(CallError),
    Other(Problem),
}

impl From<CallError> for ReadError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// Without an answer, or without credentials, all calls fail alike: then one problem says it.
fn refuse(errors: Vec<ReadError>) -> Result<(), Failure> {
    let mut problems: Vec<Problem> = Vec::new();
    for error in errors {
        let (alone, problem) = match error {
            ReadError::Call(error) => (error.is_of_all_calls(), failed_to_read(error)),
            ReadError::Other(problem) => (false, problem),
        };
        if alone {
            return Err(problem.into_failure(Kind::Refused));
        }
        if !problems.iter().any(|known| known.fix == problem.fix && !problem.fix.is_empty()) {
            problems.push(problem);
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure { kind: Kind::Refused, problems }) }
}

fn failed_to_read(error: CallError) -> Problem {
    let what = format!("failed to read {}", error.resource);
    error.into_problem(what)
}

async fn function(
    settings: &FunctionSettings,
    has_apis: bool,
    world: &World,
) -> Result<Option<ObservedFunction>, ReadError> {
    let lambda = &world.aws.lambda;
    let name = &settings.name.value;
    let wanted = settings.alias.as_ref().map(|alias| &alias.value);
    let qualifier = wanted.map_or(Qualifier::Latest, |alias| Qualifier::Named(alias.clone()));
    let (latest, alias, policy) = futures::join!(
        lambda.function(name, None),
        async { if let Some(wanted) = wanted { alias(name, wanted, world).await } else { Ok(None) } },
        async { if has_apis { lambda.policy(name, &qualifier).await } else { Ok(None) } },
    );
    let Some(latest) = latest? else { return Ok(None) };
    let (alias, policy) = (alias?, policy?);
    let account = latest.arn.split(':').nth(4).unwrap_or_default();
    Ok(Some(ObservedFunction {
        name: name.clone(),
        account: AccountId::new(account),
        arn: latest.arn,
        latest: latest.code,
        alias,
        policies: policy.map(|policy| (qualifier, policy.statements)).into_iter().collect(),
        signing_enforced: false,
        passing: None,
        code_link: latest.link,
    }))
}

/// The alias with the code it stands on, even where it moves between the two reads.
async fn alias(name: &FunctionName, wanted: &AliasName, world: &World) -> Result<Option<ObservedAlias>, CallError> {
    let lambda = &world.aws.lambda;
    let (alias, found) = futures::join!(lambda.alias(name, wanted), lambda.function(name, Some(wanted.as_str())));
    let Some((alias, mut found)) = alias?.zip(found?) else { return Ok(None) };
    if found.code.version != alias.version {
        let Some(of_version) = lambda.function(name, Some(alias.version.as_str())).await? else { return Ok(None) };
        found = of_version;
    }
    Ok(Some(alias.with(wanted.clone(), found.code)))
}

async fn api(settings: &ApiSettings, world: &World) -> Result<Option<ObservedApi>, ReadError> {
    let Some(id) = api_id(settings, world).await? else { return Ok(None) };
    let apis = &world.aws.rest_apis;
    let (api, stage, deployments) =
        futures::join!(apis.api(&id), apis.stage(&id, &settings.stage.value), apis.deployments(&id));
    let Some(api) = api? else { return Ok(None) };
    Ok(Some(ObservedApi {
        id,
        name: api.name,
        definition: api.definition,
        stage: stage?,
        deployments: deployments?,
        execute_api_disabled: api.execute_api_disabled,
    }))
}

async fn api_id(settings: &ApiSettings, world: &World) -> Result<Option<RestApiId>, ReadError> {
    let name = match &settings.api.value {
        ApiName::Id(id) => return Ok(Some(id.clone())),
        ApiName::Name(name) => name,
    };
    let mut ids = world.aws.rest_apis.named(name).await?;
    if ids.len() > 1 {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        return Err(ReadError::Other(
            Problem::new(format!("{} REST APIs are named {name}", ids.len()))
                .why(format!("their ids are {}", ids.join(", ")))
                .fix("set `id` instead of `name`")
                .at(settings.api.location()),
        ));
    }
    Ok(ids.pop())
}

type ObjectLook = Result<(ObjectKey, FoundObject), ReadError>;

async fn objects(settings: &Settings, keys: Vec<ObjectKey>, world: &World) -> Vec<ObjectLook> {
    let Some(store) = &settings.artifacts else { return Vec::new() };
    join_all(keys.into_iter().map(|key| async move {
        let found = world.aws.s3.object(&store.bucket.value, &key).await?;
        Ok((key, found))
    }))
    .await
}

/// The functions that an artifact would change, or that somebody else is changing.
fn changing(settings: &Settings, artifacts: &BTreeMap<FunctionKey, Artifact>, observed: &Observed) -> Vec<FunctionKey> {
    let passes = code_passes(settings);
    let changes = |key: &FunctionKey| {
        let found = observed.functions.get(key).and_then(Option::as_ref);
        let changes = |(found, artifact): (&ObservedFunction, &Artifact)| {
            // Its code may be in `$LATEST` only in passing.
            let is_behind = || found.alias.as_ref().is_none_or(|alias| alias.code.sha256 != artifact.sha256);
            found.latest.is_busy() || code_changes(artifact, found) || (passes && is_behind())
        };
        found.zip(artifacts.get(key)).is_some_and(changes)
    };
    artifacts.keys().filter(|key| changes(key)).cloned().collect()
}

/// Whether previews let code through `$LATEST`.
fn code_passes(settings: &Settings) -> bool {
    settings.preview.as_ref().is_some_and(|preview| preview.strategy == PreviewStrategy::Stage)
}

async fn second_wave(
    settings: &Settings,
    changing: &[FunctionKey],
    observed: &mut Observed,
    mut hidden: Vec<CallError>,
    world: &World,
    listener: &dyn Listener,
) -> Result<(), Failure> {
    let found = |key: &FunctionKey| observed.functions.get(key).and_then(Option::as_ref);
    let live_keys = changing.iter().filter_map(|key| Some(object_key(settings, key, &found(key)?.latest.sha256)));
    let details =
        join_all(
            changing.iter().filter_map(|key| {
                let before = found(key)?;
                Some(async move {
                    changing_function(before, settings, world, listener).await.map(|after| (key.clone(), after))
                })
            }),
        );
    let owner = changing.iter().find_map(|key| Some(found(key)?.account.clone()));
    let bucket = bucket(settings.artifacts.as_ref(), owner.as_ref(), world);
    let (details, bucket, objects) = futures::join!(details, bucket, objects(settings, live_keys.collect(), world));
    let mut problems = Vec::new();
    observed.objects.extend(shown(sort(objects, &mut problems), &mut hidden));
    let functions = sort(details, &mut problems);
    observed.functions.extend(functions.into_iter().map(|(key, function)| (key, Some(function))));
    match bucket {
        // Who may list the bucket and yet does not see an object may not read it.
        Ok(ObservedBucket::Present) => problems.extend(hidden.into_iter().map(ReadError::Call)),
        Ok(bucket) => observed.bucket = bucket,
        Err(error) => problems.push(error),
    }
    refuse(problems)
}

async fn bucket(
    store: Option<&ArtifactStore>,
    functions_owner: Option<&AccountId>,
    world: &World,
) -> Result<ObservedBucket, ReadError> {
    let Some(store) = store else { return Ok(ObservedBucket::Present) };
    let owner = store.owner.as_ref().or(functions_owner);
    Ok(world.aws.s3.bucket(&store.bucket.value, owner).await?)
}

async fn changing_function(
    before: &ObservedFunction,
    settings: &Settings,
    world: &World,
    listener: &dyn Listener,
) -> Result<ObservedFunction, ReadError> {
    let (signing, settled) =
        futures::join!(world.aws.lambda.signing_enforced(&before.name), settled(before, settings, world, listener));
    Ok(ObservedFunction { signing_enforced: signing?, ..settled? })
}

/// Waits until an update by somebody else has ended, and a preview's passage through `$LATEST`; past the deadline
/// preflight refuses both.
async fn settled(
    before: &ObservedFunction,
    settings: &Settings,
    world: &World,
    listener: &dyn Listener,
) -> Result<ObservedFunction, ReadError> {
    let what = format!("what somebody else began with {}", before.name);
    let wait = Wait::new(what, settings.wait_timeout, vec![world.cancel.clone()], listener);
    let passes = code_passes(settings);
    let mut seen = before.clone();
    let look = async || {
        if passes {
            seen.passing = passing(&before.name, world).await.map_err(failed_to_read)?;
        }
        // What the first wave saw may have been in passing.
        if passes || seen.latest.is_busy() {
            let found = world.aws.lambda.function(&before.name, None).await.map_err(failed_to_read)?;
            let Some(found) = found else { return Err(Problem::new(format!("function {} is gone", before.name))) };
            (seen.latest, seen.code_link) = (found.code, found.link);
        }
        // One may have begun between the two looks.
        if passes && seen.passing.is_none() {
            seen.passing = passing(&before.name, world).await.map_err(failed_to_read)?;
        }
        let is_settled = seen.passing.is_none() && !seen.latest.is_busy();
        Ok(if is_settled { Look::Ready(()) } else { Look::NotYet(String::new()) })
    };
    match wait.until(look).await {
        Err(WaitError::Final(problem)) => Err(ReadError::Other(problem)),
        Ok(()) | Err(WaitError::Deadline(_) | WaitError::Cancelled) => Ok(seen),
    }
}

/// The pull request whose code passes through `$LATEST`.
async fn passing(name: &FunctionName, world: &World) -> Result<Option<u64>, CallError> {
    let found = world.aws.lambda.alias(name, &Passage::alias()).await?;
    let passage = found.and_then(|found| Passage::of_description(&found.description));
    Ok(passage.map(|passage| passage.pull_request))
}
