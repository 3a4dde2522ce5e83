//! The stack of the tutorial, a pull request's code, and its preview.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::local_aws::get;
use crate::support::strict::ACCOUNT;
use crate::support::{Aws, Run, Stack, Strict};

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

/// A stack, and a folder with the code of a pull request.
pub(crate) fn scene() -> Stack {
    built(&[])
}

/// The same with these options of the stack.
pub(crate) fn built(options: &[&str]) -> Stack {
    let stack = Stack::build_behind(Strict::all(), options);
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

    /// Runs a verb of `preview` for the repository; the document is JSON.
    pub(crate) fn preview(&self, verb: &str, arguments: &[&str]) -> Run {
        let repository = self.repository();
        let all = [&["preview", verb, "--repository", &repository, "--output", "json"], arguments].concat();
        self.run(&all)
    }

    /// Deploys the API to its stage, as its owner does.
    pub(crate) fn deploy(&self) {
        let aws = Aws::shared();
        aws.block_on(aws.gateway.create_deployment().rest_api_id(&self.api).stage_name("dev").send()).unwrap();
    }
}

/// `preview up` of pull request 42.
pub(crate) fn up(stack: &Stack) -> Run {
    stack.preview("up", &["--pr", "42", "--stage", "dev"])
}

/// `preview down` of pull request 42.
pub(crate) fn down(stack: &Stack) -> Run {
    stack.preview("down", &["--pr", "42"])
}

/// The previews that `preview list` shows.
pub(crate) fn list(stack: &Stack) -> Vec<Value> {
    stack.preview("list", &[]).exits(0).document()["previews"].as_array().cloned().unwrap_or_default()
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
    let aws = Aws::shared();
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let page = aws.block_on(aws.lambda.list_functions().set_marker(marker).send()).unwrap();
        found.extend(page.functions.unwrap_or_default().into_iter().filter_map(|function| function.function_name));
        match page.next_marker.filter(|marker| !marker.is_empty()) {
            Some(next) => marker = Some(next),
            None => break,
        }
    }
    let (prefix, own) = (format!("{}-", stack.name), stack.function("dev"));
    found.retain(|name| name.starts_with(&prefix) && *name != own);
    found.sort();
    found
}

/// The names of the stack's APIs but for its own.
pub(crate) fn apis(stack: &Stack) -> Vec<String> {
    let aws = Aws::shared();
    let found = aws.block_on(aws.gateway.get_rest_apis().limit(500).send()).unwrap().items.unwrap_or_default();
    let (prefix, own) = (format!("{}-", stack.name), format!("{}-api", stack.name));
    let mut names: Vec<_> = found.into_iter().filter_map(|api| api.name).collect();
    names.retain(|name| name.starts_with(&prefix) && *name != own);
    names.sort();
    names
}

/// The tags of a function.
pub(crate) fn tags(function: &str) -> BTreeMap<String, String> {
    let aws = Aws::shared();
    let arn = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}");
    aws.block_on(aws.lambda.list_tags().resource(arn).send()).unwrap().tags.unwrap().into_iter().collect()
}
