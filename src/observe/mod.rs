//! What AWS has now: reads only, all of them at once.

mod contents;
mod details;
mod endpoints;
mod images;
mod marked;
mod objects;
mod preview;
mod stack;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::time::Duration;

use futures::future::join_all;

pub use endpoints::{Answers, answers, is_shown_by};
pub use marked::{copies, log_groups, marked};
pub use preview::preview;
pub use stack::stack;

use crate::aws::{Answer, CallError};
use crate::error::{Failure, Kind, Problem};
use crate::model::{ApiKind, ApiName, ApiSettings, FunctionSettings, FunctionUrl, Qualifier, RestApiId, Silent};
use crate::world::{Look, Wait, World};

/// Of which functions more is read than their code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Of all.
    All,
    /// Of those where something seems to change, and of those that a changed API calls.
    Changes,
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

/// How long one read of a preview's resource is repeated, while AWS throttles or another run works on it.
const PATIENCE: Duration = Duration::from_mins(2);

/// Reads until the answer is not a passing one. After a cancellation no other error is reported; past the deadline, the
/// answer is taken as it is then.
async fn patiently<T>(
    what: &str,
    world: &World,
    read: impl AsyncFn() -> Result<T, CallError>,
    is_passing: impl Fn(&Result<T, CallError>) -> bool,
) -> Result<T, CallError> {
    let wait = Wait::new(what, PATIENCE, vec![world.cancel.clone()], &Silent);
    let look = async || {
        let answer = read().await;
        Ok::<_, Infallible>(if is_passing(&answer) { Look::NotYet(String::new()) } else { Look::Ready(answer) })
    };
    match wait.until(look).await {
        Ok(answer) => answer,
        Err(_) => read().await,
    }
}

/// Reads one value of a map.
async fn keyed<K: Clone, V>(key: &K, read: impl Future<Output = Result<V, ReadError>>) -> Result<(K, V), ReadError> {
    read.await.map(|value| (key.clone(), value))
}

/// The good answers in order; the bad ones go to `problems`.
fn sort<K: Ord, V>(results: Vec<Result<(K, V), ReadError>>, problems: &mut Vec<ReadError>) -> BTreeMap<K, V> {
    results.into_iter().filter_map(|result| result.map_err(|error| problems.push(error)).ok()).collect()
}

/// Without an answer, or without credentials, all calls fail alike, so one problem is reported.
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

/// A read that a release can do without; `None` where the role may not do it.
fn unless_denied<T>(look: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match look {
        Err(error) if error.answer == Answer::Denied && !error.is_of_all_calls() => Ok(None),
        look => look.map(Some),
    }
}

fn failed_to_read(error: CallError) -> Problem {
    let what = format!("failed to read {}", error.resource);
    error.into_problem(what)
}

/// The id of an API that the settings name by its id or its name, and its kind where it is known; `None` where API Gateway
/// has none.
async fn api_id(settings: &ApiSettings, world: &World) -> Result<Option<(Option<ApiKind>, RestApiId)>, ReadError> {
    let name = match &settings.api.value {
        ApiName::Id(id) => return Ok(Some((settings.kind, id.clone()))),
        ApiName::Name(name) => name,
    };
    let kinds = match settings.kind {
        Some(kind) => vec![kind],
        None => vec![ApiKind::Rest, ApiKind::Http],
    };
    // Most are REST APIs, which a role may read that knows of no other kind.
    let mut ids = Vec::new();
    for kind in kinds {
        if ids.is_empty() {
            let listed = world.listed_apis(kind).await?.iter();
            ids.extend(listed.filter(|api| api.name == *name).map(|api| (Some(kind), api.id.clone())));
        }
    }
    if ids.len() > 1 {
        let shown: Vec<_> = ids.iter().map(|(_, id)| id.to_string()).collect();
        return Err(ReadError::Other(
            Problem::new(format!("{} APIs are named {name}", ids.len()))
                .why(format!("their ids are {}", shown.join(", ")))
                .fix("set `id` instead of `name`")
                .at(settings.api.location()),
        ));
    }
    Ok(ids.pop())
}

/// The URL of the function itself, and that of its alias, as far as there are any.
async fn urls(function: &FunctionSettings, world: &World) -> Result<BTreeMap<Qualifier, FunctionUrl>, CallError> {
    let wanted = BTreeSet::from([Qualifier::Latest, function.qualifier()]);
    let reads = wanted.into_iter().map(async |qualifier| {
        let found = world.url_of(&function.name.value, &qualifier).await?;
        Ok(found.map(|found| (qualifier, found)))
    });
    join_all(reads).await.into_iter().filter_map(Result::transpose).collect()
}
