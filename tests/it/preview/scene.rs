//! The stack of the tutorial, a pull request's code, and its preview.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::support::{ACCOUNT, Aws, Ends, GitHubDouble, Run, Stack, answering, archive_of, get};

/// One function whose preview has a table of its own.
pub(crate) const SETTINGS: &str = r#"
region = "us-east-1"
[artifacts]
bucket = "$NAME-artifacts"
prefix = "hello"
[smoke]
path = "/hello"
hits = 1
timeout = "20s"
[apis.public]
id = "$API"
[preview]
share_role = true
service = "hello"
[preview.environment]
TABLE_NAME = "table-{pr}"
[functions.hello]
source = "lambda"
name = "$NAME-{stage}"
"#;

/// A function and an API beside those of [`SETTINGS`], under the same key.
const OTHER: &str = r#"
region = "us-east-1"
[artifacts]
bucket = "$NAME-artifacts"
[apis.public]
id = "$API"
[functions.other]
source = "../lambda"
name = "$NAME-other"
[preview]
share_role = true
[preview.environment]
TABLE_NAME = "other-{pr}"
"#;

/// Makes what [`OTHER`] names, and returns its settings.
pub(crate) fn service_beside(stack: &Stack) -> String {
    let (aws, name) = (Aws::shared(), stack.function("other"));
    aws.create_function(&name, archive_of(&answering(200, "other")), None);
    let api = aws.create_api(&name);
    aws.add_mock(&api, aws.resources(&api)[0].id().unwrap(), "health");
    aws.block_on(aws.gateway.create_deployment().rest_api_id(&api).stage_name("dev").send()).unwrap();
    OTHER.replace("$NAME", &stack.name).replace("$API", &api)
}

/// A stack, and a folder with the code of a pull request.
pub(crate) fn scene() -> Stack {
    built(&[])
}

/// Such a stack whose preview of pull request 42 is up, and the run that made it.
pub(crate) fn previewed() -> (Stack, Run) {
    let stack = scene();
    let run = up(&stack).exits(0);
    (stack, run)
}

/// The same with these options of the stack.
pub(crate) fn built(options: &[&str]) -> Stack {
    let stack = Stack::build(options);
    stack.settings(SETTINGS);
    stack.write("lambda/app.py", source("pull request"));
    stack
}

/// Answers with this text and its table.
pub(crate) fn source(text: &str) -> String {
    format!(
        "import os\n\ndef handler(event, context):\n    return {{\"statusCode\": 200, \"body\": \"{text}, \" + \
         os.environ[\"TABLE_NAME\"]}}\n"
    )
}

/// What [`source`] answers.
pub(crate) fn greeting(text: &str, table: &str) -> String {
    format!("{text}, {table}")
}

impl Stack {
    /// No other test has it.
    pub(crate) fn repository(&self) -> String {
        format!("acme/{}", self.name)
    }

    /// A verb of `preview` for the repository; the document is JSON.
    pub(crate) fn preview_command(&self, verb: &str, arguments: &[&str]) -> Command {
        let repository = self.repository();
        self.command(&[&["preview", verb, "--repository", &repository, "--output", "json"], arguments].concat())
    }

    /// Runs such a verb.
    pub(crate) fn preview(&self, verb: &str, arguments: &[&str]) -> Run {
        self.preview_command(verb, arguments).ended()
    }

    /// Makes the preview of this pull request, or brings it up to date.
    pub(crate) fn up(&self, number: u64) -> Run {
        self.preview("up", &["--pr", &number.to_string(), "--stage", "dev"])
    }

    /// Deploys the API to its stage, as its owner does.
    pub(crate) fn deploy(&self) {
        let aws = Aws::shared();
        aws.block_on(aws.gateway.create_deployment().rest_api_id(&self.api).stage_name("dev").send()).unwrap();
    }
}

/// `preview up` of pull request 42.
pub(crate) fn up(stack: &Stack) -> Run {
    stack.up(42)
}

/// `preview down` of pull request 42.
pub(crate) fn down(stack: &Stack) -> Run {
    stack.preview("down", &["--pr", "42"])
}

/// The previews that `preview list` shows.
pub(crate) fn list(stack: &Stack) -> Vec<Value> {
    stack.preview("list", &[]).exits(0).document()["previews"]
        .as_array()
        .expect("a list, also where it is empty")
        .clone()
}

/// The pull requests of these previews.
pub(crate) fn numbers(previews: &Value) -> Vec<u64> {
    let all = previews.as_array().into_iter().flatten();
    all.map(|preview| preview["pull_request"].as_u64().unwrap()).collect()
}

/// The pull requests that have previews.
pub(crate) fn standing(stack: &Stack) -> Vec<u64> {
    numbers(&list(stack).into())
}

/// The stack's repository on GitHub, with these pull requests, `open` or `closed`.
pub(crate) fn github(stack: &Stack, pull_requests: &[(u64, &str)]) -> GitHubDouble {
    let double = GitHubDouble::of(&stack.repository());
    for (number, state) in pull_requests {
        double.pull_request(*number, *state == "open", &"1".repeat(40));
    }
    double
}

/// What the endpoint of a preview answers.
pub(crate) fn call(run: &Run) -> (u16, String) {
    call_path(run, "/hello")
}

/// The same on another path.
pub(crate) fn call_path(run: &Run, path: &str) -> (u16, String) {
    let url = run.document()["endpoints"]["public"].as_str().unwrap().to_owned();
    let answer = get(&format!("{url}{path}")).unwrap();
    (answer.status, answer.body)
}

/// The names of the stack's functions but for that of the stage itself.
pub(crate) fn functions(stack: &Stack) -> Vec<String> {
    let (mut found, own) = (Aws::shared().functions(&format!("{}-", stack.name)), stack.function("dev"));
    found.retain(|name| *name != own);
    found.sort();
    found
}

/// The names of the stack's APIs but for its own.
pub(crate) fn apis(stack: &Stack) -> Vec<String> {
    let own = format!("{}-api", stack.name);
    let mut names: Vec<_> = Aws::shared().apis(&format!("{}-", stack.name)).into_values().collect();
    names.retain(|name| *name != own);
    names.sort();
    names
}

/// The tags of a function.
pub(crate) fn tags(function: &str) -> BTreeMap<String, String> {
    let aws = Aws::shared();
    let arn = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}");
    aws.block_on(aws.lambda.list_tags().resource(arn).send()).unwrap().tags.unwrap().into_iter().collect()
}
