//! What a step does to each kind of resource, and how that is put back: one file a kind, free functions in each.

pub mod alias;
pub mod api;
pub mod cache;
pub mod code;
mod concurrency;
pub mod deployment;
pub mod endpoint;
pub mod fixed_object;
pub mod function;
pub mod function_url;
pub mod invocation;
pub mod live_code;
pub mod log_group;
pub mod object;
pub mod part;
pub mod permission;
pub mod stage;
pub mod version;

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::{CallError, CodeObject};
use crate::engine::{Found, Run, Undone, Words, restore};
use crate::error::Problem;
use crate::model::{
    ApiRef, Artifact, BucketName, DeploymentId, DeploymentRef, Event, FunctionKey, Inputs, ObjectKey, PreviewId,
    RestApiId, Version, VersionRef,
};
use crate::observe::Answers;

/// What a step works with.
pub struct Context<'a> {
    /// The run.
    pub run: Run<'a>,
    /// What steps use beside their own data.
    pub inputs: Inputs,
    /// What endpoints answered before the plan was made, by the place of the smoke test.
    pub answers: Answers,
}

impl Context<'_> {
    fn bucket(&self) -> Result<&BucketName, Problem> {
        self.inputs
            .bucket
            .as_ref()
            .ok_or_else(|| Problem::defect("the plan uploads, and there is no bucket for the artifacts"))
    }

    fn artifact(&self, function: &FunctionKey) -> Result<&Artifact, Problem> {
        let missing = || Problem::defect(format!("the plan uses the code of {function}, which was not packed"));
        self.inputs.artifacts.get(function).ok_or_else(missing)
    }

    /// The tags of a part of a preview: those that the settings ask for, and its own, which win.
    fn tags_of_part(&self, own: BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut tags = self.inputs.tags.clone();
        tags.extend(own);
        tags
    }

    /// Code in the bucket: of the version that this run put, else of the one that was observed.
    fn code_object<'c>(&'c self, key: &'c ObjectKey, observed: Option<&String>) -> Result<CodeObject<'c>, Problem> {
        let put = self.run.memory.made(|made| made.object_versions.get(key).cloned());
        Ok(CodeObject { bucket: self.bucket()?, key, version: put.or_else(|| observed.cloned()) })
    }

    /// The id of an API that exists, or that an earlier step made; `name` fits after "API".
    fn api(&self, id: &ApiRef, name: impl std::fmt::Display) -> Result<RestApiId, Problem> {
        self.run.memory.made(|made| made.api(id)).ok_or_else(|| not_made(format!("API {name}")))
    }

    /// Whether this is one of the versions.
    fn is_version(&self, now: &Version, versions: &BTreeSet<VersionRef>) -> bool {
        self.run.memory.made(|made| versions.iter().any(|version| made.version(version).as_ref() == Some(now)))
    }

    /// Whether this is one of the deployments.
    fn is_deployment(&self, now: &DeploymentId, deployments: &BTreeSet<DeploymentRef>) -> bool {
        self.run.memory.made(|made| deployments.iter().any(|one| made.deployment(one).as_ref() == Some(now)))
    }

    /// The command that brings a preview up to date.
    pub fn next_up(&self, preview: &PreviewId) -> String {
        let PreviewId { repository, number, service } = preview;
        let stage = self.inputs.copied.as_ref().map_or(String::new(), |stage| format!(" --stage {stage}"));
        format!("sls-release preview up --pr {number}{stage} --repository {repository} --service {service}")
    }

    /// A command of the AWS CLI for this run's region.
    fn aws(&self, rest: &str) -> String {
        format!("aws {rest} --region {}", self.run.world.aws.region)
    }
}

/// The plan asks for something that no step before made: a defect.
fn not_made(what: impl std::fmt::Display) -> Problem {
    Problem::defect(format!("the plan uses {what} before it was made"))
}

/// Puts a resource back, and reports it.
async fn put_back<N>(
    cx: &Context<'_>,
    words: Words,
    look: impl AsyncFn() -> Result<Found<N>, CallError>,
    write: impl AsyncFn(N) -> Result<(), CallError>,
) -> Undone {
    cx.run.listener.hear(Event::PuttingBack(words.what.clone()));
    restore(cx.run.wait_to_put_back(&words.what), &words, look, write).await
}
