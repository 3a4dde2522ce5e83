//! Two hundred functions, at the rates that Lambda takes.

use std::fmt::Write;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

use aws_sdk_lambda::client::Waiters;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use futures::stream::{self, StreamExt};

use super::repeats::unneeded;
use crate::support::rules::LambdaRate;
use crate::support::{Aws, Call, Log, Stack, Strict, answering};

const FUNCTIONS: usize = 200;
const CHANGED: usize = 50;
/// What Lambda takes in a second of all control calls but `GetFunction` and `GetPolicy`.
const PER_SECOND: usize = 15;

#[test]
fn two_hundred_functions_stay_below_the_quotas() {
    let stack = Stack::build_behind(Strict::all().with(LambdaRate::of(PER_SECOND)), &["--alias", "live"]);
    let names: Vec<_> = (0..FUNCTIONS).map(|number| stack.function(&format!("f{number:03}"))).collect();
    stack.settings(&settings(&names));
    stack.write("lambda/app.py", answering(200, "one"));
    stack.run(&["package", "--stage", "dev", "--function", "f000", "--out-dir", "out"]).exits(0);
    let zip = fs::read_dir(stack.folder().join("out")).unwrap().map(|entry| entry.unwrap().path());
    let zip = zip.into_iter().find(|path| path.extension().is_some_and(|end| end == "zip")).unwrap();
    create(&stack, &names, &fs::read(zip).unwrap());
    unchanged(&stack);
    fifty_changed(&stack);
}

fn settings(names: &[String]) -> String {
    let mut text = "region = \"us-east-1\"\n[artifacts]\nbucket = \"$NAME-artifacts\"\n".to_owned();
    for (number, name) in names.iter().enumerate() {
        let rest = format!("source = \"lambda\"\nname = \"{name}\"\nalias = \"live\"");
        writeln!(text, "[functions.f{number:03}]\n{rest}").unwrap();
    }
    text
}

/// Functions whose alias has this code.
fn create(stack: &Stack, names: &[String], zip: &[u8]) {
    let aws = Aws::shared();
    let role = aws.lambda.get_function_configuration().function_name(stack.function("dev")).send();
    let role = aws.block_on(role).unwrap().role.unwrap();
    let created = stream::iter(names).map(async |name| {
        let call = aws.lambda.create_function().function_name(name).role(&role).runtime(Runtime::Python312);
        let code = FunctionCode::builder().zip_file(Blob::new(zip)).build();
        call.handler("app.handler").code(code).publish(true).send().await.unwrap();
        let active = aws.lambda.wait_until_function_active_v2().function_name(name);
        active.wait(Duration::from_mins(1)).await.unwrap();
        aws.lambda.create_alias().function_name(name).name("live").function_version("1").send().await.unwrap();
    });
    aws.block_on(created.buffer_unordered(8).collect::<Vec<_>>());
}

fn unchanged(stack: &Stack) {
    let log = stack.logged("unchanged");
    assert_eq!(refused(&log), 0, "{log:?}");
    assert_eq!(log.calls("GetFunction").len(), 2 * FUNCTIONS);
    assert_eq!(log.iter().count(), 2 * FUNCTIONS, "nothing else is asked: {log:?}");
}

fn fifty_changed(stack: &Stack) {
    stack.write("lambda/app.py", answering(200, "two"));
    let chosen: Vec<_> = (0..CHANGED).map(|number| format!("f{number:03}")).collect();
    let chosen: Vec<_> = chosen.iter().flat_map(|key| ["--function", key]).collect();
    // The run before used up what there is in a second.
    sleep(Duration::from_secs(1));
    stack.proxy.take_calls();
    assert_eq!(stack.release(&chosen).exits(0).outcome(), "released");
    let log = stack.proxy.take_calls();
    assert_eq!((refused(&log), unneeded(&log).len()), (0, 0), "{log:?}");
    let functions = ["GetFunction", "GetPolicy", "Invoke"];
    let paced = log.iter().filter(|call| call.service == "lambda" && !functions.contains(&call.action));
    let answers: Vec<Duration> = paced.map(|call| call.end - call.start).collect();
    // Asked for, and written: alias, provisioned concurrency, code signing, the code, the alias; the mappings once.
    assert_eq!(answers.len(), 5 * CHANGED + 1, "{log:?}");
    // A call's place is free again a second after its answer, which takes longer on a busy machine.
    let places: Duration = answers.iter().map(|answer| *answer + Duration::from_secs(1)).sum();
    let floor = places / u32::try_from(PER_SECOND).unwrap();
    let took = log.iter().map(|call| call.end).max().unwrap() - log.iter().map(|call| call.start).min().unwrap();
    assert!(took <= floor.mul_f64(1.2), "{took:?}, and no run is below {floor:?}");
}

fn refused(log: &Log) -> usize {
    log.iter().filter(|call: &&Call| call.status == 429).count()
}
