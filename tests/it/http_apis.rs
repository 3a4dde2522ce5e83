//! Releases behind HTTP APIs, by the real binary, read back by API and over HTTP.

use crate::support::{Aws, Stack, answering};

/// `$STAGE` is the stage of the API, `$KIND` the line that says its kind.
const SETTINGS: &str = r#"
region = "us-east-1"
[artifacts]
bucket = "$NAME-artifacts"
[functions.hello]
source = "lambda"
name = "$NAME-dev"
alias = "live"
[apis.public]
$KIND
stage = "$STAGE"
[smoke]
path = "/hello"
timeout = "20s"
"#;

pub(crate) const BY_ID: &str = "type = \"http\"\nid = \"$API\"";

/// The settings for this stage of the API.
pub(crate) fn settings(stage: &str, kind: &str) -> String {
    SETTINGS.replace("$STAGE", stage).replace("$KIND", kind)
}

fn stack(options: &[&str], stage: &str, kind: &str) -> Stack {
    let stack = Stack::build(&[&["--alias", "live"], options].concat());
    stack.settings(&settings(stage, kind));
    stack.write("lambda/app.py", answering(200, "one"));
    stack
}

#[test]
fn a_stage_that_deploys_itself_gets_the_code_alone() {
    for (payload, kind) in [("2.0", BY_ID), ("1.0", "id = \"$API\""), ("2.0", "name = \"$NAME-api\"")] {
        let stack = stack(&["--http", "auto", "--payload", payload], "$default", kind);
        let before = stack.state(Some("live"));
        assert_eq!(before.answers["/hello"], (200, "placeholder".to_owned()));
        let run = stack.release(&[]).exits(0);
        assert_eq!(run.outcome(), "released");
        let after = stack.state(Some("live"));
        assert_eq!(after.answers["/hello"], (200, "one".to_owned()));
        assert_eq!((&after.deployment, &after.deployments), (&before.deployment, &before.deployments));
        let invoke = run.document()["plan"]["waves"].to_string().contains("\"type\":\"invoke\"");
        assert!(invoke, "the version is proven before its alias moves");
        stack.logged("unchanged").writes_nothing();
        stack.settings(&settings("$default", kind).replace("20s", "2s"));
        stack.fails(Some("live"));
    }
}

#[test]
fn another_stage_is_redeployed_where_the_definition_changed() {
    let stack = stack(&["--http", "manual"], "dev", BY_ID);
    stack.release(&[]).exits(0);
    let deployed = stack.state(Some("live"));
    stack.logged("unchanged").writes_nothing();
    Aws::shared().add_route(&stack.api, "GET /again");
    assert_eq!(stack.call("/again").status, 404);
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    assert_eq!(stack.call("/again").body, "one");
    let after = stack.state(Some("live"));
    assert_ne!(after.deployment, deployed.deployment);
    assert_eq!(after.deployments.len(), deployed.deployments.len() + 1);
    // A failure puts stage and deployments back.
    Aws::shared().add_route(&stack.api, "GET /third");
    stack.settings(
        &SETTINGS
            .replace("$STAGE", "dev")
            .replace("$KIND", BY_ID)
            .replace("20s", "2s\"\nstatus = 418\nbefore = false #"),
    );
    let before = stack.state(Some("live"));
    stack.write("lambda/app.py", answering(200, "two"));
    stack.release(&[]).exits(4);
    let after = stack.state(Some("live"));
    assert_eq!(
        (after.deployment, after.deployments, after.answers),
        (before.deployment, before.deployments, before.answers)
    );
}

#[test]
fn a_lost_permission_is_added_again() {
    let stack = stack(&["--http", "auto"], "$default", BY_ID);
    stack.release(&[]).exits(0);
    stack.aws.forbid(&stack.function("dev"), Some("live"), "AllowAPIGatewayInvoke");
    assert_eq!(stack.call("/hello").status, 500);
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    assert_eq!(stack.call("/hello").body, "one");
}

/// Of both formats, on a stage with a name and a variable, with a parameter in the path.
#[test]
fn the_event_is_that_of_api_gateway() {
    for payload in ["2.0", "1.0"] {
        let stack = stack(&["--http", "manual", "--payload", payload], "dev", BY_ID);
        let aws = Aws::shared();
        aws.add_route(&stack.api, "GET /people/{name}");
        let variable = aws.http_apis.update_stage().api_id(&stack.api).stage_name("dev");
        aws.block_on(variable.stage_variables("table", "users").send()).unwrap();
        let path = "/people/Ada%20L?x=1&x=2&y=a%20b";
        let asked = settings("dev", BY_ID).replace("\"/hello\"", &format!("\"{path}\""));
        // The route is deployed with this release, so that the first answers are 404.
        stack.settings(&asked.replace("20s", "20s\"\nbefore = true #"));
        let echo = "import json\ndef handler(event, context):\n    return {\"statusCode\": 200, \"body\": json.dumps(event)}\n";
        stack.write("lambda/app.py", echo);
        stack.release(&[]).exits(0);
        let sent = stack.proxy.calls().calls("Invoke").last().unwrap().body.clone();
        let sent: serde_json::Value = serde_json::from_slice(&sent).unwrap();
        let real: serde_json::Value = serde_json::from_str(&stack.call(path).body).unwrap();
        let known = ["headers", "multiValueHeaders", "requestContext"];
        for key in real.as_object().unwrap().keys().filter(|key| !known.contains(&key.as_str())) {
            assert_eq!(sent[key], real[key], "{payload}: {key}");
        }
        let context = real["requestContext"].as_object().unwrap().keys();
        let missing: Vec<_> = context.filter(|key| sent["requestContext"].get(*key).is_none()).collect();
        assert_eq!(missing, Vec::<&String>::new(), "{payload}");
        for key in ["accountId", "apiId", "stage", "routeKey", "resourceId", "resourcePath", "path"] {
            assert_eq!(sent["requestContext"][key], real["requestContext"][key], "{payload}: {key}");
        }
        let http =
            ["method", "path"].map(|key| (&sent["requestContext"]["http"][key], &real["requestContext"]["http"][key]));
        assert!(http.iter().all(|(sent, real)| sent == real), "{payload}: {http:?}");
    }
}
