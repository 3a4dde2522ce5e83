//! What becomes of one function: its code, its version, its alias.

use super::{Function, Stack, object_key};
use crate::model::{
    AliasName, ChangeCode, CodeStep, CreateAlias, GoesLive, KeepLiveCode, MoveAlias, ObservedAlias, Plan, Reason, Skip,
    UploadArtifact, Warning,
};

pub(super) fn decide(function: &Function<'_>, stack: &Stack<'_>, plan: &mut Plan) {
    warn_of_calls_beside_the_alias(function, stack, plan);
    let Some(reason) = reason(function) else {
        plan.skipped.push(unchanged(function));
        return;
    };
    let step = code_step(function, stack, &reason, plan);
    plan.code.push(change(function, stack, step, reason));
    if let Some(alias) = &function.settings.alias {
        point_alias(function, &alias.value, plan);
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
    // Where `$LATEST` holds the artifact's files in other bytes, the artifact's own are as good.
    if ![function.wanted(), function.artifact.sha256].contains(&alias.code.sha256) {
        Some(Reason::AliasBehind { version })
    } else if alias.code.configuration != function.observed.latest.configuration {
        Some(Reason::ConfigurationDiffers { version })
    } else {
        None
    }
}

fn unchanged(function: &Function<'_>) -> Skip {
    let live = function.observed.alias.as_ref().map_or(&function.observed.latest.version, |alias| &alias.version);
    let (key, version, sha256) = (function.key.clone(), live.clone(), function.artifact.sha256);
    if function.has_same_content() {
        Skip::SameContent { function: key, live: function.observed.latest.sha256, packed: sha256, version }
    } else {
        Skip::CodeUnchanged { function: key, sha256, version }
    }
}

fn code_step(function: &Function<'_>, stack: &Stack<'_>, reason: &Reason, plan: &mut Plan) -> CodeStep {
    if *reason != Reason::CodeDiffers {
        return CodeStep::Publish;
    }
    keep_live_code(function, stack, plan);
    let key = object_key(stack.settings, function.key, &function.artifact.sha256);
    let present = stack.observed.objects.get(&key).and_then(Option::as_ref);
    if present.is_some() {
        plan.skipped.push(Skip::ArtifactPresent { function: function.key.clone(), key: key.clone() });
    } else {
        plan.uploads.push(UploadArtifact {
            function: function.key.clone(),
            key: key.clone(),
            bytes: function.artifact.zipped_bytes,
        });
    }
    CodeStep::Update { key, object_version: present.and_then(|object| object.version_id.clone()) }
}

fn keep_live_code(function: &Function<'_>, stack: &Stack<'_>, plan: &mut Plan) {
    let sha256 = function.observed.latest.sha256;
    let key = object_key(stack.settings, function.key, &sha256);
    if stack.observed.objects.get(&key).is_none_or(Option::is_none) {
        let name = function.observed.name.clone();
        plan.keeps.push(KeepLiveCode { function: function.key.clone(), name, sha256, key });
    }
}

fn change(function: &Function<'_>, stack: &Stack<'_>, step: CodeStep, reason: Reason) -> ChangeCode {
    let latest = &function.observed.latest;
    let goes_live = match (&step, &function.settings.alias) {
        (CodeStep::Update { .. }, None) => GoesLive::AtUpdate,
        _ => GoesLive::WithAlias,
    };
    ChangeCode {
        function: function.key.clone(),
        name: function.observed.name.clone(),
        step,
        before: latest.sha256,
        after: function.wanted(),
        keep_key: object_key(stack.settings, function.key, &latest.sha256),
        revision: latest.revision.clone(),
        architecture: latest.architecture.clone(),
        source_kms_key: latest.source_kms_key.clone(),
        storage_mode: latest.storage_mode.clone(),
        goes_live,
        reason,
    }
}

fn point_alias(function: &Function<'_>, alias: &AliasName, plan: &mut Plan) {
    let (key, name) = (function.key.clone(), function.observed.name.clone());
    match &function.observed.alias {
        None => plan.new_aliases.push(CreateAlias { function: key, name, alias: alias.clone() }),
        Some(observed) => plan.moves.push(MoveAlias {
            function: key,
            name,
            alias: alias.clone(),
            from: observed.version.clone(),
            revision: observed.revision.clone(),
        }),
    }
}

fn warn_of_calls_beside_the_alias(function: &Function<'_>, stack: &Stack<'_>, plan: &mut Plan) {
    let wanted = function.qualifier();
    let calls: Vec<_> = stack.calls_of(function.key).collect();
    if !calls.iter().any(|(_, call)| call.qualifier == wanted) {
        return; // none at all is a refusal, not a warning
    }
    for (api, call) in calls.into_iter().filter(|(_, call)| call.qualifier != wanted) {
        let (function, api) = (function.key.clone(), api.key.clone());
        let warning = Warning::CallsBesideAlias { function, api, qualifier: call.qualifier.clone() };
        if !plan.warnings.contains(&warning) {
            plan.warnings.push(warning);
        }
    }
}
