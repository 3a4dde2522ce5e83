//! Versions of a function, and aliases on them.

use aws_sdk_lambda::operation::publish_version::builders::PublishVersionFluentBuilder;
use aws_sdk_lambda::types::{AliasRoutingConfiguration, ProvisionedConcurrencyStatusEnum as Status, State};

use super::{archive, behind, change_code, refusal, refused};
use crate::support::rules::{
    AliasPolicy, AliasVersion, DeleteFunction, FunctionPolicy, NewVersion, ProvisionedConcurrency, Publish, Snapshots,
};
use crate::support::{ACCOUNT, Aws, Strict};

const OTHER: &str = "def handler(event, context):\n    return {}\n";

#[test]
fn an_alias_stands_on_a_version_that_exists() {
    let (_stack, aws, function) = behind(Strict::new().with(AliasVersion), &["--alias", "live"]);
    let create = aws.lambda.create_alias().function_name(&function).name("new").function_version("7");
    let message = refused(aws.block_on(create.send()), 404, "ResourceNotFoundException");
    assert!(message.ends_with(&format!(":function:{function}:7")), "{message}");
    let update = || aws.lambda.update_alias().function_name(&function).name("live");
    assert_eq!(refusal(aws.block_on(update().function_version("7").send())).0, 404);
    assert_eq!(aws.alias(&function, "live"), "1");
    aws.block_on(update().function_version("1").send()).unwrap();
    aws.block_on(update().description("no version named").send()).unwrap();
}

#[test]
fn with_an_alias_its_policy_goes() {
    let (_stack, aws, function) = behind(Strict::new().with(AliasPolicy), &["--alias", "live"]);
    let source = format!("arn:aws:execute-api:us-east-1:{ACCOUNT}:a1b2c3d4e5/*/*");
    aws.permit(&function, Some("live"), "of-the-alias", &source);
    aws.permit(&function, None, "of-the-function", &source);
    aws.delete_alias(&function, "live");
    let create = aws.lambda.create_alias().function_name(&function).name("live").function_version("1");
    aws.block_on(create.send()).unwrap();
    assert!(aws.statements(&function, Some("live")).is_empty());
    assert!(aws.statements(&function, None).contains("of-the-function"));
}

#[test]
fn a_version_is_published_only_of_the_code_that_is_named() {
    let (_stack, aws, function) = behind(Strict::new().with(Publish::default()), &[]);
    let publish = || aws.lambda.publish_version().function_name(&function);
    let message = refused(aws.block_on(publish().code_sha256("other").send()), 400, "InvalidParameterValueException");
    assert!(message.contains("is different from current CodeSHA256 in $LATEST"), "{message}");
    refused(aws.block_on(publish().revision_id("stale").send()), 412, "PreconditionFailedException");
    assert!(aws.versions(&function).is_empty());
    let sha256 = aws.code(&function, "$LATEST").0;
    assert_eq!(version(&aws, publish().code_sha256(sha256)), "1");
}

#[test]
fn what_did_not_change_is_not_published_again() {
    let (_stack, aws, function) = behind(Strict::new().with(Publish::default()), &[]);
    let publish = || version(&aws, aws.lambda.publish_version().function_name(&function));
    let update = |text: &str| {
        let call = aws.lambda.update_function_code().function_name(&function).zip_file(archive(text));
        aws.block_on(call.publish(true).send()).unwrap().version.unwrap()
    };
    assert_eq!(update("two"), "1");
    assert_eq!(publish(), "1");
    assert_eq!(update("two"), "2", "an update of the same bytes is one");
    assert_eq!(publish(), "2");
    assert_eq!(update("three"), "3");
    change_code(&function, OTHER);
    assert_eq!(publish(), "4");
    let configure = aws.lambda.update_function_configuration().function_name(&function).timeout(9);
    aws.block_on(configure.send()).unwrap();
    assert_eq!(publish(), "5", "a new configuration is a change");
    assert_eq!(aws.versions(&function), ["1", "2", "3", "4", "5"]);
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

fn version(aws: &Aws, call: PublishVersionFluentBuilder) -> String {
    aws.block_on(call.send()).unwrap().version.unwrap()
}

#[test]
fn a_version_is_deleted_only_where_no_alias_points_at_it_and_a_function_never() {
    let (_stack, aws, function) = behind(Strict::new().with(DeleteFunction), &["--alias", "live"]);
    let delete = |version: Option<&str>| {
        let call = aws.lambda.delete_function().function_name(&function);
        aws.block_on(call.set_qualifier(version.map(str::to_owned)).send())
    };
    let live = Aws::shared().alias(&function, "live");
    for (version, expected) in [(None, 403), (Some("$LATEST"), 400), (Some(live.as_str()), 409)] {
        assert_eq!(refusal(delete(version)).0, expected, "{version:?}");
    }
    change_code(&function, OTHER);
    let other = version(&aws, aws.lambda.publish_version().function_name(&function));
    delete(Some(&other)).unwrap();
    assert_eq!(aws.versions(&function), [live]);
}

#[test]
fn an_alias_with_provisioned_concurrency_moves_later() {
    let rules = Strict::new().with(Snapshots::default()).with(ProvisionedConcurrency::default());
    let (stack, aws, function) = behind(rules, &["--alias", "live"]);
    let weights = || {
        let alias = aws.block_on(aws.lambda.get_alias().function_name(&function).name("live").send()).unwrap();
        alias.routing_config.and_then(|routing| routing.additional_version_weights).unwrap_or_default()
    };
    let status = || {
        let call = aws.lambda.get_provisioned_concurrency_config().function_name(&function).qualifier("live");
        let found = aws.block_on(call.send())?;
        Ok((found.status.unwrap(), found.status_reason.unwrap_or_default()))
    };
    let update =
        |version: &str| aws.lambda.update_alias().function_name(&function).name("live").function_version(version);
    let no_weights = || AliasRoutingConfiguration::builder().set_additional_version_weights(Some([].into())).build();
    aws.change_code(&function, archive("two"), true);
    refused(status(), 404, "ProvisionedConcurrencyConfigNotFoundException");
    aws.move_alias(&function, "live", "2");
    assert!(weights().is_empty(), "without provisioned concurrency it moves at once");
    aws.move_alias(&function, "live", "1");

    aws.provision(&function, "live");
    aws.move_alias(&function, "live", "2");
    assert_eq!((weights(), stack.call("/hello").body.as_str()), ([("1".to_owned(), 1.0)].into(), "placeholder"));
    let message = refused(aws.block_on(update("1").send()), 400, "InvalidParameterValueException");
    assert_eq!(message, "Function version 1 is already included in routing configuration");
    assert_eq!(weights().len(), 1);
    assert_eq!((weights().len(), stack.call("/hello").body.as_str()), (0, "two"));
    let statuses: Vec<_> = (0..4).map(|_| status().unwrap().0).collect();
    assert_eq!(statuses, [Status::InProgress, Status::InProgress, Status::InProgress, Status::Ready]);

    stack.proxy.rule::<ProvisionedConcurrency>().fails("FUNCTION_ERROR_INIT_FAILURE");
    aws.move_alias(&function, "live", "1");
    let last = (0..4).map(|_| status().unwrap()).collect::<Vec<_>>().pop();
    assert_eq!(last.unwrap(), (Status::Failed, "FUNCTION_ERROR_INIT_FAILURE".to_owned()));
    assert!((0..9).all(|_| weights().len() == 1), "for good");
    aws.block_on(update("2").routing_config(no_weights()).send()).unwrap();
    assert!(weights().is_empty());
}

#[test]
fn the_policy_of_a_function_is_not_that_of_its_aliases() {
    let (_stack, aws, function) = behind(Strict::new().with(FunctionPolicy), &["--alias", "live"]);
    let own = || aws.statements(&function, None).into_iter().collect::<Vec<_>>();
    assert_eq!(own(), Vec::<String>::new(), "404: only the alias has statements");
    assert_eq!(aws.statements(&function, Some("live")).len(), 1);
    aws.permit(&function, None, "own", "arn:aws:execute-api:us-east-1:000000000000:other/*");
    assert_eq!(own(), ["own"]);
}
