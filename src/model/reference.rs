//! What a step uses: something that exists, or something that an earlier step makes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ApiKey, DeploymentId, FunctionKey, RestApiId, Version};

/// Something that a step of this plan makes, by its key in the settings, or something that exists, by its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ref<K, V> {
    /// Made by an earlier step.
    Made(K),
    /// Known when the plan was decided.
    #[serde(untagged)]
    Existing(V),
}

/// A version of a function.
pub type VersionRef = Ref<FunctionKey, Version>;
/// A deployment of a REST API.
pub type DeploymentRef = Ref<ApiKey, DeploymentId>;
/// A REST API.
pub type ApiRef = Ref<ApiKey, RestApiId>;

impl<K: fmt::Display, V: fmt::Display> fmt::Display for Ref<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ref::Made(key) => write!(f, "the one that is created for {key}"),
            Ref::Existing(id) => id.fmt(f),
        }
    }
}

/// In words: "the new one", or the id.
pub(super) fn new_or<K, V: fmt::Display>(target: &Ref<K, V>) -> String {
    match target {
        Ref::Made(_) => "the new one".to_owned(),
        Ref::Existing(id) => id.to_string(),
    }
}
