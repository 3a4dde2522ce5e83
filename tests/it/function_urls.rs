//! Functions with URLs of their own: released and proven by them.

use aws_sdk_lambda::types::FunctionUrlAuthType;
use serde_json::{Value, json};

use crate::github::HEAD;
use crate::github::reporting::{self, NEXT};
use crate::support::github::{BASE, GitHubDouble};
use crate::support::{Answer, Ends, Run, Stack, Upstream, answering, get};

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

/// As its Terraform leaves it: a public URL of the function itself.
#[test]
fn the_stack_of_a_url_is_released() {
    let stack = Stack::build(&[]);
    stack.take_project("function-url", "hello-{stage}");
    let id = stack.give_url(None, &FunctionUrlAuthType::None);
    let run = stack.run(&["--stage", "dev"]).exits(0);
    assert!(run.stdout.contains(&format!("/_aws/lambda-url/{id}")), "{run:?}");
    assert_eq!(stack.call_url(&id, "/?name=Ada").body, "Hello, Ada!");
    stack.logged("unchanged").writes_nothing();
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

/// `preview up` of pull request 42 at a commit that begins so.
fn preview(stack: &Stack, commit: &str) -> Run {
    let mut command = stack.preview_command("up", &["--pr", "42", "--stage", "dev"]);
    command.env("SLS_RELEASE_COMMIT", format!("{commit:0<40}")).ended()
}

/// The ids of the URLs that a preview reports: its own, and those of its commits, the newest first.
fn urls_of(run: &Run) -> (String, Vec<(String, String)>) {
    let preview = &run.document()["previews"][0];
    let id = |url: &Value| url.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let commits = preview["commits"].as_array().unwrap().iter();
    let commits = commits.map(|one| (one["commit"].as_str().unwrap().to_owned(), id(&one["url"])));
    (id(&preview["function_urls"]["hello"]), commits.collect())
}

/// Calls a URL of a preview by a signed request, by the side door.
pub(crate) fn signed(stack: &Stack, id: &str) -> (u16, String) {
    let target = format!("/_aws/lambda-url/{id}/hello");
    let answer = Upstream::new(&stack.proxy.side_door).call("lambda", "GET", &target, Vec::new());
    (answer.status(), String::from_utf8(answer.body).unwrap())
}

#[test]
fn each_commit_of_a_preview_keeps_a_url() {
    let (stack, stage) = stack(&ALIASED, URL, Some("live"), &FunctionUrlAuthType::None);
    let name = stack.function("dev-pr-42");
    let run = preview(&stack, "aaaaaaa").exits(0);
    let (own, commits) = urls_of(&run);
    assert_eq!(commits.iter().map(|(commit, _)| commit.as_str()).collect::<Vec<_>>(), ["aaaaaaa"], "{run:?}");
    assert_eq!(stack.call_url(&own, "/hello").status, 403, "IAM guards it");
    assert_eq!(signed(&stack, &own), (200, "one".to_owned()));
    assert_eq!(stack.aws.policy(&name, None), Vec::<Value>::new(), "nobody else may call it");

    stack.proxy.take_calls();
    let run = preview(&stack, "aaaaaaa").exits(0);
    assert_eq!((run.outcome().as_str(), urls_of(&run)), ("unchanged", (own.clone(), commits.clone())));
    stack.proxy.take_calls().writes_nothing();

    stack.write("lambda/app.py", answering(200, "two"));
    let run = preview(&stack, "bbbbbbb").exits(0);
    let (same, now) = urls_of(&run);
    assert_eq!((same, &now[1]), (own.clone(), &commits[0]), "{run:?}");
    let answers = [&own, &now[0].1, &now[1].1].map(|id| signed(&stack, id).1);
    assert_eq!(answers, ["two", "two", "one"]);
    assert_eq!(stack.call_url(&stage, "/hello").body, "placeholder", "the stage is as it was");

    let listed = stack.preview("list", &[]).exits(0);
    assert!(listed.document()["previews"][0]["function_urls"].to_string().contains(&own), "{listed:?}");

    stack.write("lambda/app.py", answering(500, "broken"));
    let run = preview(&stack, "ccccccc").exits(5);
    assert!(run.document()["not_put_back"][0]["what"].as_str().unwrap().contains(&name), "{run:?}");
    assert_eq!(signed(&stack, &now[0].1).1, "two", "older commits stay as they are");

    stack.preview("down", &["--pr", "42"]).exits(0);
    assert_eq!(signed(&stack, &own).0, 403);
    assert_eq!(stack.aws.functions(&name), Vec::<String>::new());
}

#[test]
fn ten_commits_keep_their_urls() {
    let (stack, _) = stack(&ALIASED, URL, Some("live"), &FunctionUrlAuthType::AwsIam);
    let name = stack.function("dev-pr-42");
    for number in 1..=12 {
        stack.write("lambda/app.py", answering(200, &format!("commit {number}")));
        let run = preview(&stack, &format!("{number:07x}")).exits(0);
        assert_eq!(urls_of(&run).1.len(), number.min(10), "{run:?}");
    }
    assert_eq!(stack.aws.versions(&name).len(), 10);
    assert!(stack.aws.find_alias(&name, "c-0000002").is_none() && stack.aws.find_alias(&name, "c-0000003").is_some());
    // What may not be deleted is a warning.
    stack.proxy.deny("lambda:DeleteFunctionUrlConfig");
    stack.write("lambda/app.py", answering(200, "commit 13"));
    let run = preview(&stack, "000000d").exits(0);
    assert!(run.document()["warnings"].to_string().contains("c-0000003"), "{run:?}");
}

#[test]
fn a_preview_is_public_where_the_settings_say_so() {
    let public = URL.replace("share_role", "public_url = true\nshare_role");
    let (stack, _) = stack(&ALIASED, &public, Some("live"), &FunctionUrlAuthType::None);
    let name = stack.function("dev-pr-42");
    let run = preview(&stack, "aaaaaaa").exits(0);
    let (own, commits) = urls_of(&run);
    for id in [&own, &commits[0].1] {
        assert_eq!((stack.call_url(id, "/hello").status, signed(&stack, id).0), (200, 200));
    }
    for alias in [None, Some("c-aaaaaaa")] {
        let policy = stack.aws.policy(&name, alias);
        let invoke = policy.iter().find(|one| one["Action"] == "lambda:InvokeFunction").unwrap();
        assert_eq!(invoke["Condition"]["Bool"]["lambda:InvokedViaFunctionUrl"], "true", "else anybody may invoke it");
    }
    stack.settings(URL);
    let run = preview(&stack, "aaaaaaa").exits(0);
    assert_eq!(urls_of(&run), (own.clone(), commits.clone()));
    assert_eq!([&own, &commits[0].1].map(|id| stack.call_url(id, "/hello").status), [403, 403]);
    stack.settings(&public);
    stack.write("lambda/app.py", answering(200, "two"));
    let (_, now) = urls_of(&preview(&stack, "bbbbbbb").exits(0));
    assert_eq!(now[1], commits[0]);
    let answers = [&own, &now[0].1, &now[1].1].map(|id| stack.call_url(id, "/hello").body);
    assert_eq!(answers, ["two", "two", "one"]);
}

/// An organisation may forbid public URLs, or all of them.
#[test]
fn what_an_organisation_forbids_is_told_as_a_policy() {
    let public = URL.replace("share_role", "public_url = true\nshare_role");
    let (stack, _) = stack(&ALIASED, &public, Some("live"), &FunctionUrlAuthType::None);
    for action in ["AddPermission", "CreateFunctionUrlConfig"] {
        stack.proxy.refuse(action, "with an explicit deny in a service control policy");
        let run = preview(&stack, "aaaaaaa").exits(4);
        let fix = problem(&run)["fix"].as_str().unwrap().to_owned();
        assert!(fix.starts_with(&format!("a policy forbids lambda:{action}")) && fix.contains("public_url"), "{run:?}");
        assert_eq!(stack.aws.functions(&stack.function("dev-pr-42")), Vec::<String>::new());
        stack.proxy.clear_orders();
    }
}

/// From the event to the comment, which leads from each commit to its URL.
#[test]
fn the_comment_leads_from_commits_to_their_urls() {
    let (stack, _) = stack(&ALIASED, URL, Some("live"), &FunctionUrlAuthType::None);
    stack.write(".git/HEAD", "");
    let double = GitHubDouble::of(&stack.repository());
    double.file("sls-release.toml", BASE, &std::fs::read_to_string(stack.folder().join("sls-release.toml")).unwrap());
    for (action, head) in [("opened", HEAD), ("synchronize", NEXT)] {
        double.pull_request(42, true, head);
        stack.write("lambda/app.py", answering(200, head));
        reporting::command(&stack, &double, action, head).ended().exits(0);
    }
    let body = double.comments(42).remove(0).body;
    let rows: Vec<_> = body.lines().filter(|line| line.starts_with("| ") && line.contains("lambda-url")).collect();
    assert_eq!(rows.len(), 2, "{body}");
    for (row, head) in rows.iter().zip([NEXT, HEAD]) {
        assert!(row.starts_with(&format!("| {} | ", &head[..7])), "the newest comes first: {body}");
        let id = row.split("lambda-url/").nth(1).unwrap().split(|other: char| !other.is_alphanumeric()).next().unwrap();
        assert_eq!(signed(&stack, id).1, head, "{body}");
    }
}
