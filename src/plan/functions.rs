//! What becomes of one function: its code, its version, its alias.

use super::callers;
use super::platform::{self, Platform};
use super::stack::{Code, Function, Stack};
use crate::model::{
    Act, AliasName, Artifact, ChangeCode, CodeCall, CreateAlias, FetchCode, GoesLive, KeepCode, MoveAlias,
    ObjectBefore, ObjectKey, ObservedAlias, ObservedImage, ObservedObject, OptionalRead, Plan, Provisioned,
    ProvisionedWait, Reason, Ref, ReplaceObject, Restore, Skip, Step, Upload, Warning,
};

pub(super) fn decide(function: &Function<'_>, stack: &Stack<'_>, plan: &mut Plan) {
    warn_of_calls_beside_the_alias(function, stack, plan);
    let why = reason(function);
    // Where nothing seems to change, the environment alone may differ all the same.
    let tells = |read: &&OptionalRead| why.is_some() || **read == OptionalRead::Environment;
    let (key, denied) = (function.key, function.observed.denied.iter().filter(tells));
    plan.warnings.extend(denied.map(|read| Warning::Denied { function: key.clone(), read: *read }));
    let Some(why) = why else {
        plan.skipped.push(unchanged(function));
        return;
    };
    if why == Reason::CodeDiffers {
        callers::decide(function, stack, plan);
        let latest = &function.observed.latest;
        let (runtime, architecture) = (latest.runtime.as_deref(), latest.architecture.as_deref());
        if let Some(artifact) = function.artifact() {
            platform::warn(key, artifact, Platform { runtime, architecture }, plan);
        }
    }
    let call = match function.code {
        _ if why != Reason::CodeDiffers => CodeCall::Publish,
        Code::Archive(artifact) => update(function, artifact, stack, plan),
        Code::Image(image) => update_image(function, image),
    };
    plan.add(Act::ChangeCode(change(function, stack, call)), why);
    if let Some(alias) = &function.settings.alias {
        point_alias(function, stack, &alias.value, plan);
    }
}

/// Why the function needs a version; `None`: its callers have this code and configuration already.
fn reason(function: &Function<'_>) -> Option<Reason> {
    if function.wanted() != function.observed.latest.sha256 {
        return Some(Reason::CodeDiffers);
    }
    let wanted = function.settings.alias.as_ref()?;
    match &function.observed.alias {
        None => Some(Reason::NoAlias { alias: wanted.value.clone() }),
        Some(alias) => behind(function, alias),
    }
}

fn behind(function: &Function<'_>, alias: &ObservedAlias) -> Option<Reason> {
    let version = alias.version.clone();
    // Where `$LATEST` holds the desired files in other bytes, the desired bytes are as good.
    if ![function.wanted(), function.asked_for()].contains(&alias.code.sha256) {
        Some(Reason::AliasBehind { version })
    } else if alias.code.configuration != function.observed.latest.configuration {
        Some(Reason::ConfigurationDiffers { version })
    } else {
        None
    }
}

fn unchanged(function: &Function<'_>) -> Skip {
    let live = function.observed.alias.as_ref().map_or(&function.observed.latest.version, |alias| &alias.version);
    let (key, version, sha256) = (function.key.clone(), live.clone(), function.asked_for());
    if function.has_same_content() {
        Skip::SameContent { function: key, live: function.observed.latest.sha256, packed: sha256, version }
    } else {
        Skip::CodeUnchanged { function: key, sha256, version }
    }
}

/// The update, with what it needs: the artifact, and the live code that can be restored.
fn update(function: &Function<'_>, artifact: &Artifact, stack: &Stack<'_>, plan: &mut Plan) -> CodeCall {
    if stack.settings.artifacts.is_none() {
        plan.add(Act::FetchCode(fetch(function)), Reason::PuttingBackNeedsIt);
        return CodeCall::Update { key: None, object_version: None, publish: true, restore: Restore::Copy };
    }
    let (live, kept) = stack.object(function.key, &function.observed.latest.sha256);
    if kept.is_none() {
        let (key, name) = (function.key.clone(), function.observed.name.clone());
        let keep = KeepCode { function: key, name, sha256: function.observed.latest.sha256, key: live.clone() };
        plan.add(Act::KeepCode(keep), Reason::PuttingBackNeedsIt);
    }
    let (key, object_version) = place(function, artifact, stack, plan);
    CodeCall::Update {
        key: Some(key),
        object_version,
        publish: true,
        restore: Restore::Object { key: live, version: kept.and_then(|object| object.version_id.clone()) },
    }
}

/// The image by its digest, so that a tag that moves meanwhile changes nothing.
fn update_image(function: &Function<'_>, image: &ObservedImage) -> CodeCall {
    let uri = image.named.with_digest(function.asked_for());
    // A function whose live image is not known is refused.
    let live = function.observed.latest.image.clone().unwrap_or_else(|| uri.clone());
    CodeCall::Image { uri, publish: true, restore: Restore::Image(live) }
}

/// Where the artifact is, or will be, with its version where it is there already.
fn place(
    function: &Function<'_>,
    artifact: &Artifact,
    stack: &Stack<'_>,
    plan: &mut Plan,
) -> (ObjectKey, Option<String>) {
    let (key, found) = stack.artifact_object(function, artifact);
    let is_fixed = function.settings.key.is_some();
    let present = found.filter(|object| !is_fixed || object.holds(artifact));
    let is_planned = |step: &Step| matches!(&step.act, Act::ReplaceObject(replace) if replace.key == key);
    if present.is_some() {
        plan.skipped.push(Skip::ArtifactPresent { function: function.key.clone(), key: key.clone() });
    } else if is_fixed {
        if !plan.steps().any(is_planned) {
            let (act, why) = replace(function, artifact, &key, found);
            plan.add(act, why);
        }
    } else {
        let bytes = artifact.zipped_bytes;
        let upload = Upload { function: function.key.clone(), key: key.clone(), bytes };
        let is_seen = stack.observed.objects.contains_key(&key);
        plan.add(Act::Upload(upload), if is_seen { Reason::ObjectAbsent } else { Reason::ObjectNotLookedFor });
    }
    (key, present.and_then(|object| object.version_id.clone()))
}

/// The object under a fixed key gets a version of its own. Its condition is the object that was observed.
fn replace(
    function: &Function<'_>,
    artifact: &Artifact,
    key: &ObjectKey,
    now: Option<&ObservedObject>,
) -> (Act, Reason) {
    let before =
        now.map(|now| ObjectBefore { etag: now.etag.clone().unwrap_or_default(), version: now.version_id.clone() });
    let why = if before.is_some() { Reason::ObjectDiffers } else { Reason::ObjectAbsent };
    let (function, bytes) = (function.key.clone(), artifact.zipped_bytes);
    (Act::ReplaceObject(ReplaceObject { function, key: key.clone(), bytes, before }), why)
}

fn fetch(function: &Function<'_>) -> FetchCode {
    let latest = &function.observed.latest;
    let has_it = |alias: &&ObservedAlias| alias.code.sha256 == latest.sha256;
    FetchCode {
        function: function.key.clone(),
        name: function.observed.name.clone(),
        sha256: latest.sha256,
        configuration: latest.configuration,
        version: function.observed.alias.as_ref().filter(has_it).map(|alias| alias.version.clone()),
        revision: latest.revision.clone(),
    }
}

fn change(function: &Function<'_>, stack: &Stack<'_>, call: CodeCall) -> ChangeCode {
    let latest = &function.observed.latest;
    let goes_live = match (&call, &function.settings.alias) {
        (CodeCall::Update { .. } | CodeCall::Image { .. }, None) => GoesLive::AtUpdate,
        _ => GoesLive::WithAlias,
    };
    ChangeCode {
        function: function.key.clone(),
        name: function.observed.name.clone(),
        call,
        before: latest.sha256,
        after: function.wanted(),
        is_image: latest.is_image(),
        revision: latest.revision.clone(),
        architecture: latest.architecture.clone(),
        source_kms_key: latest.source_kms_key.clone(),
        storage_mode: latest.storage_mode.clone(),
        goes_live,
        caches: stack.caches_of(function.key),
    }
}

fn point_alias(function: &Function<'_>, stack: &Stack<'_>, alias: &AliasName, plan: &mut Plan) {
    let (key, name, caches) = (function.key.clone(), function.observed.name.clone(), stack.caches_of(function.key));
    let to = Ref::Made(key.clone());
    match &function.observed.alias {
        None => {
            let create = CreateAlias { function: key, name, alias: alias.clone(), to, caches };
            plan.add(Act::CreateAlias(create), Reason::Absent);
        }
        Some(observed) => {
            let (from, revision) = (observed.version.clone(), observed.revision.clone());
            let wait = wait(function, observed);
            let alias = MoveAlias { function: key, name, alias: alias.clone(), from, to, revision, wait, caches };
            plan.add(Act::MoveAlias(alias), Reason::NewCode);
        }
    }
}

/// What comes after a move. Autoscaling changes provisioned concurrency at any time, so that it need not get ready where
/// it was not before.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>
fn wait(function: &Function<'_>, alias: &ObservedAlias) -> Option<ProvisionedWait> {
    if function.observed.denied.contains(&OptionalRead::ProvisionedConcurrency) {
        return Some(ProvisionedWait::CallsAlone);
    }
    Some(match alias.provisioned.as_ref()? {
        Provisioned::Ready => ProvisionedWait::Ready,
        Provisioned::InProgress | Provisioned::Failed(_) => ProvisionedWait::Calls,
    })
}

fn warn_of_calls_beside_the_alias(function: &Function<'_>, stack: &Stack<'_>, plan: &mut Plan) {
    let wanted = function.qualifier();
    let calls: Vec<_> = stack.calls_of(function.key).collect();
    if !calls.iter().any(|(_, call)| call.qualifier == wanted) {
        return; // no call at all is a refusal, not a warning
    }
    for (api, call) in calls.into_iter().filter(|(_, call)| call.qualifier != wanted) {
        let (function, api) = (function.key.clone(), api.key.clone());
        let warning = Warning::CallsBesideAlias { function, api, qualifier: call.qualifier.clone() };
        if !plan.warnings.contains(&warning) {
            plan.warnings.push(warning);
        }
    }
}
