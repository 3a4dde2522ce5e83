//! What putting back may have to do: pure data that a step leaves before its first write.
//!
//! A write's answer may be lost, so an undo describes what may have been done; putting back looks first.
//! docs/decisions/0011-one-engine.md explains the ranks.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Act, AliasName, ApiKey, ApiKind, Cache, ChangeCode, CodeCall, ConfigureFunction, CreateAlias, CreateApi,
    CreateDeployment, CreateFunction, CreateLogGroup, DeployStage, DeploymentId, DeploymentRef, FunctionName, GiveUrl,
    KeepCommit, MoveAlias, ObjectKey, Owner, Permit, PointStage, PreviewId, Queue, Ref, ReplaceObject, RestApiId,
    Restore, RunId, Sha256, StageName, Target, Version, VersionRef, WriteApi, marks,
};

/// Something that a run did, or may have done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "undo")]
pub enum Undo {
    /// The stage may serve one of `left`.
    Stage {
        /// The API.
        api: ApiKey,
        /// What it is.
        kind: ApiKind,
        /// Its id.
        id: RestApiId,
        /// The stage.
        stage: StageName,
        /// What it served before.
        from: DeploymentId,
        /// What this run may have left.
        left: BTreeSet<DeploymentRef>,
    },
    /// The alias may point at one of `left`.
    Alias {
        /// The function's name.
        name: FunctionName,
        /// The alias.
        alias: AliasName,
        /// The version from before; `None` where the alias did not exist.
        from: Option<Version>,
        /// What this run may have left.
        left: BTreeSet<VersionRef>,
    },
    /// The statement may exist.
    Permission(Permit),
    /// `$LATEST` may hold one of `left`.
    Code {
        /// The update that did it, with what an update has to keep.
        change: Box<ChangeCode>,
        /// The object of the code from before; `None`: this run has a copy, or it is an image.
        key: Option<ObjectKey>,
        /// Its version, where the bucket keeps versions.
        version: Option<String>,
        /// What this run may have left.
        left: BTreeSet<Sha256>,
    },
    /// The version of a failed release may be the newest one.
    Version {
        /// The function's name.
        name: FunctionName,
        /// `CodeSha256` of `$LATEST` when it is put back; `None` where it stays as it is.
        before: Option<Sha256>,
        /// Its code is a container image.
        is_image: bool,
    },
    /// The object under a fixed key may have a version of this run.
    Object(ReplaceObject),
    /// A deployment with this run's description may exist.
    Deployment(CreateDeployment),
    /// Something with this run's tag may exist.
    Made {
        /// What.
        target: Target,
        /// The run, and the preview.
        owner: Owner,
    },
    /// A part of a preview that existed before was changed. It is not put back but named.
    Changed {
        /// In words.
        what: String,
        /// The preview.
        preview: PreviewId,
    },
    /// The cache may hold answers of the new code.
    Cache(Cache),
}

/// The resource that an undo is about: a run remembers one undo for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A stage of a REST API.
    Stage(RestApiId, StageName),
    /// An alias of a function.
    Alias(FunctionName, AliasName),
    /// A statement in the policy of a function or alias.
    Statement(FunctionName, String, String),
    /// `$LATEST` of a function.
    Code(FunctionName),
    /// The version that this run published of a function.
    Version(FunctionName),
    /// The object under a fixed key.
    Object(ObjectKey),
    /// The deployments that this run made of a REST API.
    Deployment(RestApiId),
    /// Something that belongs to a preview.
    Target(Target),
    /// A part of an existing preview, in words.
    Changed(String),
    /// A stage's cache.
    Cache(RestApiId, StageName),
}

impl Undo {
    /// The place in the order of putting back: what callers see comes first, caches come last. Undos of one rank run
    /// at once.
    pub fn rank(&self) -> u8 {
        match self {
            Undo::Stage { .. } => 1,
            Undo::Alias { from: Some(_), .. } => 2,
            // Its policy goes with a new alias.
            Undo::Alias { from: None, .. } => 3,
            Undo::Permission(_) => 4,
            Undo::Code { .. } => 5,
            Undo::Version { .. } => 6,
            Undo::Object(_) => 7,
            Undo::Deployment(_) => 8,
            Undo::Made { target: Target::Api { .. }, .. } => 9,
            Undo::Made { target: Target::Function { .. }, .. } => 10,
            Undo::Made { target: Target::LogGroup { .. }, .. } => 11,
            Undo::Changed { .. } => 12,
            Undo::Cache(_) => 13,
        }
    }

    /// The resource that it is about.
    pub fn resource(&self) -> Resource {
        match self {
            Undo::Stage { id, stage, .. } => Resource::Stage(id.clone(), stage.clone()),
            Undo::Alias { name, alias, .. } => Resource::Alias(name.clone(), alias.clone()),
            Undo::Permission(Permit { name, qualifier, caller, .. }) => {
                let authorizer = caller.authorizer.as_deref().unwrap_or_default();
                let stage = caller.stage.as_ref().map_or("", StageName::as_str);
                let caller = format!("{} {stage} {authorizer}", caller.api);
                Resource::Statement(name.clone(), qualifier.to_string(), caller)
            }
            Undo::Code { change, .. } => Resource::Code(change.name.clone()),
            Undo::Version { name, .. } => Resource::Version(name.clone()),
            Undo::Object(replace) => Resource::Object(replace.key.clone()),
            Undo::Deployment(create) => Resource::Deployment(create.id.clone()),
            Undo::Made { target, .. } => Resource::Target(target.clone()),
            Undo::Changed { what, .. } => Resource::Changed(what.clone()),
            Undo::Cache(cache) => Resource::Cache(cache.id.clone(), cache.stage.clone()),
        }
    }

    /// The queue that it waits in, as a step does.
    pub fn queue(&self) -> Option<Queue> {
        match self {
            Undo::Permission(permit) => Some(Queue::Policy(permit.name.clone())),
            Undo::Made { target: Target::Api { .. }, .. } => Some(Queue::DeleteApi),
            _ => None,
        }
    }

    /// Both of one resource: the state before the first, and every state that either may have left.
    #[must_use]
    pub fn and(mut self, later: Self) -> Self {
        match (&mut self, later) {
            (Undo::Stage { left, .. }, Undo::Stage { left: more, .. }) => left.extend(more),
            (Undo::Code { left, .. }, Undo::Code { left: more, .. }) => left.extend(more),
            (Undo::Alias { left, .. }, Undo::Alias { left: more, .. }) => left.extend(more),
            _ => {}
        }
        self
    }
}

impl Act {
    /// What it may leave to put back, known before its first call. Objects under their own digest stay.
    pub fn undos(&self, run: &RunId) -> Vec<Undo> {
        match self {
            Act::ReplaceObject(replace) => replace.undos(),
            Act::ChangeCode(change) => change.undos(),
            Act::CreateDeployment(create) => create.undos(),
            Act::CreateAlias(create) => create.undos(),
            Act::MoveAlias(alias) => alias.undos(),
            Act::Permit(permit) => permit.undos(),
            Act::PointStage(point) => point.undos(),
            Act::CreateLogGroup(create) => create.undos(run),
            Act::CreateFunction(create) => create.undos(run),
            Act::ConfigureFunction(configure) => configure.undos(),
            Act::CreateApi(create) => create.undos(run),
            Act::WriteApi(write) => write.undos(),
            Act::DeployStage(deploy) => deploy.undos(),
            Act::KeepCommit(keep) => keep.undos(),
            Act::GiveUrl(give) => give.undos(),
            Act::Upload(_)
            | Act::KeepCode(_)
            | Act::FetchCode(_)
            | Act::FlushCache(_)
            | Act::Invoke(_)
            | Act::Smoke(_)
            | Act::TagApi(_)
            | Act::DropCommits(_)
            | Act::Delete(_) => Vec::new(),
        }
    }
}

impl ChangeCode {
    /// The code from before, the version, and the caches of what calls the function.
    pub fn undos(&self) -> Vec<Undo> {
        let (restore, publish) = match &self.call {
            CodeCall::Update { restore, publish, .. } | CodeCall::Image { restore, publish, .. } => (restore, *publish),
            CodeCall::Publish => return vec![self.version(None)],
        };
        let undo = match restore {
            Restore::NextRun(preview) => changed(format!("function {}", self.name), preview),
            Restore::Object { key, version } => self.code(Some(key), version.clone()),
            Restore::Copy | Restore::Image(_) => self.code(None, None),
        };
        let version = publish.then(|| self.version(Some(self.before)));
        [undo].into_iter().chain(version).chain(self.caches.iter().cloned().map(Undo::Cache)).collect()
    }

    fn code(&self, key: Option<&ObjectKey>, version: Option<String>) -> Undo {
        Undo::Code { change: Box::new(self.clone()), key: key.cloned(), version, left: [self.after].into() }
    }

    fn version(&self, before: Option<Sha256>) -> Undo {
        Undo::Version { name: self.name.clone(), before, is_image: self.is_image }
    }
}

impl ReplaceObject {
    /// The object.
    pub fn undos(&self) -> Vec<Undo> {
        vec![Undo::Object(self.clone())]
    }
}

impl CreateDeployment {
    /// The deployment.
    pub fn undos(&self) -> Vec<Undo> {
        vec![Undo::Deployment(self.clone())]
    }
}

impl CreateAlias {
    /// The alias, and the caches of what calls it.
    pub fn undos(&self) -> Vec<Undo> {
        let Self { name, alias, to, .. } = self.clone();
        with_caches(Undo::Alias { name, alias, from: None, left: [to].into() }, &self.caches)
    }
}

impl MoveAlias {
    /// The alias, and the caches of what calls it.
    pub fn undos(&self) -> Vec<Undo> {
        let Self { name, alias, from, to, .. } = self.clone();
        with_caches(Undo::Alias { name, alias, from: Some(from), left: [to].into() }, &self.caches)
    }
}

impl Permit {
    /// The statement, unless it goes with its function.
    pub fn undos(&self) -> Vec<Undo> {
        self.known.iter().map(|_| Undo::Permission(self.clone())).collect()
    }
}

impl PointStage {
    /// The stage, and its cache.
    pub fn undos(&self) -> Vec<Undo> {
        let Self { api, kind, id, stage, from, to, .. } = self.clone();
        with_caches(Undo::Stage { api, kind, id, stage, from, left: [to].into() }, &self.caches)
    }
}

impl CreateLogGroup {
    /// The log group, if this run made it.
    pub fn undos(&self, run: &RunId) -> Vec<Undo> {
        let (name, arn) = (marks::log_group(&self.function), self.arn.clone());
        vec![made(Target::LogGroup { name, arn, function: None }, &self.preview, run)]
    }
}

impl CreateFunction {
    /// The function, if this run made it.
    pub fn undos(&self, run: &RunId) -> Vec<Undo> {
        let target = Target::Function { name: self.name.clone(), arn: self.arn.clone() };
        vec![made(target, &self.preview, run)]
    }
}

impl ConfigureFunction {
    /// The function is named.
    pub fn undos(&self) -> Vec<Undo> {
        vec![changed(format!("function {}", self.name), &self.preview)]
    }
}

impl CreateApi {
    /// The API, if this run made it.
    pub fn undos(&self, run: &RunId) -> Vec<Undo> {
        let target = Target::Api { id: Ref::Made(self.api.clone()), name: self.name.clone() };
        vec![made(target, &self.preview, run)]
    }
}

impl WriteApi {
    /// An API that existed before is named.
    pub fn undos(&self) -> Vec<Undo> {
        changed_api(&self.id, &self.name, &self.preview)
    }
}

impl DeployStage {
    /// An API that existed before is named.
    pub fn undos(&self) -> Vec<Undo> {
        changed_api(&self.id, &self.name, &self.preview)
    }
}

impl KeepCommit {
    /// A function that existed before is named; else it goes as a whole.
    pub fn undos(&self) -> Vec<Undo> {
        changed_function(self.existed, &self.name, &self.preview)
    }
}

impl GiveUrl {
    /// A function that existed before is named; else it goes as a whole.
    pub fn undos(&self) -> Vec<Undo> {
        changed_function(self.existed, &self.name, &self.preview)
    }
}

fn changed_function(existed: bool, name: &FunctionName, preview: &PreviewId) -> Vec<Undo> {
    if existed { vec![changed(format!("function {name}"), preview)] } else { Vec::new() }
}

fn with_caches(undo: Undo, caches: &[Cache]) -> Vec<Undo> {
    [undo].into_iter().chain(caches.iter().cloned().map(Undo::Cache)).collect()
}

fn made(target: Target, preview: &PreviewId, run: &RunId) -> Undo {
    Undo::Made { target, owner: Owner { preview: preview.clone(), run: Some(run.clone()) } }
}

fn changed(what: String, preview: &PreviewId) -> Undo {
    Undo::Changed { what, preview: preview.clone() }
}

/// An API that this run made goes as a whole.
fn changed_api(id: &Ref<ApiKey, RestApiId>, name: &str, preview: &PreviewId) -> Vec<Undo> {
    match id {
        Ref::Made(_) => Vec::new(),
        Ref::Existing(_) => vec![changed(format!("API {name}"), preview)],
    }
}

#[cfg(test)]
mod tests {
    use super::super::FunctionKey;
    use super::*;

    #[test]
    fn two_undos_of_a_resource_keep_the_first_state_and_all_that_was_left() {
        let alias = |from: Option<&str>, to| {
            let (name, alias) = (FunctionName::new("hello"), AliasName::new("live"));
            Undo::Alias { name, alias, from: from.map(Version::new), left: [to].into() }
        };
        for before in [Some("3"), None] {
            let first = alias(before, Ref::Existing(Version::new("4")));
            let second = alias(Some("4"), Ref::Made(FunctionKey::new("hello")));
            assert_eq!(first.resource(), second.resource());
            let Undo::Alias { from, left, .. } = first.and(second) else { panic!("an alias stays an alias") };
            assert_eq!((from, left.len()), (before.map(Version::new), 2));
        }
    }
}
