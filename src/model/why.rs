//! Why a step is needed, why another is not, and what the user should know; each with its words.

use derive_more::Display;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::callers::{self, FunctionCaller};
use super::{
    AliasName, ApiKey, CommitId, DeploymentId, FunctionKey, FunctionName, LambdaUrl, ObjectKey, OptionalRead,
    Qualifier, Sha256, Version,
};

/// Why a step is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// `$LATEST` holds other code than the artifact.
    #[display("$LATEST holds other code")]
    CodeDiffers,
    /// `$LATEST` holds the artifact, but the alias points at a version with other code.
    #[display("the alias points at version {version}, which holds other code")]
    AliasBehind {
        /// That version.
        version: Version,
    },
    /// `$LATEST` has another configuration than the alias's version.
    #[display("$LATEST has another configuration than the alias's version {version}")]
    ConfigurationDiffers {
        /// That version.
        version: Version,
    },
    /// There is no alias yet.
    #[display("there is no alias {alias} yet")]
    NoAlias {
        /// The alias.
        alias: AliasName,
    },
    /// The API's definition is not the one its stage serves.
    #[display("its definition differs from the deployed one")]
    DefinitionDiffers,
    /// The stage's deployment was not created by a release, so there is no digest to compare.
    #[display("deployment {deployment} was not made by sls-release, so its definition is unknown")]
    DeployedElsewhere {
        /// That deployment.
        deployment: DeploymentId,
    },
    /// `redeploy = "always"`.
    #[display("redeploy = \"always\"")]
    RedeployAlways,
    /// The bucket does not have the object.
    #[display("it is not in the bucket")]
    ObjectAbsent,
    /// The put itself says whether the bucket has the object.
    #[display("the bucket may not have it")]
    ObjectNotLookedFor,
    /// The object under the fixed key holds other bytes, as far as S3 tells.
    #[display("the object under the fixed key is another")]
    ObjectDiffers,
    /// Putting back needs it.
    #[display("putting back needs it")]
    PuttingBackNeedsIt,
    /// It does not exist.
    #[display("it does not exist")]
    Absent,
    /// The function's policy does not allow it.
    #[display("its policy does not allow it")]
    NotPermitted,
    /// Callers are to get the new code.
    #[display("its callers are to get the new code")]
    NewCode,
    /// The stage is to serve the new definition.
    #[display("it is to serve the new definition")]
    NewDefinition,
    /// The cache may hold answers of the old code.
    #[display("it may hold answers of the old code")]
    CacheIsStale,
    /// Code that fails must not meet a caller of the alias.
    #[display("it shows that the new version works")]
    ProvesVersion,
    /// A good answer proves that this release answers.
    #[display("it proves that this release answers")]
    ProvesRelease,
    /// A good answer proves that the endpoint answers.
    #[display("it proves that the endpoint answers")]
    ProvesEndpoint,
    /// Nothing changes, but a run before may have been killed.
    #[display("nothing changes, and this shows that what is there answers")]
    ShowsThatItStands,
    /// The preview's function has another configuration than it should have.
    #[display("its configuration differs")]
    PreviewConfigurationDiffers,
    /// The last update of the preview's function failed.
    #[display("its last update failed")]
    LastUpdateFailed,
    /// Lambda would make a log group that keeps its logs for ever.
    #[display("Lambda would make one that keeps its logs for ever")]
    LogsAreKept,
    /// `prune` reads when a preview was written to.
    #[display("prune reads it")]
    PruneReadsIt,
    /// Each commit of a pull request keeps a URL.
    #[display("each commit keeps a URL of its own")]
    CommitKeepsItsUrl,
    /// There are as many newer commits as keep a URL.
    #[display("newer commits keep theirs")]
    NewerCommits,
    /// The preview ends.
    #[display("the preview ends")]
    PreviewEnds,
}

/// What needs nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display)]
#[serde(rename_all = "snake_case", tag = "skip")]
pub enum Skip {
    /// The function runs this code already.
    #[display("{function}: {} runs this code already", version.in_words())]
    CodeUnchanged {
        /// The function.
        function: FunctionKey,
        /// The code.
        sha256: Sha256,
        /// The version of the alias, or `$LATEST`.
        version: Version,
    },
    /// The function runs the same files in other bytes: names, contents, and what the modes allow are the same.
    #[display("{function}: {} has the same content in other bytes ({}, packed {})", version.in_words(), live.base64(), packed.base64())]
    SameContent {
        /// The function.
        function: FunctionKey,
        /// The bytes that are live.
        live: Sha256,
        /// The bytes that were packed.
        packed: Sha256,
        /// The version of the alias, or `$LATEST`.
        version: Version,
    },
    /// `--function` left it out.
    #[display("{function}: not chosen by --function")]
    FunctionNotChosen {
        /// The function.
        function: FunctionKey,
    },
    /// The object exists already.
    #[display("{function}: {key} is in the bucket already")]
    ArtifactPresent {
        /// The function.
        function: FunctionKey,
        /// The object.
        key: ObjectKey,
    },
    /// The stage serves this definition already.
    #[display("{api}: the stage serves this definition already")]
    DefinitionUnchanged {
        /// The API.
        api: ApiKey,
        /// The definition.
        definition: Sha256,
    },
    /// The stage of an HTTP API has `autoDeploy`.
    #[display("{api}: the stage deploys each change by itself (autoDeploy)")]
    DeploysItself {
        /// The API.
        api: ApiKey,
    },
    /// `redeploy = "never"`.
    #[display("{api}: redeploy = \"never\"")]
    RedeployNever {
        /// The API.
        api: ApiKey,
    },
    /// It calls none of the functions that `--function` chose.
    #[display("{api}: calls none of the functions chosen by --function")]
    ApiNotChosen {
        /// The API.
        api: ApiKey,
    },
    /// Nothing changes, so there is nothing to prove.
    #[display("smoke: nothing changes")]
    SmokeUnneeded,
    /// The smoke test asks the URL of a function that `--function` left out.
    #[display("smoke: {function} is not chosen by --function, so its URL would prove nothing")]
    SmokeFunctionNotChosen {
        /// The function.
        function: FunctionKey,
    },
    /// The smoke test asks an API that calls none of the functions that `--function` chose.
    #[display("smoke: {api} calls none of the functions chosen by --function, so it would prove nothing")]
    SmokeApiNotChosen {
        /// The API.
        api: ApiKey,
    },
}

/// What the user should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display)]
#[serde(rename_all = "snake_case", tag = "warning")]
pub enum Warning {
    /// `$LATEST` is released: calls without a qualifier get new code before it is proven.
    #[display(
        "{function}: calls without an alias get new code as soon as the function is updated, before it is proven; with `alias`, callers get it afterwards, all at once"
    )]
    LatestIsLive {
        /// The function.
        function: FunctionKey,
    },
    /// The function's policy or an event source mapping shows callers that use no alias.
    #[display(
        "{function}: without an alias, {}: such calls get new code as soon as the function is updated, before anything proves it",
        callers::list(callers)
    )]
    CalledWithoutAlias {
        /// The function.
        function: FunctionKey,
        /// Who calls it, or may call it.
        callers: Vec<FunctionCaller>,
    },
    /// Callers use another alias or a version, which a release leaves as it is.
    #[display("{function}: {} by {qualifier}, which this release leaves as it is", callers::list(callers))]
    CalledBesideAlias {
        /// The function.
        function: FunctionKey,
        /// What they call.
        qualifier: Qualifier,
        /// Who calls it.
        callers: Vec<FunctionCaller>,
    },
    /// The function has a URL of its own, whose callers do not use the alias.
    #[display(
        "{function}: its URL {url} is on the function itself and not on alias {alias}: its callers get new code as soon as the function is updated, before anything proves it"
    )]
    UrlBesideAlias {
        /// The function.
        function: FunctionKey,
        /// The alias that is released.
        alias: AliasName,
        /// The URL.
        url: LambdaUrl,
    },
    /// No `[smoke]`: nothing proves that the endpoint answers.
    #[display(
        "no [smoke] settings: nothing will prove that the new code answers; set `path` or `url` under [smoke], or `invoke` for a function without an endpoint"
    )]
    NoSmoke,
    /// Some integrations of the API call something else than what is released: not the alias, or, where
    /// none is set, not `$LATEST`.
    #[display("{function}: some integrations of {api} call {}", beside_alias(qualifier))]
    CallsBesideAlias {
        /// The function.
        function: FunctionKey,
        /// The API.
        api: ApiKey,
        /// What they call.
        qualifier: Qualifier,
    },
    /// `bootstrap` is not executable, and Lambda starts it as a program.
    #[display(
        "{function}: `bootstrap` is not executable, so Lambda cannot start it; run `chmod +x` before packaging, or, for archive-file, set `output_file_mode = \"0755\"` here and in Terraform"
    )]
    BootstrapNotExecutable {
        /// The function.
        function: FunctionKey,
    },
    /// Native code was built for another system, processor or Python than the function's.
    #[display(
        "{function}: native code that was not built for {platform}: {}; install or build it for this platform",
        of_all(examples, *files)
    )]
    BuiltForAnotherPlatform {
        /// The function.
        function: FunctionKey,
        /// Its platform: `Linux on arm64 with python3.12`.
        platform: String,
        /// The first three files, each with what it was built for.
        examples: Vec<String>,
        /// How many files there are.
        files: usize,
    },
    /// A read that the release can do without is denied.
    #[display("{function}: {} is denied, so {read}", read.action())]
    Denied {
        /// The function.
        function: FunctionKey,
        /// The read, by its action.
        #[serde(rename = "action")]
        read: OptionalRead,
    },
    /// The last deployment that a stage made by itself failed.
    #[display("{api}: the last deployment by autoDeploy failed, so the stage serves an older definition: {message}")]
    DeploymentFailed {
        /// The API.
        api: ApiKey,
        /// AWS's words.
        message: String,
    },
    /// The API's own endpoint is switched off, so it is not reported.
    #[display("{api}: its execute-api endpoint is disabled, so no URL of it is reported")]
    ExecuteApiDisabled {
        /// The API.
        api: ApiKey,
    },
    /// The preview's API asks some callers for a key, and keys are not copied.
    #[display("API {api} asks some callers for a key: keys and usage plans are not copied, so those callers get 403")]
    KeysNotCopied {
        /// The API.
        api: ApiKey,
    },
    /// A variable of a preview's function contains the name of a function that is copied.
    #[display(
        "{function}: the environment variable {variable} contains the name of {named}, and is copied as it is: the preview may call the stage there; set {variable} under [preview.environment]"
    )]
    EnvironmentNamesFunction {
        /// The function.
        function: FunctionKey,
        /// The variable.
        variable: String,
        /// The function that is copied.
        named: FunctionName,
    },
    /// New code that no smoke test reaches, as far as the settings tell.
    #[display(
        "not proven: {function}: no smoke test is known to reach it; add a `[[smoke]]` with a path that calls it or with `invoke` and an event for it, or say `function = \"{function}\"` in the one that does"
    )]
    NotProven {
        /// The function.
        function: FunctionKey,
    },
    /// The code that is live is of a newer commit, as when an old workflow run is run again.
    #[display(
        "the code that is live is of commit {}, which is newer than {}: this release would put older code over it; release a newer commit unless that is what you want",
        live.short(),
        commit.short()
    )]
    OlderCommit {
        /// The commit to release.
        commit: CommitId,
        /// The commit of the live code.
        live: CommitId,
    },
    /// A smoke test has a `url`, which leads to the stage and not to its preview.
    #[display("smoke: {target} leads to the stage and not to its preview: the preview is not asked there")]
    SmokeUrlIsTheStages {
        /// The URL, without what may be secret.
        target: String,
    },
}

/// Lists the examples, and how many more files there are.
fn of_all(examples: &[String], files: usize) -> String {
    let more = files.saturating_sub(examples.len());
    let shown = examples.join(", ");
    if more > 0 { format!("{shown} and {more} more ({files} files)") } else { shown }
}

fn beside_alias(qualifier: &Qualifier) -> String {
    if *qualifier == Qualifier::Latest {
        "$LATEST, not the alias: for them new code is live as soon as the function is updated, before the smoke test"
            .into()
    } else {
        format!("{qualifier}, which this release leaves as it is")
    }
}
