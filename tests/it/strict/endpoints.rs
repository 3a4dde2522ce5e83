//! What a stage answers to its callers.

use aws_sdk_apigateway::types::{Op, PatchOperation};
use serde_json::{Value, json};

use super::{behind, change_code};
use crate::support::rules::{InvokePermission, Snapshots, StageVariables};
use crate::support::{Answer, Aws, Proxy, Stack, Strict, get, shared_aws};

/// Answers with the event.
const ECHO: &str = "import json\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event), \
                    'headers': {'x-one': 'a'}, 'multiValueHeaders': {'x-two': ['b', 'c']}}\n";

#[test]
fn a_stage_serves_its_deployment() {
    let (stack, aws, _) = behind(Strict::new().with(Snapshots::default()), &[]);
    let old = aws.stage_deployment(&stack.api, "dev");
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    assert_eq!(stack.call("/health"), answer(403, "Missing Authentication Token"));
    let new = aws.deploy(&stack.api);
    assert_eq!(stack.call("/health").status, 403, "a deployment alone changes no stage");
    point(&aws, &stack, &new);
    assert_eq!(stack.call("/health").status, 200);
    point(&aws, &stack, &old);
    assert_eq!(stack.call("/health").status, 403);
    assert_eq!(stack.call("/hello").body, "placeholder");
}

#[test]
fn a_changed_integration_waits_for_its_deployment() {
    let (stack, aws, _) = behind(Strict::new().with(Snapshots::default()), &["--function", "$NAME-dev=/hello"]);
    put_uri(&aws, &stack, "hello", &uri("nowhere"), None);
    assert_eq!(stack.call("/hello").body, "placeholder");
    redeploy(&aws, &stack);
    assert_eq!(stack.call("/hello"), answer(500, "Internal server error"));
}

#[test]
fn a_deployment_from_before_is_taken_at_first_sight() {
    let stack = Stack::build_behind(Strict::new(), &[]);
    let proxy = Strict::new().with(Snapshots::default()).start(&shared_aws().endpoint);
    let health = || called_by(&proxy, &stack, "/health").status;
    assert_eq!(health(), 403);
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    assert_eq!(health(), 403);
}

#[test]
fn a_stage_that_is_not_there_is_forbidden() {
    let (stack, _, _) = behind(Strict::new().with(Snapshots::default()), &[]);
    let url = format!("{}/restapis/{}/other/_user_request_/hello", stack.proxy.endpoint, stack.api);
    assert_eq!(get(&url).unwrap(), answer(403, "Forbidden"));
}

#[test]
fn the_most_specific_resource_answers() {
    let (stack, aws, function) = behind(Strict::new().with(Snapshots::default()), &[]);
    change_code(&function, ECHO);
    let pets = aws.add_resource(&stack.api, stack.root(), "pets");
    let pet = aws.add_resource(&stack.api, &pets, "{id}");
    let rest = aws.add_resource(&stack.api, &pets, "{rest+}");
    for (resource, method) in [(&pet, "GET"), (&rest, "ANY")] {
        aws.add_method(&stack.api, resource, method);
        aws.put_proxy(&stack.api, resource, method, &uri(&function), None);
    }
    redeploy(&aws, &stack);
    let event = |path: &str| serde_json::from_str::<Value>(&stack.call(path).body).unwrap();

    let one = event("/pets/cat%201?a=1&a=2&b=%20");
    assert_eq!(one["resource"], "/pets/{id}");
    assert_eq!(one["path"], "/pets/cat 1");
    assert_eq!(one["pathParameters"], json!({ "id": "cat 1" }));
    assert_eq!(one["queryStringParameters"], json!({ "a": "2", "b": " " }));
    assert_eq!(one["multiValueQueryStringParameters"], json!({ "a": ["1", "2"], "b": [" "] }));
    assert_eq!(one["requestContext"]["resourcePath"], "/pets/{id}");
    assert_eq!(one["requestContext"]["stage"], "dev");
    assert_eq!((&one["body"], &one["isBase64Encoded"]), (&Value::Null, &json!(false)));
    assert_eq!(event("/pets/cat/tail")["pathParameters"], json!({ "rest": "cat/tail" }));
    assert_eq!(event("/hello")["pathParameters"], Value::Null);
    assert_eq!(stack.call("/pets").status, 403);
    assert_eq!(stack.call("/").status, 403);
}

#[test]
fn a_function_that_answers_nonsense_is_a_bad_gateway() {
    let (stack, _, function) = behind(Strict::new().with(Snapshots::default()), &[]);
    change_code(&function, "def handler(event, context):\n    return 'hello'\n");
    assert_eq!(stack.call("/hello"), answer(502, "Internal server error"));
    change_code(&function, "def handler(event, context):\n    raise Exception('no')\n");
    assert_eq!(stack.call("/hello"), answer(502, "Internal server error"));
}

#[test]
fn stage_variables_are_put_into_a_uri() {
    let with_variable = |rules: Strict, stack: &Stack| called_by(&rules.start(&shared_aws().endpoint), stack, "/hello");
    let (stack, aws, function) = behind(Strict::new(), &["--alias", "live"]);
    put_uri(&aws, &stack, "hello", &uri(&format!("{function}:${{stageVariables.alias}}")), None);
    redeploy(&aws, &stack);
    patch(&aws, &stack, "/variables/alias", "live");
    assert_eq!(with_variable(Strict::all(), &stack).body, "placeholder");
    assert_eq!(with_variable(Strict::all().without::<StageVariables>(), &stack).status, 500);
}

#[test]
fn a_missing_permission_is_an_internal_server_error() {
    let (stack, aws, function) = behind(permissions(), &[]);
    assert_eq!(stack.call("/hello").body, "placeholder");
    aws.forbid(&function, None, "AllowAPIGatewayInvoke");
    assert_eq!(stack.call("/hello"), answer(500, "Internal server error"));
    let arn = |rest: &str| format!("arn:aws:execute-api:us-east-1:000000000000:{}", rest.replace("API", &stack.api));
    aws.permit(&function, None, "other-path", &arn("API/*/GET/other"));
    aws.permit(&function, None, "other-method", &arn("API/*/POST/hello"));
    aws.permit(&function, None, "other-stage", &arn("API/prod/GET/hello"));
    aws.permit(&function, None, "other-api", &arn("another/*"));
    assert_eq!(stack.call("/hello").status, 500);
    aws.permit(&function, None, "this", &arn("API/dev/GET/hello"));
    assert_eq!(stack.call("/hello").body, "placeholder");
}

#[test]
fn a_permission_is_of_exactly_one_qualifier() {
    let (stack, aws, function) = behind(permissions(), &["--alias", "live"]);
    let arn = format!("arn:aws:execute-api:us-east-1:000000000000:{}/*/*", stack.api);
    assert_eq!(stack.call("/hello").body, "placeholder");
    put_uri(&aws, &stack, "hello", &uri(&function), None);
    redeploy(&aws, &stack);
    assert_eq!(stack.call("/hello").status, 500, "the alias's permission is not the function's");
    aws.permit(&function, None, "function", &arn);
    assert_eq!(stack.call("/hello").body, "placeholder");
    put_uri(&aws, &stack, "hello", &uri(&format!("{function}:1")), None);
    redeploy(&aws, &stack);
    assert_eq!(stack.call("/hello").status, 500, "the function's permission is not the version's");
}

#[test]
fn a_role_needs_no_permission() {
    let (stack, aws, function) = behind(permissions(), &["--alias", "live"]);
    put_uri(&aws, &stack, "hello", &uri(&function), Some("arn:aws:iam::000000000000:role/gateway"));
    redeploy(&aws, &stack);
    assert_eq!(stack.call("/hello").body, "placeholder");
}

fn permissions() -> Strict {
    Strict::new().with(Snapshots::default()).with(InvokePermission)
}

/// Calls an endpoint of the stack by way of another proxy.
fn called_by(proxy: &Proxy, stack: &Stack, path: &str) -> Answer {
    get(&format!("{}/restapis/{}/dev/_user_request_{path}", proxy.endpoint, stack.api)).unwrap()
}

fn answer(status: u16, message: &str) -> Answer {
    Answer { status, body: json!({ "message": message }).to_string() }
}

pub(crate) fn uri(function: &str) -> String {
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{function}");
    format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations")
}

/// Another URI for `GET` of a resource that is there.
pub(crate) fn put_uri(aws: &Aws, stack: &Stack, part: &str, uri: &str, role: Option<&str>) {
    let resources = aws.resources(&stack.api);
    let resource = resources.iter().find(|resource| resource.path_part() == Some(part)).unwrap();
    aws.put_proxy(&stack.api, resource.id().unwrap(), "GET", uri, role);
}

/// Points the stage at a new deployment, and returns its id.
pub(crate) fn redeploy(aws: &Aws, stack: &Stack) -> String {
    let made = aws.deploy(&stack.api);
    point(aws, stack, &made);
    made
}

fn point(aws: &Aws, stack: &Stack, deployment: &str) {
    patch(aws, stack, "/deploymentId", deployment);
}

/// Replaces a value of the stage.
pub(crate) fn patch(aws: &Aws, stack: &Stack, path: &str, value: &str) {
    let operation = PatchOperation::builder().op(Op::Replace).path(path).value(value).build();
    let call = aws.gateway.update_stage().rest_api_id(&stack.api).stage_name("dev").patch_operations(operation);
    aws.block_on(call.send()).unwrap();
}
