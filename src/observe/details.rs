//! What a release has to know of a function beside its code, where something of it may change.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::{ReadError, failed_to_read, unless_denied, urls};
use crate::aws::CallError;
use crate::error::Problem;
use crate::model::{
    FunctionName, FunctionSettings, Listener, ObservedAlias, ObservedCode, ObservedFunction, OptionalRead,
    PolicyStatement, Qualifier, Settings, Sha256, Version,
};
use crate::world::{Look, Wait, WaitError, World};

/// What a release may do to a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// What is to run is other code, or another run is changing the function.
    pub(super) code_changes: bool,
    /// There is an alias of the settings, and it has other code or another configuration.
    moves: bool,
    /// The alias of the settings does not exist.
    has_no_alias: bool,
}

impl Asked {
    /// `wanted` is the digest of the code; `None` where it is not known.
    pub(super) fn of(found: &ObservedFunction, function: &FunctionSettings, wanted: Option<Sha256>) -> Self {
        let is_behind = |alias: &ObservedAlias| {
            Some(alias.code.sha256) != wanted || alias.code.configuration != found.latest.configuration
        };
        Self {
            code_changes: found.latest.is_busy() || wanted != Some(found.latest.sha256),
            moves: found.alias.as_ref().is_some_and(is_behind),
            has_no_alias: function.alias.is_some() && found.alias.is_none(),
        }
    }

    pub(super) fn changes(self) -> bool {
        self.code_changes || self.moves || self.has_no_alias
    }
}

/// The function with everything that a release may need.
pub(super) async fn of(
    before: &ObservedFunction,
    function: &FunctionSettings,
    asked: &Asked,
    settings: &Settings,
    world: &World,
    listener: &dyn Listener,
) -> Result<ObservedFunction, ReadError> {
    let name = &before.name;
    let is_settled = settled(before, settings, world, listener);
    let alias = async {
        match &before.alias {
            Some(found) => alias(name, found, asked.moves, world).await,
            None => Ok((None, None)),
        }
    };
    let policies = policies(name, function, asked.code_changes, !settings.apis.is_empty(), world);
    // Code signing is of zips alone.
    let signs = asked.code_changes && !before.latest.is_image();
    let signing = async { if signs { signing(name, world).await } else { Ok(Ok(false)) } };
    let is_unclear = function.alias.is_none() && !function.latest_on_purpose && settings.apis.is_empty();
    let aliases = async {
        if asked.code_changes && is_unclear {
            unless_denied(world.aws.lambda.aliases(name).await)
        } else {
            Ok(Some(BTreeMap::new()))
        }
    };
    let urls = async {
        if settings.apis.is_empty() {
            unless_denied(urls(function, world).await)
        } else {
            Ok(Some(before.urls.clone()))
        }
    };
    let (settled, alias, policies, signing, aliases, urls) =
        futures::join!(is_settled, alias, policies, signing, aliases, urls);
    let (settled, (alias, unread), (policies, no_policy), signing, aliases, urls) =
        (settled?, alias?, policies?, signing?, aliases?, urls?);
    let mut denied = before.denied.clone();
    denied.extend(unread.into_iter().chain(no_policy).chain(signing.err()));
    denied.extend(aliases.is_none().then_some(OptionalRead::Aliases));
    denied.extend(urls.is_none().then_some(OptionalRead::Url));
    Ok(ObservedFunction {
        alias,
        policies,
        signing_enforced: signing.unwrap_or(false),
        aliases: aliases.unwrap_or_default().into_keys().collect(),
        urls: urls.unwrap_or_default(),
        denied,
        ..settled
    })
}

/// Waits until an update by another run has ended; past the deadline preflight refuses the release.
async fn settled(
    before: &ObservedFunction,
    settings: &Settings,
    world: &World,
    listener: &dyn Listener,
) -> Result<ObservedFunction, ReadError> {
    let mut seen = before.clone();
    if !seen.latest.is_busy() {
        return Ok(seen);
    }
    let name = &before.name;
    let what = format!("another update of {name}");
    let wait = Wait::new(what, settings.wait_timeout, vec![world.cancel.clone()], listener);
    let look = async || {
        let found = world.aws.lambda.function(name, None).await.map_err(failed_to_read)?;
        let Some(found) = found else { return Err(gone(name)) };
        (seen.latest, seen.code_link) = (found.code, found.code_link);
        Ok(if seen.latest.is_busy() { Look::NotYet(String::new()) } else { Look::Ready(()) })
    };
    match wait.until(look).await {
        Err(WaitError::Final(problem)) => Err(ReadError::Other(problem)),
        Ok(()) | Err(WaitError::Deadline(_) | WaitError::Cancelled) => Ok(seen),
    }
}

/// The alias with its version's code, even if it moved since the first look, and what of it is denied.
async fn alias(
    name: &FunctionName,
    seen: &ObservedAlias,
    moves: bool,
    world: &World,
) -> Result<(Option<ObservedAlias>, Option<OptionalRead>), CallError> {
    let lambda = &world.aws.lambda;
    let provisioned = async || unless_denied(lambda.provisioned(name, &seen.name).await);
    let early = async { if moves { provisioned().await.map(Some) } else { Ok(None) } };
    let (found, early) = futures::join!(lambda.alias(name, &seen.name), early);
    let Some(found) = found? else { return Ok((None, None)) };
    let Some(code) = code(name, seen, &found.version, world).await? else { return Ok((None, None)) };
    let provisioned = match early? {
        Some(early) => early,
        None if !found.weights.is_empty() => provisioned().await?,
        None => Some(None),
    };
    let denied = provisioned.is_none().then_some(OptionalRead::ProvisionedConcurrency);
    let alias = found.with(seen.name.clone(), code);
    Ok((Some(ObservedAlias { provisioned: provisioned.flatten(), ..alias }), denied))
}

/// The code of the version that the alias points at now; `None` where it was deleted meanwhile.
async fn code(
    name: &FunctionName,
    seen: &ObservedAlias,
    version: &Version,
    world: &World,
) -> Result<Option<ObservedCode>, CallError> {
    if *version == seen.version {
        return Ok(Some(seen.code.clone()));
    }
    let found = world.aws.lambda.function(name, Some(version.as_str())).await?;
    Ok(found.map(|found| found.code))
}

type Policies = BTreeMap<Qualifier, Vec<PolicyStatement>>;

/// The policy of what is released, which the function's APIs need, and, where its code changes, those that tell who else
/// calls it, which a release can do without: the policies, and the read that is denied.
async fn policies(
    name: &FunctionName,
    function: &FunctionSettings,
    code_changes: bool,
    has_apis: bool,
    world: &World,
) -> Result<(Policies, Option<OptionalRead>), CallError> {
    let released = function.qualifier();
    let read = async |qualifier: Qualifier| {
        let policy = world.aws.lambda.policy(name, &qualifier).await?;
        Ok::<_, CallError>((qualifier, policy.map(|policy| policy.statements).unwrap_or_default()))
    };
    let needed = async { if has_apis { read(released.clone()).await.map(Some) } else { Ok(None) } };
    let wanted = [Qualifier::Latest, released.clone()].into_iter().filter(|_| code_changes).collect::<BTreeSet<_>>();
    let others = wanted.into_iter().filter(|qualifier| !has_apis || *qualifier != released);
    let others = join_all(others.map(async |qualifier| unless_denied(read(qualifier).await)));
    let (needed, others) = futures::join!(needed, others);
    let others = others.into_iter().collect::<Result<Vec<_>, _>>()?;
    let denied = others.iter().any(Option::is_none).then_some(OptionalRead::Policy);
    Ok((needed?.into_iter().chain(others.into_iter().flatten()).collect(), denied))
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

fn gone(name: &FunctionName) -> Problem {
    Problem::new(format!("function {name} does not exist any more"))
        .why("it was deleted while this run looked at it")
        .fix("provision it again, or remove it from the settings")
}
