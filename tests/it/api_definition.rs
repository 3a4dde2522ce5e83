//! The digest of an API's definition, and the functions that its integrations call.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sls_release::model::{AccountId, ApiDefinition, Integration, LambdaTarget, Sha256};

fn digest(document: Value) -> Sha256 {
    ApiDefinition { document, integrations: Vec::new() }.digest()
}

/// The canonical text is a published format: descriptions of deployments contain its digest.
#[test]
fn the_digest_is_that_of_the_canonical_text() {
    let document = json!({"b": [1, {"z": null, "a": true}], "a": "ü\n\"", "B": {}, "é": [], "e": -0.5});
    let canonical = "{\"B\":{},\"a\":\"ü\\n\\\"\",\"b\":[1,{\"a\":true,\"z\":null}],\"e\":-0.5,\"é\":[]}";
    assert_eq!(digest(document), Sha256::of(canonical.as_bytes()));
}

#[test]
fn the_digest_depends_on_the_order_of_lists_but_not_of_keys() {
    let one: Value = serde_json::from_str(r#"{"a": {"x": 1, "y": 2}, "b": [1, 2]}"#).unwrap();
    let other: Value = serde_json::from_str(r#"{"b": [1, 2], "a": {"y": 2, "x": 1}}"#).unwrap();
    assert_eq!(digest(one.clone()), digest(other));
    assert_ne!(digest(one), digest(json!({"a": {"x": 1, "y": 2}, "b": [2, 1]})));
}

#[test]
fn any_change_changes_the_digest() {
    let documents = [
        json!({}),
        json!([]),
        json!(null),
        json!({"a": null}),
        json!({"a": ""}),
        json!({"a": []}),
        json!({"a": {}}),
        json!({"a": 1}),
        json!({"a": "1"}),
        json!({"a": [["b"]]}),
        json!({"a": ["b"]}),
        json!({"a,\"b": 1}),
    ];
    let mut digests: Vec<_> = documents.iter().cloned().map(digest).collect();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), documents.len());
}

const PATH: &str = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions";
const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function";

fn integration(uri: Option<String>) -> Integration {
    Integration { path: "/".to_owned(), method: "GET".to_owned(), uri, ..Integration::default() }
}

fn variables() -> BTreeMap<String, String> {
    let pairs = [("fn", "hello"), ("alias", "dev"), ("both", "hello:dev"), ("empty", "")];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn target(function: &str) -> Option<LambdaTarget> {
    integration(Some(format!("{PATH}/{function}/invocations"))).lambda_target(&variables())
}

/// Returns `function:qualifier`, with the account in front if it is known.
fn words(function: &str) -> Option<String> {
    let LambdaTarget { function, qualifier, account } = target(function)?;
    Some(account.map_or(String::new(), |account| format!("{account} ")) + &format!("{function}:{qualifier}"))
}

#[test]
fn an_integration_names_its_function() {
    for (uri, expected) in [
        (format!("{ARN}:hello"), "123456789012 hello:$LATEST"),
        (format!("{ARN}:hello:$LATEST"), "123456789012 hello:$LATEST"),
        (format!("{ARN}:hello:dev"), "123456789012 hello:dev"),
        (format!("{ARN}:hello:7"), "123456789012 hello:7"),
        (format!("{ARN}:${{stageVariables.fn}}"), "123456789012 hello:$LATEST"),
        (format!("{ARN}:${{stageVariables.fn}}:${{stageVariables.alias}}"), "123456789012 hello:dev"),
        (format!("{ARN}:${{stageVariables.both}}"), "123456789012 hello:dev"),
        (format!("{ARN}:hello-${{stageVariables.alias}}-x"), "123456789012 hello-dev-x:$LATEST"),
        (format!("{ARN}:function:function"), "123456789012 function:function"),
        ("123456789012:function:hello:dev".to_owned(), "123456789012 hello:dev"),
        ("hello:dev".to_owned(), "hello:dev"),
        ("hello".to_owned(), "hello:$LATEST"),
        ("function".to_owned(), "function:$LATEST"),
        ("hello:function".to_owned(), "hello:function"),
    ] {
        assert_eq!(words(&uri).as_deref(), Some(expected), "{uri}");
    }
}

#[test]
fn other_integrations_have_no_target() {
    for uri in [format!("{ARN}:${{stageVariables.empty}}"), format!("{ARN}:${{stageVariables.unknown}}"), String::new()]
    {
        assert_eq!(words(&uri), None, "{uri}");
    }
    let step_functions = "arn:aws:apigateway:eu-central-1:states:action/StartExecution";
    for uri in [None, Some("https://example.com/functions/hello/"), Some(step_functions)] {
        assert_eq!(integration(uri.map(str::to_owned)).lambda_target(&variables()), None, "{uri:?}");
    }
}

#[test]
fn a_streaming_uri_names_its_function() {
    let uri = format!(
        "arn:aws:apigateway:eu-central-1:lambda:path/2021-11-15/functions/{ARN}:hello:dev/response-streaming-invocations"
    );
    let found = integration(Some(uri)).lambda_target(&variables()).unwrap();
    assert_eq!((found.function.as_str(), found.qualifier.parameter()), ("hello", Some("dev")));
    assert_eq!(found.account, Some(AccountId::new("123456789012")));
}

#[test]
fn an_unterminated_variable_is_not_replaced() {
    assert_eq!(words("hello${stageVariables.fn").as_deref(), Some("hello${stageVariables.fn:$LATEST"));
}
