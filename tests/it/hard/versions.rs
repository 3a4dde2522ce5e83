//! Versions that a failed release leaves, or not.

use serde_json::json;

use crate::strict::change_code;
use crate::support::{ACCOUNT, ALIAS, Run, Stack, answering, release_while, released};

/// Code that cannot be loaded, in other bytes for each number.
fn broken(number: usize) -> String {
    format!("import nowhere # {number}\n")
}

/// Releases what cannot be loaded, and does something with the new version before its invocation is answered.
fn fails_while(stack: &Stack, number: usize, meanwhile: impl FnOnce(&str)) -> (Run, String) {
    let function = stack.function("dev");
    stack.write("lambda/app.py", broken(number));
    let made = std::cell::OnceCell::new();
    let run = release_while(stack, "Invoke", || {
        let version = made.get_or_init(|| stack.aws.newest(&function).unwrap());
        meanwhile(version);
    });
    (run.exits(4), made.into_inner().unwrap())
}

/// The version stays, and the code from before follows it.
#[track_caller]
fn stays(stack: &Stack, (run, version): (Run, String), why: &str) {
    let function = stack.function("dev");
    assert!(stack.aws.versions(&function).contains(&version), "{version}: {run:?}");
    let told = format!("this run published version {version}, which is not deleted: {why}");
    assert!((run.stdout.clone() + &run.stderr).contains(&told), "{told}: {run:?}");
    let newest = stack.aws.newest(&function).unwrap();
    assert_eq!(stack.aws.code(&function, &newest).0, stack.aws.code(&function, "live").0, "{run:?}");
}

#[test]
fn a_version_that_failed_and_that_something_uses_stays() {
    let stack = released(&["--alias", "live"], ALIAS);
    let (aws, function) = (stack.aws, stack.function("dev"));
    let by_alias = fails_while(&stack, 1, |version| {
        let call = aws.lambda.create_alias().function_name(&function).name("canary").function_version(version);
        aws.block_on(call.send()).unwrap();
    });
    stays(&stack, by_alias, "it was changed by another run or person since: an alias points at it");

    let by_statement = fails_while(&stack, 2, |version| {
        let source = format!("arn:aws:execute-api:us-east-1:{ACCOUNT}:other/*");
        aws.permit(&function, Some(version), "theirs", &source);
    });
    stays(&stack, by_statement, "it was changed by another run or person since: something may call it");

    let by_mapping = fails_while(&stack, 3, |version| {
        let arn = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}:{version}");
        stack.proxy.show("ListEventSourceMappings", move |page| {
            page["EventSourceMappings"] = json!([{ "UUID": "one", "FunctionArn": arn, "State": "Enabled" }]);
        });
    });
    stack.proxy.clear_orders();
    stays(&stack, by_mapping, "it was changed by another run or person since: something may call it");

    let unused = fails_while(&stack, 4, |_| ());
    assert!(!aws.versions(&function).contains(&unused.1), "{:?}", unused.0);
}

/// `PublishVersion` answers with the version that there is where nothing changed since.
#[test]
fn a_version_that_was_there_before_the_release_stays() {
    let stack = released(&["--alias", "live"], ALIAS);
    let (aws, function) = (stack.aws, stack.function("dev"));
    stack.write("lambda/app.py", broken(1));
    stack.run(&["package", "--stage", "dev"]).exits(0);
    let zip = std::fs::read(stack.folder().join("target/sls-release/hello.zip")).unwrap();
    aws.change_code(&function, aws_sdk_lambda::primitives::Blob::new(zip), true);
    let (theirs, before) = (aws.newest(&function).unwrap(), stack.state(Some("live")));
    let run = stack.release(&[]).exits(4);
    assert!(
        run.stdout.contains(&format!("version {theirs} of {function} failed before its callers got it")),
        "{run:?}"
    );
    assert!(aws.versions(&function).contains(&theirs), "{run:?}");
    assert_eq!(stack.state(Some("live")), before, "{run:?}");
    // By hand, so that the stack can be released to again.
    change_code(&function, &answering(200, "one"));
    stack.releases("two");
}
