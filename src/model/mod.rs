//! The words of the program as types: no I/O, no decisions.

mod advice;
mod api_definition;
mod archive_file;
mod artifact;
mod callers;
mod code_change;
mod commit;
mod comparison;
mod configuration;
mod contents;
mod digest;
mod event;
mod explanation;
mod function_url;
mod image;
mod inputs;
mod made;
mod marked;
pub mod marks;
mod moment;
mod names;
mod observed;
mod outcome;
mod payload_format;
mod plan;
mod preview;
mod preview_acts;
mod proof_acts;
mod reference;
mod release_acts;
mod request;
mod settings;
mod sourced;
mod step;
mod undo;
mod url_acts;
mod why;

pub use advice::{Advice, AdviceAbout, LeaveOut, is_cache_folder, is_test_folder};
pub use api_definition::{ApiDefinition, ApiKind, Integration, LambdaTarget, Qualifier};
pub use archive_file::{ArchiveFileSettings, ExcludesMatching, FileMode, Flavour};
pub use artifact::{Artifact, Binary, BuiltFor, Entry, PART_BYTES, SENT_LIMIT, UNZIPPED_LIMIT};
pub use callers::{AliasCallers, FunctionCaller};
pub use code_change::{CodeChange, FileNames, FilesBefore};
pub use commit::{CommitId, OlderCommit};
pub use comparison::{ArchiveSize, ChangedFile, Comparison, Difference, NamedFile, RenamedFile, Verdict};
pub use configuration::{FunctionConfiguration, ImageConfiguration, Logging};
pub use contents::{ArchiveContents, FileFacts};
pub use digest::{Md5, Sha256, Sha256Stream};
pub use event::{Amount, Event, Listener, Phase, PhaseTime, Silent, Work};
pub use explanation::{Explanation, FolderSize, LargeFile, LeftOut, LeftOutBy};
pub use function_url::{FunctionUrl, FunctionUrls, LambdaUrl, UrlAuth, UrlEndpoint, UrlRef};
pub use image::{ImageReference, ImageUri, ObservedImage, ObservedManifest, short_digest};
pub use inputs::{ApiDocument, Inputs, LiveCode, Planned};
pub use made::{Invoked, KeptCode, Made, SmokeProof, SmokeResult};
pub use marked::{Marked, MarkedApi, MarkedFunction, MarkedLogGroup, kept};
pub use moment::Moment;
pub use names::{
    AccountId, AliasName, ApiKey, BucketName, DeploymentId, FunctionKey, FunctionName, ObjectKey, Region, RestApiId,
    RevisionId, RunId, StageName, Version,
};
pub use observed::{
    EventSource, ObjectFields, Observed, ObservedAlias, ObservedApi, ObservedBucket, ObservedCode, ObservedContents,
    ObservedDeployment, ObservedFunction, ObservedLayer, ObservedObject, ObservedStage, OptionalRead, PolicyStatement,
    Provisioned, Secret,
};
pub use outcome::{
    CommitUrl, LeftAlone, NotPutBack, Outcome, PreviewOutcome, PreviewReport, PutBack, Released, ReleasedFunction,
    UndoReport,
};
pub use payload_format::PayloadFormat;
pub use plan::{Plan, Step, Wave};
pub use preview::{
    ExistingApi, ExistingFunction, ExistingPreview, GotFunction, Mistagged, ObservedPreview, PreviewId,
    PullRequestState, SourceApi, UntaggedApi,
};
pub use preview_acts::{
    ConfigureFunction, CreateApi, CreateFunction, CreateLogGroup, Delete, DeployStage, Owner, TagApi, Target, WriteApi,
};
pub use proof_acts::{Endpoint, Invoke, LogSource, Smoke};
pub use reference::{ApiRef, DeploymentRef, Ref, VersionRef};
pub use release_acts::{
    Cache, Caller, ChangeCode, CodeCall, CreateAlias, CreateDeployment, FetchCode, GoesLive, KeepCode, KnownStates,
    MoveAlias, ObjectBefore, Permit, PointStage, ProvisionedWait, ReplaceObject, Restore, Upload, code_sha256,
};
pub use request::{
    Against, ArchiveRequest, BaseSettings, Common, Overrides, PackageRequest, Packing, PreviewDownRequest,
    PreviewListRequest, PreviewOwner, PreviewPruneRequest, PreviewRequest, PreviewUpRequest, ReleaseRequest, Request,
    SettingsInput, Views,
};
pub use settings::{
    ApiName, ApiSettings, ArchiveFormat, ArtifactStore, CodeSource, Encryption, EncryptionKind, FunctionSettings,
    PreviewLimits, PreviewRole, PreviewSettings, Redeploy, Settings, SmokeSettings, SmokeTarget, WhenFull,
};
pub use sourced::{Source, Sourced};
pub use step::{Act, Queue, Subject};
pub use undo::{Resource, Undo};
pub use url_acts::{CommitEndpoint, DropCommits, GiveUrl, KEPT_COMMITS, KeepCommit, PublicStatement, evicted};
pub use why::{Reason, Skip, Warning};
