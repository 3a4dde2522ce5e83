//! `docs/iam-policy-preview.json` against the calls of a preview's whole life, and against calls that it must not allow.
//!
//! Ministack knows tags in conditions for log groups alone, so that the conditions are judged here, by the tags that the
//! record of calls shows. `iam:PassRole` and tags of a new function are not in it: only an account can tell.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::types::FunctionUrlAuthType;
use serde_json::Value;

use super::scene::{SETTINGS, down, list, previewed, scene, source, up};
use crate::function_urls::URL;
use crate::iam::policy::{PREVIEW, Policy};
use crate::support::{ACCOUNT, Aws, Call, Ends, Permission, REGION, Stack, answering, fits, permissions};

/// Granted beside what the record of calls shows.
const UNSEEN: [&str; 11] = [
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "iam:PassRole",
    "lambda:GetLayerVersion",
    "lambda:InvokeFunctionUrl",
    "lambda:RemovePermission",
    "lambda:TagResource",
    "logs:TagResource",
    "s3:AbortMultipartUpload",
    "s3:ListBucket",
];

/// Seen only where other tests have previews of their own meanwhile.
const OF_OTHERS: [&str; 2] = ["lambda:ListTags", "logs:ListTagsForResource"];

const REPOSITORY: &str = "sls-release:repository";

/// What IAM looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    action: String,
    resource: String,
    /// Condition keys with their values.
    context: BTreeMap<String, String>,
}

impl Asked {
    fn new(action: &str, resource: &str) -> Self {
        Self { action: action.to_owned(), resource: resource.to_owned(), ..Self::default() }
    }

    fn with(mut self, key: &str, value: &str) -> Self {
        self.context.insert(key.to_owned(), value.to_owned());
        self
    }

    /// On a thing that carries this repository's tag.
    fn on_what_belongs_to(self, repository: &str) -> Self {
        self.with(&format!("aws:ResourceTag/{REPOSITORY}"), repository)
    }

    /// With this repository's tag in the request.
    fn tagging_for(self, repository: &str) -> Self {
        self.with(&format!("aws:RequestTag/{REPOSITORY}"), repository)
    }
}

/// The policy of the stack's repository.
fn policy_of(stack: &Stack) -> Policy {
    Policy::filled(PREVIEW, stack, &stack.repository(), "arn:aws:iam::000000000000:role/preview")
}

impl Policy {
    fn allows(&self, asked: &Asked) -> bool {
        self.0.iter().any(|statement| {
            statement.actions.contains(&asked.action)
                && statement.resources.iter().any(|pattern| fits(pattern, &asked.resource))
                && holds(&statement.condition, asked)
        })
    }

    fn actions(&self) -> BTreeSet<String> {
        self.0.iter().flat_map(|statement| statement.actions.clone()).collect()
    }
}

/// Each key is there, with this value.
fn holds(condition: &Value, asked: &Asked) -> bool {
    let operators = condition.as_object().into_iter().flatten();
    operators.into_iter().all(|(operator, keys)| {
        assert_eq!(operator, "StringEquals", "this test knows no other operator");
        keys.as_object()
            .unwrap()
            .iter()
            .all(|(key, value)| asked.context.get(key).map(String::as_str) == value.as_str())
    })
}

/// What IAM looks at for a call of the program, whose previews carry the tag of the stack's repository.
fn asked(call: &Call, stack: &Stack) -> Vec<Asked> {
    let document = call.document();
    let in_request = [&document["Tags"][REPOSITORY], &document["tags"][REPOSITORY]].into_iter().find_map(Value::as_str);
    let is_of_preview = |resource: &str| {
        let is_api = resource.contains("/restapis/") && !resource.contains(&stack.api);
        is_api || resource.contains("/stages/pr-") || resource.contains(&format!("{}-pr-", stack.function("dev")))
    };
    let one = |Permission { action, resource }: Permission| {
        let mut asked = Asked::new(&action, &resource);
        if let Some(repository) = in_request {
            asked = asked.tagging_for(repository);
        }
        if is_of_preview(&resource) && !["CreateFunction", "CreateRestApi", "CreateLogGroup"].contains(&call.action)
            || call.action == "CreateDeployment"
        {
            asked = asked.on_what_belongs_to(&stack.repository());
        }
        match document["Principal"].as_str() {
            Some(principal) => asked.with("lambda:Principal", principal),
            None => asked,
        }
    };
    permissions(call).into_iter().map(one).collect()
}

#[test]
fn the_policy_allows_the_life_of_a_preview_and_no_more() {
    let (stack, _) = previewed();
    stack.write("lambda/app.py", source("next commit"));
    stack.settings(&SETTINGS.replace("table-{pr}", "other-{pr}"));
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    stack.deploy();
    up(&stack).exits(0);
    list(&stack);
    down(&stack).exits(0);

    let (mut used, granted) = (used_and_allowed(&stack), policy_of(&stack).actions());
    used.extend(used_and_allowed(&with_a_url()));
    let unused = granted.into_iter().filter(|action| !used.contains(action));
    let unused: BTreeSet<_> = unused.filter(|action| !OF_OTHERS.contains(&action.as_str())).collect();
    let unseen = UNSEEN.into_iter().filter(|action| !OF_OTHERS.contains(action));
    assert_eq!(unused, unseen.map(str::to_owned).collect());
}

/// The actions of all calls so far, each of which the policy allows.
fn used_and_allowed(stack: &Stack) -> BTreeSet<String> {
    let policy = policy_of(stack);
    let needed: BTreeSet<Asked> = stack.proxy.take_calls().iter().flat_map(|call| asked(call, stack)).collect();
    let allowed = |asked: &&Asked| asked.action == "lambda:ListFunctions" || policy.allows(asked);
    let missing: Vec<_> = needed.iter().filter(|asked| !allowed(asked)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    needed.into_iter().map(|asked| asked.action).collect()
}

/// The life of the preview of a function with a URL: its code changes at one commit, somebody opens its URL, and older commits
/// make room.
fn with_a_url() -> Stack {
    let stack = Stack::build(&["--alias", "live"]);
    let event = "[[smoke]]\nfunction = \"hello\"\ninvoke = \"event.json\"\n[preview]";
    stack.settings(&URL.replace("[smoke]", "[[smoke]]").replace("[preview]", event));
    stack.write("event.json", "{}");
    stack.give_url(Some("live"), &FunctionUrlAuthType::AwsIam);
    let up = |text: &str| {
        stack.write("lambda/app.py", answering(200, text));
        let mut command = stack.preview_command("up", &["--pr", "42", "--stage", "dev"]);
        command.env("SLS_RELEASE_COMMIT", "a".repeat(40)).ended().exits(0);
    };
    up("one");
    let (lambda, name) = (&stack.aws.lambda, stack.function("dev-pr-42"));
    for number in 0..10 {
        let alias = lambda.create_alias().function_name(&name).name(format!("c-{number:07}")).function_version("1");
        stack.aws.block_on(alias.send()).unwrap();
    }
    let open = lambda.update_function_url_config().function_name(&name).auth_type(FunctionUrlAuthType::None);
    stack.aws.block_on(open.send()).unwrap();
    up("two");
    assert_eq!(stack.aws.find_alias(&name, "c-0000000"), None);
    down(&stack).exits(0);
    stack
}

#[test]
fn the_policy_allows_nothing_that_a_release_writes_to() {
    let stack = scene();
    let (policy, own) = (policy_of(&stack), stack.repository());
    let function = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", stack.function("dev"));
    let copy = format!("{function}-pr-42");
    let api = format!("arn:aws:apigateway:{REGION}::/restapis/{}", stack.api);
    let tags = format!("arn:aws:apigateway:{REGION}::/tags/arn%3Aaws%3Aapigateway%3A%3A%3A%2Frestapis%2F{}", stack.api);
    let bucket = format!("arn:aws:s3:::{}", stack.bucket());
    let logs = format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{}", stack.function("dev"));
    let of_lambda = ["UpdateFunctionCode", "UpdateFunctionConfiguration", "DeleteFunction", "PublishVersion"];
    for action in of_lambda.map(|name| format!("lambda:{name}")) {
        assert!(!policy.allows(&Asked::new(&action, &function)), "{action}");
        assert!(!policy.allows(&Asked::new(&action, &function).on_what_belongs_to(&own)), "{action}, even if tagged");
        assert!(!policy.allows(&Asked::new(&action, &copy).on_what_belongs_to("acme/other")), "{action} of another");
        assert!(!policy.allows(&Asked::new(&action, &copy)), "{action} of what carries no tag");
    }
    for action in ["CreateFunction", "TagResource"].map(|name| format!("lambda:{name}")) {
        assert!(!policy.allows(&Asked::new(&action, &function).tagging_for(&own)), "{action}");
        assert!(!policy.allows(&Asked::new(&action, &copy).tagging_for("acme/other")), "{action} for another");
    }
    let permission = Asked::new("lambda:AddPermission", &copy).on_what_belongs_to(&own);
    assert!(!policy.allows(&permission.clone().with("lambda:Principal", "*")));
    assert!(policy.allows(&permission.with("lambda:Principal", "apigateway.amazonaws.com")));
    for method in ["POST", "PUT", "PATCH", "DELETE"].map(|method| format!("apigateway:{method}")) {
        for path in ["", "/deployments", "/stages/dev"] {
            let resource = format!("{api}{path}");
            assert!(!policy.allows(&Asked::new(&method, &resource).tagging_for(&own)), "{method} {path}");
            let of_others = Asked::new(&method, &resource).on_what_belongs_to("acme/other");
            assert!(!policy.allows(&of_others), "{method} {path}");
        }
    }
    // To tag it takes both, and the other one is refused above.
    assert!(!policy.allows(&Asked::new("apigateway:PUT", &tags)));
    assert!(!policy.allows(&Asked::new("apigateway:DELETE", &tags).tagging_for(&own)), "a tag is not taken away");
    for key in ["hello/hello/0.zip", "hello/journal/dev.json", "hello/previews"] {
        assert!(!policy.allows(&Asked::new("s3:PutObject", &format!("{bucket}/{key}"))), "{key}");
    }
    for action in ["s3:DeleteObject", "s3:PutBucketPolicy"] {
        assert!(!policy.allows(&Asked::new(action, &format!("{bucket}/hello/previews/hello/0.zip"))), "{action}");
    }
    for action in ["logs:DeleteLogGroup", "logs:PutRetentionPolicy"] {
        assert!(!policy.allows(&Asked::new(action, &logs)), "{action}");
    }
    assert!(!policy.allows(&Asked::new("iam:PassRole", "arn:aws:iam::000000000000:role/admin")));
}
