//! Versions of a function, and aliases on them.

use aws_sdk_lambda::types::State;

use super::{archive, behind, change_code, refusal};
use crate::support::strict::rules::{AliasVersion, NewVersion, Publish};
use crate::support::{Aws, Strict};

const OTHER: &str = "def handler(event, context):\n    return {}\n";

#[test]
fn an_alias_stands_on_a_version_that_exists() {
    let (_stack, aws, function) = behind(Strict::new().with(AliasVersion), &["--alias", "live"]);
    let create = aws.lambda.create_alias().function_name(&function).name("new").function_version("7");
    let (status, code, message) = refusal(aws.block_on(create.send()));
    assert_eq!((status, code.as_str()), (404, "ResourceNotFoundException"));
    assert!(message.ends_with(&format!(":function:{function}:7")), "{message}");
    let update = || aws.lambda.update_alias().function_name(&function).name("live");
    assert_eq!(refusal(aws.block_on(update().function_version("7").send())).0, 404);
    assert_eq!(aws.alias(&function, "live"), "1");
    aws.block_on(update().function_version("1").send()).unwrap();
    aws.block_on(update().description("no version named").send()).unwrap();
}

#[test]
fn a_version_is_published_only_of_the_code_that_is_named() {
    let (_stack, aws, function) = behind(Strict::new().with(Publish), &[]);
    let publish = || aws.lambda.publish_version().function_name(&function);
    let (status, code, message) = refusal(aws.block_on(publish().code_sha256("other").send()));
    assert_eq!((status, code.as_str()), (400, "InvalidParameterValueException"));
    assert!(message.contains("is different from current CodeSHA256 in $LATEST"), "{message}");
    let (status, code, _) = refusal(aws.block_on(publish().revision_id("stale").send()));
    assert_eq!((status, code.as_str()), (412, "PreconditionFailedException"));
    assert!(aws.versions(&function).is_empty());
    let sha256 = aws.code(&function, "$LATEST").0;
    assert_eq!(version(&aws, publish().code_sha256(sha256)), "1");
}

#[test]
fn what_did_not_change_is_not_published_again() {
    let (_stack, aws, function) = behind(Strict::new().with(Publish), &[]);
    let publish = || version(&aws, aws.lambda.publish_version().function_name(&function));
    let update = |text: &str| {
        let call = aws.lambda.update_function_code().function_name(&function).zip_file(archive(text));
        aws.block_on(call.publish(true).send()).unwrap().version.unwrap()
    };
    assert_eq!(update("two"), "1");
    assert_eq!(update("two"), "1");
    assert_eq!(publish(), "1");
    assert_eq!(update("three"), "2");
    change_code(&function, OTHER);
    assert_eq!(publish(), "3");
    let configure = aws.lambda.update_function_configuration().function_name(&function).timeout(9);
    aws.block_on(configure.send()).unwrap();
    assert_eq!(publish(), "4", "a new configuration is a change");
    assert_eq!(aws.versions(&function), ["1", "2", "3", "4"]);
}

#[test]
fn a_new_version_may_fail_or_stay_pending() {
    let (stack, aws, function) = behind(Strict::new().with(NewVersion::default()), &[]);
    let rule = stack.proxy.rule::<NewVersion>();
    let state = |version: &str| {
        let call = aws.lambda.get_function().function_name(&function).qualifier(version);
        let found = aws.block_on(call.send()).unwrap().configuration.unwrap();
        (found.state.unwrap(), found.state_reason.unwrap_or_default())
    };
    rule.fails(&function, "the disk is full");
    assert_eq!(version(&aws, aws.lambda.publish_version().function_name(&function)), "1");
    assert_eq!(state("1"), (State::Failed, "the disk is full".to_owned()));
    rule.stays_pending(&function);
    let call = aws.lambda.update_function_code().function_name(&function).zip_file(archive("two"));
    assert_eq!(aws.block_on(call.publish(true).send()).unwrap().version.as_deref(), Some("2"));
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert_eq!(state("2").0, State::Pending);
    assert_eq!(state("$LATEST").0, State::Active);
    change_code(&function, OTHER);
    assert_eq!(version(&aws, aws.lambda.publish_version().function_name(&function)), "3");
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert_eq!(state("3").0, State::Active, "only the next version is concerned");
}

fn version(
    aws: &Aws,
    call: aws_sdk_lambda::operation::publish_version::builders::PublishVersionFluentBuilder,
) -> String {
    aws.block_on(call.send()).unwrap().version.unwrap()
}
