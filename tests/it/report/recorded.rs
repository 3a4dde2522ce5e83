//! Snapshots of each format over what real runs that failed did and saw.

use std::fs;
use std::thread;

use super::formats::snapshot_of;
use super::schema::keeps_its_promise;
use crate::support::{BY_ENDPOINT, Ends, Fault, Stack, When, answering, archive_of, released};

const FORMATS: [&str; 3] = ["human", "json", "github"];

/// Its new code answers 502 behind the moved alias.
fn failing() -> Stack {
    let stack = released(&["--alias", "live"], BY_ENDPOINT);
    stack.settings(&BY_ENDPOINT.replace("20s", "2s"));
    stack.write("lambda/app.py", "def handler(event, context):\n    raise ValueError(\"no table\")\n");
    stack
}

/// Releases in each format, and does something else when the new code was asked for the first time.
fn recorded(name: &str, stack: &Stack, code: i32, meanwhile: impl Fn()) {
    for format in FORMATS {
        let (summary, outputs) = (stack.folder().join("summary.md"), stack.folder().join("outputs"));
        let mut command = stack.command(&["--stage", "dev", "--output", format]);
        command.env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_OUTPUT", &outputs);
        let held = stack.proxy.hold(When::NextAfterWrite("InvokeApi"));
        stack.proxy.take_calls();
        let run = thread::scope(|scope| {
            let run = scope.spawn(|| command.ended());
            held.wait_until_reached();
            meanwhile();
            held.let_go();
            run.join().unwrap()
        });
        let run = run.exits(code);
        if format == "json" {
            keeps_its_promise(&run.document());
        }
        let written = |path| fs::read_to_string(path).unwrap_or_default();
        snapshot_of(
            &format!("{format}_{name}"),
            &[
                ("stdout", run.stdout.as_str()),
                ("stderr", run.stderr.as_str()),
                ("outputs", &written(&outputs)),
                ("summary", &written(&summary)),
            ],
            stack,
        );
        fs::remove_file(summary).ok();
        fs::remove_file(outputs).ok();
        stack.proxy.clear_orders();
        stack.aws.move_alias(&stack.function("dev"), "live", "2");
    }
}

#[test]
fn what_failed_and_was_put_back() {
    recorded("put_back", &failing(), 4, || ());
}

#[test]
fn what_failed_and_could_not_be_put_back() {
    let stack = failing();
    recorded("not_put_back", &stack, 5, || stack.proxy.fault(When::Action("UpdateAlias"), Fault::Denied));
}

/// Somebody else's code fails as well, so that the smoke test does not hide who released.
#[test]
fn what_failed_and_was_changed_by_somebody_else_meanwhile() {
    let stack = failing();
    let function = stack.function("dev");
    recorded("left_alone", &stack, 4, || {
        stack.aws.change_code(&function, archive_of(&answering(500, "by hand")), true);
        let newest = stack.aws.newest(&function).unwrap();
        stack.aws.move_alias(&function, "live", &newest);
    });
}
