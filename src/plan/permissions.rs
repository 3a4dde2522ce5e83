//! Which invoke permissions an API's stage lacks.
//!
//! API Gateway calls a function under its own name, so the function's resource policy must allow it,
//! and a qualified call looks at the policy of the qualifier alone:
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html>.

use serde_json::Value;

use super::{Api, Call, Function, Stack};
use crate::model::{AddPermission, ObservedFunction, Plan, PolicyStatement, Sha256};

pub(super) fn decide(stack: &Stack<'_>, plan: &mut Plan) {
    for function in &stack.functions {
        let wanted = function.qualifier();
        for (api, call) in stack.calls_of(function.key) {
            if call.qualifier != wanted || call.by_role || is_allowed(function, api, call, stack) {
                continue;
            }
            let permission = permission(function, api, stack);
            if !plan.permissions.contains(&permission) {
                plan.permissions.push(permission);
            }
        }
    }
}

/// One statement for the whole stage; Lambda limits a policy to 20 KB, so not one per method.
fn permission(function: &Function<'_>, api: &Api<'_>, stack: &Stack<'_>) -> AddPermission {
    let source_arn = format!("{}/*", stage_arn(function.observed, api, stack));
    AddPermission {
        function: function.key.clone(),
        name: function.observed.name.clone(),
        qualifier: function.qualifier(),
        statement_id: statement_id(api),
        source_arn,
        account: function.observed.account.clone(),
    }
}

/// At most 100 characters, as Lambda allows; a stage with a longer name is named by its digest.
fn statement_id(api: &Api<'_>) -> String {
    let stage = &api.settings.stage.value;
    let id = format!("sls-release-{}-{stage}", api.observed.id);
    if id.len() <= 100 {
        return id;
    }
    format!("sls-release-{}-{}", api.observed.id, &Sha256::of(stage.as_str().as_bytes()).hex()[..32])
}

/// `arn:aws:execute-api:<region>:<account>:<api>/<stage>`.
fn stage_arn(function: &ObservedFunction, api: &Api<'_>, stack: &Stack<'_>) -> String {
    let partition = function.arn.split(':').nth(1).unwrap_or("aws");
    let (region, account) = (&stack.observed.region, &function.account);
    format!("arn:{partition}:execute-api:{region}:{account}:{}/{}", api.observed.id, api.settings.stage.value)
}

fn is_allowed(function: &Function<'_>, api: &Api<'_>, call: &Call<'_>, stack: &Stack<'_>) -> bool {
    let method = if call.method == "ANY" { "*" } else { call.method };
    let caller = format!("{}/{method}{}", stage_arn(function.observed, api, stack), wildcards(call.path));
    let statements = function.observed.policies.get(&call.qualifier).map_or(&[][..], Vec::as_slice);
    statements.iter().any(|statement| allows(statement, &caller, function.observed.account.as_str()))
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
        // Here `*` is a letter, and what stands for it in a call is not known.
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
