//! Decides what a release does: a pure function of settings, artifacts and what AWS said.

mod apis;
mod functions;
mod handler;
mod objects;
mod permissions;
mod preflight;
pub mod preview;

use std::collections::BTreeMap;

use crate::error::{Failure, Kind, Problem};
use crate::model::{
    ApiKey, ApiSettings, ArchiveFormat, Artifact, ChangeCode, FlushCache, FunctionKey, FunctionSettings, GoesLive,
    LambdaTarget, ObjectKey, Observed, ObservedApi, ObservedContents, ObservedFunction, Plan, Qualifier, Settings,
    Sha256, Skip, SmokePlan, SmokeTarget, Warning,
};

/// The digest that a deployment's description carries, where we made it.
pub use apis::{definition_in, description_of};

/// Where an artifact, or kept live code, of this digest lies: `<prefix>/<function>/<sha256>.zip`.
pub fn object_key(settings: &Settings, function: &FunctionKey, sha256: &Sha256) -> ObjectKey {
    let prefix = settings.artifacts.as_ref().map_or("", |store| store.prefix.as_str());
    let name = format!("{function}/{}.zip", sha256.hex());
    ObjectKey::new(if prefix.is_empty() { name } else { format!("{prefix}/{name}") })
}

/// Whether a release with this artifact would give the function other code.
pub fn code_changes(artifact: &Artifact, observed: &ObservedFunction) -> bool {
    artifact.sha256 != observed.latest.sha256
}

/// Whether a function that runs the same files in other bytes needs nothing: where the bytes themselves are wanted, it
/// does.
pub fn is_content_enough(format: &ArchiveFormat) -> bool {
    match format {
        ArchiveFormat::Compact => true,
        ArchiveFormat::ArchiveFile(_) => false,
    }
}

/// The plan, or every reason why there can be none.
pub fn decide(
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    observed: &Observed,
) -> Result<Plan, Failure> {
    let stack = Stack::of(settings, artifacts, observed);
    let mut problems = preflight::missing(settings, observed);
    let mut plan = empty(settings, observed);
    for function in &stack.functions {
        functions::decide(function, &stack, &mut plan);
    }
    for api in &stack.apis {
        apis::decide(api, &mut plan);
    }
    permissions::decide(&stack, &mut plan);
    flush_caches(&stack, &mut plan);
    skip_the_rest(settings, &stack, &mut plan);
    decide_smoke(settings, &stack, &mut plan);
    problems.extend(preflight::check(&stack, &plan));
    refuse(problems).map(|()| plan)
}

fn refuse(problems: Vec<Problem>) -> Result<(), Failure> {
    if problems.is_empty() { Ok(()) } else { Err(Failure { kind: Kind::Refused, problems }) }
}

/// A chosen function that exists, with everything that is known of it.
struct Function<'a> {
    key: &'a FunctionKey,
    settings: &'a FunctionSettings,
    artifact: &'a Artifact,
    observed: &'a ObservedFunction,
    contents: Option<&'a ObservedContents>,
}

impl Function<'_> {
    /// The code that it is to run: the artifact's, or, where `$LATEST` holds the same files in other bytes, its own.
    fn wanted(&self) -> Sha256 {
        if self.has_same_content() { self.observed.latest.sha256 } else { self.artifact.sha256 }
    }

    /// Whether `$LATEST` holds the artifact's files in other bytes, and that is enough.
    fn has_same_content(&self) -> bool {
        is_content_enough(&self.settings.archive)
            && code_changes(self.artifact, self.observed)
            && self.contents.is_some_and(|contents| contents.live == Some(contents.packed))
    }

    /// What its callers should use.
    fn qualifier(&self) -> Qualifier {
        self.settings.alias.as_ref().map_or(Qualifier::Latest, |alias| Qualifier::Named(alias.value.clone()))
    }
}

/// An API that exists and has its stage.
struct Api<'a> {
    key: &'a ApiKey,
    settings: &'a ApiSettings,
    observed: &'a ObservedApi,
    /// Path, method, and what is called, of each integration with a chosen function.
    calls: Vec<Call<'a>>,
}

/// A method of an API that calls a chosen function.
struct Call<'a> {
    function: &'a FunctionKey,
    path: &'a str,
    method: &'a str,
    qualifier: Qualifier,
    /// API Gateway takes a role for it, so the function's policy does not matter.
    by_role: bool,
}

/// Settings and what was observed, side by side; what AWS does not have is left out.
struct Stack<'a> {
    settings: &'a Settings,
    observed: &'a Observed,
    functions: Vec<Function<'a>>,
    /// APIs that a release may touch: all, or those that call a chosen function.
    apis: Vec<Api<'a>>,
    /// APIs that exist, but call no chosen function while `--function` chose some.
    other_apis: Vec<&'a ApiKey>,
}

impl<'a> Stack<'a> {
    fn of(settings: &'a Settings, artifacts: &'a BTreeMap<FunctionKey, Artifact>, observed: &'a Observed) -> Self {
        let functions: Vec<_> = settings
            .chosen_functions()
            .filter_map(|(key, settings)| {
                let (found, contents) = (observed.functions.get(key)?.as_ref()?, observed.contents.get(key));
                Some(Function { key, settings, artifact: artifacts.get(key)?, observed: found, contents })
            })
            .collect();
        let all_chosen = settings.chosen.len() == settings.functions.len();
        let (mut apis, mut other_apis) = (Vec::new(), Vec::new());
        for (key, api_settings) in &settings.apis {
            let Some(Some(observed)) = observed.apis.get(key) else { continue };
            let calls = calls(observed, &functions);
            if calls.is_empty() && !all_chosen {
                other_apis.push(key);
            } else {
                apis.push(Api { key, settings: api_settings, observed, calls });
            }
        }
        Self { settings, observed, functions, apis, other_apis }
    }

    /// The calls of a function. Without its stage an API's URIs lack the stage's variables, so nothing can
    /// be said of them; the missing stage is a refusal of its own.
    fn calls_of<'s>(&'s self, function: &'s FunctionKey) -> impl Iterator<Item = (&'s Api<'a>, &'s Call<'a>)> {
        let apis = self.apis.iter().filter(|api| api.observed.stage.is_some());
        let calls = apis.flat_map(|api| api.calls.iter().map(move |call| (api, call)));
        calls.filter(move |(_, call)| call.function == function)
    }
}

fn calls<'a>(api: &'a ObservedApi, functions: &[Function<'a>]) -> Vec<Call<'a>> {
    let none = BTreeMap::new();
    let variables = api.stage.as_ref().map_or(&none, |stage| &stage.variables);
    let call = |integration: &'a crate::model::Integration| {
        let target = integration.lambda_target(variables)?;
        let function = functions.iter().find(|function| is_target(&target, function.observed))?;
        Some(Call {
            function: function.key,
            path: &integration.path,
            method: &integration.method,
            qualifier: target.qualifier,
            by_role: integration.credentials.is_some(),
        })
    };
    api.definition.integrations.iter().filter_map(call).collect()
}

/// The same name in another account is another function.
fn is_target(target: &LambdaTarget, function: &ObservedFunction) -> bool {
    target.function == function.name && target.account.as_ref().is_none_or(|account| *account == function.account)
}

fn empty(settings: &Settings, observed: &Observed) -> Plan {
    Plan {
        stage: settings.stage.clone(),
        region: observed.region.clone(),
        uploads: Vec::new(),
        keeps: Vec::new(),
        code: Vec::new(),
        deployments: Vec::new(),
        new_aliases: Vec::new(),
        permissions: Vec::new(),
        moves: Vec::new(),
        stages: Vec::new(),
        flushes: Vec::new(),
        smoke: None,
        endpoints: Vec::new(),
        skipped: Vec::new(),
        warnings: Vec::new(),
    }
}

/// A cached answer of the code before would outlive the release.
fn flush_caches(stack: &Stack<'_>, plan: &mut Plan) {
    for api in &stack.apis {
        let Some(stage) = api.observed.stage.as_ref().filter(|stage| stage.has_cache) else { continue };
        let new_code = |change: &ChangeCode| api.calls.iter().any(|call| *call.function == change.function);
        let redeploys = plan.stages.iter().any(|point| point.api == *api.key);
        if redeploys || plan.code.iter().any(new_code) {
            plan.flushes.push(FlushCache {
                api: api.key.clone(),
                id: api.observed.id.clone(),
                stage: stage.name.clone(),
            });
        }
    }
}

fn skip_the_rest(settings: &Settings, stack: &Stack<'_>, plan: &mut Plan) {
    let not_chosen = settings.functions.keys().filter(|key| !settings.chosen.contains(key));
    plan.skipped.extend(not_chosen.map(|key| Skip::FunctionNotChosen { function: key.clone() }));
    plan.skipped.extend(stack.other_apis.iter().map(|key| Skip::ApiNotChosen { api: (*key).clone() }));
}

fn decide_smoke(settings: &Settings, stack: &Stack<'_>, plan: &mut Plan) {
    if plan.is_empty() {
        plan.skipped.push(Skip::SmokeUnneeded);
        return;
    }
    plan.warnings.extend(live_at_update(plan));
    let Some(smoke) = &settings.smoke else {
        plan.warnings.push(Warning::NoSmoke);
        return;
    };
    let (endpoint, target) = match &smoke.target {
        SmokeTarget::Url(url) => (None, url.clone()),
        SmokeTarget::Path { api, path } => {
            if stack.other_apis.contains(&api) {
                plan.skipped.push(Skip::SmokeApiNotChosen { api: api.clone() });
                return;
            }
            (plan.endpoints.iter().find(|endpoint| endpoint.api == *api).cloned(), path.clone())
        }
    };
    plan.smoke = Some(SmokePlan {
        endpoint,
        shown: SmokePlan::shown(&target),
        target,
        hits: smoke.hits,
        timeout: smoke.timeout,
        status: smoke.status,
        contains: smoke.contains.clone(),
        settings: smoke.clone(),
    });
}

fn live_at_update(plan: &Plan) -> Vec<Warning> {
    let live = plan.code.iter().filter(|change| change.goes_live == GoesLive::AtUpdate);
    live.map(|change| Warning::LatestIsLive { function: change.function.clone() }).collect()
}
