//! Why a step is needed, why another is not, and what the user should know; each with its words.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{AliasName, ApiKey, DeploymentId, FunctionKey, ObjectKey, Qualifier, Sha256, Version};

/// Why a step is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// `$LATEST` holds other code than the artifact.
    CodeDiffers,
    /// `$LATEST` holds the artifact, but the alias stands on a version with other code.
    AliasBehind {
        /// That version.
        version: Version,
    },
    /// `$LATEST` has another configuration than the alias's version.
    ConfigurationDiffers {
        /// That version.
        version: Version,
    },
    /// There is no alias yet.
    NoAlias {
        /// The alias.
        alias: AliasName,
    },
    /// The API's definition is not the one its stage serves.
    DefinitionDiffers,
    /// What the stage serves was deployed by somebody else: no digest to compare.
    DeployedElsewhere {
        /// That deployment.
        deployment: DeploymentId,
    },
    /// `redeploy = "always"`.
    RedeployAlways,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::CodeDiffers => f.write_str("$LATEST holds other code"),
            Reason::AliasBehind { version } => {
                write!(f, "the alias stands on version {version}, which holds other code")
            }
            Reason::ConfigurationDiffers { version } => {
                write!(f, "$LATEST has another configuration than version {version}, on which the alias stands")
            }
            Reason::NoAlias { alias } => write!(f, "there is no alias {alias} yet"),
            Reason::DefinitionDiffers => f.write_str("its definition differs from the deployed one"),
            Reason::DeployedElsewhere { deployment } => {
                write!(f, "deployment {deployment} was not made by sls-release, so its definition is unknown")
            }
            Reason::RedeployAlways => f.write_str("redeploy = \"always\""),
        }
    }
}

/// What needs nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "skip")]
pub enum Skip {
    /// The function runs this code already.
    CodeUnchanged {
        /// The function.
        function: FunctionKey,
        /// The code.
        sha256: Sha256,
        /// The version its callers use.
        version: Version,
    },
    /// The function runs the same files in other bytes: names, contents, and what the modes allow are the same.
    SameContent {
        /// The function.
        function: FunctionKey,
        /// The bytes that are live.
        live: Sha256,
        /// The bytes that were packed.
        packed: Sha256,
        /// The version its callers use.
        version: Version,
    },
    /// `--function` left it out.
    FunctionNotChosen {
        /// The function.
        function: FunctionKey,
    },
    /// The object is there already.
    ArtifactPresent {
        /// The function.
        function: FunctionKey,
        /// The object.
        key: ObjectKey,
    },
    /// The stage serves this definition already.
    DefinitionUnchanged {
        /// The API.
        api: ApiKey,
        /// The definition.
        definition: Sha256,
    },
    /// `redeploy = "never"`.
    RedeployNever {
        /// The API.
        api: ApiKey,
    },
    /// It calls none of the functions that `--function` chose.
    ApiNotChosen {
        /// The API.
        api: ApiKey,
    },
    /// Nothing changes, so there is nothing to prove.
    SmokeUnneeded,
    /// The smoke test asks an API that calls none of the functions that `--function` chose.
    SmokeApiNotChosen {
        /// The API.
        api: ApiKey,
    },
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Skip::CodeUnchanged { function, version, .. } => {
                write!(f, "{function}: version {version} runs this code already")
            }
            Skip::SameContent { function, version, live, packed } => {
                let (live, packed) = (live.base64(), packed.base64());
                write!(f, "{function}: version {version} has the same content in other bytes ({live}, packed {packed})")
            }
            Skip::FunctionNotChosen { function } => write!(f, "{function}: not chosen by --function"),
            Skip::ArtifactPresent { function, key } => write!(f, "{function}: {key} is in the bucket already"),
            Skip::DefinitionUnchanged { api, .. } => write!(f, "{api}: the stage serves this definition already"),
            Skip::RedeployNever { api } => write!(f, "{api}: redeploy = \"never\""),
            Skip::ApiNotChosen { api } => write!(f, "{api}: calls none of the functions chosen by --function"),
            Skip::SmokeUnneeded => f.write_str("smoke: nothing changes"),
            Skip::SmokeApiNotChosen { api } => {
                write!(f, "smoke: {api} calls none of the functions chosen by --function, so it would prove nothing")
            }
        }
    }
}

/// What the user should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "warning")]
pub enum Warning {
    /// Callers without a qualifier see new code before the smoke test.
    LatestIsLive {
        /// The function.
        function: FunctionKey,
    },
    /// No `[smoke]`: nothing proves that the endpoint answers.
    NoSmoke,
    /// Some integrations of the API call something else than what is released: not the alias, or, where
    /// none is set, not `$LATEST`.
    CallsBesideAlias {
        /// The function.
        function: FunctionKey,
        /// The API.
        api: ApiKey,
        /// What they call.
        qualifier: Qualifier,
    },
    /// The API's own endpoint is switched off, so it is not reported.
    ExecuteApiDisabled {
        /// The API.
        api: ApiKey,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::LatestIsLive { function } => write!(
                f,
                "{function}: callers use $LATEST, so new code is live as soon as the function is updated, before the \
                 smoke test; set `alias` to switch over at once"
            ),
            Warning::NoSmoke => f.write_str(
                "no [smoke] settings: nothing will prove that the endpoint answers; set `path` under [smoke]",
            ),
            Warning::CallsBesideAlias { function, api, qualifier: Qualifier::Latest } => write!(
                f,
                "{function}: some integrations of {api} call $LATEST, not the alias: for them new code is live as \
                 soon as the function is updated, before the smoke test"
            ),
            Warning::CallsBesideAlias { function, api, qualifier } => {
                write!(f, "{function}: some integrations of {api} call {qualifier}, which this release leaves as it is")
            }
            Warning::ExecuteApiDisabled { api } => {
                write!(f, "{api}: its execute-api endpoint is disabled, so no URL of it is reported")
            }
        }
    }
}
