//! Reads back all functions, APIs and log groups of a stack and its previews.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Aws, Stack};

/// The parts by name, as a report writes it: `function hello-dev`, `API hello-api`, `log group /aws/lambda/hello-dev`.
pub(super) type Parts = BTreeMap<String, Value>;

/// Reads all parts.
pub(super) fn parts(stack: &Stack) -> Parts {
    let (aws, prefix) = (Aws::shared(), format!("{}-", stack.name));
    // First, because a call lets a function write to its log group.
    let apis: Vec<_> = aws.api_documents(&prefix).into_iter().map(|api| part_of_api(stack, &api)).collect();
    let functions = aws.functions(&prefix).into_iter().map(|name| {
        let answers: Vec<_> = apis.iter().filter_map(|api| api.answers.get(&name)).collect();
        (format!("function {name}"), function(&name, &json!(answers)))
    });
    let groups = aws.log_groups(&prefix).into_iter().map(|group| {
        let name = group["logGroupName"].as_str().unwrap();
        let tags = aws.logs("ListTagsLogGroup", &json!({ "logGroupName": name }))["tags"].take();
        (format!("log group {name}"), json!({ "days": group["retentionInDays"], "tags": tags }))
    });
    let mut parts: Parts = functions.chain(groups).collect();
    for Api { name, part, .. } in apis {
        // Two APIs may have the same name.
        let all = parts.entry(format!("API {name}")).or_insert_with(|| json!([]));
        all.as_array_mut().unwrap().push(part);
    }
    parts
}

/// Returns the parts of previews.
pub(super) fn of_preview(parts: &Parts) -> Parts {
    parts.iter().filter(|(name, _)| name.contains("-pr-")).map(|(name, part)| (name.clone(), part.clone())).collect()
}

/// Returns the names of the parts that differ.
pub(super) fn differences(before: &Parts, after: &Parts) -> Vec<String> {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

fn function(name: &str, answers: &Value) -> Value {
    let aws = Aws::shared();
    let found = aws.block_on(aws.lambda.get_function().function_name(name).send()).unwrap();
    let configuration = found.configuration.unwrap();
    json!({
        "code": configuration.code_sha256,
        "role": configuration.role,
        "environment": configuration.environment.and_then(|environment| environment.variables),
        "tags": found.tags,
        "policy": aws.policy(name, None),
        "answers": answers,
    })
}

/// A REST API.
struct Api {
    name: String,
    part: Value,
    /// The answers at `/hello`, by the function that answers.
    answers: BTreeMap<String, Value>,
}

fn part_of_api(stack: &Stack, api: &Value) -> Api {
    let (aws, id) = (Aws::shared(), api["id"].as_str().unwrap());
    let found = aws.block_on(aws.gateway.get_stages().rest_api_id(id).send()).unwrap().item.unwrap_or_default();
    let stages: BTreeMap<_, _> =
        found.into_iter().filter_map(|stage| stage.stage_name.zip(stage.deployment_id)).collect();
    let ask = |stage: &str, path: &str| {
        let answer = stack.call_of(id, stage, path);
        json!([answer.status, answer.body])
    };
    let calls = |stage: &str| match stage {
        "dev" => stack.function("dev"),
        preview => stack.function(&format!("dev-{preview}")),
    };
    let answers = stages.keys().map(|stage| (calls(stage), ask(stage, "/hello"))).collect();
    let probes: BTreeMap<_, _> = stages.keys().map(|stage| (stage, ask(stage, "/probe"))).collect();
    let deployments = aws.deployments(id);
    let part = json!({
        "id": id,
        "tags": api["tags"],
        "stages": stages,
        "deployments": deployments,
        "/probe": probes,
        "definition": definition(id),
    });
    Api { name: api["name"].as_str().unwrap().to_owned(), part, answers }
}

/// Returns what each method of an API calls, deployed or not.
fn definition(id: &str) -> BTreeMap<String, Value> {
    let mut methods = BTreeMap::new();
    for resource in Aws::shared().resources(id) {
        let path = resource.path.unwrap_or_default();
        for (verb, method) in resource.resource_methods.unwrap_or_default() {
            let integration = method.method_integration;
            let uri = integration.as_ref().and_then(|integration| integration.uri.clone());
            let templates = integration.and_then(|integration| integration.request_templates);
            methods.insert(format!("{verb} {path}"), json!([uri, templates]));
        }
    }
    methods
}
