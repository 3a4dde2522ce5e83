//! Where the settings have no API, they say whether callers of the function use one of its aliases.

use super::refused;
use crate::error::Problem;
use crate::plan::stack::{Function, Stack};

/// Without this, a release changes `$LATEST`, says that it is live, and callers of the alias get nothing of it.
pub(super) fn check(function: &Function<'_>, stack: &Stack<'_>) -> Option<Problem> {
    let (settings, aliases) = (function.settings, &function.observed.aliases);
    let is_unclear = settings.alias.is_none() && !settings.latest_on_purpose && stack.settings.apis.is_empty();
    if aliases.is_empty() || !is_unclear {
        return None;
    }
    let named = aliases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let why = format!(
        "it has aliases in Lambda ({named}), and the settings have neither `alias` nor an API: if its callers use an alias, \
         they would not get the new code"
    );
    let set = match aliases.iter().collect::<Vec<_>>()[..] {
        [only] => format!("set `alias = \"{only}\"`"),
        _ => "set `alias` to the one that they use".to_owned(),
    };
    let fix = format!("{set}, or `alias = false` if its callers use $LATEST");
    Some(refused(function, &why, &fix))
}
