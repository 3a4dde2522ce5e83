//! The stack that is released: its functions, APIs, objects and bucket.
//!
//! A second wave follows only where code changes or an alias moves: it asks for what unchanged functions do not need, and
//! waits until functions that another run is updating have settled. Where the live code may hold the same files in other
//! bytes, it is fetched then.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::{ReadError, api_id, contents, failed_to_read, keyed, refuse, sort};
use crate::aws::{Answer, CallError};
use crate::error::{Failure, Problem};
use crate::model::{
    AccountId, AliasName, ApiSettings, Artifact, ArtifactStore, EventSource, FunctionKey, FunctionName,
    FunctionSettings, Listener, ObjectKey, Observed, ObservedAlias, ObservedApi, ObservedBucket, ObservedFunction,
    ObservedObject, OptionalRead, PolicyStatement, Provisioned, Qualifier, Settings, marks,
};
use crate::world::{Look, Wait, WaitError, World};

/// The state of the stack; where anything cannot be read, everything that could not.
pub async fn stack(
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    world: &World,
    listener: &dyn Listener,
) -> Result<Observed, Failure> {
    let (mut observed, hidden) = first_wave(settings, artifacts, world).await?;
    let changing = changing(artifacts, &observed);
    let provisioned = provisioned(moving(artifacts, &observed), world);
    if changing.is_empty() {
        with_provisioned(&mut observed, provisioned.await)?;
        return Ok(observed);
    }
    let packed = contents::read_packed(settings, &changing, artifacts, &observed);
    let wave = second_wave(settings, &changing, &mut observed, hidden, world, listener);
    let (done, provisioned) = futures::join!(wave, provisioned);
    done?;
    with_provisioned(&mut observed, provisioned)?;
    observed.contents = contents::compare(packed, settings, &observed, world).await;
    Ok(observed)
}

/// Also the objects that S3 hides; the second wave finds out whether that matters.
async fn first_wave(
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    world: &World,
) -> Result<(Observed, Vec<CallError>), Failure> {
    let has_apis = !settings.apis.is_empty();
    let functions = settings.chosen_functions();
    let functions = join_all(functions.map(|(key, settings)| keyed(key, function(settings, has_apis, world))));
    let apis = join_all(settings.apis.iter().map(|(key, settings)| keyed(key, api(settings, world))));
    let keys =
        artifacts.iter().map(|(key, artifact)| marks::object_key(settings.artifact_prefix(), key, &artifact.sha256));
    let objects = objects(settings, keys.collect(), world);
    let (functions, apis, (objects, hidden)) = futures::join!(functions, apis, objects);
    let mut problems = Vec::new();
    let observed = Observed {
        region: world.aws.region.clone(),
        functions: sort(functions, &mut problems),
        apis: sort(apis, &mut problems),
        objects: sort(objects, &mut problems),
        bucket: ObservedBucket::Present,
        contents: BTreeMap::new(),
        older_commit: None,
    };
    refuse(problems).map(|()| (observed, hidden))
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
    // Only an alias has a version whose environment may differ.
    let hidden = latest.environment_hidden.is_some() && wanted.is_some();
    Ok(Some(ObservedFunction {
        name: name.clone(),
        account: latest.account,
        arn: latest.arn,
        latest: latest.code,
        alias,
        policies: policy.map(|policy| (qualifier, policy.statements)).into_iter().collect(),
        signing_enforced: false,
        aliases: BTreeSet::new(),
        event_sources: Vec::new(),
        denied: hidden.then_some(OptionalRead::Environment).into_iter().collect(),
        code_link: latest.code_link,
    }))
}

/// Returns the alias with its version's code, even if it moves between the two reads.
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
        definition: api.definition,
        stage: stage?,
        deployments: deployments?,
        execute_api_disabled: api.execute_api_disabled,
    }))
}

type ObjectLook = Result<(ObjectKey, Option<ObservedObject>), ReadError>;

/// Looks at the objects. Those that S3 hides count as absent for now; why they are hidden is returned, too.
async fn objects(settings: &Settings, keys: Vec<ObjectKey>, world: &World) -> (Vec<ObjectLook>, Vec<CallError>) {
    let Some(store) = &settings.artifacts else { return Default::default() };
    let looks = keys.iter().map(|key| world.aws.s3.object(&store.bucket.value, key));
    let mut hidden = Vec::new();
    let shown = join_all(looks).await.into_iter().zip(&keys).map(|(look, key)| match look {
        Err(error) if error.answer == Answer::Denied => {
            hidden.push(error);
            Ok((key.clone(), None))
        }
        look => Ok((key.clone(), look?)),
    });
    let shown = shown.collect();
    hidden.sort_by(|one, other| one.resource.cmp(&other.resource));
    (shown, hidden)
}

/// Returns the functions that an artifact would change, or that another run is changing.
fn changing(artifacts: &BTreeMap<FunctionKey, Artifact>, observed: &Observed) -> Vec<FunctionKey> {
    let changes = |key: &FunctionKey| {
        let found = observed.functions.get(key).and_then(Option::as_ref);
        found
            .zip(artifacts.get(key))
            .is_some_and(|(found, artifact)| found.latest.is_busy() || artifact.sha256 != found.latest.sha256)
    };
    artifacts.keys().filter(|key| changes(key)).cloned().collect()
}

/// Returns the aliases that a release would move, or that have weights.
fn moving(
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    observed: &Observed,
) -> Vec<(FunctionKey, FunctionName, AliasName)> {
    let moving = artifacts.iter().filter_map(|(key, artifact)| {
        let found = observed.functions.get(key)?.as_ref()?;
        let alias = found.alias.as_ref()?;
        let is_behind = alias.code.sha256 != artifact.sha256 || alias.code.configuration != found.latest.configuration;
        let is_asked = is_behind || !alias.weights.is_empty();
        is_asked.then(|| (key.clone(), found.name.clone(), alias.name.clone()))
    });
    moving.collect()
}

type ProvisionedLook = Result<(FunctionKey, Option<Option<Provisioned>>), ReadError>;

/// Asks for provisioned concurrency; `None` where the role may not read it.
async fn provisioned(aliases: Vec<(FunctionKey, FunctionName, AliasName)>, world: &World) -> Vec<ProvisionedLook> {
    let looks = aliases.into_iter().map(async |(key, name, alias)| {
        let look = world.aws.lambda.provisioned(&name, &alias).await;
        Ok((key, unless_denied(look)?))
    });
    join_all(looks).await
}

/// A read that the release can do without; `None` where the role may not do it.
fn unless_denied<T>(look: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match look {
        Err(error) if error.answer == Answer::Denied && !error.is_of_all_calls() => Ok(None),
        look => look.map(Some),
    }
}

fn with_provisioned(observed: &mut Observed, looks: Vec<ProvisionedLook>) -> Result<(), Failure> {
    let mut problems = Vec::new();
    for (key, look) in sort(looks, &mut problems) {
        let Some(function) = observed.functions.get_mut(&key).and_then(Option::as_mut) else { continue };
        match (look, &mut function.alias) {
            (None, _) => drop(function.denied.insert(OptionalRead::ProvisionedConcurrency)),
            (Some(provisioned), Some(alias)) => alias.provisioned = provisioned,
            (Some(_), None) => {}
        }
    }
    refuse(problems)
}

async fn second_wave(
    settings: &Settings,
    changing: &[FunctionKey],
    observed: &mut Observed,
    hidden: Vec<CallError>,
    world: &World,
    listener: &dyn Listener,
) -> Result<(), Failure> {
    let found = |key: &FunctionKey| observed.functions.get(key).and_then(Option::as_ref);
    let live_keys = changing
        .iter()
        .filter_map(|key| Some(marks::object_key(settings.artifact_prefix(), key, &found(key)?.latest.sha256)));
    let details = join_all(changing.iter().filter_map(|key| {
        let (found, function) = (found(key)?, settings.functions.get(key)?);
        Some(keyed(key, changing_function(found, function, settings, world, listener)))
    }));
    let names: Vec<_> = changing.iter().filter_map(|key| Some(&found(key)?.name)).collect();
    let sources = event_sources(&names, world);
    let owner = changing.iter().find_map(|key| Some(found(key)?.account.clone()));
    let bucket = bucket(settings.artifacts.as_ref(), owner.as_ref(), world);
    let objects = objects(settings, live_keys.collect(), world);
    let (details, sources, bucket, (objects, hidden_later)) = futures::join!(details, sources, bucket, objects);
    let mut problems = Vec::new();
    observed.objects.extend(sort(objects, &mut problems));
    let mut functions = sort(details, &mut problems);
    match sources {
        Ok(sources) => functions.values_mut().for_each(|function| with_event_sources(function, sources.as_ref())),
        Err(error) => problems.push(ReadError::Call(error)),
    }
    observed.functions.extend(functions.into_iter().map(|(key, function)| (key, Some(function))));
    match bucket {
        // Who may list the bucket and yet does not see an object may not read it.
        Ok(ObservedBucket::Present) => problems.extend(hidden.into_iter().chain(hidden_later).map(ReadError::Call)),
        Ok(bucket) => observed.bucket = bucket,
        Err(error) => problems.push(error),
    }
    refuse(problems)
}

/// The event source mappings of a function, or of all where there are several, since Lambda takes few calls a second;
/// `None` where the role may not read them.
async fn event_sources(names: &[&FunctionName], world: &World) -> Result<Option<EventSources>, CallError> {
    let only = if let [only] = names { Some(*only) } else { None };
    unless_denied(world.aws.lambda.event_sources(only).await)
}

type EventSources = BTreeMap<FunctionName, Vec<EventSource>>;

fn with_event_sources(function: &mut ObservedFunction, sources: Option<&EventSources>) {
    match sources {
        Some(sources) => function.event_sources = sources.get(&function.name).cloned().unwrap_or_default(),
        None => drop(function.denied.insert(OptionalRead::EventSources)),
    }
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

/// Asks whether code signing is enforced and who may call the function without an alias, and waits until an update by
/// another run has ended; past the deadline preflight refuses the release.
async fn changing_function(
    before: &ObservedFunction,
    function: &FunctionSettings,
    settings: &Settings,
    world: &World,
    listener: &dyn Listener,
) -> Result<ObservedFunction, ReadError> {
    let (lambda, name) = (&world.aws.lambda, &before.name);
    let what = format!("another update of {name}");
    let wait = Wait::new(what, settings.wait_timeout, vec![world.cancel.clone()], listener);
    let mut seen = before.clone();
    let look = async || {
        if seen.latest.is_busy() {
            let found = lambda.function(name, None).await.map_err(failed_to_read)?;
            let Some(found) = found else { return Err(gone(name)) };
            (seen.latest, seen.code_link) = (found.code, found.code_link);
        }
        Ok(if seen.latest.is_busy() { Look::NotYet(String::new()) } else { Look::Ready(()) })
    };
    let callers = callers(before, function, !settings.apis.is_empty(), world);
    let (signing, callers, settled) = futures::join!(signing(name, world), callers, wait.until(look));
    let (signing, callers) = (signing?, callers?);
    match settled {
        Err(WaitError::Final(problem)) => Err(ReadError::Other(problem)),
        Ok(()) | Err(WaitError::Deadline(_) | WaitError::Cancelled) => {
            seen.denied.extend(signing.err());
            Ok(callers.of(ObservedFunction { signing_enforced: signing.unwrap_or(false), ..seen }))
        }
    }
}

/// Whether code signing refuses unsigned code, or the read that is denied. AWS refuses unsigned code at the write, so
/// that a release can do without the answer.
async fn signing(name: &FunctionName, world: &World) -> Result<Result<bool, OptionalRead>, CallError> {
    let lambda = &world.aws.lambda;
    match unless_denied(lambda.code_signing(name).await)? {
        None => Ok(Err(OptionalRead::CodeSigning)),
        Some(None) => Ok(Ok(false)),
        Some(Some(arn)) => {
            let refuses = unless_denied(lambda.refuses_unsigned(&arn).await)?;
            Ok(refuses.ok_or(OptionalRead::CodeSigningPolicy))
        }
    }
}

/// Who may call a function without an alias, and whether callers have an alias; `None` where the role may not read it.
struct Callers {
    policy: Option<Vec<PolicyStatement>>,
    aliases: Option<BTreeSet<AliasName>>,
}

/// Asks only for what the first wave did not.
async fn callers(
    before: &ObservedFunction,
    function: &FunctionSettings,
    has_apis: bool,
    world: &World,
) -> Result<Callers, CallError> {
    let (lambda, name, before_policy) = (&world.aws.lambda, &before.name, before.policies.get(&Qualifier::Latest));
    let is_policy_read = function.alias.is_none() && has_apis;
    let policy = async {
        if is_policy_read {
            return Ok(Some(before_policy.cloned().unwrap_or_default()));
        }
        let policy = unless_denied(lambda.policy(name, &Qualifier::Latest).await)?;
        Ok(policy.map(|policy| policy.map(|policy| policy.statements).unwrap_or_default()))
    };
    let is_unclear = function.alias.is_none() && !function.latest_on_purpose && !has_apis;
    let aliases =
        async { if is_unclear { unless_denied(lambda.aliases(name).await) } else { Ok(Some(BTreeSet::new())) } };
    let (policy, aliases) = futures::join!(policy, aliases);
    Ok(Callers { policy: policy?, aliases: aliases? })
}

impl Callers {
    /// The function with its callers.
    fn of(self, mut function: ObservedFunction) -> ObservedFunction {
        let Self { policy, aliases } = self;
        let reads = [(policy.is_none(), OptionalRead::Policy), (aliases.is_none(), OptionalRead::Aliases)];
        function.denied.extend(reads.into_iter().filter(|(is_denied, _)| *is_denied).map(|(_, read)| read));
        function.policies.extend(policy.map(|policy| (Qualifier::Latest, policy)));
        function.aliases = aliases.unwrap_or_default();
        function
    }
}

fn gone(name: &FunctionName) -> Problem {
    Problem::new(format!("function {name} does not exist any more"))
        .why("it was deleted while this run looked at it")
        .fix("provision it again, or remove it from the settings")
}
