//! Functions with URLs of their own: released and proven by them.

use aws_sdk_lambda::types::FunctionUrlAuthType;
use serde_json::{Value, json};

use crate::support::{Answer, Run, Stack, Upstream, answering, get};

/// One function whose URL is asked.
pub(crate) const URL: &str = r#"
region = "us-east-1"
[artifacts]
bucket = "$NAME-artifacts"
prefix = "hello"
[functions.hello]
source = "lambda"
name = "$NAME-dev"
alias = "live"
[smoke]
path = "/hello"
hits = 2
timeout = "2s"
[preview]
share_role = true
service = "hello"
"#;

/// The same without an alias.
pub(crate) fn without_alias() -> String {
    URL.replace("alias = \"live\"\n", "")
}

impl Stack {
    /// Gives the function, or its alias, a URL as Terraform does; with both statements where anybody may call it. Returns
    /// its id.
    pub(crate) fn give_url(&self, alias: Option<&str>, auth: &FunctionUrlAuthType) -> String {
        let (aws, function, alias_) = (self.aws, self.function("dev"), alias.map(str::to_owned));
        let create = aws.lambda.create_function_url_config().function_name(&function).auth_type(auth.clone());
        let made = aws.block_on(create.set_qualifier(alias_.clone()).send()).unwrap();
        if *auth == FunctionUrlAuthType::None {
            let permit = || aws.lambda.add_permission().function_name(&function).set_qualifier(alias_.clone());
            let id = |what: &str| format!("public-{what}-{}", alias.unwrap_or("latest"));
            let url = permit().statement_id(id("url")).action("lambda:InvokeFunctionUrl").principal("*");
            aws.block_on(url.function_url_auth_type(auth.clone()).send()).unwrap();
            let invoke = permit().statement_id(id("invoke")).action("lambda:InvokeFunction").principal("*");
            aws.block_on(invoke.invoked_via_function_url(true).send()).unwrap();
        }
        self.show_url(&function, alias);
        made.function_url.split(['/', '.']).nth(2).unwrap().to_owned()
    }

    /// Shows the rules a URL that was made past the proxy, and returns its configuration.
    pub(crate) fn show_url(&self, function: &str, alias: Option<&str>) -> Option<Value> {
        let qualifier = alias.map(|alias| format!("?Qualifier={alias}")).unwrap_or_default();
        let target = format!("/2021-10-31/functions/{function}/url{qualifier}");
        Upstream::new(&self.proxy.side_door).read("lambda", &target)
    }

    /// Calls a URL as anybody does, by the side door.
    pub(crate) fn call_url(&self, id: &str, path: &str) -> Answer {
        get(&format!("{}/_aws/lambda-url/{id}{path}", self.proxy.side_door)).unwrap()
    }
}

/// A stack whose function has a URL, and the id of that.
fn stack(options: &[&str], settings: &str, alias: Option<&str>, auth: &FunctionUrlAuthType) -> (Stack, String) {
    let stack = Stack::build(options);
    stack.settings(settings);
    stack.write("lambda/app.py", answering(200, "one"));
    let id = stack.give_url(alias, auth);
    (stack, id)
}

const ALIASED: [&str; 2] = ["--alias", "live"];

fn problem(run: &Run) -> Value {
    run.document()["failure"]["problems"][0].clone()
}

#[test]
fn a_release_moves_the_alias_behind_its_url() {
    let (stack, id) = stack(&ALIASED, URL, Some("live"), &FunctionUrlAuthType::None);
    assert_eq!(stack.call_url(&id, "/hello").body, "placeholder");
    let log = stack.logged("released");
    let number = |action| log.calls(action).last().unwrap().number;
    assert!(number("Invoke") < number("UpdateAlias") && number("UpdateAlias") < number("InvokeFunctionUrl"), "{log:?}");
    assert_eq!(stack.call_url(&id, "/hello").body, "one");

    let log = stack.logged("unchanged");
    log.writes_nothing();
    assert!(log.calls("GetFunctionUrlConfig").len() == 2 && log.calls("InvokeFunctionUrl").len() == 1, "{log:?}");

    stack.write("lambda/app.py", answering(200, "two"));
    let run = stack.release(&[]).exits(0);
    let released = &run.document()["released"];
    let url = format!("{}/_aws/lambda-url/{id}", stack.proxy.endpoint);
    assert_eq!(released["function_urls"], json!({ "hello": url }), "{run:?}");
    assert_eq!((&released["smoke"][0]["url"], &released["smoke"][0]["hits"]), (&json!(url + "/hello"), &json!(2)));
    assert_eq!(released["invoked"][0]["event"], "GET /hello", "{run:?}");
    assert_eq!(stack.call_url(&id, "/hello").body, "two");

    let (run, calls) = stack.fails(Some("live"));
    assert!(calls.calls("UpdateAlias").is_empty(), "its callers never got it: {run:?}");
    assert_eq!(stack.call_url(&id, "/hello").body, "two");
}

/// What only the URL shows fails after the alias moved.
#[test]
fn a_url_that_does_not_answer_puts_the_alias_back() {
    let settings = URL.replace("[smoke]", "[smoke]\nbefore = false");
    for (settings, options, alias) in [(settings, &ALIASED[..], Some("live")), (without_alias(), &[][..], None)] {
        let (stack, id) = stack(options, &settings, alias, &FunctionUrlAuthType::None);
        stack.release(&[]).exits(0);
        let (run, calls) = stack.fails(alias);
        assert!(problem(&run)["why"].as_str().unwrap().contains("it answered 500 instead of 200"), "{run:?}");
        assert!(calls.calls("InvokeFunctionUrl").iter().any(|call| call.status == 500), "{run:?}");
        assert_eq!(stack.call_url(&id, "/hello").body, "one");
    }
}

#[test]
fn a_url_that_iam_guards_is_asked_by_signed_requests() {
    let (stack, id) = stack(&ALIASED, URL, Some("live"), &FunctionUrlAuthType::AwsIam);
    assert_eq!(stack.call_url(&id, "/hello").status, 403, "who does not sign is kept out");
    let log = stack.logged("released");
    assert!(log.calls("Invoke").is_empty(), "the function may need what IAM tells it of the caller: {log:?}");
    let statuses: Vec<_> = log.calls("InvokeFunctionUrl").iter().map(|call| call.status).collect();
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    stack.logged("unchanged").writes_nothing();

    stack.settings(&URL.replace("[smoke]", "[smoke]\nbefore = true"));
    stack.write("lambda/app.py", answering(200, "two"));
    assert_eq!(stack.logged("released").calls("Invoke").len(), 1, "it was asked for");
    let plan = stack.run(&["plan", "--stage", "dev"]).exits(0);
    assert!(plan.stdout.contains("by a signed request"), "{plan:?}");
}

/// AWS lets nobody in without the second statement.
#[test]
fn a_public_url_without_both_statements_is_forbidden() {
    let (stack, id) = stack(&ALIASED, URL, Some("live"), &FunctionUrlAuthType::None);
    stack.release(&[]).exits(0);
    stack.aws.forbid(&stack.function("dev"), Some("live"), "public-invoke-live");
    assert_eq!(stack.call_url(&id, "/hello").status, 403);
    let run = stack.release(&[]).exits(4);
    let why = problem(&run)["why"].as_str().unwrap().to_owned();
    assert!(why.contains("403 instead of 200") && why.contains("urls-auth"), "{run:?}");
}

#[test]
fn a_url_beside_the_alias_is_warned_of() {
    let (stack, own) = stack(&ALIASED, URL, None, &FunctionUrlAuthType::None);
    let run = stack.release(&[]).exits(0);
    let warnings = run.document()["plan"]["warnings"].to_string();
    assert!(warnings.contains("url_beside_alias") && warnings.contains(&own), "{run:?}");
    // Once the alias has one, that is asked.
    let id = stack.give_url(Some("live"), &FunctionUrlAuthType::None);
    stack.write("lambda/app.py", answering(200, "two"));
    let run = stack.release(&[]).exits(0);
    assert!(run.document()["released"]["function_urls"]["hello"].as_str().unwrap().ends_with(&id), "{run:?}");
}

#[test]
fn a_url_that_does_not_exist_is_refused() {
    let stack = Stack::build(&[]);
    stack.settings(&without_alias());
    stack.write("lambda/app.py", answering(200, "one"));
    let run = stack.release(&[]).exits(3);
    stack.proxy.take_calls().writes_nothing();
    assert_eq!(problem(&run)["check"], "smoke-function-url-missing", "{run:?}");
    assert!(problem(&run)["fix"].as_str().unwrap().contains("aws_lambda_function_url"), "{run:?}");
}

/// A function that has both is asked by either.
#[test]
fn beside_an_api_the_url_is_asked_where_the_settings_say_so() {
    let settings = format!("{URL}[apis.public]\nid = \"$API\"\n");
    let by_url = settings.replace("[smoke]", "[smoke]\nfunction = \"hello\"\napi = false");
    let (stack, _) = stack(&ALIASED, &by_url, Some("live"), &FunctionUrlAuthType::None);
    let log = stack.logged("released");
    assert!(log.calls("InvokeApi").is_empty() && !log.calls("InvokeFunctionUrl").is_empty(), "{log:?}");
    stack.settings(&settings);
    let log = stack.logged("unchanged");
    assert!(log.calls("InvokeFunctionUrl").is_empty() && log.calls("GetFunctionUrlConfig").is_empty(), "{log:?}");
    stack.write("lambda/app.py", answering(200, "two"));
    let log = stack.logged("released");
    assert!(log.calls("GetFunctionUrlConfig").is_empty(), "its URL matters to nothing here: {log:?}");
}

/// The event has what a real one has.
#[test]
fn the_event_is_that_of_the_url() {
    let path = "/hello/Ada%20L?x=1&x=2&name=a%2Fb";
    let settings =
        URL.replace("\"/hello\"", &format!("\"{path}\"")).replace("timeout", "contains = \"$default\"\ntimeout");
    let settings = format!(
        "{}[smoke.headers]\nX-Who = \"me\"\nCookie = \"a=1; b=2\"\n",
        settings.split("[preview]").next().unwrap()
    );
    let (stack, id) = stack(&ALIASED, &settings, Some("live"), &FunctionUrlAuthType::None);
    // What is no response is the body.
    stack.write("lambda/app.py", "def handler(event, context):\n    return event\n");
    stack.release(&[]).exits(0);
    let sent: Value = serde_json::from_slice(&stack.proxy.calls().calls("Invoke").last().unwrap().body).unwrap();
    let real: Value = serde_json::from_str(&stack.call_url(&id, path).body).unwrap();
    let same = ["version", "routeKey", "rawPath", "rawQueryString", "queryStringParameters", "isBase64Encoded"];
    for key in same {
        assert_eq!(sent[key], real[key], "{key}");
    }
    for key in ["accountId", "apiId", "domainName", "domainPrefix", "routeKey", "stage"] {
        assert_eq!(sent["requestContext"][key], real["requestContext"][key], "{key}");
    }
    for key in ["method", "path", "protocol"] {
        assert_eq!(sent["requestContext"]["http"][key], real["requestContext"]["http"][key], "{key}");
    }
    let missing = |of: &Value, than: &Value| -> Vec<String> {
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        keys(than).into_iter().filter(|key| of.get(key).is_none()).collect()
    };
    assert_eq!(missing(&sent, &real), Vec::<String>::new());
    assert_eq!(missing(&sent["requestContext"], &real["requestContext"]), Vec::<String>::new());
    assert_eq!((&sent["headers"]["x-who"], &sent["cookies"]), (&json!("me"), &json!(["a=1", "b=2"])));
}

#[test]
fn who_may_not_read_urls_is_warned() {
    let stack = Stack::build(&ALIASED);
    stack.settings(URL.split("[smoke]").next().unwrap());
    stack.write("lambda/app.py", answering(200, "one"));
    stack.proxy.deny("lambda:GetFunctionUrlConfig");
    let run = stack.release(&[]).exits(0);
    assert!(run.document()["plan"]["warnings"].to_string().contains("lambda:GetFunctionUrlConfig"), "{run:?}");
    // Without it the smoke test cannot be asked.
    stack.settings(URL);
    let run = stack.release(&[]).exits(3);
    assert!(problem(&run)["fix"].as_str().unwrap().contains("lambda:GetFunctionUrlConfig"), "{run:?}");
}
