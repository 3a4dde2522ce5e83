//! Everything that must hold before the first write; all that does not is reported at once.

use std::collections::BTreeSet;

use super::{Api, Function, Stack, handler, objects};
use crate::error::Problem;
use crate::model::{
    AddPermission, AliasName, ApiName, CodeStep, FunctionName, Observed, ObservedBucket, Plan, Qualifier, Settings,
    SmokeTarget, Sourced, UNZIPPED_LIMIT,
};

/// Runtimes whose functions can no longer be updated.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtime-support-policy>
const BLOCKED_RUNTIMES: [&str; 14] = [
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "nodejs",
    "nodejs4.3",
    "nodejs4.3-edge",
    "nodejs6.10",
    "nodejs8.10",
    "nodejs10.x",
    "nodejs12.x",
    "python2.7",
    "python3.6",
    "ruby2.5",
];

/// What the settings name and AWS does not have.
pub(super) fn missing(settings: &Settings, observed: &Observed) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(bucket(settings, observed));
    for (key, function) in settings.chosen_functions() {
        if observed.functions.get(key).is_some_and(Option::is_none) {
            problems.push(
                Problem::new(format!("function {} does not exist in {}", function.name.value, observed.region))
                    .why("a release changes the code of functions that are there, and creates none")
                    .fix("create it with Terraform first, or correct `name` or the region")
                    .at(function.name.location()),
            );
        }
    }
    for (key, api) in &settings.apis {
        if observed.apis.get(key).is_some_and(Option::is_none) {
            problems.push(missing_api(&api.api, observed));
        }
    }
    problems
}

fn bucket(settings: &Settings, observed: &Observed) -> Option<Problem> {
    if settings.chosen.is_empty() {
        return None; // APIs alone have no artifact
    }
    let Some(store) = &settings.artifacts else {
        return Some(
            Problem::new("there is no bucket for the artifacts")
                .why("a release uploads the code to S3, so that every version can be put back")
                .fix("set `bucket` under [artifacts], or pass --bucket"),
        );
    };
    let name = &store.bucket.value;
    let problem = match &observed.bucket {
        ObservedBucket::Present => return None,
        ObservedBucket::Missing => Problem::new(format!("bucket {name} does not exist"))
            .why("the artifacts are uploaded to it, and a release creates no bucket")
            .fix("create it with Terraform first, or correct `bucket` under [artifacts]"),
        ObservedBucket::Elsewhere => Problem::new(format!("bucket {name} is not in {}", observed.region))
            .why("Lambda takes code from a bucket of its own region alone")
            .fix(format!("choose a bucket in {}, or correct the region", observed.region)),
        ObservedBucket::Forbidden(why) => Problem::new(format!("bucket {name} may not be used")).why(why.clone()).fix(
            "check that it is yours, that `owner` under [artifacts] names its account, and \
                 that s3:ListBucket, s3:GetObject and s3:PutObject are allowed; without s3:ListBucket S3 answers 403 \
                 for an absent object",
        ),
    };
    Some(problem.at(store.bucket.location()))
}

fn missing_api(api: &Sourced<ApiName>, observed: &Observed) -> Problem {
    let name = match &api.value {
        ApiName::Id(id) => format!("REST API {id} does not exist in {}", observed.region),
        ApiName::Name(name) => format!("there is no REST API named {name} in {}", observed.region),
    };
    Problem::new(name)
        .why("a release redeploys APIs that are there, and creates none")
        .fix("correct `id` or `name`, or the region")
        .at(api.location())
}

/// What stands in the way of this plan.
pub(super) fn check(stack: &Stack<'_>, plan: &Plan) -> Vec<Problem> {
    let mut problems = Vec::new();
    for function in &stack.functions {
        problems.extend(kind_of_function(function));
        problems.extend(durable(function, stack));
        problems.extend(weights(function));
        problems.extend(unused(function, stack));
        if let Some(change) = plan.code.iter().find(|change| change.function == *function.key) {
            problems.extend(busy(function));
            problems.extend(passing(function));
            let updates = matches!(change.step, CodeStep::Update { .. });
            problems.extend(if updates { update(function, stack) } else { Vec::new() });
        }
    }
    for api in &stack.apis {
        problems.extend(stage(api));
        problems.extend(calls_nothing_of_ours(api, stack));
    }
    problems.extend(plan.permissions.iter().filter_map(|permission| taken_id(permission, stack)));
    problems.extend(smoke(stack, plan));
    problems
}

fn refused(function: &Function<'_>, why: &str, fix: &str) -> Problem {
    Problem::new(format!("function {} cannot be released", function.observed.name))
        .why(why)
        .fix(fix)
        .at(function.settings.name.location())
}

fn kind_of_function(function: &Function<'_>) -> Option<Problem> {
    let latest = &function.observed.latest;
    if latest.package_type == "Image" {
        return Some(refused(
            function,
            "its package type is Image: its code is a container image, not a zip",
            "release the image with your container tooling, and leave this function out of the settings",
        ));
    }
    latest.on_capacity_provider.then(|| {
        refused(
            function,
            "it runs on a capacity provider, where unqualified calls go to $LATEST.PUBLISHED",
            "leave it out of the settings",
        )
    })
}

fn durable(function: &Function<'_>, stack: &Stack<'_>) -> Option<Problem> {
    let calls_latest = stack.calls_of(function.key).any(|(_, call)| call.qualifier == Qualifier::Latest);
    let uses_latest = function.settings.alias.is_none() || calls_latest;
    (function.observed.latest.durable && uses_latest).then(|| {
        refused(
            function,
            "it is durable, and its callers use $LATEST: running executions would continue on other code",
            "let its callers use an alias, and set `alias`",
        )
    })
}

fn weights(function: &Function<'_>) -> Option<Problem> {
    let alias = function.observed.alias.as_ref().filter(|alias| !alias.weights.is_empty())?;
    let shares: Vec<_> = alias.weights.iter().map(|(version, share)| format!("{version}: {share}")).collect();
    Some(
        refused(
            function,
            &format!("alias {} has leftover weights ({})", alias.name, shares.join(", ")),
            &format!(
                "finish or cancel the gradual deployment, then remove them: `aws lambda update-alias --function-name \
                 {} --name {} --routing-config AdditionalVersionWeights={{}}`",
                function.observed.name, alias.name
            ),
        )
        .at(function.settings.alias.as_ref().and_then(Sourced::location)),
    )
}

/// A release that no caller would see, while a smoke test of the old code succeeds.
fn unused(function: &Function<'_>, stack: &Stack<'_>) -> Option<Problem> {
    let wanted = function.qualifier();
    let (api, call) = stack.calls_of(function.key).next()?;
    if stack.calls_of(function.key).any(|(_, call)| call.qualifier == wanted) {
        return None;
    }
    let calls = format!("{} {} of {} calls {}", call.method, call.path, api.key, call.qualifier);
    let set = called_alias(&call.qualifier).map(|alias| format!(", or set `alias = \"{alias}\"`")).unwrap_or_default();
    let Some(alias) = &function.settings.alias else {
        let fix = format!("let the integration's URI end in the function's name{set}");
        return Some(refused(function, &format!("no integration uses its $LATEST: {calls}"), &fix));
    };
    let why = format!("no integration uses its alias {}: {calls}", alias.value);
    let leave = ", or leave `alias` out so that $LATEST is released";
    let other = if call.qualifier == Qualifier::Latest { leave } else { &set };
    let fix = format!("let the integration's URI end in the alias{other}");
    Some(refused(function, &why, &fix).at(alias.location()))
}

/// The alias that a qualifier names; no name of an alias is a number.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>
fn called_alias(qualifier: &Qualifier) -> Option<&AliasName> {
    let Qualifier::Named(name) = qualifier else { return None };
    name.as_str().contains(|c: char| !c.is_ascii_digit()).then_some(name)
}

fn update(function: &Function<'_>, stack: &Stack<'_>) -> Vec<Problem> {
    let checks = [signing(function), runtime(function), size(function), no_handler(function)];
    checks.into_iter().flatten().chain(objects::other_bytes(function, stack)).collect()
}

fn signing(function: &Function<'_>) -> Option<Problem> {
    function.observed.signing_enforced.then(|| {
        refused(
            function,
            "its code signing configuration refuses unsigned code",
            "sign the artifact and release it with your signing pipeline, or set the policy to Warn",
        )
    })
}

fn busy(function: &Function<'_>) -> Option<Problem> {
    function
        .observed
        .latest
        .is_busy()
        .then(|| refused(function, "an update of it is still in progress", "try again when it has ended"))
}

/// A release that fails would put the pull request's code back.
fn passing(function: &Function<'_>) -> Option<Problem> {
    let number = function.observed.passing?;
    let why = format!("the code of pull request {number} is in its $LATEST: a run for its preview has not ended");
    let fix = format!(
        "where that run was cancelled or killed, put it right by `sls-release preview down --pr {number}`, or by the \
         pull request's next `preview up`"
    );
    Some(refused(function, &why, &fix))
}

fn runtime(function: &Function<'_>) -> Option<Problem> {
    let runtime = function.observed.latest.runtime.as_deref()?;
    BLOCKED_RUNTIMES.contains(&runtime).then(|| {
        refused(
            function,
            &format!("AWS no longer updates functions of runtime {runtime}"),
            "move it to a supported runtime with Terraform",
        )
    })
}

fn size(function: &Function<'_>) -> Option<Problem> {
    // A layer's zip is the least that it unzips to, so this refuses nothing that Lambda would take.
    let layers: u64 = function.observed.latest.layers.iter().map(|layer| layer.zipped_bytes).sum();
    let bytes = function.artifact.unzipped_bytes + layers;
    (bytes > UNZIPPED_LIMIT).then(|| {
        let why =
            format!("it would be at least {bytes} bytes unzipped, layers included; Lambda allows {UNZIPPED_LIMIT}");
        refused(function, &why, "leave files out with `exclude`; `sls-release package -v` lists them")
            .at(function.settings.source.location())
    })
}

fn no_handler(function: &Function<'_>) -> Option<Problem> {
    let latest = &function.observed.latest;
    let (runtime, name) = (latest.runtime.as_deref()?, latest.handler.as_deref()?);
    if !latest.layers.is_empty() {
        return None; // a layer may bring the handler, as tracing layers do
    }
    let files = handler::missing(function.artifact, runtime, name)?;
    let files: Vec<_> =
        files.into_iter().filter(|file| file.contains('.') || runtime.starts_with("provided")).collect();
    let why = format!("its handler is {name} ({runtime}), but the artifact has no {}", files.join(" or "));
    Some(
        refused(function, &why, "correct `source`, `include` or `exclude`, or the handler in Terraform")
            .at(function.settings.source.location()),
    )
}

fn stage(api: &Api<'_>) -> Option<Problem> {
    let name = &api.settings.stage.value;
    let problem = match &api.observed.stage {
        None => Problem::new(format!("REST API {} has no stage {name}", api.observed.id))
            .why("a release changes which deployment a stage serves, and creates no stage")
            .fix("create the stage with Terraform first, or correct `stage`"),
        Some(stage) if stage.has_canary => Problem::new(format!("stage {name} of {} has an active canary", api.key))
            .why("a canary serves part of the calls from another deployment")
            .fix("promote or delete the canary first"),
        Some(stage) if stage.deployment.is_none() => {
            Problem::new(format!("stage {name} of {} serves no deployment", api.key))
                .fix("deploy it once with Terraform")
        }
        Some(_) => return None,
    };
    let at = api.settings.stage.location().or_else(|| api.settings.api.location());
    Some(problem.at(at))
}

fn calls_nothing_of_ours(api: &Api<'_>, stack: &Stack<'_>) -> Option<Problem> {
    let variables = &api.observed.stage.as_ref()?.variables;
    let integrations = api.observed.definition.integrations.iter();
    let called: BTreeSet<_> = integrations
        .filter_map(|integration| integration.lambda_target(variables))
        .map(|target| target.function)
        .collect();
    let absent = called.iter().any(|name| is_absent(name, stack)); // which is a refusal of its own
    let ours_somehow = !api.calls.is_empty() || authorizes(api, stack);
    if called.is_empty() || ours_somehow || stack.functions.is_empty() || absent {
        return None;
    }
    let called: Vec<_> = called.iter().map(FunctionName::as_str).collect();
    Some(
        Problem::new(format!("REST API {} calls none of the functions in the settings", api.key))
            .why(format!("its integrations call {}", called.join(", ")))
            .fix("correct `name` of the function, or the API's `id`")
            .at(api.settings.api.location()),
    )
}

/// Whether one of the functions is a Lambda authorizer of the API.
fn authorizes(api: &Api<'_>, stack: &Stack<'_>) -> bool {
    let authorizers = api.observed.definition.document["authorizers"].to_string();
    stack.functions.iter().any(|function| authorizers.contains(&format!(":function:{}", function.observed.name)))
}

/// Whether the settings name the function and AWS has none.
fn is_absent(name: &FunctionName, stack: &Stack<'_>) -> bool {
    let named = stack.settings.functions.values().any(|function| function.name.value == *name);
    named && !stack.functions.iter().any(|function| function.observed.name == *name)
}

/// Lambda would answer 409: a statement of our id that is not about this stage was edited by somebody.
fn taken_id(permission: &AddPermission, stack: &Stack<'_>) -> Option<Problem> {
    let function = stack.functions.iter().find(|function| *function.key == permission.function)?;
    let AddPermission { name, qualifier, statement_id: id, source_arn, .. } = permission;
    let found = function.observed.policies.get(qualifier)?.iter().find(|statement| statement.sid == *id)?;
    if found.statement.to_string().contains(&format!("\"{source_arn}\"")) {
        return None; // it is ours as it stands, and adding it again changes nothing
    }
    let target = qualifier.parameter().map(|alias| format!(" --qualifier {alias}")).unwrap_or_default();
    Some(refused(
        function,
        &format!("statement {id} in the policy of {name}:{qualifier} is not about {source_arn}"),
        &format!("remove it: `aws lambda remove-permission --function-name {name} --statement-id {id}{target}`"),
    ))
}

fn smoke(stack: &Stack<'_>, plan: &Plan) -> Option<Problem> {
    let smoke = plan.smoke.as_ref()?;
    let SmokeTarget::Path { api, .. } = &smoke.settings.target else { return None };
    let api = stack.apis.iter().find(|candidate| candidate.key == api)?;
    api.observed.execute_api_disabled.then(|| {
        Problem::new(format!("the smoke test cannot reach {}", api.key))
            .why("its execute-api endpoint is disabled")
            .fix("set `url` under [smoke] to your own domain, instead of `path`")
            .at(smoke.settings.at.clone())
    })
}
