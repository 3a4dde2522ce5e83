//! No other move of the alias is in progress.

use super::refused;
use crate::error::Problem;
use crate::model::{Provisioned, Sourced};
use crate::plan::stack::Function;

/// After a move, Lambda sends all calls to the version from before until the new one has its provisioned concurrency.
///
/// <https://github.com/hashicorp/terraform-provider-aws/pull/48116>
pub(super) fn check(function: &Function<'_>) -> Option<Problem> {
    let alias = function.observed.alias.as_ref()?;
    let version = alias.stands_in().filter(|_| alias.provisioned == Some(Provisioned::InProgress))?;
    let why = format!(
        "alias {} points at version {}, but sends all calls to version {version} while the provisioned concurrency of \
         version {} is IN_PROGRESS",
        alias.name, alias.version, alias.version
    );
    let fix = format!(
        "wait until `aws lambda get-provisioned-concurrency-config --function-name {} --qualifier {}` says READY, then run \
         again",
        function.observed.name, alias.name
    );
    Some(refused(function, &why, &fix).at(function.settings.alias.as_ref().and_then(Sourced::location)))
}
