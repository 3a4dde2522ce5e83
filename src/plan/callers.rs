//! Who calls a function whose code changes, what they run then, and from when on.

use std::collections::BTreeMap;

use super::permissions;
use super::stack::{Function, Stack};
use crate::model::{AliasCallers, EventSource, FunctionCaller, ObservedApi, Plan, PolicyStatement, Qualifier, Warning};

/// Names the callers that the function's policies and its event source mappings show. The APIs of the settings were read
/// themselves.
pub(super) fn decide(function: &Function<'_>, stack: &Stack<'_>, plan: &mut Plan) {
    let (key, released) = (function.key, function.qualifier());
    for (qualifier, callers) in callers(function, stack) {
        let (function, callers) = (key.clone(), callers);
        match qualifier {
            Qualifier::Latest => plan.warnings.push(Warning::CalledWithoutAlias { function, callers }),
            Qualifier::Named(alias) if Qualifier::Named(alias.clone()) == released => {
                plan.callers.push(AliasCallers { function, alias, callers });
            }
            Qualifier::Named(_) => plan.warnings.push(Warning::CalledBesideAlias { function, qualifier, callers }),
        }
    }
}

/// The callers by what they call.
fn callers(function: &Function<'_>, stack: &Stack<'_>) -> BTreeMap<Qualifier, Vec<FunctionCaller>> {
    let mut callers: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let apis = || stack.observed.apis.values().flatten();
    for (qualifier, statements) in &function.observed.policies {
        let has_url = function.observed.urls.contains_key(qualifier);
        let is_known = |statement: &PolicyStatement| {
            has_url && permissions::is_of_url(&statement.statement) || apis().any(|api| is_of_api(statement, api))
        };
        let others = statements.iter().filter(|statement| !is_known(statement));
        let permitted: Vec<_> = others.filter_map(permitted).collect();
        if !permitted.is_empty() {
            callers.entry(qualifier.clone()).or_default().extend(permitted);
        }
    }
    // That of the function itself beside an alias has a warning of its own.
    let is_told = |qualifier: &Qualifier| *qualifier == Qualifier::Latest && function.settings.alias.is_some();
    for (qualifier, found) in function.observed.urls.iter().filter(|(qualifier, _)| !is_told(qualifier)) {
        callers.entry(qualifier.clone()).or_default().push(FunctionCaller::Url { url: found.url.clone() });
    }
    for EventSource { id, source, qualifier } in function.observed.event_sources.iter().cloned() {
        callers.entry(qualifier).or_default().push(FunctionCaller::EventSource { id, source });
    }
    callers
}

fn permitted(PolicyStatement { sid, statement }: &PolicyStatement) -> Option<FunctionCaller> {
    let principal = permissions::invoker(statement)?;
    let sources = permissions::sources(statement).into_iter().map(str::to_owned).collect();
    Some(FunctionCaller::Permitted { statement: sid.clone(), principal, sources })
}

/// Whether the statement names this API as its source.
fn is_of_api(statement: &PolicyStatement, api: &ObservedApi) -> bool {
    let mark = format!(":{}/", api.id);
    permissions::sources(&statement.statement).iter().any(|source| source.contains(&mark))
}
