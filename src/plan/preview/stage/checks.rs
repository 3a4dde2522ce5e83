//! What must hold before anything is written. Everything that does not is told at once.

use crate::error::Problem;
use crate::model::{
    ApiKey, FunctionKey, ObservedStagePreview, Passage, PreviewId, PreviewLimits, PreviewSettings, PreviewStage,
    Settings, StagePlanFunction, StagedApi, StagedFunction,
};

/// How many stages an API may have unless AWS allows more.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
const STAGES: usize = 10;

/// What there is no preview of.
pub(super) fn missing(settings: &Settings, observed: &ObservedStagePreview) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, _) in observed.functions.iter().filter(|(_, found)| found.is_none()) {
        let Some(function) = settings.functions.get(key) else { continue };
        let problem = Problem::new(format!("there is no function {} to give an alias", function.name.value));
        problems.push(problem.fix("deploy the stage's infrastructure first").at(function.name.location()));
    }
    for (key, found) in &observed.apis {
        let Some(api) = settings.apis.get(key) else { continue };
        let stage = &api.stage.value;
        let has_stage = |found: &StagedApi| found.stages.iter().any(|one| one.stage.name == *stage);
        if !found.as_ref().is_some_and(has_stage) {
            let problem = Problem::new(format!("API {key} has no stage {stage}"));
            let problem = problem.why("the stage of a preview is beside it, and has its variables");
            problems.push(problem.fix("deploy the API to it first").at(api.api.location()));
        }
    }
    if settings.artifacts.is_none() {
        problems.push(Problem::new("there is no bucket for the artifacts").fix("set `bucket` in [artifacts]"));
    }
    if settings.apis.is_empty() {
        let fix = "add an `[apis.<key>]` table";
        problems.push(Problem::new("there is no API").why("a preview is seen by its endpoint").fix(fix));
    }
    problems
}

/// Nobody but the user can say that `$LATEST` is called by nobody.
pub(super) fn latest_unused(preview: &PreviewSettings) -> Option<Problem> {
    let problem = || {
        Problem::new("[preview] does not say `latest_unused = true`")
            .why(
                "a version is published of $LATEST alone, so that the pull request's code is there for a moment, and \
                 whoever calls a function without a qualifier would run it",
            )
            .fix("where nobody does, add `latest_unused = true`; else write `strategy = \"copy\"`")
            .at(preview.at.clone())
    };
    (!preview.latest_unused).then(problem)
}

/// A function that must not have another code in `$LATEST`, or whose alias is somebody else's.
pub(super) fn function(key: &FunctionKey, found: &StagedFunction, id: &PreviewId) -> Vec<Problem> {
    let (name, code) = (&found.name, &found.latest);
    let mut problems = Vec::new();
    for caller in &found.callers {
        problems.push(
            Problem::new(format!("{name} may be called without a qualifier"))
                .why(format!("by {caller}; who does would run the pull request's code while it is in $LATEST"))
                .fix(format!("let them call an alias of {name}, or write `strategy = \"copy\"`")),
        );
    }
    if let Some(alias) =
        found.alias.as_ref().filter(|alias| PreviewId::of_description(&alias.description).as_ref() != Some(id))
    {
        let why = format!("its description is `{}`, not `{}`", alias.description, id.description());
        let problem = Problem::new(format!("alias {} of {name} does not belong to this preview", id.alias())).why(why);
        problems.push(problem.fix("delete it, or move what it is for to another alias"));
    }
    let reasons = [
        (code.package_type != "Zip", "it is a container image"),
        (code.durable, "it is a durable function"),
        (code.on_capacity_provider, "it runs on a capacity provider"),
        (
            code.storage_mode.as_deref() == Some("REFERENCE"),
            "its code is an object of S3 that it refers to in place: it could not be put back as it was",
        ),
    ];
    let refused = reasons.into_iter().filter(|(holds, _)| *holds);
    problems.extend(refused.map(|(_, why)| Problem::new(format!("function {key} cannot have a preview")).why(why)));
    problems
}

/// Whoever finds the pull request's code in `$LATEST` must be able to read where the code from before lies.
pub(super) fn kept(function: &StagePlanFunction, id: &PreviewId) -> Option<Problem> {
    let StagePlanFunction { name, kept, version, .. } = function;
    let (before, after) = (version.sha256, version.sha256);
    let passage = Passage { pull_request: id.number, run: "0".repeat(16), before, after, kept: kept.clone() };
    let length = passage.description().chars().count();
    let place = format!("{}/{}", kept.bucket, kept.folder);
    (length > Passage::LONGEST).then(|| {
        Problem::new(format!("`{place}` is too long a place for the code of {name}"))
            .why(format!("it is written into an alias's description, which would have {length} characters of {}", Passage::LONGEST))
            .fix("choose a shorter `prefix` in [artifacts] or a shorter key of the function, or write `strategy = \"copy\"`")
    })
}

/// An API that can have no further stage, or has one of the preview's name that is somebody else's.
pub(super) fn api(key: &ApiKey, found: &StagedApi, id: &PreviewId, limits: &PreviewLimits) -> Vec<Problem> {
    let (mut problems, name) = (Vec::new(), id.stage());
    let is_kin = |owner: PreviewId| owner.repository == id.repository && owner.service == id.service;
    let kin = found.stages.iter().filter(|one| PreviewId::of_tags(&one.tags).is_some_and(is_kin)).count();
    let makes_room = limits.max_previews.map_or(0, |most| (kin + 1).saturating_sub(most));
    match found.stages.iter().find(|one| one.stage.name == name) {
        Some(PreviewStage { tags, .. }) if PreviewId::of_tags(tags).as_ref() != Some(id) => problems.push(
            Problem::new(format!("stage {name} of API {key} does not belong to this preview"))
                .why("it does not carry the tags of this repository, pull request and service")
                .fix("delete it, or move what it is for to another stage"),
        ),
        None if found.stages.len() - makes_room >= STAGES => problems.push(
            Problem::new(format!("API {key} has {} stages", found.stages.len()))
                .why(format!("an API may have {STAGES}"))
                .fix(
                    "run `sls-release preview prune`, set `max_previews` and `when_full`, or write `strategy = \"copy\"`",
                ),
        ),
        _ => {}
    }
    if found.execute_api_disabled {
        problems.push(
            Problem::new(format!("the default endpoint of API {key} is disabled"))
                .why("the stage of a preview has no custom domain, so that it would answer nowhere")
                .fix("enable it, or write `strategy = \"copy\"`"),
        );
    }
    problems
}
