//! The acts of a plan: data without secrets, with all that their calls need and nothing left to decide.
//!
//! A new act has its payload in `release_acts.rs`, `proof_acts.rs` or `preview_acts.rs`, its undos in `undo.rs`, its file in
//! `resources/`, and an arm in `apply.rs`.

use derive_more::Display;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reference::new_or;
use super::{
    Cache, ChangeCode, ConfigureFunction, CreateAlias, CreateApi, CreateDeployment, CreateFunction, CreateLogGroup,
    Delete, DeployStage, DropCommits, FetchCode, FunctionName, GiveUrl, Invoke, KeepCode, KeepCommit, MoveAlias,
    Permit, PointStage, Ref, ReplaceObject, Smoke, TagApi, Target, Upload, WriteApi, marks,
};

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Act {
    /// `PutObject`, or a multipart upload, of an artifact.
    Upload(Upload),
    /// `PutObject` of an artifact under a fixed key, as a new version.
    ReplaceObject(ReplaceObject),
    /// Puts the live code into the bucket, so that it can be restored.
    KeepCode(KeepCode),
    /// Keeps the live code in a private file of this run, and publishes it where no version has it.
    FetchCode(FetchCode),
    /// `UpdateFunctionCode` or `PublishVersion`, and the wait until Lambda runs it.
    ChangeCode(ChangeCode),
    /// `Invoke` of a new version by its number, before an alias moves to it.
    Invoke(Invoke),
    /// `CreateDeployment` without a stage.
    CreateDeployment(CreateDeployment),
    /// `CreateAlias`.
    CreateAlias(CreateAlias),
    /// `UpdateAlias`.
    MoveAlias(MoveAlias),
    /// `AddPermission` for API Gateway.
    Permit(Permit),
    /// `UpdateStage` of `/deploymentId`.
    PointStage(PointStage),
    /// `FlushStageCache`.
    FlushCache(Cache),
    /// Asks the endpoint until it answers well.
    Smoke(Smoke),
    /// `CreateLogGroup` with a retention.
    CreateLogGroup(CreateLogGroup),
    /// `CreateFunction`, and the wait until it can be called.
    CreateFunction(CreateFunction),
    /// `UpdateFunctionConfiguration`, and the wait until it is done.
    ConfigureFunction(ConfigureFunction),
    /// `CreateRestApi`.
    CreateApi(CreateApi),
    /// `PutRestApi` in the mode `overwrite`.
    WriteApi(WriteApi),
    /// `CreateDeployment` with a stage.
    DeployStage(DeployStage),
    /// `TagResource` with the time of this run.
    TagApi(TagApi),
    /// `PublishVersion`, and the alias of a commit on it.
    KeepCommit(KeepCommit),
    /// `CreateFunctionUrlConfig` or `UpdateFunctionUrlConfig`, with `AddPermission` where everybody may call it.
    GiveUrl(GiveUrl),
    /// Deletes the URLs, the aliases and the versions of older commits.
    DropCommits(DropCommits),
    /// Deletes what belongs to a preview.
    Delete(Delete),
}

/// Steps of one queue take turns: AWS keeps one document for them, or takes only so many of their calls in a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Queue {
    /// Changes of one function.
    Function(FunctionName),
    /// Statements of one function's policies.
    Policy(FunctionName),
    /// `CreateDeployment`: one in five seconds.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
    CreateDeployment,
    /// `CreateRestApi`: one in three seconds.
    CreateApi,
    /// `PutRestApi`: one in a second.
    WriteApi,
    /// `DeleteRestApi`: one in thirty seconds.
    DeleteApi,
}

/// What a step changes; functions come first, then APIs, then the smoke test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Display)]
pub enum Subject {
    /// A function.
    #[display("function {_0}")]
    Function(String),
    /// An API.
    #[display("API {_0}")]
    Api(String),
    /// The smoke test.
    #[display("smoke")]
    Smoke,
}

impl Act {
    /// Returns whether it writes to AWS.
    pub fn is_write(&self) -> bool {
        !matches!(self, Act::Invoke(_) | Act::Smoke(_) | Act::FetchCode(FetchCode { version: Some(_), .. }))
    }

    /// The queue that it waits in.
    pub fn queue(&self) -> Option<Queue> {
        match self {
            Act::ChangeCode(change) => Some(Queue::Function(change.name.clone())),
            Act::ConfigureFunction(configure) => Some(Queue::Function(configure.name.clone())),
            Act::KeepCommit(keep) => Some(Queue::Function(keep.name.clone())),
            Act::GiveUrl(give) => Some(Queue::Policy(give.name.clone())),
            Act::Permit(permit) => Some(Queue::Policy(permit.name.clone())),
            Act::CreateDeployment(_) | Act::DeployStage(_) => Some(Queue::CreateDeployment),
            Act::CreateApi(_) => Some(Queue::CreateApi),
            Act::WriteApi(_) => Some(Queue::WriteApi),
            Act::Delete(Delete { target: Target::Api { .. }, .. }) => Some(Queue::DeleteApi),
            _ => None,
        }
    }

    /// What it changes.
    pub fn subject(&self) -> Subject {
        match self {
            Act::Upload(Upload { function, .. })
            | Act::ReplaceObject(ReplaceObject { function, .. })
            | Act::KeepCode(KeepCode { function, .. })
            | Act::FetchCode(FetchCode { function, .. })
            | Act::ChangeCode(ChangeCode { function, .. })
            | Act::Invoke(Invoke { function, .. })
            | Act::CreateAlias(CreateAlias { function, .. })
            | Act::MoveAlias(MoveAlias { function, .. })
            | Act::Permit(Permit { function, .. })
            | Act::CreateFunction(CreateFunction { function, .. })
            | Act::KeepCommit(KeepCommit { function, .. })
            | Act::GiveUrl(GiveUrl { function, .. })
            | Act::DropCommits(DropCommits { function, .. })
            | Act::ConfigureFunction(ConfigureFunction { function, .. }) => Subject::Function(function.to_string()),
            Act::CreateDeployment(CreateDeployment { api, .. })
            | Act::PointStage(PointStage { api, .. })
            | Act::FlushCache(Cache { api, .. })
            | Act::CreateApi(CreateApi { api, .. })
            | Act::WriteApi(WriteApi { api, .. })
            | Act::DeployStage(DeployStage { api, .. }) => Subject::Api(api.to_string()),
            Act::CreateLogGroup(group) => Subject::Function(group.function.to_string()),
            Act::TagApi(tag) => Subject::Api(tag.name.clone()),
            Act::Delete(Delete { target: Target::Api { name, .. }, .. }) => Subject::Api(name.clone()),
            Act::Delete(Delete { target: Target::Function { name, .. }, .. }) => Subject::Function(name.to_string()),
            Act::Delete(Delete { target: Target::LogGroup { name, .. }, .. }) => Subject::Function(name.clone()),
            Act::Smoke(_) => Subject::Smoke,
        }
    }

    /// What it does, in words: "move alias live of hello-dev from version 3 to the new one".
    pub fn title(&self) -> String {
        match self {
            Act::Upload(upload) => format!("upload {}", upload.key),
            Act::ReplaceObject(replace) => format!("put a new version of {}", replace.key),
            Act::KeepCode(keep) => format!("keep the live code of {} as {}", keep.name, keep.key),
            Act::FetchCode(FetchCode { name, version: Some(version), .. }) => {
                format!("fetch the live code of {name}, which version {version} has")
            }
            Act::FetchCode(fetch) => format!("publish the live code of {} as a version, and fetch it", fetch.name),
            Act::ChangeCode(change) => change.title(),
            Act::Invoke(Invoke { name, event, version: Ref::Made(_), .. }) => {
                format!("invoke the new version of {name} with {event}")
            }
            Act::Invoke(invoke) => format!("invoke {} with {}", invoke.name, invoke.event),
            Act::CreateDeployment(create) => format!("create a deployment of {}", create.id),
            Act::CreateAlias(create) => format!("create alias {} of {} on the new version", create.alias, create.name),
            Act::MoveAlias(alias) => {
                let to = new_or(&alias.to);
                let wait =
                    if alias.waits_for_concurrency() { ", and wait for its provisioned concurrency" } else { "" };
                format!("move alias {} of {} from version {} to {to}{wait}", alias.alias, alias.name, alias.from)
            }
            Act::Permit(permit) => permit.title(),
            Act::PointStage(point) => {
                let to = new_or(&point.to);
                format!("point stage {} of {} from deployment {} to {to}", point.stage, point.id, point.from)
            }
            Act::FlushCache(cache) => format!("flush the cache of stage {} of {}", cache.stage, cache.id),
            Act::Smoke(smoke) => smoke.title(),
            Act::CreateLogGroup(group) => format!("create log group {}", marks::log_group(&group.function)),
            Act::CreateFunction(create) => format!("create function {}{}", create.name, create.in_environment()),
            Act::ConfigureFunction(configure) => {
                format!("update the configuration of {}{}", configure.name, configure.in_environment())
            }
            Act::CreateApi(create) => format!("create API {}", create.name),
            Act::WriteApi(write) => format!("write the definition of API {}", write.name),
            Act::DeployStage(deploy) => format!("deploy API {} to stage {}", deploy.name, deploy.preview.stage()),
            Act::TagApi(tag) => format!("tag API {} with the time of this run", tag.name),
            Act::KeepCommit(keep) => format!("publish a version of {} and keep it as {}", keep.name, keep.alias),
            Act::GiveUrl(give) => give.title(),
            Act::DropCommits(drop) => drop.title(),
            Act::Delete(delete) => format!("delete {}", delete.target),
        }
    }
}
