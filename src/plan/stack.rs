//! Settings, desired and observed state side by side. What does not exist in AWS is left out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::desired::Desired;
use crate::model::{
    ApiKey, ApiSettings, Artifact, Cache, FunctionKey, FunctionSettings, Integration, LambdaTarget, LogSource,
    ObjectKey, Observed, ObservedApi, ObservedContents, ObservedFunction, ObservedImage, ObservedObject, Qualifier,
    Settings, Sha256, marks,
};

/// A stage's functions and APIs.
pub(super) struct Stack<'a> {
    pub(super) settings: &'a Settings,
    pub(super) observed: &'a Observed,
    pub(super) functions: Vec<Function<'a>>,
    /// The APIs that a release may change: all, or those that call a chosen function.
    pub(super) apis: Vec<Api<'a>>,
    /// The APIs that exist, but call no chosen function, not as an authorizer either, while `--function` chose some.
    pub(super) other_apis: Vec<&'a ApiKey>,
}

/// A chosen function that exists, with everything that is known of it.
pub(super) struct Function<'a> {
    pub(super) key: &'a FunctionKey,
    pub(super) settings: &'a FunctionSettings,
    /// What should be live.
    pub(super) code: Code<'a>,
    pub(super) observed: &'a ObservedFunction,
    contents: Option<&'a ObservedContents>,
}

/// What a function is to run.
#[derive(Clone, Copy)]
pub(super) enum Code<'a> {
    /// A zip.
    Archive(&'a Artifact),
    /// A container image.
    Image(&'a ObservedImage),
}

/// An API that exists.
pub(super) struct Api<'a> {
    pub(super) key: &'a ApiKey,
    pub(super) settings: &'a ApiSettings,
    pub(super) observed: &'a ObservedApi,
    /// The integrations that call a chosen function.
    pub(super) calls: Vec<Call<'a>>,
    /// The Lambda authorizers that call a chosen function.
    pub(super) authorizers: Vec<AuthorizerCall<'a>>,
}

/// A Lambda authorizer of an API that calls a chosen function.
pub(super) struct AuthorizerCall<'a> {
    pub(super) id: &'a str,
    pub(super) function: &'a FunctionKey,
    pub(super) qualifier: Qualifier,
    /// It calls with a role, so that the function's policy does not matter.
    pub(super) by_role: bool,
}

/// A method of an API that calls a chosen function.
pub(super) struct Call<'a> {
    pub(super) function: &'a FunctionKey,
    pub(super) integration: &'a Integration,
    pub(super) qualifier: Qualifier,
}

impl<'a> Stack<'a> {
    pub(super) fn of(settings: &'a Settings, desired: Desired<'a>, observed: &'a Observed) -> Self {
        let functions: Vec<_> = settings
            .chosen_functions()
            .filter_map(|(key, settings)| {
                let (found, contents) = (observed.functions.get(key)?.as_ref()?, observed.contents.get(key));
                let image = || observed.images.get(key).map(Code::Image);
                let code = desired.functions.get(key).map(Code::Archive).or_else(image)?;
                Some(Function { key, settings, code, observed: found, contents })
            })
            .collect();
        let all_chosen = settings.chosen.len() == settings.functions.len();
        let (mut apis, mut other_apis) = (Vec::new(), Vec::new());
        for (key, api_settings) in &settings.apis {
            let Some(Some(observed)) = observed.apis.get(key) else { continue };
            let (calls, authorizers) = (calls(observed, &functions), authorizers(observed, &functions));
            if calls.is_empty() && authorizers.is_empty() && !all_chosen {
                other_apis.push(key);
            } else {
                apis.push(Api { key, settings: api_settings, observed, calls, authorizers });
            }
        }
        Self { settings, observed, functions, apis, other_apis }
    }

    /// The calls of a function. Without its stage an API's URIs lack the stage's variables, so nothing is known of
    /// them; the missing stage is a refusal of its own.
    pub(super) fn calls_of<'s>(
        &'s self,
        function: &'s FunctionKey,
    ) -> impl Iterator<Item = (&'s Api<'a>, &'s Call<'a>)> {
        let apis = self.apis.iter().filter(|api| api.observed.stage.is_some());
        let calls = apis.flat_map(|api| api.calls.iter().map(move |call| (api, call)));
        calls.filter(move |(_, call)| call.function == function)
    }

    /// The key of some code of a function, and its object where the bucket has it.
    pub(super) fn object(&self, function: &FunctionKey, sha256: &Sha256) -> (ObjectKey, Option<&'a ObservedObject>) {
        let key = marks::object_key(self.settings.artifact_prefix(), function, sha256);
        let found = self.observed.objects.get(&key).and_then(Option::as_ref);
        (key, found)
    }

    /// The key of a function's artifact, fixed or of its digest, and the object there.
    pub(super) fn artifact_object(
        &self,
        function: &Function<'_>,
        artifact: &Artifact,
    ) -> (ObjectKey, Option<&'a ObservedObject>) {
        let Some(key) = &function.settings.key else { return self.object(function.key, &artifact.sha256) };
        let found = self.observed.objects.get(&key.value).and_then(Option::as_ref);
        (key.value.clone(), found)
    }

    /// The caches that may hold answers of a function.
    pub(super) fn caches_of(&self, function: &FunctionKey) -> Vec<Cache> {
        let calls_it = |api: &&Api<'_>| api.calls.iter().any(|call| call.function == function);
        self.apis.iter().filter(calls_it).filter_map(Api::cache).collect()
    }
}

/// Where a function logs.
pub fn log_of(function: &ObservedFunction) -> LogSource {
    let (name, group) = (&function.name, function.latest.log_group.clone());
    LogSource { function: name.clone(), group: group.unwrap_or_else(|| marks::log_group(name)) }
}

impl<'a> Function<'a> {
    /// Its zip; `None` where it runs an image.
    pub(super) fn artifact(&self) -> Option<&'a Artifact> {
        match self.code {
            Code::Archive(artifact) => Some(artifact),
            Code::Image(_) => None,
        }
    }

    /// The digest of what the settings ask for. An image that Lambda would not take is refused by a check, and changes nothing.
    pub(super) fn asked_for(&self) -> Sha256 {
        match self.code {
            Code::Archive(artifact) => artifact.sha256,
            Code::Image(image) => image.digest().unwrap_or(self.observed.latest.sha256),
        }
    }

    /// The code that it will run: the artifact, or, where `$LATEST` holds the same files in other bytes, its own.
    pub(super) fn wanted(&self) -> Sha256 {
        if self.has_same_content() { self.observed.latest.sha256 } else { self.asked_for() }
    }

    /// Returns whether `$LATEST` holds the same files in other bytes, and that is enough.
    pub(super) fn has_same_content(&self) -> bool {
        self.settings.archive.is_content_enough()
            && self.asked_for() != self.observed.latest.sha256
            && self.contents.is_some_and(|contents| contents.live == Some(contents.packed))
    }

    /// Where it logs.
    pub(super) fn log(&self) -> LogSource {
        log_of(self.observed)
    }

    /// What its callers should use.
    pub(super) fn qualifier(&self) -> Qualifier {
        self.settings.qualifier()
    }
}

impl Api<'_> {
    /// Its stage's cache.
    pub(super) fn cache(&self) -> Option<Cache> {
        let stage = self.observed.stage.as_ref().filter(|stage| stage.has_cache)?;
        Some(Cache { api: self.key.clone(), id: self.observed.id.clone(), stage: stage.name.clone() })
    }
}

fn calls<'a>(api: &'a ObservedApi, functions: &[Function<'a>]) -> Vec<Call<'a>> {
    let call = |integration: &'a Integration| {
        let target = integration.lambda_target(variables(api))?;
        let function = functions.iter().find(|function| is_target(&target, function.observed))?;
        Some(Call { function: function.key, integration, qualifier: target.qualifier })
    };
    api.definition.integrations.iter().filter_map(call).collect()
}

fn authorizers<'a>(api: &'a ObservedApi, functions: &[Function<'a>]) -> Vec<AuthorizerCall<'a>> {
    let call = |(id, authorizer): (&'a String, &'a Value)| {
        let target = LambdaTarget::of_uri(authorizer["uri"].as_str()?, variables(api))?;
        let function = functions.iter().find(|function| is_target(&target, function.observed))?;
        let by_role = !authorizer["credentials"].is_null();
        Some(AuthorizerCall { id, function: function.key, qualifier: target.qualifier, by_role })
    };
    api.definition.document["authorizers"].as_object().into_iter().flatten().filter_map(call).collect()
}

/// The variables of the stage; none where there is no such stage.
fn variables(api: &ObservedApi) -> &BTreeMap<String, String> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    api.stage.as_ref().map_or(&NONE, |stage| &stage.variables)
}

/// A function of the same name in another account is another function.
fn is_target(target: &LambdaTarget, function: &ObservedFunction) -> bool {
    target.function == function.name && target.account.as_ref().is_none_or(|account| *account == function.account)
}
