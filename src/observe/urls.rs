//! The URLs of functions and their aliases.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use crate::aws::CallError;
use crate::model::{FunctionSettings, FunctionUrl, Qualifier};
use crate::world::World;

/// The URL of the function itself, and that of its alias, as far as there are any.
pub(super) async fn of(
    function: &FunctionSettings,
    world: &World,
) -> Result<BTreeMap<Qualifier, FunctionUrl>, CallError> {
    let wanted = BTreeSet::from([Qualifier::Latest, function.qualifier()]);
    let reads = wanted.into_iter().map(async |qualifier| {
        let found = world.url_of(&function.name.value, &qualifier).await?;
        Ok(found.map(|found| (qualifier, found)))
    });
    join_all(reads).await.into_iter().filter_map(Result::transpose).collect()
}
