//! A second opinion: the same releases against moto, which knows the control plane alone and calls no function.

mod gaps;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use aws_sdk_lambda::types::FunctionUrlAuthType;
use aws_sdk_s3::types::ObjectCannedAcl;
use serde_json::json;

use crate::support::{
    ALIAS, LATEST, Message, OtherAws, Program, Run, Stack, Strict, Upstream, answering, archive_of, fixed_key, listen,
    serve,
};
use gaps::{CodeLinks, Revisions, Versioning};

/// Moto, without containers: Lambda is asked for nothing but its configuration.
fn moto() -> &'static OtherAws {
    static MOTO: OnceLock<OtherAws> = OnceLock::new();
    MOTO.get_or_init(|| {
        let moto = OtherAws::start(&Program {
            arguments: vec!["moto.server", "-H", "127.0.0.1", "-p", "{port}"],
            environment: vec![("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")],
            health: "/moto-api/",
            mark: None,
        });
        let config = json!({ "lambda": { "use_docker": false } }).to_string().into_bytes();
        let answer = Upstream::new(&moto.local.endpoint).call("moto", "POST", "/moto-api/config", config);
        assert_eq!(answer.status(), 201);
        moto
    })
}

/// A stack whose function has its code by an object of its bucket, and what there is. Its next release has these settings,
/// and its smoke test gets this status.
fn unreleased(options: &[&str], template: &str, status: u16) -> (Stack, Read) {
    let rules =
        Strict::new().with(Revisions).with(Versioning).with(CodeLinks { endpoint: moto().local.endpoint.clone() });
    let stack = Stack::build_in(moto(), rules, options);
    let (aws, function) = (stack.aws, stack.function("dev"));
    let (bucket, key) = (stack.bucket(), "placeholder.zip");
    let code = archive_of(&answering(200, "placeholder"));
    // Lambda's links need no signature.
    let put = aws.s3.put_object().bucket(bucket).key(key).acl(ObjectCannedAcl::PublicRead);
    aws.block_on(put.body(code.into_inner().into()).send()).unwrap();
    let update = aws.lambda.update_function_code().function_name(&function).s3_bucket(bucket).s3_key(key);
    aws.block_on(update.send()).unwrap();
    stack.settings(&settings(template, status));
    stack.write("lambda/app.py", answering(200, "one"));
    let read = read(&stack);
    (stack, read)
}

/// Settings whose smoke test asks a server of the test's own: moto serves no API.
fn settings(template: &str, status: u16) -> String {
    let head = template.split("[smoke]").next().unwrap();
    format!("{head}\n[smoke]\nurl = \"{}\"\nhits = 1\ntimeout = \"1s\"\n", server(status))
}

/// Answers every request with this status.
fn server(status: u16) -> String {
    listen(move |client| serve(client, |_| Some(Message::answer(status, Vec::new())))) + "/"
}

/// What a release may change, read back by the API.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    latest: String,
    alias: Option<(String, String)>,
    deployment: String,
    deployments: BTreeSet<String>,
}

fn read(stack: &Stack) -> Read {
    let (aws, function) = (stack.aws, stack.function("dev"));
    let version = aws.find_alias(&function, "live");
    Read {
        latest: aws.code(&function, "$LATEST").0,
        alias: version.map(|version| (aws.code(&function, &version).0, version)),
        deployment: aws.stage_deployment(&stack.api, "dev"),
        deployments: aws.deployments(&stack.api),
    }
}

/// The digest of what a release packed.
fn packed(run: &Run) -> String {
    run.document()["artifacts"]["hello"]["sha256"].as_str().unwrap().to_owned()
}

#[test]
fn releases_to_latest() {
    let (stack, before) = unreleased(&[], LATEST, 200);
    let run = stack.release(&[]).exits(0);
    assert_eq!(run.outcome(), "released");
    let first = read(&stack);
    assert_eq!(first.latest, packed(&run));
    assert_eq!(first.deployments.len(), before.deployments.len() + 1);
    assert!(!before.deployments.contains(&first.deployment), "the stage points at the new one");
    assert_eq!(stack.aws.versions(&stack.function("dev")), ["1"]);

    stack.logged("unchanged").writes_nothing();

    stack.write("lambda/app.py", answering(200, "two"));
    let run = stack.release(&[]).exits(0);
    assert_eq!(read(&stack), Read { latest: packed(&run), ..first });
    assert_eq!(stack.aws.versions(&stack.function("dev")), ["1", "2"]);
}

/// Moto serves no URL, and knows one of a function, whatever its alias.
#[test]
fn a_function_without_an_api_is_released_and_its_url_is_told() {
    let without_api = format!("{}[smoke]\n", ALIAS.split("[apis.public]").next().unwrap());
    let (stack, before) = unreleased(&["--alias", "live"], &without_api, 200);
    let id = stack.give_url(Some("live"), &FunctionUrlAuthType::AwsIam);
    let run = stack.release(&[]).exits(0);
    let (code, version) = read(&stack).alias.unwrap();
    assert_eq!(code, packed(&run));
    assert_ne!(Some(version), before.alias.map(|(_, version)| version));
    let url = format!("{}/_aws/lambda-url/{id}", stack.proxy.endpoint);
    assert_eq!(run.document()["released"]["function_urls"], json!({ "hello": url }));
    stack.logged("unchanged").writes_nothing();
}

/// Of the objects moto keeps versions as well.
#[test]
fn a_fixed_key_gets_a_version_that_goes_with_a_failed_release() {
    let (stack, _) = unreleased(&["--alias", "live"], &fixed_key(ALIAS), 200);
    let run = stack.release(&[]).exits(0);
    let (released, object) = (read(&stack), stack.object("terraform/function.zip"));
    assert!(object.is_some() && released.latest == packed(&run));
    stack.write("lambda/app.py", answering(500, "broken"));
    stack.settings(&settings(&fixed_key(ALIAS), 500));
    stack.release(&[]).exits(4);
    assert_eq!((read(&stack), stack.object("terraform/function.zip")), (released, object));
}

#[test]
fn a_changed_api_gets_a_deployment() {
    let (stack, _) = unreleased(&[], LATEST, 200);
    stack.release(&[]).exits(0);
    let before = read(&stack);
    stack.aws.add_mock(&stack.api, stack.root(), "health");
    let log = stack.logged("released");
    let writes: Vec<&str> = log.writes().iter().map(|call| call.action).collect();
    assert_eq!(writes, ["CreateDeployment", "UpdateStage"]);
    let after = read(&stack);
    assert!(after.deployments.is_superset(&before.deployments) && !before.deployments.contains(&after.deployment));
    assert_eq!(after.latest, before.latest);
    assert_eq!(stack.release(&[]).exits(0).outcome(), "unchanged");
}

#[test]
fn releases_by_an_alias() {
    let (stack, before) = unreleased(&["--alias", "live"], ALIAS, 200);
    let first = packed(&stack.release(&[]).exits(0));
    let alias = read(&stack).alias.unwrap();
    assert_eq!(alias.0, first);
    assert_ne!(alias, before.alias.unwrap());
    assert_eq!(stack.release(&[]).exits(0).outcome(), "unchanged");

    stack.write("lambda/app.py", answering(200, "two"));
    let second = packed(&stack.release(&[]).exits(0));
    let (code, version) = read(&stack).alias.unwrap();
    assert_eq!(code, second);
    assert_ne!(version, alias.1);
}

#[test]
fn an_alias_that_does_not_exist_is_made() {
    let (stack, _) = unreleased(&["--alias", "live"], ALIAS, 200);
    stack.aws.delete_alias(&stack.function("dev"), "live");
    let run = stack.release(&[]).exits(0);
    assert_eq!(read(&stack).alias.unwrap().0, packed(&run));
}

#[test]
fn what_does_not_answer_is_put_back() {
    for (options, template) in [(&[][..], LATEST), (&["--alias", "live"][..], ALIAS)] {
        let (stack, before) = unreleased(options, template, 500);
        assert_eq!(stack.release(&[]).exits(4).outcome(), "failed");
        assert_eq!(read(&stack), before);
    }
}
