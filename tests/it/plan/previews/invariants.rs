//! What holds for the plan of every situation.

use std::collections::{BTreeMap, BTreeSet};

use sls_release::model::{
    Act, ApiKey, CodeCall, Delete, ExistingApi, ExistingFunction, FunctionConfiguration, FunctionKey, FunctionName,
    FunctionUrl, GiveUrl, ImageUri, LambdaUrl, ObjectKey, ObservedCode, ObservedPreview, Phase, Plan, Planned,
    Qualifier, Ref, RestApiId, RunId, Target, UrlEndpoint, Version, marks,
};

use super::{PREVIEWS, Situation, says};

/// A step comes in a later wave than the steps that make what it needs.
pub(super) fn each_step_comes_after_what_it_needs(plan: &Plan) {
    for (number, wave) in plan.waves.iter().enumerate() {
        for act in wave.steps.iter().map(|step| &step.act) {
            assert!(needed_waves(act, plan).iter().all(|needed| *needed < number), "too early: {}", act.title());
        }
    }
}

/// Returns the waves that make what a step needs. What exists already needs none.
fn needed_waves(act: &Act, plan: &Plan) -> Vec<usize> {
    let wave_of = |is_it: &dyn Fn(&Act) -> bool| {
        plan.waves.iter().position(|wave| wave.steps.iter().any(|step| is_it(&step.act)))
    };
    let object = |key: &ObjectKey| wave_of(&|act| matches!(act, Act::Upload(upload) if upload.key == *key));
    let api = |id: &Ref<ApiKey, RestApiId>| {
        let Ref::Made(key) = id else { return None };
        let made = wave_of(&|act| matches!(act, Act::CreateApi(create) if create.api == *key));
        assert!(made.is_some(), "no step makes the API of {key}");
        made
    };
    let function = |of: &FunctionName| wave_of(&|act| matches!(act, Act::CreateFunction(create) if create.name == *of));
    let needed = match act {
        Act::CreateFunction(of) => {
            let group = wave_of(&|act| matches!(act, Act::CreateLogGroup(group) if group.function == of.name));
            assert!(group.is_some(), "no step makes the log group of {}", of.name);
            [of.key.as_ref().and_then(object), group]
        }
        Act::ChangeCode(of) => [key_of(&of.call).and_then(object), None],
        Act::WriteApi(of) => [api(&of.id), None],
        Act::DeployStage(of) => {
            [api(&of.id), wave_of(&|act| matches!(act, Act::WriteApi(write) if write.api == of.api))]
        }
        Act::TagApi(of) => [wave_of(&|act| matches!(act, Act::DeployStage(deploy) if deploy.name == of.name)), None],
        Act::Permit(of) => [api(&of.caller.api), function(&of.name)],
        Act::KeepCommit(of) => [function(&of.name), None],
        Act::GiveUrl(GiveUrl { name, qualifier: Qualifier::Named(alias), .. }) => {
            [function(name), wave_of(&|act| matches!(act, Act::KeepCommit(keep) if keep.alias == *alias))]
        }
        Act::GiveUrl(of) => [function(&of.name), None],
        Act::Smoke(of) => {
            let url = |key: &FunctionKey| {
                wave_of(
                    &|act| matches!(act, Act::GiveUrl(give) if give.function == *key && give.qualifier == Qualifier::Latest),
                )
            };
            let asked = match (&of.endpoint, &of.function_url) {
                (Some(endpoint), _) => api(&endpoint.id),
                (None, Some(UrlEndpoint { url: Ref::Made(key), .. })) => {
                    assert!(url(key).is_some(), "no step makes the URL of {key}");
                    url(key)
                }
                _ => None,
            };
            let last = plan.waves.iter().rposition(|wave| ![Phase::Prove, Phase::Delete].contains(&wave.phase));
            [asked, last]
        }
        Act::Delete(Delete { target: Target::LogGroup { function: Some(function), .. }, .. }) => {
            let deleted = wave_of(&|act| deletes(act, function));
            assert!(deleted.is_some(), "{function} would make its log group again");
            [deleted, None]
        }
        _ => [None, None],
    };
    needed.into_iter().flatten().collect()
}

fn deletes(act: &Act, function: &FunctionName) -> bool {
    matches!(act, Act::Delete(Delete { target: Target::Function { name, .. }, .. }) if name == function)
}

/// The object of new code; an image has none.
fn key_of(call: &CodeCall) -> Option<&ObjectKey> {
    match call {
        CodeCall::Update { key, publish: false, .. } => key.as_ref(),
        CodeCall::Image { publish: false, .. } => None,
        _ => panic!("a preview publishes no versions"),
    }
}

/// Code comes from an object that exists, or with the call.
fn is_there(objects: &BTreeMap<ObjectKey, Option<String>>, key: Option<&ObjectKey>) {
    assert!(key.is_none_or(|key| objects.contains_key(key)), "{key:?} is not in the bucket");
}

/// Changes what was observed as the steps of a plan would.
fn applied(observed: &mut ObservedPreview, Planned { plan, inputs }: &Planned) {
    for step in plan.steps() {
        match &step.act {
            Act::Upload(of) => drop(observed.objects.insert(of.key.clone(), None)),
            Act::CreateFunction(of) => {
                is_there(&observed.objects, of.key.as_ref());
                let packed = || Some(inputs.artifacts[&of.function].sha256);
                let sha256 = of.image.as_ref().map_or_else(packed, ImageUri::digest).unwrap();
                let source = observed.sources[&of.function].clone().unwrap();
                let made = ExistingFunction {
                    arn: of.arn.clone(),
                    tags: of.preview.tags(&RunId::new("5f2c"), of.name.as_str(), Some(&of.original)),
                    configuration: inputs.configurations[&of.function].clone(),
                    code: ObservedCode { sha256, ..source.code },
                    statements: BTreeSet::new(),
                    urls: BTreeMap::new(),
                    commits: BTreeMap::new(),
                };
                observed.functions.insert(of.function.clone(), made);
            }
            Act::ConfigureFunction(of) => {
                let function = observed.functions.get_mut(&of.function).unwrap();
                let architecture = function.configuration.architecture.clone();
                let wanted = inputs.configurations[&of.function].clone();
                function.configuration = FunctionConfiguration { architecture, ..wanted };
            }
            Act::ChangeCode(of) => {
                is_there(&observed.objects, key_of(&of.call));
                let function = observed.functions.get_mut(&of.function).unwrap();
                (function.code.sha256, function.code.state) = (of.after, "Active".to_owned());
                "Successful".clone_into(&mut function.code.last_update_status);
                function.configuration.architecture.clone_from(&of.architecture);
            }
            Act::CreateApi(of) => {
                let (name, original) = (of.name.clone(), of.original.clone());
                let made = ExistingApi { id: RestApiId::new("made"), name, original, definition: None };
                observed.apis.insert(of.api.clone(), vec![made]);
            }
            Act::KeepCommit(of) => {
                let commits = &mut observed.functions.get_mut(&of.function).unwrap().commits;
                let last = commits.values().map(|version| version.as_str().parse::<u32>().unwrap()).max();
                commits.insert(of.alias.clone(), Version::new((last.unwrap_or(0) + 1).to_string()));
            }
            Act::GiveUrl(of) => {
                let function = observed.functions.get_mut(&of.function).unwrap();
                assert_eq!(function.urls.contains_key(&of.qualifier), of.has_url);
                if let Qualifier::Named(alias) = &of.qualifier {
                    assert!(function.commits.contains_key(alias), "an alias has its URL once it is there");
                }
                let url = LambdaUrl::new(format!("https://{}.lambda-url.us-east-1.on.aws/", of.qualifier));
                function.urls.insert(of.qualifier.clone(), FunctionUrl { url, auth: of.auth, streams: false });
            }
            Act::DropCommits(of) => {
                let function = observed.functions.get_mut(&of.function).unwrap();
                for alias in &of.aliases {
                    function.commits.remove(alias).unwrap();
                    function.urls.remove(&Qualifier::Named(alias.clone()));
                }
                let is_kept = |version| function.commits.values().any(|other| other == version);
                assert!(!of.versions.iter().any(is_kept), "another commit needs its version");
            }
            Act::DeployStage(of) => observed.apis.get_mut(&of.api).unwrap()[0].definition = Some(of.definition),
            Act::Permit(of) => {
                let id = match &of.caller.api {
                    Ref::Made(key) => observed.apis[key][0].id.clone(),
                    Ref::Existing(id) => id.clone(),
                };
                let function = observed.functions.get_mut(&of.function).unwrap();
                function.statements.insert(marks::statement_id(&id, None));
            }
            _ => {}
        }
    }
}

#[test]
fn a_preview_that_was_made_needs_nothing() {
    let mut plans = 0;
    for name in PREVIEWS.names() {
        let mut situation: Situation = PREVIEWS.situation(&name);
        let Ok(planned) = situation.up() else { continue };
        applied(&mut situation.observed, &planned);
        let again = situation.up().unwrap().plan;
        assert!(again.is_empty(), "{name}: {:#?}", says(&again));
        plans += usize::from(!planned.plan.is_empty());
    }
    assert!(plans > 10, "only {plans} fixtures of previews have steps");
}
