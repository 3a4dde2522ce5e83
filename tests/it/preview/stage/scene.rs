//! A stack whose stage chooses the alias, and all that a preview beside it may touch.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_apigateway::types::{Op, PatchOperation};

use crate::preview::scene::SETTINGS;
use crate::strict::endpoints::{patch, put_uri, redeploy};
use crate::support::scene::answering;
use crate::support::strict::ACCOUNT;
use crate::support::strict::rules::Busy;
use crate::support::{Aws, Stack, State, Strict};

/// Of the stack's one function.
pub(crate) fn settings() -> String {
    let preview = "[preview]\nstrategy = \"stage\"\nlatest_unused = true\n";
    let settings = SETTINGS.replace("[preview]\n", preview).replace("[preview.environment]\n", "");
    format!("{}alias = \"live\"\n", settings.replace("TABLE_NAME = \"table-{pr}\"\n", ""))
}

pub(crate) fn source(text: &str) -> String {
    answering(200, text)
}

/// A stack, and a folder with the code of a pull request.
pub(crate) fn scene() -> Stack {
    let stack = built(&["--alias", "live"], &[("hello", "dev")]);
    stack.settings(&settings());
    stack.write("lambda/app.py", source("pull request"));
    stack.write("lambda/botocore.py", "raise ImportError\n");
    stack
}

/// The same with a second function, whose code is in `other/`.
pub(crate) fn of_two_functions() -> Stack {
    let functions = ["--alias", "live", "--function", "$NAME-dev=/hello", "--function", "$NAME-other=/other"];
    let stack = built(&functions, &[("hello", "dev"), ("other", "other")]);
    let other = "[functions.other]\nsource = \"other\"\nname = \"$NAME-other\"\nalias = \"live\"\n";
    stack.settings(&(settings() + other));
    stack.write("lambda/app.py", source("released"));
    stack.write("other/app.py", source("other"));
    stack
}

/// The stage chooses the alias of each function, by its path.
fn built(options: &[&str], paths: &[(&str, &str)]) -> Stack {
    let rules = Strict::all().with(Busy::settling_in(std::time::Duration::from_millis(100)));
    let (stack, aws) = (Stack::build_behind(rules, options), Aws::shared());
    for (path, function) in paths {
        let function = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{}", stack.function(function));
        let function = format!("{function}:${{stageVariables.alias}}");
        let uri = format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations");
        put_uri(aws, &stack, path, &uri, None);
    }
    redeploy(aws, &stack);
    set_variable(&stack, "alias", "live");
    stack
}

/// Gives the stage a variable, as its owner does.
pub(crate) fn set_variable(stack: &Stack, name: &str, value: &str) {
    let set = PatchOperation::builder().op(Op::Replace).path(format!("/variables/{name}")).value(value).build();
    patch(Aws::shared(), stack, set);
}

pub(crate) fn texts((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Deployment and variables.
type StageState = (String, BTreeMap<String, String>);

/// All that a preview may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Everything {
    /// The stage's own.
    pub(crate) state: State,
    /// `CodeSha256` and `CodeSize` of `$LATEST`.
    pub(crate) latest: (String, i64),
    /// The numbers of the versions with their descriptions.
    pub(crate) versions: BTreeMap<String, String>,
    /// The aliases with their versions.
    pub(crate) aliases: BTreeMap<String, String>,
    /// The ids of the statements in their policies.
    pub(crate) statements: BTreeMap<String, BTreeSet<String>>,
    /// By name.
    pub(crate) stages: BTreeMap<String, StageState>,
}

pub(crate) fn everything(stack: &Stack) -> Everything {
    let (aws, function) = (Aws::shared(), stack.function("dev"));
    let aliases = aws.block_on(aws.lambda.list_aliases().function_name(&function).send()).unwrap();
    let aliases: BTreeMap<String, String> = aliases
        .aliases
        .unwrap_or_default()
        .into_iter()
        .map(|alias| (alias.name.unwrap(), alias.function_version.unwrap()))
        .collect();
    let versions = aws.block_on(aws.lambda.list_versions_by_function().function_name(&function).send()).unwrap();
    let versions = versions.versions.unwrap().into_iter().filter(|version| version.version() != Some("$LATEST"));
    let stages = aws.block_on(aws.gateway.get_stages().rest_api_id(&stack.api).send()).unwrap().item.unwrap();
    let stage = |stage: aws_sdk_apigateway::types::Stage| {
        let variables = stage.variables.unwrap_or_default().into_iter().collect();
        (stage.stage_name.unwrap(), (stage.deployment_id.unwrap(), variables))
    };
    Everything {
        state: stack.state(Some("live")),
        latest: aws.code(&function, "$LATEST"),
        versions: versions.map(|one| (one.version.unwrap(), one.description.unwrap_or_default())).collect(),
        statements: aliases.keys().map(|alias| (alias.clone(), aws.statements(&function, Some(alias)))).collect(),
        aliases,
        stages: stages.into_iter().map(stage).collect(),
    }
}

/// Whether all that was there is as it was.
#[track_caller]
pub(crate) fn only_preview_is_new(before: &Everything, after: &Everything) {
    let mut rest = after.clone();
    rest.versions.retain(|version, _| before.versions.contains_key(version));
    rest.aliases.retain(|alias, _| !alias.starts_with("pr-"));
    rest.statements.retain(|alias, _| !alias.starts_with("pr-"));
    rest.stages.retain(|stage, _| !stage.starts_with("pr-"));
    rest.state.deployments.retain(|deployment| before.state.deployments.contains(deployment));
    assert_eq!(rest, *before);
    let new: Vec<_> = after.versions.iter().filter(|(version, _)| !before.versions.contains_key(*version)).collect();
    assert!(new.iter().all(|(_, description)| description.starts_with("sls-release preview acme/")), "{new:?}");
}
