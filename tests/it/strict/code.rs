//! Updates of a function's code.

use std::thread::sleep;
use std::time::Duration;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{Architecture, LastUpdateStatus, S3ObjectStorageMode, State};

use super::{archive, behind, refusal, refused};
use crate::support::rules::{Busy, CodeSettings, DryRun, LambdaRate, Settings};
use crate::support::{Aws, Strict};

const SETTLES_IN: Duration = Duration::from_millis(700);

#[test]
fn an_update_is_refused_while_another_is_in_progress() {
    let (_stack, aws, function) = behind(Strict::new().with(Busy::settling_in(SETTLES_IN)), &[]);
    let update = || aws.lambda.update_function_code().function_name(&function).zip_file(archive("two")).send();
    let publish = || aws.lambda.publish_version().function_name(&function).send();
    let configure = || aws.lambda.update_function_configuration().function_name(&function).timeout(9).send();

    assert_eq!(aws.block_on(update()).unwrap().last_update_status, Some(LastUpdateStatus::InProgress));
    let message = refused(aws.block_on(update()), 409, "ResourceConflictException");
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{function}");
    let wanted = "The operation cannot be performed at this time. An update is in progress for resource: ";
    assert_eq!(message, format!("{wanted}{arn}"));
    assert_eq!(refusal(aws.block_on(publish())).0, 409);
    assert_eq!(refusal(aws.block_on(configure())).0, 409);
    assert_eq!(states(&get(&aws, &function)), (State::Active, LastUpdateStatus::InProgress));

    sleep(SETTLES_IN);
    assert_eq!(states(&get(&aws, &function)), (State::Active, LastUpdateStatus::Successful));
    aws.block_on(publish()).unwrap();
    aws.block_on(configure()).unwrap();
    assert_eq!(refusal(aws.block_on(update())).0, 409, "a new configuration is an update too");
}

#[test]
fn of_two_updates_at_once_one_is_done() {
    let (_stack, aws, function) = behind(Strict::new().with(Busy::default()), &[]);
    let update = || aws.lambda.update_function_code().function_name(&function).zip_file(archive("two")).send();
    let (one, other) = aws.block_on(async { futures::join!(update(), update()) });
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
}

#[test]
fn an_update_that_failed_leaves_the_function_free() {
    let (_stack, aws, function) = behind(Strict::new().with(Busy::settling_in(Duration::from_mins(1))), &[]);
    let call = aws.lambda.update_function_code().function_name(&function).zip_file(archive("two"));
    assert_eq!(refusal(aws.block_on(call.revision_id("stale").send())).0, 412);
    aws.block_on(aws.lambda.publish_version().function_name(&function).send()).unwrap();
}

#[test]
fn somebody_else_may_be_updating() {
    let (stack, aws, function) = behind(Strict::new().with(Busy::default()), &[]);
    stack.proxy.rule::<Busy>().make_busy(&function, SETTLES_IN);
    assert_eq!(states(&get(&aws, &function)), (State::Active, LastUpdateStatus::InProgress));
    assert_eq!(refusal(aws.block_on(aws.lambda.publish_version().function_name(&function).send())).0, 409);
    sleep(SETTLES_IN);
    aws.block_on(aws.lambda.publish_version().function_name(&function).send()).unwrap();
}

#[test]
fn the_control_plane_takes_so_many_calls_a_second() {
    let (_stack, aws, function) = behind(Strict::new().with(LambdaRate::of(3)), &[]);
    // What the stack was built by.
    sleep(Duration::from_secs(1));
    let configuration = || aws.lambda.get_function_configuration().function_name(&function).send();
    let answers = aws.block_on(async { futures::join!(configuration(), configuration(), configuration()) });
    assert!(answers.0.is_ok() && answers.1.is_ok() && answers.2.is_ok());
    let (status, code, message) = refusal(aws.block_on(configuration()));
    assert_eq!((status, code.as_str(), message.as_str()), (429, "TooManyRequestsException", "Rate exceeded"));
    get(&aws, &function);
    sleep(Duration::from_secs(1));
    aws.block_on(configuration()).unwrap();
}

#[test]
fn a_dry_run_changes_nothing() {
    let (_stack, aws, function) = behind(Strict::new().with(DryRun), &[]);
    let before = aws.code(&function, "$LATEST");
    let call = aws.lambda.update_function_code().function_name(&function).zip_file(archive("two")).publish(true);
    let answer = aws.block_on(call.dry_run(true).send()).unwrap();
    assert_eq!(answer.code_sha256, Some(before.0.clone()));
    assert_eq!(aws.code(&function, "$LATEST"), before);
    assert!(aws.versions(&function).is_empty());
}

#[test]
fn an_update_sets_to_its_default_what_it_does_not_name() {
    let (stack, aws, function) = behind(Strict::new().with(CodeSettings::default()), &[]);
    let object = ["bucket", "key", "version"].map(str::to_owned);
    let kept = Settings { reference: Some(object), key: Some("arn:aws:kms:one".to_owned()) };
    stack.proxy.rule::<CodeSettings>().set(&function, kept);
    let code = get(&aws, &function).code.unwrap();
    assert_eq!(code.resolved_s3_object().unwrap().s3_key(), Some("key"));
    assert_eq!(code.source_kms_key_arn(), Some("arn:aws:kms:one"));

    let named = aws.lambda.update_function_code().function_name(&function).source_kms_key_arn("arn:aws:kms:two");
    let named = named.architectures(Architecture::Arm64).s3_bucket(stack.bucket()).s3_key("code.zip");
    let named = named.s3_object_storage_mode(S3ObjectStorageMode::Reference);
    let put = aws.s3.put_object().bucket(stack.bucket()).key("code.zip");
    let put = aws.block_on(put.body(archive("two").into_inner().into()).send()).unwrap();
    assert_eq!(refusal(aws.block_on(named.clone().send())).0, 400, "a reference is to a version of the object");
    aws.block_on(named.set_s3_object_version(put.version_id).send()).unwrap();
    let after = get(&aws, &function);
    assert_eq!(after.configuration.unwrap().architectures(), [Architecture::Arm64]);
    let code = after.code.unwrap();
    assert_eq!(code.resolved_s3_object().unwrap().s3_key(), Some("code.zip"));
    assert_eq!(code.source_kms_key_arn(), Some("arn:aws:kms:two"));

    let bare = aws.lambda.update_function_code().function_name(&function).zip_file(archive("three"));
    aws.block_on(bare.send()).unwrap();
    let after = get(&aws, &function);
    assert_eq!(after.configuration.unwrap().architectures(), [Architecture::X8664]);
    let code = after.code.unwrap();
    assert_eq!((code.resolved_s3_object(), code.source_kms_key_arn()), (None, None));
    assert_eq!(stack.proxy.rule::<CodeSettings>().of(&function), Settings::default());
}

fn get(aws: &Aws, function: &str) -> GetFunctionOutput {
    aws.block_on(aws.lambda.get_function().function_name(function).send()).unwrap()
}

fn states(function: &GetFunctionOutput) -> (State, LastUpdateStatus) {
    let configuration = function.configuration.clone().unwrap();
    (configuration.state.unwrap(), configuration.last_update_status.unwrap())
}
