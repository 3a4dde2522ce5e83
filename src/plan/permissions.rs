//! Which invoke permissions an API's stage lacks.
//!
//! API Gateway calls a function under its own name, so the function's resource policy must allow it,
//! and a qualified call looks at the policy of the qualifier alone:
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html>.

use serde_json::Value;

use super::routes::DEFAULT_ROUTE;
use super::stack::{Api, Call, Function, Stack};
use crate::model::{Act, Caller, Integration, KnownStates, Permit, Plan, PolicyStatement, Qualifier, Reason, Ref};

pub(super) fn decide(stack: &Stack<'_>, plan: &mut Plan) {
    for function in &stack.functions {
        let wanted = function.qualifier();
        if !function.observed.policies.contains_key(&wanted) {
            continue; // nothing of it changes, so that it was not asked for
        }
        for (api, call) in stack.calls_of(function.key) {
            let by_role = call.integration.credentials.is_some();
            if call.qualifier != wanted || by_role || is_allowed(function, api, call, stack) {
                continue;
            }
            // One statement for the whole stage; Lambda limits a policy to 20 KB, so not one per method.
            let permit = Act::Permit(permit(function, api, caller(function, api, stack)));
            if plan.steps().all(|step| step.act != permit) {
                plan.add(permit, Reason::NotPermitted);
            }
        }
        for (api, authorizer) in authorizers_of(function, stack) {
            let caller = Caller { authorizer: Some(authorizer), ..caller(function, api, stack) };
            if !is_permitted(function, &caller.source_arn(&api.observed.id), &wanted) {
                plan.add(Act::Permit(permit(function, api, caller)), Reason::NotPermitted);
            }
        }
    }
}

/// The Lambda authorizers that call what is released of the function under API Gateway's own name: the API of each, and
/// its id.
fn authorizers_of<'s, 'a>(
    function: &Function<'_>,
    stack: &'s Stack<'a>,
) -> impl Iterator<Item = (&'s Api<'a>, String)> {
    let apis = stack.apis.iter().filter(|api| api.observed.stage.is_some());
    let all = apis.flat_map(|api| api.authorizers.iter().map(move |authorizer| (api, authorizer)));
    let calls = all.filter(|(_, authorizer)| authorizer.function == function.key && !authorizer.by_role);
    let released = calls.filter(|(_, authorizer)| authorizer.qualifier == function.qualifier());
    released.map(|(api, authorizer)| (api, authorizer.id.to_owned()))
}

fn permit(function: &Function<'_>, api: &Api<'_>, caller: Caller) -> Permit {
    Permit {
        function: function.key.clone(),
        name: function.observed.name.clone(),
        qualifier: function.qualifier(),
        caller,
        known: Some(known(function, api)),
    }
}

fn caller(function: &Function<'_>, api: &Api<'_>, stack: &Stack<'_>) -> Caller {
    Caller {
        partition: function.observed.arn.split(':').nth(1).unwrap_or("aws").to_owned(),
        region: stack.observed.region.clone(),
        account: function.observed.account.clone(),
        api: Ref::Existing(api.observed.id.clone()),
        kind: api.observed.kind,
        stage: Some(api.settings.stage.value.clone()),
        authorizer: None,
    }
}

/// What function and stage show now, and what this release makes of them.
fn known(function: &Function<'_>, api: &Api<'_>) -> KnownStates {
    let alias = function.observed.alias.as_ref().map(|alias| Ref::Existing(alias.version.clone()));
    let deployment = api.observed.stage.as_ref().and_then(|stage| stage.deployment.clone()).map(Ref::Existing);
    KnownStates {
        code: [function.observed.latest.sha256, function.asked_for()].into(),
        versions: alias.into_iter().chain([Ref::Made(function.key.clone())]).collect(),
        deployments: deployment.into_iter().chain([Ref::Made(api.key.clone())]).collect(),
    }
}

fn is_allowed(function: &Function<'_>, api: &Api<'_>, call: &Call<'_>, stack: &Stack<'_>) -> bool {
    let Integration { path, method, .. } = call.integration;
    let method = if method == "ANY" { "*" } else { method };
    let stage = caller(function, api, stack).source_arn(&api.observed.id);
    // The route `$default` has no segment for the method.
    let route = if path == DEFAULT_ROUTE { path.clone() } else { format!("{method}{}", wildcards(path)) };
    let caller = format!("{}{route}", stage.trim_end_matches('*'));
    is_permitted(function, &caller, &call.qualifier)
}

/// Whether the policy of this qualifier lets API Gateway invoke the function for `caller`, an ARN.
fn is_permitted(function: &Function<'_>, caller: &str, qualifier: &Qualifier) -> bool {
    let statements = function.observed.policies.get(qualifier).map_or(&[][..], Vec::as_slice);
    statements.iter().any(|statement| allows(statement, caller, function.observed.account.as_str()))
}

/// `/users/{id}` as an ARN has it: `/users/*`.
fn wildcards(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "*" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether the statement lets API Gateway invoke for `caller`. In doubt it does not: then one more
/// statement is added, which harms nothing.
fn allows(statement: &PolicyStatement, caller: &str, account: &str) -> bool {
    let statement = &statement.statement;
    let principal = &statement["Principal"];
    statement["Effect"] == "Allow"
        && (any(principal, |who| who == "*") || any(&principal["Service"], |who| who == "apigateway.amazonaws.com"))
        && any(&statement["Action"], |action| ["lambda:InvokeFunction", "lambda:*", "*"].contains(&action))
        && conditions_hold(&statement["Condition"], caller, account)
}

/// Whom the statement lets invoke the function; `None` where it lets nobody.
pub(super) fn invoker(statement: &Value) -> Option<String> {
    let invokes = |action: &str| action.starts_with("lambda:Invoke") || ["lambda:*", "*"].contains(&action);
    if statement["Effect"] != "Allow" || !any(&statement["Action"], invokes) {
        return None;
    }
    Some(match &statement["Principal"] {
        Value::Object(kinds) => kinds.values().flat_map(texts).collect::<Vec<_>>().join(" and "),
        principal => texts(principal).collect(),
    })
}

/// Whether the statement allows calls through the function URL only.
pub(super) fn is_of_url(statement: &Value) -> bool {
    let operators = statement["Condition"].as_object().into_iter().flat_map(|operators| operators.values());
    let mut keys = operators.filter_map(Value::as_object).flatten().map(|(key, _)| key.to_ascii_lowercase());
    keys.any(|key| ["lambda:functionurlauthtype", "lambda:invokedviafunctionurl"].contains(&key.as_str()))
}

/// The source ARNs that the statement's conditions name.
pub(super) fn sources(statement: &Value) -> Vec<&str> {
    let operators = statement["Condition"].as_object().into_iter().flat_map(|operators| operators.values());
    let tests = operators.filter_map(Value::as_object).flatten();
    let sources = tests.filter(|(key, _)| key.eq_ignore_ascii_case("aws:SourceArn"));
    sources.flat_map(|(_, wanted)| texts(wanted)).collect()
}

/// A text, or a list of texts.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let items = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    value.as_str().into_iter().chain(items)
}

/// A value or a list of values.
fn any(value: &Value, test: impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(one) => test(one),
        Value::Array(items) => items.iter().filter_map(Value::as_str).any(test),
        _ => false,
    }
}

fn conditions_hold(conditions: &Value, caller: &str, account: &str) -> bool {
    let Value::Object(operators) = conditions else { return conditions.is_null() };
    operators.iter().all(|(operator, tests)| {
        let Value::Object(tests) = tests else { return false };
        tests.iter().all(|(key, wanted)| condition_holds(operator, key, wanted, caller, account))
    })
}

fn condition_holds(operator: &str, key: &str, wanted: &Value, caller: &str, account: &str) -> bool {
    let given = match key.to_ascii_lowercase().as_str() {
        "aws:sourcearn" => caller,
        "aws:sourceaccount" => account,
        _ => return false,
    };
    match operator {
        "ArnLike" | "ArnEquals" => any(wanted, |pattern| arn_matches(pattern, given)),
        "StringLike" => any(wanted, |pattern| matches(pattern, given)),
        // Here `*` is a letter, and what it matches in a call is not known.
        "StringEquals" => any(wanted, |text| text == given && !given.contains('*')),
        _ => false,
    }
}

/// Each of the six components by itself: no wildcard reaches beyond its colon.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
fn arn_matches(pattern: &str, arn: &str) -> bool {
    let (patterns, parts): (Vec<_>, Vec<_>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    patterns.len() == parts.len() && patterns.iter().zip(parts).all(|(pattern, part)| matches(pattern, part))
}

/// `*` for any text and `?` for one character; a `*` in `text` stands for any text, so only `*` matches it.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == text[t] || (pattern[p] == '?' && text[t] != '*')) {
            p += 1;
            t += 1;
        } else if let Some((star_p, star_t)) = star {
            star = Some((star_p, star_t + 1));
            p = star_p + 1;
            t = star_t + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}
