//! A preview by the strategy `stage`: an alias of the stage's own functions, and a stage of its own API.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AccountId, AliasName, ApiDefinition, ApiKey, BucketName, FunctionKey, FunctionName, Moment, ObjectKey,
    ObservedCode, ObservedDeployment, ObservedStage, PreviewId, RestApiId, RevisionId, Sha256, SmokePlan, Version,
};

/// How a preview is kept apart from what it is a preview of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PreviewStrategy {
    /// By functions and an API of its own.
    #[default]
    Copy,
    /// By an alias of the same functions, and a stage of the same API.
    Stage,
}

/// What the description of an alias or a version of a preview begins with: neither takes tags.
const MARK: &str = "sls-release preview ";

impl PreviewId {
    /// `pr-42`, as the stage.
    pub fn alias(&self) -> AliasName {
        AliasName::new(self.stage().as_str())
    }

    /// The id of the statement that lets an API call its alias of a function: at most 100 characters.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
    pub fn statement_id(&self, api: &RestApiId) -> String {
        format!("sls-release-{api}-{}", self.alias())
    }

    /// The description of its aliases: at most 232 of the 256 characters that Lambda takes.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>
    pub fn description(&self) -> String {
        format!("{MARK}{}#{} {}", self.repository, self.number, self.service)
    }

    /// The description of a version of it; seven digits of the commit tell it apart.
    pub fn version_description(&self, commit: Option<&str>) -> String {
        let commit = commit.and_then(|commit| commit.get(..7)).map(|commit| format!(" commit {commit}"));
        format!("{}{}", self.description(), commit.unwrap_or_default())
    }

    /// The preview that a description names; `None` where it is none of ours.
    pub fn of_description(description: &str) -> Option<Self> {
        let mut words = description.strip_prefix(MARK)?.split(' ');
        let (repository, number) = words.next()?.rsplit_once('#')?;
        let service = words.next()?.to_owned();
        Some(Self { repository: repository.to_owned(), number: number.parse().ok()?, service })
    }
}

/// Code of a preview in `$LATEST`. An alias of this description says so from before it goes there until after it is
/// gone again, so that one run at a time does it, and that whoever comes next knows how to mend what a killed one left,
/// also without settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The number of the preview's pull request.
    pub pull_request: u64,
    /// The nonce of the run.
    pub run: String,
    /// `CodeSha256` of `$LATEST` before, and afterwards.
    pub before: Sha256,
    /// `CodeSha256` in between.
    pub after: Sha256,
    /// Where the code from before lies.
    pub kept: KeptIn,
}

/// A folder of a bucket where code lies under its own digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptIn {
    /// The bucket.
    pub bucket: BucketName,
    /// What keys begin with, without the `/` behind it.
    pub folder: String,
}

impl KeptIn {
    /// The code of this digest.
    pub fn object(&self, sha256: &Sha256) -> ObjectKey {
        ObjectKey::new(format!("{}/{}.zip", self.folder, sha256.hex()))
    }
}

impl Passage {
    const MARK: &str = "sls-release passage ";

    /// How many characters the description of an alias may have.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>
    pub const LONGEST: usize = 256;

    /// Its alias, which stands on `$LATEST`.
    pub fn alias() -> AliasName {
        AliasName::new("sls-release-passage")
    }

    /// The alias's description.
    pub fn description(&self) -> String {
        let Self { pull_request, run, before, after, kept: KeptIn { bucket, folder } } = self;
        let (before, after) = (before.base64(), after.base64());
        format!("{}{pull_request} {run} before {before} after {after} in {bucket}/{folder}", Self::MARK)
    }

    /// `None` where it is none of ours.
    pub fn of_description(description: &str) -> Option<Self> {
        let words: Vec<&str> = description.strip_prefix(Self::MARK)?.splitn(8, ' ').collect();
        let &[pull_request, run, "before", before, "after", after, "in", kept] = words.as_slice() else { return None };
        let (bucket, folder) = kept.split_once('/')?;
        Some(Self {
            pull_request: pull_request.parse().ok()?,
            run: run.to_owned(),
            before: Sha256::from_base64(before)?,
            after: Sha256::from_base64(after)?,
            kept: KeptIn { bucket: BucketName::new(bucket), folder: folder.to_owned() },
        })
    }
}

/// A published version, as the list of all has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionVersion {
    /// Its number.
    pub version: Version,
    /// Its code.
    pub sha256: Sha256,
    /// As [`ObservedCode::configuration`].
    pub configuration: Sha256,
    /// May be empty.
    pub description: String,
}

/// The alias of the preview's name that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewAlias {
    /// The version that it stands on.
    pub version: Version,
    /// For the next write.
    pub revision: RevisionId,
    /// Says whose it is.
    pub description: String,
}

/// A function that is to have an alias.
#[derive(Clone, Debug)]
pub struct StagedFunction {
    /// Its name.
    pub name: FunctionName,
    /// Its ARN, without a qualifier.
    pub arn: String,
    /// The owner.
    pub account: AccountId,
    /// `$LATEST`.
    pub latest: ObservedCode,
    /// Of the preview's name, whoever made it.
    pub alias: Option<PreviewAlias>,
    /// The ids of the statements in the policy of that alias.
    pub statements: BTreeSet<String>,
    /// All published versions, the oldest first.
    pub versions: Vec<FunctionVersion>,
    /// Who calls `$LATEST`, or may: in words.
    pub callers: Vec<String>,
    /// A preview's code is in `$LATEST`, or a run that was killed left it there.
    pub passage: Option<Passage>,
}

/// A stage, as the list of all has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewStage {
    /// As everywhere.
    pub stage: ObservedStage,
    /// All of its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub created: Option<Moment>,
}

/// An API that is to have a stage.
#[derive(Clone, Debug)]
pub struct StagedApi {
    /// Its id.
    pub id: RestApiId,
    /// What would be deployed now.
    pub definition: ApiDefinition,
    /// `disableExecuteApiEndpoint`.
    pub execute_api_disabled: bool,
    /// Its stages.
    pub stages: Vec<PreviewStage>,
    /// Its deployments.
    pub deployments: Vec<ObservedDeployment>,
}

/// What AWS has of the stage and of its preview.
#[derive(Clone, Debug)]
pub struct ObservedStagePreview {
    /// `None` where AWS has none of that name.
    pub functions: BTreeMap<FunctionKey, Option<StagedFunction>>,
    /// `None` where AWS has none.
    pub apis: BTreeMap<ApiKey, Option<StagedApi>>,
    /// The artifacts that are in the bucket, with their version where it keeps versions.
    pub objects: BTreeMap<ObjectKey, Option<String>>,
}

/// Where the version comes from that the alias is to stand on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionStep {
    /// The alias stands on it.
    Stands,
    /// It was published before.
    Published(Version),
    /// It is published by way of `$LATEST`.
    Publish,
}

/// The artifact of a function, and where it lies.
#[derive(Clone, Debug)]
pub struct PreviewVersion {
    /// Its code.
    pub sha256: Sha256,
    /// Where the code lies, or will.
    pub object: ObjectKey,
    /// It is in the bucket: its version, where the bucket keeps versions.
    pub present: Option<Option<String>>,
    /// Of the version, where one is published.
    pub description: String,
    /// Where it comes from.
    pub step: VersionStep,
}

/// A function of the preview.
#[derive(Clone, Debug)]
pub struct StagePlanFunction {
    /// Its key.
    pub key: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// Its ARN.
    pub arn: String,
    /// The owner.
    pub account: AccountId,
    /// The alias that is there.
    pub alias: Option<PreviewAlias>,
    /// What the alias is to stand on.
    pub version: PreviewVersion,
    /// Versions that there were before this run.
    pub known: BTreeSet<Version>,
    /// The APIs that the policy of the alias does not let call it yet.
    pub permits: Vec<RestApiId>,
    /// Where the code of `$LATEST` is kept while the pull request's is there.
    pub kept: KeptIn,
    /// An earlier run for this pull request may have left its code in `$LATEST`.
    pub left_in_latest: bool,
}

/// What becomes of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageStep {
    /// There is none.
    Create,
    /// It serves another definition, or has other variables.
    Update {
        /// As it is.
        from: ObservedStage,
        /// It needs a new deployment.
        deploys: bool,
    },
    /// It is as it should be.
    Nothing,
}

/// An API of the preview.
#[derive(Clone, Debug)]
pub struct StagePlanApi {
    /// Its key.
    pub key: ApiKey,
    /// Its id.
    pub id: RestApiId,
    /// Its definition, which is to be deployed.
    pub definition: Sha256,
    /// Of the preview's stage.
    pub variables: BTreeMap<String, String>,
    /// What becomes of its stage.
    pub step: StageStep,
}

/// What `preview up` does by the strategy `stage`.
#[derive(Clone, Debug)]
pub struct StagePlan {
    /// Whose.
    pub id: PreviewId,
    /// In the order of their keys.
    pub functions: Vec<StagePlanFunction>,
    /// In the order of their keys.
    pub apis: Vec<StagePlanApi>,
    /// The proof, with the key of its API.
    pub smoke: Option<(ApiKey, SmokePlan)>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl StagePlan {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        let stands = |function: &StagePlanFunction| {
            function.version.step == VersionStep::Stands && function.permits.is_empty() && !function.left_in_latest
        };
        self.functions.iter().all(stands) && self.apis.iter().all(|api| api.step == StageStep::Nothing)
    }
}
