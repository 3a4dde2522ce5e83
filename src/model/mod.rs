//! The words of the program as types: no I/O, no decisions.

mod advice;
mod api_definition;
mod archive_file;
mod artifact;
mod code_change;
mod comparison;
mod configuration;
mod contents;
mod digest;
mod event;
mod explanation;
mod marker;
mod moment;
mod names;
mod observed;
mod outcome;
mod plan;
mod preview;
mod preview_skips;
mod preview_stage;
mod request;
mod settings;
mod standing;

pub use advice::{Advice, AdviceAbout, LeaveOut, is_cache_folder, is_test_folder};
pub use api_definition::{ApiDefinition, Integration, LambdaTarget, Qualifier};
pub use archive_file::{ArchiveFileSettings, ExcludesMatching, FileMode, Flavour};
pub use artifact::{Artifact, Entry, PART_BYTES, UNZIPPED_LIMIT};
pub use code_change::{CodeChange, FileNames, FilesBefore};
pub use comparison::{ArchiveSize, ChangedFile, Comparison, Difference, NamedFile, RenamedFile, Verdict};
pub use configuration::FunctionConfiguration;
pub use contents::{ArchiveContents, FileFacts};
pub use digest::{Md5, Sha256, Sha256Stream};
pub use event::{Event, Listener, Phase, PhaseTime, Silent};
pub use explanation::{Explanation, FolderSize, LargeFile, LeftOut, LeftOutBy};
pub use marker::{marker, release_marker};
pub use moment::Moment;
pub use names::{
    AccountId, AliasName, ApiKey, BucketName, DeploymentId, FunctionKey, FunctionName, ObjectKey, Region, RestApiId,
    RevisionId, StageName, Version,
};
pub use observed::{
    Observed, ObservedAlias, ObservedApi, ObservedBucket, ObservedCode, ObservedContents, ObservedDeployment,
    ObservedFunction, ObservedLayer, ObservedObject, ObservedStage, PolicyStatement, Secret,
};
pub use outcome::{LeftAlone, NotPutBack, Outcome, PutBack, Released, ReleasedFunction, SmokeProof, SmokeResult};
pub use plan::{
    AddPermission, ChangeCode, CodeStep, CreateAlias, CreateDeployment, Endpoint, FlushCache, GoesLive, KeepLiveCode,
    MoveAlias, Plan, PointStage, Reason, Skip, SmokePlan, UploadArtifact, Warning,
};
pub use preview::{
    ObservedPreview, PreviewApi, PreviewFunction, PreviewId, PreviewOutcome, PreviewPlan, PreviewReport, PreviewRole,
    PreviewSettings, PreviewStep, SourceApi, SourceFunction, StandingApi, StandingFunction,
};
pub use preview_stage::{
    FunctionVersion, KeptIn, ObservedStagePreview, Passage, PreviewAlias, PreviewStage, PreviewStrategy,
    PreviewVersion, StagePlan, StagePlanApi, StagePlanFunction, StageStep, StagedApi, StagedFunction, VersionStep,
};
pub use request::{Against, BaseSettings, Overrides, Packing, PreviewRequest, Request, Views};
pub use settings::{
    ApiName, ApiSettings, ArchiveFormat, ArtifactStore, CodeSource, FunctionSettings, Redeploy, Settings,
    SmokeSettings, SmokeTarget, Source, Sourced,
};
pub use standing::{PreviewLimits, PullRequestState, StandingPreview, WhenFull};
