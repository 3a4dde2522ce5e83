//! Ten pull requests at once: each call of API Gateway is taken once in a time, of everybody together.

use super::scene::{apis, call, functions, greeting, scene};
use crate::support::{Ends, Run, Stack};

const NUMBERS: std::ops::RangeInclusive<u64> = 1..=10;

/// Begins all, and waits for all.
fn all_at_once(stack: &Stack, verb: &str, more: &[&str]) -> Vec<(u64, Run)> {
    let begin = |number: u64| {
        let text = number.to_string();
        let arguments = [&["--pr", &text], more].concat();
        (number, stack.preview_command(verb, &arguments).spawn().unwrap())
    };
    let running: Vec<_> = NUMBERS.map(begin).collect();
    running.into_iter().map(|(number, child)| (number, child.ended())).collect()
}

fn refused(stack: &Stack, action: &str) -> usize {
    stack.proxy.calls().calls(action).iter().filter(|call| call.status == 429).count()
}

#[test]
fn ten_pull_requests_at_once_all_end_well() {
    let stack = scene();
    for (number, run) in all_at_once(&stack, "up", &["--stage", "dev"]) {
        let run = run.exits(0);
        assert_eq!(call(&run), (200, greeting("pull request", &format!("table-{number}"))));
    }
    assert!(refused(&stack, "CreateDeployment") > 0, "nothing had to queue");
    assert_eq!((functions(&stack).len(), apis(&stack).len()), (10, 10));
    for (_, run) in all_at_once(&stack, "down", &[]) {
        run.exits(0);
    }
    assert!(refused(&stack, "DeleteRestApi") > 0, "nothing had to queue");
    assert_eq!((functions(&stack), apis(&stack)), (Vec::new(), Vec::new()));
}
