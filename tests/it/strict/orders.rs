//! What a test can do to single calls.

use std::time::{Duration, Instant};

use super::{behind, refusal, refused};
use crate::support::{Aws, Fault, Strict, When, get};

#[test]
fn an_answer_is_held_until_it_is_let_go() {
    let (stack, aws, function) = behind(Strict::new(), &[]);
    let publish = aws.lambda.publish_version().function_name(&function).send();
    aws.block_on(aws.lambda.get_function().function_name(&function).send()).unwrap();
    let held = stack.proxy.hold(When::Call(2));
    assert!(!held.is_reached());
    std::thread::scope(|scope| {
        let call = scope.spawn(|| aws.block_on(publish));
        held.wait_until_reached();
        assert_eq!(Aws::shared().versions(&function), ["1"], "it has been done");
        assert!(!call.is_finished());
        assert!(stack.proxy.calls().calls("PublishVersion").is_empty());
        held.let_go();
        call.join().unwrap().unwrap();
    });
    assert_eq!(stack.proxy.calls().calls("PublishVersion")[0].number, 2);
}

#[test]
fn a_call_goes_wrong_before_or_after_it_is_done() {
    let (stack, aws, function) = behind(Strict::new(), &[]);
    let create = |name: &str| {
        aws.block_on(aws.lambda.create_alias().function_name(&function).name(name).function_version("$LATEST").send())
    };
    let exists = |name: &str| {
        let shared = Aws::shared();
        shared.block_on(shared.lambda.get_alias().function_name(&function).name(name).send()).is_ok()
    };
    stack.proxy.fault(When::Next("CreateAlias"), Fault::NotDone);
    assert_eq!(refusal(create("one")).0, 500);
    assert!(!exists("one"));
    create("one").unwrap();

    stack.proxy.fault(When::Call(3), Fault::DoneButFailed);
    assert_eq!(refusal(create("two")).0, 500);
    assert!(exists("two"));

    stack.proxy.fault(When::Next("CreateAlias"), Fault::DoneButReset);
    assert!(create("three").unwrap_err().raw_response().is_none());
    assert!(exists("three"));
    let statuses: Vec<u16> = stack.proxy.take_calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [500, 201, 500, 0]);

    stack.proxy.fault(When::Action("CreateAlias"), Fault::NotDone);
    assert_eq!((refusal(create("four")).0, refusal(create("four")).0), (500, 500));
    stack.proxy.clear_orders();
    create("four").unwrap();
    assert_eq!(stack.proxy.calls()[2].number, 3, "numbers begin anew");
}

#[test]
fn an_action_is_denied_in_the_words_of_aws() {
    let (stack, aws, function) = behind(Strict::new(), &[]);
    for action in ["lambda:GetFunction", "apigateway:GET", "s3:PutObject"] {
        stack.proxy.deny(action);
    }
    let message =
        refused(aws.block_on(aws.lambda.get_function().function_name(&function).send()), 403, "AccessDeniedException");
    let wanted = format!(
        "User: arn:aws:iam::000000000000:user/test is not authorized to perform: lambda:GetFunction on resource: \
         arn:aws:lambda:us-east-1:000000000000:function:{function} because no identity-based policy allows the \
         lambda:GetFunction action"
    );
    assert_eq!(message, wanted);
    let stage = aws.gateway.get_stage().rest_api_id(&stack.api).stage_name("dev").send();
    let (status, _, message) = refusal(aws.block_on(stage));
    let path = format!("arn:aws:apigateway:us-east-1::/restapis/{}/stages/dev", stack.api);
    assert_eq!(status, 403);
    assert!(message.contains("apigateway:GET on resource: ") && message.contains(&path), "{message}");
    let put = aws.s3.put_object().bucket(stack.bucket()).key("key").body(b"one".to_vec().into()).send();
    assert_eq!(refusal(aws.block_on(put)).1, "AccessDenied");
    aws.block_on(aws.lambda.publish_version().function_name(&function).send()).unwrap();
}

#[test]
fn who_may_not_list_does_not_learn_what_is_absent() {
    let (stack, aws, _) = behind(Strict::new(), &[]);
    let head = || refusal(aws.block_on(aws.s3.head_object().bucket(stack.bucket()).key("none").send())).0;
    assert_eq!(head(), 404);
    stack.proxy.deny("s3:ListBucket");
    assert_eq!(head(), 403);
    assert_eq!(refusal(aws.block_on(aws.s3.head_bucket().bucket(stack.bucket()).send())).0, 403);
}

#[test]
fn calls_and_connections_take_their_time() {
    let (stack, _, _) = behind(Strict::new(), &[]);
    let (per_call, per_connection) = (Duration::from_millis(200), Duration::from_millis(300));
    stack.proxy.set_latency(per_call, per_connection);
    let health = |endpoint: &str| {
        let begin = Instant::now();
        get(&format!("{endpoint}/_ministack/health")).unwrap();
        begin.elapsed()
    };
    assert!(health(&stack.proxy.endpoint) >= per_call + per_connection);
    let call = stack.proxy.calls()[0].clone();
    assert!(call.end - call.start >= per_call);
    assert!(health(&stack.proxy.side_door) < per_call, "only the recorded side is slow");
    assert_eq!(stack.proxy.calls().len(), 1);
}
