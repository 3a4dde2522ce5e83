//! A second opinion: the same releases against moto, which knows the control plane alone and calls no function.

mod gaps;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::OnceLock;
use std::thread;

use aws_sdk_s3::types::ObjectCannedAcl;
use serde_json::json;

use crate::support::local_aws::Program;
use crate::support::scene::{ALIAS, LATEST, answering, archive_of};
use crate::support::strict::{Message, send};
use crate::support::{OtherAws, Run, Stack, Strict};
use gaps::{CodeLinks, Revisions};

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
        let address = moto.local.endpoint.strip_prefix("http://").unwrap();
        let request = Message::request("POST", "/moto-api/config", config).with_header("Host", address);
        assert_eq!(send(address, &request).unwrap().status(), 201);
        moto
    })
}

/// A stack whose function has its code by an object of its bucket, and what there is.
fn unreleased(options: &[&str]) -> (Stack, Read) {
    let rules = Strict::new().with(Revisions).with(CodeLinks { endpoint: moto().local.endpoint.clone() });
    let stack = Stack::build_in(moto(), rules, options);
    let (aws, function) = (stack.aws, stack.function("dev"));
    let (bucket, key) = (stack.bucket(), "placeholder.zip");
    let code = archive_of(&answering(200, "placeholder"));
    // Lambda's links need no signature.
    let put = aws.s3.put_object().bucket(bucket).key(key).acl(ObjectCannedAcl::PublicRead);
    aws.block_on(put.body(code.into_inner().into()).send()).unwrap();
    let update = aws.lambda.update_function_code().function_name(&function).s3_bucket(bucket).s3_key(key);
    aws.block_on(update.send()).unwrap();
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
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let head = BufReader::new(&connection).lines().map_while(Result::ok).find(String::is_empty);
            assert!(head.is_some(), "the request ends within its head");
            let answer = format!("HTTP/1.1 {status} Answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            connection.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
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
    let alias = aws.block_on(aws.lambda.get_alias().function_name(&function).name("live").send()).ok();
    let version = alias.and_then(|alias| alias.function_version);
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
    let (stack, before) = unreleased(&[]);
    stack.settings(&settings(LATEST, 200));
    stack.write("lambda/app.py", answering(200, "one"));
    let run = stack.release(&[]).exits(0);
    assert_eq!(run.outcome(), "released");
    let first = read(&stack);
    assert_eq!(first.latest, packed(&run));
    assert_eq!(first.deployments.len(), before.deployments.len() + 1);
    assert!(!before.deployments.contains(&first.deployment), "the stage points at the new one");
    assert_eq!(stack.aws.versions(&stack.function("dev")), ["1"]);

    stack.proxy.take_calls();
    assert_eq!(stack.release(&[]).exits(0).outcome(), "unchanged");
    assert!(stack.proxy.take_calls().writes().is_empty());

    stack.write("lambda/app.py", answering(200, "two"));
    let run = stack.release(&[]).exits(0);
    assert_eq!(read(&stack), Read { latest: packed(&run), ..first });
    assert_eq!(stack.aws.versions(&stack.function("dev")), ["1", "2"]);
}

#[test]
fn a_changed_api_gets_a_deployment() {
    let (stack, _) = unreleased(&[]);
    stack.settings(&settings(LATEST, 200));
    stack.write("lambda/app.py", answering(200, "one"));
    stack.release(&[]).exits(0);
    let before = read(&stack);
    stack.aws.add_mock(&stack.api, stack.root(), "health");
    stack.proxy.take_calls();
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    let log = stack.proxy.take_calls();
    let writes: Vec<&str> = log.writes().iter().map(|call| call.action).collect();
    assert_eq!(writes, ["CreateDeployment", "UpdateStage"]);
    let after = read(&stack);
    assert!(after.deployments.is_superset(&before.deployments) && !before.deployments.contains(&after.deployment));
    assert_eq!(after.latest, before.latest);
    assert_eq!(stack.release(&[]).exits(0).outcome(), "unchanged");
}

#[test]
fn releases_by_an_alias() {
    let (stack, before) = unreleased(&["--alias", "live"]);
    stack.settings(&settings(ALIAS, 200));
    stack.write("lambda/app.py", answering(200, "one"));
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
    let (stack, _) = unreleased(&["--alias", "live"]);
    let (aws, function) = (stack.aws, stack.function("dev"));
    aws.block_on(aws.lambda.delete_alias().function_name(&function).name("live").send()).unwrap();
    stack.settings(&settings(ALIAS, 200));
    stack.write("lambda/app.py", answering(200, "one"));
    let run = stack.release(&[]).exits(0);
    assert_eq!(read(&stack).alias.unwrap().0, packed(&run));
}

#[test]
fn what_does_not_answer_is_put_back() {
    for (options, template) in [(&[][..], LATEST), (&["--alias", "live"][..], ALIAS)] {
        let (stack, before) = unreleased(options);
        stack.settings(&settings(template, 500));
        stack.write("lambda/app.py", answering(200, "one"));
        assert_eq!(stack.release(&[]).exits(4).outcome(), "failed");
        assert_eq!(read(&stack), before);
    }
}
