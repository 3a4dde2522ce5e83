//! What must hold before anything is written. Everything that does not is told at once.

use serde_json::Value;

use super::{LONGEST_NAME, function_name};
use crate::error::Problem;
use crate::model::{ApiKey, FunctionKey, ObservedPreview, PreviewApi, PreviewId, Settings, SourceApi, SourceFunction};

/// What there is nothing to copy of.
pub(super) fn missing(settings: &Settings, observed: &ObservedPreview) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, _) in observed.sources.iter().filter(|(_, source)| source.is_none()) {
        let Some(function) = settings.functions.get(key) else { continue };
        let alias = function.alias.as_ref().map(|alias| format!(" with alias {}", alias.value)).unwrap_or_default();
        problems.push(
            Problem::new(format!("there is no function {}{alias} to copy", function.name.value))
                .why("a preview is a copy of a stage")
                .fix("deploy the stage's infrastructure first, or name another one with --stage")
                .at(function.name.location()),
        );
    }
    for (key, _) in observed.source_apis.iter().filter(|(_, source)| source.is_none()) {
        let Some(api) = settings.apis.get(key) else { continue };
        problems.push(
            Problem::new(format!("API {key} has no stage {} to copy", api.stage.value))
                .why("a preview is a copy of what a stage serves")
                .fix("deploy the API to this stage first, or name another one with --stage")
                .at(api.api.location()),
        );
    }
    if settings.artifacts.is_none() {
        problems.push(Problem::new("there is no bucket for the artifacts").fix("set `bucket` in [artifacts]"));
    }
    if settings.apis.is_empty() {
        let fix = "add an `[apis.<key>]` table";
        problems.push(Problem::new("there is no API to copy").why("a preview is seen by its endpoint").fix(fix));
    }
    problems
}

/// Functions that cannot be copied, or whose copy would get in somebody's way.
pub(super) fn functions(id: &PreviewId, settings: &Settings, observed: &ObservedPreview) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, source) in &observed.sources {
        let Some(function) = settings.functions.get(key) else { continue };
        let name = function_name(&function.name.value, id);
        if name.as_str().len() > LONGEST_NAME {
            let why = format!("it has {} characters; Lambda takes {LONGEST_NAME}", name.as_str().len());
            let problem = Problem::new(format!("{name} is too long a name for a function")).why(why);
            problems.push(problem.fix("give the function a shorter name").at(function.name.location()));
        }
        if let Some(standing) = observed.functions.get(key) {
            let owner = PreviewId::of_tags(&standing.tags);
            if owner.as_ref() != Some(id) {
                problems.push(somebody_elses(name.as_str(), owner.as_ref(), id));
            }
        }
        problems.extend(source.iter().flat_map(|source| uncopyable(key, source)));
    }
    problems
}

fn somebody_elses(name: &str, owner: Option<&PreviewId>, id: &PreviewId) -> Problem {
    let why = match owner {
        None => "it carries no tags of a preview".to_owned(),
        Some(owner) => {
            let PreviewId { repository, number, service } = owner;
            format!("its tags say that it belongs to pull request {number} of {repository}, service {service}")
        }
    };
    Problem::new(format!("function {name} is there, and does not belong to this preview"))
        .why(why)
        .fix(format!("this run is about pull request {} of {}, service {}", id.number, id.repository, id.service))
}

fn uncopyable(key: &FunctionKey, source: &SourceFunction) -> Vec<Problem> {
    let code = &source.code;
    let reasons = [
        (code.package_type != "Zip", "it is a container image"),
        (code.durable, "it is a durable function"),
        (code.on_capacity_provider, "it runs on a capacity provider"),
        (source.has_file_system, "it mounts a file system, which its copy would share"),
    ];
    let refused = reasons.into_iter().filter(|(holds, _)| *holds);
    let problem = |(_, why)| Problem::new(format!("function {key} cannot be copied")).why(why);
    let hidden = source.environment_hidden.as_ref().map(|why| {
        Problem::new(format!("function {key} cannot be copied"))
            .why(format!("Lambda does not show its environment: {why}"))
            .fix("allow this role `kms:Decrypt` and `kms:Encrypt` on the key of the function's environment")
    });
    refused.map(problem).chain(hidden).collect()
}

/// An API that cannot be copied, or of which there is more than one copy.
pub(super) fn api(key: &ApiKey, source: &SourceApi, observed: &ObservedPreview) -> Vec<Problem> {
    let mut problems = Vec::new();
    if source.has_policy {
        problems.push(
            Problem::new(format!("API {key} has a resource policy"))
                .why("it says who may call this API, and its copy would be open to those it keeps out")
                .fix("preview a stage of an API without one"),
        );
    }
    if source.is_private {
        problems.push(
            Problem::new(format!("API {key} is private"))
                .why("its copy would be open to everybody")
                .fix("preview a stage of an API that is not"),
        );
    }
    if source.execute_api_disabled {
        problems.push(
            Problem::new(format!("the default endpoint of API {key} is disabled"))
                .why("who may call it is decided in front of it, and its copy would answer everybody at such an endpoint")
                .fix("preview a stage of an API whose default endpoint is enabled"),
        );
    }
    let standing = observed.apis.get(key).map_or(0, Vec::len);
    if standing > 1 {
        problems.push(
            Problem::new(format!("{standing} APIs carry the tags of the preview of {key}"))
                .why("two runs made one at the same time")
                .fix("run `sls-release preview down`, then `preview up` again"),
        );
    }
    problems
}

/// What does not come with the document, where the API relies on it.
pub(super) fn warnings(key: &ApiKey, api: &PreviewApi) -> Vec<String> {
    let schemes = api.document.pointer("/components/securitySchemes").and_then(Value::as_object);
    let has_key = schemes.into_iter().flatten().any(|(_, scheme)| scheme["name"] == "x-api-key");
    let keys = has_key.then(|| {
        format!("API {key} asks some callers for a key: keys and usage plans are not copied, so that they get 403")
    });
    keys.into_iter().collect()
}
