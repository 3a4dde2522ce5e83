//! Which functions an API calls, and by which of the stage's variables it chooses their alias.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::Problem;
use crate::model::{
    AliasName, ApiDefinition, ApiKey, FunctionKey, FunctionName, FunctionSettings, Integration, LambdaTarget,
    ObservedStage, Qualifier, Settings, StagedFunction,
};

/// A method or an authorizer of an API.
struct Caller {
    /// In words: `GET /hello`.
    what: String,
    /// As AWS keeps it.
    uri: String,
    /// API Gateway takes a role for the call.
    by_role: bool,
}

impl Caller {
    fn target(&self, variables: &BTreeMap<String, String>) -> Option<LambdaTarget> {
        target(&self.uri, variables)
    }

    /// The variable that stands alone where the qualifier is.
    fn variable(&self) -> Option<&str> {
        let (_, rest) = self.uri.split_once("/functions/")?;
        let (_, qualifier) = rest.rsplit_once('/')?.0.rsplit_once(':')?;
        let name = qualifier.strip_prefix("${stageVariables.")?.strip_suffix('}')?;
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some(name)
    }

    fn uses(&self, variable: &str) -> bool {
        self.uri.contains(&format!("${{stageVariables.{variable}}}"))
    }
}

fn target(uri: &str, variables: &BTreeMap<String, String>) -> Option<LambdaTarget> {
    let (path, method) = (String::new(), String::new());
    Integration { path, method, uri: Some(uri.to_owned()), credentials: None }.lambda_target(variables)
}

fn callers(definition: &ApiDefinition) -> Vec<Caller> {
    let method = |integration: &Integration| {
        let what = format!("{} {}", integration.method, integration.path);
        Some(Caller { what, uri: integration.uri.clone()?, by_role: integration.credentials.is_some() })
    };
    let authorizer = |authorizer: &Value| {
        let what = format!("authorizer {}", authorizer["name"].as_str().unwrap_or_default());
        let by_role = authorizer["credentials"].is_string();
        Some(Caller { what, uri: authorizer["uri"].as_str()?.to_owned(), by_role })
    };
    let authorizers = definition.document["authorizers"].as_object().into_iter().flatten();
    let methods = definition.integrations.iter().filter_map(method);
    methods.chain(authorizers.filter_map(|(_, one)| authorizer(one))).collect()
}

/// The functions of which a stage calls this alias: by what it serves, and by what would be deployed now.
pub fn called(
    definition: Option<&ApiDefinition>,
    document: Option<&Value>,
    variables: &BTreeMap<String, String>,
    alias: &AliasName,
) -> BTreeSet<FunctionName> {
    let now = definition.into_iter().flat_map(callers).map(|caller| caller.uri);
    let mut uris: Vec<String> = now.collect();
    if let Some(document) = document {
        find_uris(document, &mut uris);
    }
    let targets = uris.iter().filter_map(|uri| target(uri, variables));
    let by_alias = targets.filter(|target| target.qualifier == Qualifier::Named(alias.clone()));
    by_alias.map(|target| target.function).collect()
}

/// Whatever names one in API Gateway's extensions, wherever it stands.
fn find_uris(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    Some(uri) if name == "uri" || name == "authorizerUri" => found.push(uri.to_owned()),
                    _ => find_uris(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| find_uris(item, found)),
        _ => {}
    }
}

/// What an API calls of the settings' functions.
#[derive(Default)]
pub(super) struct Calls {
    /// All that it calls.
    pub(super) all: BTreeSet<FunctionKey>,
    /// Those of which a variable chooses the alias.
    pub(super) functions: BTreeSet<FunctionKey>,
    /// The variables that choose an alias of theirs.
    pub(super) variables: BTreeSet<String>,
    pub(super) refused: Vec<Problem>,
    pub(super) warnings: Vec<String>,
}

/// What all APIs may call.
pub(super) struct Stage<'a> {
    pub(super) settings: &'a Settings,
    pub(super) functions: &'a BTreeMap<FunctionKey, Option<StagedFunction>>,
}

/// `source` is the stage whose variables the preview's have the values of.
pub(super) fn calls(key: &ApiKey, definition: &ApiDefinition, source: &ObservedStage, of: &Stage<'_>) -> Calls {
    let (all, mut calls) = (callers(definition), Calls::default());
    let (ours, others): (Vec<_>, Vec<_>) = all.iter().partition(|caller| of.function(caller, source).is_some());
    for caller in ours {
        let Some((function, found)) = of.function(caller, source) else { continue };
        calls.all.insert(function.clone());
        if let Some(variable) = caller.variable() {
            calls.warnings.extend(caller.by_role.then(|| by_role(key, caller, found)));
            calls.functions.insert(function.clone());
            calls.variables.insert(variable.to_owned());
        } else {
            let settings = of.settings.functions.get(function);
            calls.refused.push(without_variable(key, caller, source, found, settings));
        }
    }
    for caller in others {
        let shared = calls.variables.iter().find(|variable| caller.uses(variable));
        if let Some(variable) = shared {
            calls.refused.push(not_ours(key, caller, variable));
        } else if let Some(target) = caller.target(&source.variables) {
            let (what, function) = (&caller.what, target.function);
            calls.warnings.push(format!(
                "{what} of API {key} calls function {function}, which is not in the settings: the preview calls what \
                 the stage calls"
            ));
        }
    }
    calls
}

impl<'a> Stage<'a> {
    /// The same name in another account is another function.
    fn function(&self, caller: &Caller, source: &ObservedStage) -> Option<(&'a FunctionKey, &'a StagedFunction)> {
        let target = caller.target(&source.variables)?;
        let is_it = |found: &StagedFunction| {
            found.name == target.function && target.account.as_ref().is_none_or(|account| *account == found.account)
        };
        let all = self.functions.iter().filter_map(|(key, found)| Some((key, found.as_ref()?)));
        all.into_iter().find(|(_, found)| is_it(found))
    }
}

fn by_role(key: &ApiKey, caller: &Caller, function: &StagedFunction) -> String {
    let (what, name) = (&caller.what, &function.name);
    format!("{what} of API {key} calls function {name} by a role, which has to allow calls of the preview's alias, too")
}

fn not_ours(key: &ApiKey, caller: &Caller, variable: &str) -> Problem {
    Problem::new(format!("{} of API {key} uses the stage variable `{variable}`, too", caller.what))
        .why("it calls no function of the settings, so that there would be no alias of the preview's name for it")
        .fix("add the function to the settings, or let it use another variable")
}

/// With the change of the configuration in Terraform, as far as it is known from here.
fn without_variable(
    key: &ApiKey,
    caller: &Caller,
    source: &ObservedStage,
    function: &StagedFunction,
    settings: Option<&FunctionSettings>,
) -> Problem {
    let now = caller.target(&source.variables).map(|target| target.qualifier);
    let why = match &now {
        Some(Qualifier::Named(alias)) => format!("it calls {}:{alias}, whatever the stage", function.name),
        _ => format!("it calls {} without a qualifier, so that its callers see $LATEST", function.name),
    };
    let known = settings.and_then(|settings| settings.alias.as_ref()).map(|alias| alias.value.to_string());
    let alias = match now {
        Some(Qualifier::Named(alias)) => alias.to_string(),
        _ => known.unwrap_or_else(|| "live".to_owned()),
    };
    Problem::new(format!("{} of API {key} does not let the stage choose the alias", caller.what))
        .why(why)
        .fix(patch(caller, source, function, &alias))
}

fn patch(caller: &Caller, source: &ObservedStage, function: &StagedFunction, alias: &str) -> String {
    let (before, rest) = caller.uri.split_once("/functions/").unwrap_or_default();
    let (_, how) = rest.rsplit_once('/').unwrap_or(("", "invocations"));
    let (what, arn, stage) = (&caller.what, &function.arn, &source.name);
    // Terraform itself would fill in what stands in `${}`.
    let kept = caller.uri.replace("${", "$${");
    let (kind, field) = match what.strip_prefix("authorizer ") {
        Some(_) => ("authorizer", "authorizer_uri"),
        None => ("integration", "uri"),
    };
    let mut patch = vec![format!(
        "in Terraform, then deploy the API to its stages:\n  resource \"aws_api_gateway_{kind}\" \"…\" {{ # {what}\n-   \
         {field} = \"{kept}\"\n+   {field} = \"{before}/functions/{arn}:$${{stageVariables.alias}}/{how}\""
    )];
    if !source.variables.contains_key("alias") {
        let variables = format!("+   variables = {{ alias = \"{alias}\" }}");
        patch.push(format!("  resource \"aws_api_gateway_stage\" \"…\" {{ # {stage}\n{variables}"));
    }
    if caller.target(&source.variables).is_none_or(|target| target.qualifier == Qualifier::Latest) {
        let name = &function.name;
        patch.push(format!("  resource \"aws_lambda_permission\" \"…\" {{ # {name}\n+   qualifier = \"{alias}\""));
    }
    patch.push(String::new());
    patch.join("\n  }\n").trim_end().to_owned()
}
