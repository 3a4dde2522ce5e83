//! The preview of one pull request: its settings, what AWS has of it, what is to be done, and how that ended.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    AccountId, ApiKey, FunctionConfiguration, FunctionKey, FunctionName, NotPutBack, ObjectKey, ObservedCode,
    PreviewLimits, PutBack, RestApiId, RevisionId, Secret, Sha256, SmokePlan, SmokeResult, Sourced, StageName, Version,
    preview_stage::PreviewStrategy,
};
use crate::error::{Failure, Location};

/// Which preview: the tags of everything that belongs to it say so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PreviewId {
    /// `owner/name`.
    pub repository: String,
    /// The pull request's number.
    pub number: u64,
    /// Tells the services of one repository apart.
    pub service: String,
}

impl PreviewId {
    /// The tag of the repository.
    pub const REPOSITORY: &'static str = "sls-release:repository";
    /// The tag of the pull request's number.
    pub const PULL_REQUEST: &'static str = "sls-release:pull-request";
    /// The tag of the service.
    pub const SERVICE: &'static str = "sls-release:service";
    /// The tag of the API's key in the settings; APIs only.
    pub const API: &'static str = "sls-release:api";
    /// The tag of the run that made it, so that a run that fails deletes only what it made itself.
    pub const RUN: &'static str = "sls-release:run";

    /// The preview that these tags name; `None` where one of the three is missing.
    pub fn of_tags(tags: &BTreeMap<String, String>) -> Option<Self> {
        Some(Self {
            repository: tags.get(Self::REPOSITORY)?.clone(),
            number: tags.get(Self::PULL_REQUEST)?.parse().ok()?,
            service: tags.get(Self::SERVICE)?.clone(),
        })
    }

    /// The tags of what the run `nonce` makes for it.
    pub fn tags(&self, nonce: &str) -> BTreeMap<String, String> {
        let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        BTreeMap::from([
            tag(Self::REPOSITORY, &self.repository),
            tag(Self::PULL_REQUEST, &self.number.to_string()),
            tag(Self::SERVICE, &self.service),
            tag(Self::RUN, nonce),
        ])
    }

    /// `pr-42`.
    pub fn stage(&self) -> StageName {
        StageName::new(format!("pr-{}", self.number))
    }
}

/// The `[preview]` table.
#[derive(Clone, Debug)]
pub struct PreviewSettings {
    /// `strategy`.
    pub strategy: PreviewStrategy,
    /// `latest_unused = true`: nobody calls `$LATEST`.
    pub latest_unused: bool,
    /// What its functions may do.
    pub role: PreviewRole,
    /// Laid over the environment of each function, placeholders filled in. Values may be secret: never printed.
    pub environment: BTreeMap<String, Secret>,
    /// The same for one function.
    pub functions: BTreeMap<FunctionKey, BTreeMap<String, Secret>>,
    /// `service`; `None`: the repository's name.
    pub service: Option<String>,
    /// `repository`, where the settings say it.
    pub repository: Option<String>,
    /// How many there may be, and for how long their logs are kept.
    pub limits: PreviewLimits,
    /// Where the table is, for errors.
    pub at: Option<Location>,
}

/// The role of a preview's functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreviewRole {
    /// `role`: an ARN.
    Own(Sourced<String>),
    /// `share_role = true`: the role of the function that is copied.
    Shared,
}

/// A function that is copied.
#[derive(Clone, Debug)]
pub struct SourceFunction {
    /// Its ARN, without a qualifier.
    pub arn: String,
    /// The owner.
    pub account: AccountId,
    /// Of the alias, or of `$LATEST` where the settings name none.
    pub configuration: FunctionConfiguration,
    /// For the checks.
    pub code: ObservedCode,
    /// It mounts a file system.
    pub has_file_system: bool,
    /// Why Lambda does not show its environment, in AWS's words: most often a key that may not be used.
    pub environment_hidden: Option<String>,
    /// A ten-minute link to the code: used, never shown.
    pub code_link: Option<Secret>,
}

/// A stage of an API that is copied.
#[derive(Clone, Debug)]
pub struct SourceApi {
    /// Its name.
    pub name: String,
    /// What the stage serves: an OpenAPI 3 document with API Gateway's extensions.
    pub document: Value,
    /// The stage's variables.
    pub variables: BTreeMap<String, String>,
    /// The API has a resource policy.
    pub has_policy: bool,
    /// It is reached from a VPC alone.
    pub is_private: bool,
    /// Its execute-api endpoint is switched off: it is reached by its own domain alone.
    pub execute_api_disabled: bool,
}

/// A function of the preview's name that is there.
#[derive(Clone, Debug)]
pub struct StandingFunction {
    /// Its ARN.
    pub arn: String,
    /// All of its tags.
    pub tags: BTreeMap<String, String>,
    /// As it is.
    pub configuration: FunctionConfiguration,
    /// As it is.
    pub code: ObservedCode,
    /// The ids of the statements of its policy.
    pub statements: BTreeSet<String>,
}

/// An API of the preview that is there.
#[derive(Clone, Debug)]
pub struct StandingApi {
    /// Its id.
    pub id: RestApiId,
    /// The digest that the description of its stage's deployment carries.
    pub definition: Option<Sha256>,
}

/// What AWS has of the stage that is copied, and of the preview.
#[derive(Clone, Debug)]
pub struct ObservedPreview {
    /// `None` where AWS has none of that name.
    pub sources: BTreeMap<FunctionKey, Option<SourceFunction>>,
    /// `None` where AWS has no such API or stage.
    pub source_apis: BTreeMap<ApiKey, Option<SourceApi>>,
    /// Functions of the preview's names.
    pub functions: BTreeMap<FunctionKey, StandingFunction>,
    /// APIs that carry the preview's tags; more than one of a key is a refusal.
    pub apis: BTreeMap<ApiKey, Vec<StandingApi>>,
    /// The artifacts that are in the bucket, with their version where it keeps versions.
    pub objects: BTreeMap<ObjectKey, Option<String>>,
}

/// What is to be done with a function of the preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreviewStep {
    /// There is none.
    Create,
    /// It differs.
    Update {
        /// In its code.
        code: bool,
        /// In its configuration.
        configuration: bool,
        /// For the first write.
        revision: RevisionId,
    },
    /// It is as it should be.
    Nothing,
}

/// A function of the preview.
#[derive(Clone, Debug)]
pub struct PreviewFunction {
    /// The function that is copied.
    pub key: FunctionKey,
    /// `hello-pr-42`.
    pub name: FunctionName,
    /// Its ARN.
    pub arn: String,
    /// The owner.
    pub account: AccountId,
    /// As it should be.
    pub configuration: FunctionConfiguration,
    /// Its code.
    pub sha256: Sha256,
    /// Where its code lies.
    pub object: ObjectKey,
    /// Its code is not in the bucket yet.
    pub uploads: bool,
    /// The version of the object, where it is there and the bucket keeps versions.
    pub object_version: Option<String>,
    /// What is to be done.
    pub step: PreviewStep,
    /// The ids of the statements that its policy has.
    pub statements: BTreeSet<String>,
}

/// An API of the preview.
#[derive(Clone, Debug)]
pub struct PreviewApi {
    /// The API that is copied.
    pub key: ApiKey,
    /// `hello-api-pr-42`.
    pub name: String,
    /// The one that is there.
    pub standing: Option<RestApiId>,
    /// What it should be.
    pub document: Value,
    /// Of document and variables.
    pub definition: Sha256,
    /// Of its stage. Never printed.
    pub variables: BTreeMap<String, String>,
    /// The stage serves something else, or nothing.
    pub deploys: bool,
    /// The functions that it calls.
    pub calls: BTreeSet<FunctionKey>,
}

/// What `preview up` does.
#[derive(Clone, Debug)]
pub struct PreviewPlan {
    /// Whose.
    pub id: PreviewId,
    /// By the key of the function that is copied.
    pub functions: Vec<PreviewFunction>,
    /// By the key of the API that is copied.
    pub apis: Vec<PreviewApi>,
    /// The proof, with the key of its API.
    pub smoke: Option<(ApiKey, SmokePlan)>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl PreviewPlan {
    /// Whether there is nothing to write. A permission that is missing is a write, too.
    pub fn is_empty(&self) -> bool {
        let nothing = |function: &PreviewFunction| function.step == PreviewStep::Nothing;
        let stands = |api: &PreviewApi| api.standing.is_some() && !api.deploys;
        self.functions.iter().all(nothing) && self.apis.iter().all(stands) && self.all_permitted()
    }

    fn all_permitted(&self) -> bool {
        let permitted = |function: &PreviewFunction| {
            let calling = self.apis.iter().filter(|api| api.calls.contains(&function.key));
            let mut ids = calling.filter_map(|api| api.standing.as_ref().map(Self::statement_id));
            ids.all(|id| function.statements.contains(&id))
        };
        self.functions.iter().all(permitted)
    }

    /// The id of the statement that lets this API call a function.
    pub fn statement_id(api: &RestApiId) -> String {
        format!("sls-release-{api}")
    }
}

/// A preview, as a report shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PreviewReport {
    /// `owner/name`.
    pub repository: String,
    /// The pull request's number.
    pub pull_request: u64,
    /// The service.
    pub service: String,
    /// The names of its functions.
    pub functions: BTreeSet<FunctionName>,
    /// What answers, by API.
    pub endpoints: BTreeMap<ApiKey, String>,
    /// The version of each function that the preview serves, where it has versions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<FunctionKey, Version>,
    /// What needed nothing, and why, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
    /// `preview prune`: why it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was deleted, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<String>,
    /// What the smoke test showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smoke: Option<SmokeResult>,
}

impl PreviewReport {
    /// Of a preview of which nothing is known yet.
    pub fn of(id: &PreviewId) -> Self {
        let PreviewId { repository, number, service } = id.clone();
        Self { repository, pull_request: number, service, ..Self::default() }
    }
}

/// How `preview` ended.
#[derive(Clone, Debug)]
pub enum PreviewOutcome {
    /// It answers, and something was written.
    Up(PreviewReport),
    /// It answers, and nothing had to be written.
    Unchanged(PreviewReport),
    /// What there was of it is deleted.
    Down(Vec<PreviewReport>),
    /// `preview prune --dry-run`: what would be deleted; empty: nothing has to go, dry or not.
    WouldDelete(Vec<PreviewReport>),
    /// The previews that there are.
    Listed(Vec<PreviewReport>),
    /// There was no reason to begin, in words why.
    Nothing(String),
    /// The head of the pull request moved on, so that the preview is another run's.
    Superseded {
        /// In words, whose.
        why: String,
        /// What this run made of it before it saw that; `None` where it had written nothing, or put it back.
        standing: Option<Box<PreviewReport>>,
    },
    /// A step failed, or the run was cancelled.
    Failed {
        /// Why; its kind says whether all was put back.
        failure: Failure,
        /// What was deleted again.
        put_back: Vec<PutBack>,
        /// What is not as it was.
        not_put_back: Vec<NotPutBack>,
    },
}
