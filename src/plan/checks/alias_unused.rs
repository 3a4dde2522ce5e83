//! Some integration calls what is released: the alias or, where none is set, `$LATEST`.

use super::refused;
use crate::error::Problem;
use crate::model::{AliasName, Qualifier};
use crate::plan::stack::{Function, Stack};

/// Without this, no caller would see the release, while a smoke test of the old code succeeds.
pub(super) fn check(function: &Function<'_>, stack: &Stack<'_>) -> Option<Problem> {
    let wanted = function.qualifier();
    let (api, call) = stack.calls_of(function.key).next()?;
    if stack.calls_of(function.key).any(|(_, call)| call.qualifier == wanted) {
        return None;
    }
    let calls =
        format!("{} {} of {} calls {}", call.integration.method, call.integration.path, api.key, call.qualifier);
    let set = called_alias(&call.qualifier).map(|alias| format!(", or set `alias = \"{alias}\"`")).unwrap_or_default();
    let Some(alias) = &function.settings.alias else {
        let fix = format!("let the integration's URI end in the function's name{set}");
        return Some(refused(function, &format!("no integration uses its $LATEST: {calls}"), &fix));
    };
    let why = format!("no integration uses its alias {}: {calls}", alias.value);
    let leave = ", or leave `alias` out so that $LATEST is released";
    let other = if call.qualifier == Qualifier::Latest { leave } else { &set };
    let fix = format!("let the integration's URI end in the alias{other}");
    Some(refused(function, &why, &fix).at(alias.location()))
}

/// The alias that a qualifier names; no name of an alias is a number.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>
fn called_alias(qualifier: &Qualifier) -> Option<&AliasName> {
    let Qualifier::Named(name) = qualifier else { return None };
    name.as_str().contains(|c: char| !c.is_ascii_digit()).then_some(name)
}
