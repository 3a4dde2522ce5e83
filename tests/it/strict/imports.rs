//! An API made of an OpenAPI document: what a stage exports is imported, deployed, and answers the same.

use std::collections::BTreeSet;
use std::thread::{scope, sleep};
use std::time::Duration;

use aws_sdk_apigateway::error::SdkError;
use aws_sdk_apigateway::operation::import_rest_api::{ImportRestApiError, ImportRestApiOutput};
use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::PutMode;
use aws_sdk_lambda::config::http::HttpResponse;
use serde_json::{Value, json};

use super::{behind, refusal, refused};
use crate::support::rules::{ApiRate, ImportRestApi, PutRestApi};
use crate::support::{ACCOUNT, Aws, Strict, get};

const INTEGRATION: &str = "/paths/~1hello/get/x-amazon-apigateway-integration";

type Imported = Result<ImportRestApiOutput, SdkError<ImportRestApiError, HttpResponse>>;

#[test]
fn what_a_stage_exports_answers_the_same_after_its_import() {
    let (stack, aws, function) = behind(Strict::all(), &[]);
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    let exported = export(&aws, &stack.api, "dev");
    let imported = import(&aws, &exported, true, Some("REGIONAL")).unwrap();
    assert_eq!(imported.name(), exported["info"]["title"].as_str());
    assert_eq!(imported.endpoint_configuration().unwrap().types()[0].as_str(), "REGIONAL");
    assert!(imported.warnings().is_empty());

    let api = imported.id.unwrap();
    let deploy = aws.gateway.create_deployment().rest_api_id(&api).stage_name("preview");
    // The stack's own deployment was just now.
    sleep(Duration::from_millis(500));
    aws.block_on(deploy.send()).unwrap();
    assert_eq!(comparable(export(&aws, &api, "preview")), comparable(exported));
    let call = |path: &str| stack.call_of(&api, "preview", path);
    assert_eq!(call("/health").status, 200);
    assert_eq!(call("/hello").status, 500, "nobody allowed it to call the function");
    let arn = format!("arn:aws:execute-api:us-east-1:{ACCOUNT}:{api}/preview/GET/hello");
    aws.permit(&function, None, "preview", &arn);
    assert_eq!(call("/hello"), stack.call("/hello"));
}

#[test]
fn an_import_makes_all_parts_of_an_api() {
    let (stack, aws, _) = behind(Strict::new().with(ImportRestApi), &[]);
    let api = import(&aws, &with_all_parts(), true, None).unwrap();
    assert_eq!(api.endpoint_configuration().unwrap().types()[0].as_str(), "EDGE");
    assert_eq!((api.description(), api.binary_media_types()), (Some("all parts"), &["image/png".to_owned()][..]));
    let id = api.id().unwrap();
    let read = |path: &str| -> Value {
        let (host, path) = (&stack.proxy.side_door, format!("/restapis/{id}/{path}"));
        serde_json::from_str(&get(&format!("{host}{path}")).unwrap().body).unwrap()
    };
    let resources = read("resources?embed=methods");
    let items = resources["item"].as_array().unwrap();
    let paths: Vec<_> = items.iter().map(|item| item["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/", "/pets", "/pets/{id}"]);
    let (authorizer, validator) = (&read("authorizers")["item"][0], &read("requestvalidators")["item"][0]);
    assert_eq!((&authorizer["name"], &authorizer["type"]), (&json!("guard"), &json!("TOKEN")));
    assert_eq!((&validator["name"], &validator["validateRequestBody"]), (&json!("bodies"), &json!(true)));
    let mut method = items[2]["resourceMethods"]["ANY"].clone();
    assert_eq!(method["authorizerId"].take(), authorizer["id"]);
    assert_eq!(method["requestValidatorId"].take(), validator["id"]);
    method["methodIntegration"]["cacheNamespace"].take();
    insta::assert_json_snapshot!(method);
    assert_eq!(read("models/Pet")["schema"], r#"{"type":"object"}"#);
    assert_eq!(read("gatewayresponses/DEFAULT_4XX")["responseTemplates"]["application/json"], "{}");
}

#[test]
fn a_document_takes_the_place_of_all_that_an_api_holds() {
    let rules = Strict::new().with(ImportRestApi).with(PutRestApi::default());
    let (_stack, aws, _) = behind(rules, &[]);
    let put = |id: &str, document: &Value| {
        let call = aws.gateway.put_rest_api().rest_api_id(id).mode(PutMode::Overwrite).fail_on_warnings(true);
        aws.block_on(call.body(Blob::new(document.to_string())).send())
    };
    let paths =
        |id: &str| aws.resources(id).into_iter().map(|resource| resource.path.unwrap()).collect::<BTreeSet<_>>();
    let api = import(&aws, &with_all_parts(), true, Some("REGIONAL")).unwrap().id.unwrap();
    assert_eq!(put(&api, &minimal("other")).unwrap().name(), Some("other"));
    assert_eq!(paths(&api), ["/", "/hello"].map(str::to_owned).into());
    refused(put(&api, &json!("nonsense")), 400, "BadRequestException");
    assert_eq!(paths(&api), ["/", "/hello"].map(str::to_owned).into());
    assert_eq!(refusal(put("gone", &minimal("other"))).0, 404);
}

#[test]
fn two_documents_are_not_written_to_an_api_at_once() {
    let rules = Strict::new().with(ImportRestApi).with(PutRestApi::default());
    let (_stack, aws, _) = behind(rules, &[]);
    let api = import(&aws, &with_all_parts(), true, Some("REGIONAL")).unwrap().id.unwrap();
    let put = || {
        let call = aws.gateway.put_rest_api().rest_api_id(&api).mode(PutMode::Overwrite).fail_on_warnings(true);
        aws.block_on(call.body(Blob::new(minimal("other").to_string())).send())
    };
    let results = scope(|scope| {
        let running: Vec<_> = (0..4).map(|_| scope.spawn(put)).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    let (written, conflicts): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert!(!written.is_empty() && !conflicts.is_empty(), "{written:?} {conflicts:?}");
    for conflict in conflicts {
        refused(conflict, 409, "ConflictException");
    }
    put().unwrap();
    let paths: BTreeSet<_> = aws.resources(&api).into_iter().map(|resource| resource.path.unwrap()).collect();
    assert_eq!(paths, ["/", "/hello"].map(str::to_owned).into());
}

#[test]
fn a_document_that_is_wrong_makes_no_api() {
    let (stack, aws, _) = behind(Strict::new().with(ImportRestApi), &[]);
    let document = minimal("wrong");
    let wrong = |path: &str, value: Value| {
        let mut document = document.clone();
        *document.pointer_mut(path).unwrap() = value;
        refusal(import(&aws, &document, false, Some("REGIONAL")))
    };
    let cases = [
        wrong("", json!("nonsense")),
        wrong("/openapi", json!("4.0")),
        wrong("/info", json!({})),
        wrong(INTEGRATION, json!({ "uri": "arn:aws:apigateway:us-east-1:lambda:path/x" })),
        wrong(INTEGRATION, json!({ "type": "aws_proxy", "uri": "arn:aws:apigateway:us-east-1:lambda:path/x" })),
        wrong(INTEGRATION, json!({ "type": "aws_proxy", "httpMethod": "POST", "uri": "https://example.com" })),
        refusal(import(&aws, &document, false, Some("GLOBAL"))),
    ];
    for (status, code, _) in &cases {
        assert_eq!((*status, code.as_str()), (400, "BadRequestException"));
    }
    insta::assert_json_snapshot!(cases.map(|(_, _, message)| message));
    assert_eq!(stack.aws.api_documents("wrong").len(), 0);
}

#[test]
fn a_warning_hinders_only_those_who_want_none() {
    let (stack, aws, _) = behind(Strict::new().with(ImportRestApi), &[]);
    let mut document = minimal("warned");
    let body = json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Gone" } } } });
    document["paths"]["/hello"]["get"]["requestBody"] = body;
    let message = refused(import(&aws, &document, true, None), 400, "BadRequestException");
    assert!(message.starts_with("Warnings found during import:"), "{message}");
    assert_eq!(stack.aws.api_documents("warned").len(), 0);
    let imported = import(&aws, &document, false, None).unwrap();
    assert_eq!(imported.warnings().len(), 1);
    assert_eq!(stack.aws.api_documents("warned").len(), 1);
}

#[test]
fn apis_are_imported_and_deleted_one_in_an_interval() {
    // 600 ms and 6 s.
    let (_stack, aws, _) = behind(Strict::new().with(ApiRate::scaled_by(0.2)).with(ImportRestApi), &[]);
    let import = || import(&aws, &minimal("in turn"), true, Some("REGIONAL"));
    let delete = |id: &str| aws.block_on(aws.gateway.delete_rest_api().rest_api_id(id).send());
    let one = import().unwrap().id.unwrap();
    refused(import(), 429, "TooManyRequestsException");
    sleep(Duration::from_millis(600));
    let other = import().unwrap().id.unwrap();
    delete(&one).unwrap();
    refused(delete(&other), 429, "TooManyRequestsException");
    assert_eq!(aws.block_on(aws.gateway.get_rest_api().rest_api_id(&other).send()).unwrap().id(), Some(&*other));
}

fn export(aws: &Aws, api: &str, stage: &str) -> Value {
    let call = aws.gateway.get_export().rest_api_id(api).stage_name(stage).export_type("oas30");
    let call = call.parameters("extensions", "integrations").accepts("application/json");
    serde_json::from_slice(&aws.block_on(call.send()).unwrap().body.unwrap().into_inner()).unwrap()
}

fn import(aws: &Aws, document: &Value, fail_on_warnings: bool, kind: Option<&str>) -> Imported {
    let call = aws.gateway.import_rest_api().body(Blob::new(document.to_string())).fail_on_warnings(fail_on_warnings);
    let parameters = kind.map(|kind| [("endpointConfigurationTypes".to_owned(), kind.to_owned())].into());
    aws.block_on(call.set_parameters(parameters).send())
}

/// Without what names the API and its resources.
fn comparable(mut exported: Value) -> Value {
    exported["servers"].take();
    let paths = exported["paths"].as_object_mut().unwrap().values_mut();
    for operation in paths.flat_map(|path| path.as_object_mut().unwrap().values_mut()) {
        operation["x-amazon-apigateway-integration"]["cacheNamespace"].take();
    }
    exported
}

/// One method without a function.
fn minimal(title: &str) -> Value {
    json!({
        "openapi": "3.0.1",
        "info": { "title": title, "version": "1.0" },
        "paths": { "/hello": { "get": { "x-amazon-apigateway-integration": { "type": "mock" } } } },
    })
}

fn with_all_parts() -> Value {
    json!({
        "openapi": "3.0.1",
        "info": { "title": "all-parts", "version": "1.0", "description": "all parts" },
        "x-amazon-apigateway-binary-media-types": ["image/png"],
        "x-amazon-apigateway-request-validators": { "bodies": { "validateRequestBody": true } },
        "x-amazon-apigateway-request-validator": "bodies",
        "x-amazon-apigateway-gateway-responses": {
            "DEFAULT_4XX": { "responseTemplates": { "application/json": "{}" } },
        },
        "security": [{ "guard": [] }],
        "paths": { "/pets/{id}": { "parameters": [], "x-amazon-apigateway-any-method": {
            "operationId": "pet",
            "parameters": [
                { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                { "name": "color", "in": "query", "schema": { "type": "string" } },
            ],
            "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Pet" } } } },
            "responses": { "200": {
                "description": "200 response",
                "headers": { "x-one": { "schema": { "type": "string" } } },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Pet" } } },
            } },
            "x-amazon-apigateway-integration": {
                "type": "mock",
                "passthroughBehavior": "when_no_match",
                "requestTemplates": { "application/json": "{\"statusCode\": 200}" },
                "responses": { "default": {
                    "statusCode": "200",
                    "responseTemplates": { "application/json": "{}" },
                } },
            },
        } } },
        "components": {
            "schemas": { "Pet": { "type": "object" } },
            "securitySchemes": {
                "guard": {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "x-amazon-apigateway-authtype": "custom",
                    "x-amazon-apigateway-authorizer": {
                        "type": "token",
                        "authorizerUri": super::endpoints::uri("guard"),
                    },
                },
            },
        },
    })
}
