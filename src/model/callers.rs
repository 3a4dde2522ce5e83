//! Who calls a function: event source mappings, and services and accounts that its policies let invoke it.

use derive_more::Display;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AliasName, FunctionKey, LambdaUrl};

/// A caller of a function, or of one of its aliases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display)]
#[serde(rename_all = "snake_case", tag = "caller")]
pub enum FunctionCaller {
    /// A statement of the policy lets it call.
    #[display("{principal} may call it{} (statement {statement})", for_sources(sources))]
    Permitted {
        /// The statement's id.
        statement: String,
        /// A service, an account or a role; `*`: everybody.
        principal: String,
        /// The ARNs that the statement's conditions name: a rule, a bucket, a topic.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<String>,
    },
    /// Its URL calls it.
    #[display("its URL {url} calls it")]
    Url {
        /// The URL.
        url: LambdaUrl,
    },
    /// An event source mapping calls it.
    #[display("event source mapping {id}{} calls it", of_source(source.as_ref()))]
    EventSource {
        /// The mapping's UUID.
        id: String,
        /// The ARN of the queue, the stream or the table, where it has one.
        source: Option<String>,
    },
}

/// Who calls the alias that a release moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display)]
#[display("{function}: by alias {alias}, {}: they get the new version when the alias moves", list(callers))]
pub struct AliasCallers {
    /// The function.
    pub function: FunctionKey,
    /// The alias.
    pub alias: AliasName,
    /// Who calls it, or may call it.
    pub callers: Vec<FunctionCaller>,
}

fn for_sources(sources: &[String]) -> String {
    if sources.is_empty() { String::new() } else { format!(" for {}", sources.join(" and ")) }
}

fn of_source(source: Option<&String>) -> String {
    source.map(|source| format!(" of {source}")).unwrap_or_default()
}

/// Returns the callers in one line.
pub(super) fn list(callers: &[FunctionCaller]) -> String {
    callers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
