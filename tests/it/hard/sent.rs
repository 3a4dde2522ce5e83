//! Releases without a bucket: the calls carry the code.

use super::{downloads, log_downloads, written};
use crate::strict::change_code;
use crate::support::{ALIAS, Aws, Fault, LATEST, Stack, When, answering, released, without_bucket};

fn stack(options: &[&str], settings: &str) -> Stack {
    let stack = released(options, &without_bucket(settings));
    log_downloads(&stack);
    stack.proxy.take_calls();
    stack
}

#[test]
fn a_call_carries_the_code_and_no_bucket_is_asked() {
    let stack = stack(&["--alias", "live"], ALIAS);
    stack.write("lambda/app.py", answering(200, "two"));
    let log = stack.logged("released");
    assert!(log.iter().all(|call| call.service != "s3"), "{log:?}");
    assert_eq!(written(&log), ["UpdateFunctionCode", "UpdateAlias"], "the alias's version has the live code");
    assert_eq!(downloads(&log), 1);
    assert_eq!(stack.call("/hello").body, "two");
    assert_eq!(stack.logged("unchanged").writes().len(), 0);
}

#[test]
fn code_that_no_version_has_is_published_first() {
    let stack = stack(&["--alias", "live"], ALIAS);
    let (aws, function) = (Aws::shared(), stack.function("dev"));
    change_code(&function, &answering(200, "by hand"));
    let by_hand = aws.code(&function, "$LATEST").0;
    stack.write("lambda/app.py", answering(200, "two"));
    let log = stack.logged("released");
    assert_eq!(written(&log), ["PublishVersion", "UpdateFunctionCode", "UpdateAlias"]);
    let newest: u32 = aws.newest(&function).unwrap().parse().unwrap();
    assert_eq!(aws.code(&function, &(newest - 1).to_string()).0, by_hand, "the version before has it");
}

#[test]
fn what_is_live_goes_back_by_the_call_itself() {
    for (options, settings) in [(&[][..], LATEST), (&["--alias", "live"][..], ALIAS)] {
        let stack = stack(options, settings);
        let alias = (settings == ALIAS).then_some("live");
        let before = stack.state(alias);
        stack.write("lambda/app.py", answering(500, "broken"));
        let run = stack.release(&[]).exits(4);
        assert_eq!(stack.state(alias), before, "{run:?}");
        assert_eq!(stack.call("/hello").body, "one");
    }
}

#[test]
fn the_command_that_puts_code_back_by_hand_fetches_a_version() {
    let stack = stack(&["--alias", "live"], &ALIAS.replace("20s", "2s"));
    let version = Aws::shared().alias(&stack.function("dev"), "live");
    stack.write("lambda/app.py", answering(500, "broken"));
    stack.proxy.fault(When::NextAfterWrite("UpdateFunctionCode"), Fault::Denied);
    let run = stack.release(&[]).exits(5);
    let left = run.document()["not_put_back"].clone();
    let command = left[0]["command"].as_str().unwrap();
    assert!(command.starts_with("curl --fail --output"), "{command}");
    assert!(command.contains(&format!("--qualifier {version} --query Code.Location")), "{command}");
    assert!(command.contains("--zip-file fileb://"), "{command}");
}
