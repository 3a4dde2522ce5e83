//! The alias sends all calls to one version.

use super::refused;
use crate::error::Problem;
use crate::model::{ObservedAlias, OptionalRead, Provisioned, Sourced};
use crate::plan::stack::Function;

pub(super) fn check(function: &Function<'_>) -> Option<Problem> {
    let alias = function.observed.alias.as_ref().filter(|alias| !alias.weights.is_empty())?;
    let (why, fix) = match (&alias.provisioned, alias.stands_in()) {
        // The check in alias_settling.rs refuses it.
        (Some(Provisioned::InProgress), Some(_)) => return None,
        (Some(Provisioned::Failed(reason)), Some(version)) => (
            format!(
                "alias {} sends all calls to version {version}, since version {} got no provisioned concurrency: {reason}",
                alias.name, alias.version
            ),
            format!("let it point there: `{} --function-version {version} {NO_WEIGHTS}`", update(function, alias)),
        ),
        (_, Some(_)) if function.observed.denied.contains(&OptionalRead::ProvisionedConcurrency) => (
            format!(
                "alias {} has weights ({}), and {} is denied, so it is not known whether they are Lambda's own while it \
                 allocates provisioned concurrency",
                alias.name,
                shares(alias),
                OptionalRead::ProvisionedConcurrency.action()
            ),
            format!(
                "allow it; or, where the alias has no provisioned concurrency, remove them: `{} {NO_WEIGHTS}`",
                update(function, alias)
            ),
        ),
        _ => (
            format!("alias {} has leftover weights ({})", alias.name, shares(alias)),
            format!(
                "finish or cancel the gradual deployment, then remove them: `{} {NO_WEIGHTS}`",
                update(function, alias)
            ),
        ),
    };
    Some(refused(function, &why, &fix).at(function.settings.alias.as_ref().and_then(Sourced::location)))
}

const NO_WEIGHTS: &str = "--routing-config AdditionalVersionWeights={}";

fn update(function: &Function<'_>, alias: &ObservedAlias) -> String {
    format!("aws lambda update-alias --function-name {} --name {}", function.observed.name, alias.name)
}

fn shares(alias: &ObservedAlias) -> String {
    let shares: Vec<_> = alias.weights.iter().map(|(version, share)| format!("{version}: {share}")).collect();
    shares.join(", ")
}
