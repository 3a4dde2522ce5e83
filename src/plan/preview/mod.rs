//! Decides what `preview up` does: a pure function, as that of a release.

mod checks;
mod document;
pub mod prune;
pub mod room;
pub mod stage;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::object_key;
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    ApiDefinition, ApiKey, Artifact, Endpoint, FunctionConfiguration, FunctionKey, FunctionName, ObjectKey,
    ObservedPreview, PreviewApi, PreviewFunction, PreviewId, PreviewPlan, PreviewRole, PreviewSettings, PreviewStep,
    Request, RestApiId, Settings, Sha256, SmokePlan, SmokeTarget, SourceApi, SourceFunction,
};

/// The most characters that the name of a function may have.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
const LONGEST_NAME: usize = 64;

/// Whose preview is meant, where nobody says which service: the repository's.
///
/// What runs for a pull request of one repository must not touch another's previews, so that the environment stands
/// above the settings, which are part of the pull request.
pub fn repository(request: &Request, settings: Option<&PreviewSettings>) -> Result<String, Failure> {
    let asked = &request.preview;
    let in_file = settings.and_then(|settings| settings.repository.as_ref());
    let found = asked.repository.as_ref().or(in_file).or(asked.remote.as_ref());
    let Some(found) = found else {
        return Err(Problem::new("nobody said which repository the preview belongs to")
            .why("everything that a preview makes carries its repository as a tag")
            .fix("pass --repository owner/name, set `repository` in [preview], or run in a checkout with an origin")
            .into_failure(Kind::Usage));
    };
    if is_repository(found) {
        return Ok(found.clone());
    }
    Err(Problem::new(format!("`{found}` is no repository"))
        .why("from --repository, GITHUB_REPOSITORY, the settings or the origin of the checkout")
        .fix("write the owner and the name, such as acme/hello")
        .into_failure(Kind::Usage))
}

fn is_repository(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    text.split_once('/').is_some_and(|(owner, name)| is_part(owner) && is_part(name))
}

/// The service, where a flag or the settings name one.
pub fn service(request: &Request, settings: Option<&PreviewSettings>) -> Option<String> {
    request.preview.service.clone().or_else(|| settings?.service.clone())
}

/// The preview that `preview up` is about.
pub fn id(request: &Request, settings: &PreviewSettings) -> Result<PreviewId, Failure> {
    let repository = repository(request, Some(settings))?;
    let usual = || repository.rsplit('/').next().unwrap_or_default().to_owned();
    let service = service(request, Some(settings)).unwrap_or_else(usual);
    Ok(PreviewId { number: request.preview.number.unwrap_or_default(), service, repository })
}

/// `[preview]`; without it no preview is made.
pub fn wanted(settings: &Settings) -> Result<&PreviewSettings, Failure> {
    settings.preview.as_ref().ok_or_else(|| {
        Problem::new("the settings have no [preview] table")
            .why("a preview runs code that nobody has reviewed, and they do not say with which role")
            .fix("add `[preview]` with `role = \"…\"`, or with `share_role = true`")
            .into_failure(Kind::Usage)
    })
}

/// `hello-pr-42`.
pub fn function_name(name: &FunctionName, id: &PreviewId) -> FunctionName {
    FunctionName::new(format!("{name}-{}", id.stage()))
}

/// Where the artifacts of previews lie, apart from those of releases: `<prefix>/previews/<function>/<sha256>.zip`.
pub fn preview_key(settings: &Settings, function: &FunctionKey, sha256: &Sha256) -> ObjectKey {
    object_key(settings, &FunctionKey::new(format!("previews/{function}")), sha256)
}

/// The digest that the description of a preview's deployment carries.
pub fn digest(document: &Value, variables: &BTreeMap<String, String>) -> Sha256 {
    ApiDefinition { document: json!([document, variables]), integrations: Vec::new() }.digest()
}

/// The plan, or every reason why there can be none.
pub fn decide(
    id: &PreviewId,
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    observed: &ObservedPreview,
) -> Result<PreviewPlan, Failure> {
    let preview = wanted(settings)?;
    let mut problems = checks::missing(settings, observed);
    problems.extend(checks::functions(id, settings, observed));
    let (mut functions, mut apis, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for (key, artifact) in artifacts {
        let Some(Some(source)) = observed.sources.get(key) else { continue };
        functions.extend(function(key, artifact, source, &Preview { id, settings, wanted: preview, observed }));
    }
    for (key, source) in &observed.source_apis {
        let Some(source) = source else { continue };
        problems.extend(checks::api(key, source, observed));
        let (api, refused) = api(key, source, &functions, id, observed);
        problems.extend(refused);
        warnings.extend(checks::warnings(key, &api));
        apis.push(api);
    }
    if !problems.is_empty() {
        return Err(Failure { kind: Kind::Refused, problems });
    }
    let smoke = smoke(settings, id, &apis.iter().map(|api| &api.key).collect(), &mut warnings);
    Ok(PreviewPlan { id: id.clone(), functions, apis, smoke, warnings })
}

struct Preview<'a> {
    id: &'a PreviewId,
    settings: &'a Settings,
    wanted: &'a PreviewSettings,
    observed: &'a ObservedPreview,
}

fn function(
    key: &FunctionKey,
    artifact: &Artifact,
    source: &SourceFunction,
    of: &Preview<'_>,
) -> Option<PreviewFunction> {
    let name = function_name(&of.settings.functions.get(key)?.name.value, of.id);
    let object = preview_key(of.settings, key, &artifact.sha256);
    let configuration = configuration(key, source, of.wanted);
    let standing = of.observed.functions.get(key);
    let step = match standing {
        None => PreviewStep::Create,
        Some(now) => {
            let other = now.code.sha256 != artifact.sha256;
            // What failed is tried once more.
            let failed = now.code.state == "Failed" || now.code.last_update_status == "Failed";
            let code = other || failed || now.configuration.architecture != configuration.architecture;
            // The architecture belongs to the code.
            let same =
                FunctionConfiguration { architecture: configuration.architecture.clone(), ..now.configuration.clone() };
            let differs = same != configuration;
            let revision = now.code.revision.clone();
            if code || differs {
                PreviewStep::Update { code, configuration: differs, revision }
            } else {
                PreviewStep::Nothing
            }
        }
    };
    let arn = source.arn.rsplit_once(':').map_or("", |(before, _)| before);
    Some(PreviewFunction {
        key: key.clone(),
        arn: format!("{arn}:{name}"),
        account: source.account.clone(),
        name,
        configuration,
        sha256: artifact.sha256,
        uploads: !of.observed.objects.contains_key(&object),
        object_version: of.observed.objects.get(&object).cloned().flatten(),
        object,
        step,
        statements: standing.map(|standing| standing.statements.clone()).unwrap_or_default(),
    })
}

/// As the source is, with the preview's role and environment.
fn configuration(key: &FunctionKey, source: &SourceFunction, preview: &PreviewSettings) -> FunctionConfiguration {
    let mut configuration = source.configuration.clone();
    if let PreviewRole::Own(role) = &preview.role {
        configuration.role.clone_from(&role.value);
    }
    configuration.environment.extend(preview.environment.clone());
    configuration.environment.extend(preview.functions.get(key).cloned().unwrap_or_default());
    configuration
}

fn api(
    key: &ApiKey,
    source: &SourceApi,
    functions: &[PreviewFunction],
    id: &PreviewId,
    observed: &ObservedPreview,
) -> (PreviewApi, Vec<Problem>) {
    let name = format!("{}-{}", source.name, id.stage());
    let copied: BTreeMap<_, _> = functions
        .iter()
        .filter_map(|function| Some((observed.sources.get(&function.key)?.as_ref()?.arn.as_str(), function)))
        .collect();
    let copy = document::copy(key, source, &name, &copied);
    let definition = digest(&copy.document, &source.variables);
    let standing = observed.apis.get(key).and_then(|found| found.first());
    let deploys = standing.is_none_or(|standing| standing.definition != Some(definition));
    let api = PreviewApi {
        key: key.clone(),
        name,
        standing: standing.map(|standing| standing.id.clone()),
        document: copy.document,
        definition,
        variables: source.variables.clone(),
        deploys,
        calls: copy.calls,
    };
    (api, copy.refused)
}

/// The settings' proof, asked of the preview.
fn smoke(
    settings: &Settings,
    id: &PreviewId,
    apis: &BTreeSet<&ApiKey>,
    warnings: &mut Vec<String>,
) -> Option<(ApiKey, SmokePlan)> {
    let Some(smoke) = &settings.smoke else {
        warnings.push("there is no [smoke] in the settings: nobody asked whether the preview answers".to_owned());
        return None;
    };
    let SmokeTarget::Path { api, path } = &smoke.target else {
        warnings
            .push("[smoke] has a `url`, which leads to the stage and not to its preview: it is not asked".to_owned());
        return None;
    };
    apis.get(api)?;
    // The id follows with the API.
    let endpoint = Endpoint { api: api.clone(), id: RestApiId::new(""), stage: id.stage() };
    let plan = SmokePlan {
        endpoint: Some(endpoint),
        shown: SmokePlan::shown(path),
        target: path.clone(),
        hits: smoke.hits,
        timeout: smoke.timeout,
        status: smoke.status,
        contains: smoke.contains.clone(),
        settings: smoke.clone(),
    };
    Some((api.clone(), plan))
}
