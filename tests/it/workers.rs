//! Functions without an API: released and previewed by an event that proves them.

use aws_sdk_lambda::types::FunctionCode;
use serde_json::{Value, json};

use crate::github::HEAD;
use crate::github::reporting;
use crate::preview::scene::{functions, github};
use crate::support::github::{BASE, GitHubDouble};
use crate::support::{Ends, Run, Stack, State, without_bucket};

/// A worker whose callers use an alias.
pub(crate) const WORKER: &str = r#"
region = "us-east-1"
[artifacts]
bucket = "$NAME-artifacts"
prefix = "hello"
[functions.worker]
source = "lambda"
name = "$NAME-dev"
alias = "live"
[smoke]
function = "worker"
invoke = "event.json"
contains = "job 7"
timeout = "1500ms"
[preview]
share_role = true
service = "worker"
"#;

/// A worker whose callers use `$LATEST`.
fn without_alias() -> String {
    WORKER.replace("alias = \"live\"\n", "")
}

/// Code that says which release it is and which job it did; a job that it does not know is an error.
pub(crate) fn working(text: &str) -> String {
    format!("def handler(event, context):\n    return \"{text} did job \" + str(event[\"job\"])\n")
}

/// Code that fails on every job.
fn broken() -> String {
    "def handler(event, context):\n    raise ValueError(\"no such queue\")\n".to_owned()
}

fn worker(options: &[&str], settings: &str) -> Stack {
    let stack = Stack::build(options);
    stack.settings(settings);
    stack.write("event.json", r#"{ "job": 7 }"#);
    stack.write("lambda/app.py", working("one"));
    stack
}

/// Lets a queue call what is named so, and returns the id of the mapping and the queue.
fn map(stack: &Stack, called: &str) -> (String, String) {
    let queue = format!("arn:aws:sqs:us-east-1:000000000000:{}", stack.name);
    let call = stack.aws.lambda.create_event_source_mapping().function_name(called).event_source_arn(&queue);
    (stack.aws.block_on(call.send()).unwrap().uuid.unwrap(), queue)
}

/// Lets a bucket call the function, or an alias of it.
fn let_bucket_call(stack: &Stack, alias: Option<&str>) {
    let call = stack.aws.lambda.add_permission().function_name(stack.function("dev")).statement_id("uploads");
    let call = call.set_qualifier(alias.map(str::to_owned)).action("lambda:InvokeFunction");
    let call = call.principal("s3.amazonaws.com").source_arn("arn:aws:s3:::uploads");
    stack.aws.block_on(call.send()).unwrap();
}

/// A release whose code fails on its event: everything is as before.
fn fails(stack: &Stack, alias: Option<&str>) -> (State, Run) {
    let before = stack.state(alias);
    stack.write("lambda/app.py", broken());
    let run = stack.release(&[]).exits(4);
    let own = &run.document()["failure"]["problems"][0]["own_error"];
    assert_eq!(own, "ValueError: no such queue", "{run:?}");
    assert_eq!(stack.state(alias), before, "{run:?}");
    (before, run)
}

#[test]
fn a_worker_is_released_once_its_event_proves_it() {
    for settings in [WORKER.to_owned(), without_bucket(WORKER)] {
        let stack = worker(&["--alias", "live"], &settings);
        let function = stack.function("dev");
        let (mapping, queue) = map(&stack, &format!("{function}:live"));
        let_bucket_call(&stack, Some("live"));

        let plan = stack.run(&["plan", "--stage", "dev"]).exits(0);
        let said = format!(
            "s3.amazonaws.com may call it for arn:aws:s3:::uploads (statement uploads), event source mapping {mapping} of {queue} calls it"
        );
        let flat = plan.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&said) && flat.contains("they get the new version when the alias moves"), "{plan:?}");

        let log = stack.logged("released");
        let before_alias = log.calls("Invoke")[0].number < log.calls("UpdateAlias")[0].number;
        assert!(before_alias && log.calls("Invoke").len() == 1, "{log:?}");
        stack.logged("unchanged").writes_nothing();

        stack.write("lambda/app.py", working("two"));
        let run = stack.release(&[]).exits(0);
        let invoked = &run.document()["released"]["invoked"][0];
        assert_eq!((&invoked["version"], &invoked["event"]), (&json!("3"), &json!("event.json")), "{run:?}");
        assert_eq!(stack.aws.alias(&function, "live"), "3");

        let (_, run) = fails(&stack, Some("live"));
        let what = run.document()["failure"]["problems"][0]["what"].clone();
        assert!(what.as_str().unwrap().contains("failed before its callers got it"), "{run:?}");
        stack.aws.block_on(stack.aws.lambda.delete_event_source_mapping().uuid(mapping).send()).unwrap();
    }
}

/// As its Terraform leaves it: a queue calls its alias.
#[test]
fn the_stack_of_a_worker_is_released() {
    let stack = Stack::build(&["--alias", "live"]);
    stack.take_project("sqs-worker", "orders-{stage}");
    let (mapping, queue) = map(&stack, &format!("{}:live", stack.function("dev")));
    let run = stack.run(&["--stage", "dev"]).exits(0);
    assert!(run.stderr.contains(&queue) && run.stdout.contains("answered events/orders.json"), "{run:?}");
    stack.logged("unchanged").writes_nothing();
    stack.aws.block_on(stack.aws.lambda.delete_event_source_mapping().uuid(mapping).send()).unwrap();
}

/// What is said of it after the release must be what was shown.
#[test]
fn a_release_that_an_event_proved_is_not_called_unproven() {
    let stack = worker(&[], &without_alias());
    let run = stack.run(&["--stage", "dev"]).exits(0);
    assert!(run.stdout.contains("answered event.json") && !run.stdout.contains("no smoke test"), "{run:?}");
}

#[test]
fn a_worker_without_an_alias_gets_its_code_back() {
    let stack = worker(&[], &without_alias());
    let (mapping, _) = map(&stack, &stack.function("dev"));
    let_bucket_call(&stack, None);
    let run = stack.release(&[]).exits(0);
    let warnings = run.document()["plan"]["warnings"].as_array().unwrap().clone();
    let called = warnings.iter().find(|warning| warning["warning"] == "called_without_alias").unwrap();
    let callers = &called["callers"];
    assert_eq!(callers.as_array().unwrap().len(), 3, "the stack's API, too: {callers}");
    assert!(callers.to_string().contains("arn:aws:s3:::uploads") && callers.to_string().contains(&mapping));
    stack.logged("unchanged").writes_nothing();
    fails(&stack, None);
    stack.aws.block_on(stack.aws.lambda.delete_event_source_mapping().uuid(mapping).send()).unwrap();
}

/// Who is mapped to another alias does not get the release.
#[test]
fn callers_of_another_alias_are_named() {
    let stack = worker(&["--alias", "live"], WORKER);
    let function = stack.function("dev");
    let call = stack.aws.lambda.create_alias().function_name(&function).name("other").function_version("1");
    stack.aws.block_on(call.send()).unwrap();
    // Of several functions all mappings are listed, and so those of other aliases.
    let second = format!("{WORKER}[functions.second]\nsource = \"lambda\"\nname = \"$NAME-second\"\nalias = false\n");
    let zip = FunctionCode::builder().zip_file(crate::support::archive_of(&working("zero"))).build();
    let create = stack.aws.lambda.create_function().function_name(stack.function("second")).code(zip);
    let create = create.runtime("python3.12".into()).handler("app.handler").role("arn:aws:iam::000000000000:role/x");
    stack.aws.block_on(create.send()).unwrap();
    stack.settings(&second);
    let (mapping, _) = map(&stack, &format!("{function}:other"));
    let run = stack.run(&["plan", "--stage", "dev", "--output", "json"]).exits(0);
    let warnings = run.document()["plan"]["warnings"].clone();
    let beside = warnings.as_array().unwrap().iter().find(|one| one["warning"] == "called_beside_alias");
    let beside = beside.unwrap_or_else(|| panic!("{warnings}"));
    assert_eq!((&beside["qualifier"], &beside["callers"][0]["id"]), (&json!("other"), &json!(mapping)));
    stack.aws.block_on(stack.aws.lambda.delete_event_source_mapping().uuid(mapping).send()).unwrap();
}

#[test]
fn events_that_cannot_be_sent_are_refused_before_anything_is_asked() {
    let stack = worker(&[], &without_alias());
    let problem = |what: &str| {
        stack.proxy.take_calls();
        let run = stack.release(&[]).exits(2);
        assert!(stack.proxy.take_calls().is_empty(), "{run:?}");
        assert!(run.stdout.contains(what), "{run:?}");
    };
    stack.write("event.json", format!("{{ \"job\": \"{}\" }}", "x".repeat(6 * 1024 * 1024)));
    problem("is too large");
    // White space is not sent.
    stack.write("event.json", format!("{}{{ \"job\": 7 }}", " ".repeat(6 * 1024 * 1024)));
    stack.run(&["plan", "--stage", "dev"]).exits(0);
    std::fs::create_dir(stack.folder().join(".git")).unwrap();
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(outside.path(), "{}").unwrap();
    std::fs::remove_file(stack.folder().join("event.json")).unwrap();
    std::os::unix::fs::symlink(outside.path(), stack.folder().join("event.json")).unwrap();
    problem("is a link out of the Git checkout");
}

#[test]
fn the_preview_of_a_worker_is_its_function_and_the_invocation() {
    let stack = worker(&["--alias", "live"], WORKER);
    let preview = |run: &Run| run.document()["previews"][0].clone();
    let run = stack.up(42).exits(0);
    let made = preview(&run);
    assert_eq!((&made["endpoints"], &made["invoked"][0]["version"]), (&json!({}), &json!("$LATEST")), "{run:?}");
    let run = stack.up(42).exits(0);
    assert_eq!((run.outcome().as_str(), &preview(&run)["invoked"][0]["event"]), ("unchanged", &json!("event.json")));
    let run = stack.run(&["preview", "list", "--repository", &stack.repository()]).exits(0);
    assert!(run.stdout.contains("no endpoint, and no event source calls it"), "{run:?}");

    stack.write("lambda/app.py", broken());
    let run = stack.up(43).exits(4);
    assert_eq!(run.document()["failure"]["problems"][0]["own_error"], "ValueError: no such queue", "{run:?}");
    assert_eq!(functions(&stack).len(), 1, "that of 42 alone");
    let run = stack.up(42).exits(5);
    assert!(run.document()["not_put_back"][0]["command"].as_str().unwrap().contains("preview up"), "{run:?}");
    stack.preview("down", &["--pr", "42"]).exits(0);
    assert_eq!(functions(&stack), Vec::<String>::new());
    stack.write("lambda/app.py", working("two"));
    stack.up(44).exits(0);
    let github = github(&stack, &[(44, "closed")]);
    stack.preview_command("prune", &[]).envs(github.environment()).ended().exits(0);
    assert_eq!(functions(&stack), Vec::<String>::new());
    let listed: Value = stack.preview("list", &[]).exits(0).document();
    assert_eq!(listed["previews"], json!([]));
}

#[test]
fn the_comment_on_a_worker_says_that_it_has_no_endpoint() {
    let stack = worker(&["--alias", "live"], WORKER);
    stack.write(".git/HEAD", "");
    let double = GitHubDouble::of(&stack.repository());
    double.pull_request(42, true, HEAD);
    double.file("sls-release.toml", BASE, &std::fs::read_to_string(stack.folder().join("sls-release.toml")).unwrap());
    reporting::command(&stack, &double, "opened", HEAD).ended().exits(0);
    let body = double.comments(42).remove(0).body;
    assert!(body.contains("no endpoint, and no event source calls it"), "{body}");
    assert!(body.contains("LATEST answered event.json"), "{body}");
    let status = double.deployments()[0].statuses.last().unwrap().clone();
    assert_eq!((&status["state"], &status["environment_url"]), (&json!("success"), &Value::Null), "{status}");
}
