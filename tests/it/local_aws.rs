//! The local AWS that the other tests stand on: it starts, answers, and leaves nothing behind.

use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::local_aws::virtual_environment;
use crate::support::{Aws, LocalAws, Stack, Strict, fixtures, get, ministack, shared_aws};

#[test]
fn the_stack_answers_before_the_first_release() {
    let stack = Stack::build(&["--function", "$NAME-one=/one", "--function", "$NAME-two=/two", "--alias", "live"]);
    let state = stack.state(Some("live"));
    assert_eq!(state.answers["/one"], (200, "placeholder".to_owned()));
    assert_eq!(state.answers["/two"], (200, "placeholder".to_owned()));
    assert_eq!(state.aliases[&stack.function("one")].0, "1");
    assert_eq!(state.deployments.len(), 1);
    assert!(state.deployments.contains(&state.deployment));
}

#[test]
fn a_stack_with_a_network_is_built() {
    let stack = shared_aws().build_stack(&["--name", "network"]).unwrap();
    assert_eq!(stack["network"]["private"].as_array().unwrap().len(), 2);
    assert!(stack["network"]["load_balancer"].as_str().unwrap().contains("loadbalancer/app/network-web"));
}

#[test]
fn an_added_mock_changes_the_api_but_no_stage() {
    // Ministack serves at once what no deployment has.
    for (rules, status) in [(Strict::new(), 200), (Strict::all(), 403)] {
        let stack = Stack::build_behind(rules, &[]);
        let before = stack.state(None);
        Aws::shared().add_mock(&stack.api, stack.root(), "health");
        assert_eq!(stack.call("/health").status, status);
        assert_eq!(stack.state(None), before);
    }
}

#[test]
fn the_proxy_passes_on_and_remembers() {
    let proxy = Strict::new().start(&shared_aws().endpoint);
    let answer = get(&format!("{}/_ministack/health", proxy.endpoint)).unwrap();
    assert_eq!(answer.status, 200);
    let calls = proxy.take_calls();
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].target.as_str(), calls[0].sent_bytes), ("/_ministack/health", 0));
    assert!(!calls[0].is_write());
    assert!(proxy.calls().is_empty());
}

/// As an invocation does that read the function's code just before an update, and starts just after it.
const LATE: &str = "
from ministack.core import lambda_runtime as runtime
arn = 'arn:aws:lambda:us-east-1:000000000000:function:hello'
config = {'FunctionName': 'hello', 'FunctionArn': arn, 'Runtime': 'python3.12', 'Handler': 'app.handler'}
late, _ = runtime.acquire_worker('hello', config, b'from before')
runtime.release_worker(late)
for _ in range(2):
    worker, _ = runtime.acquire_worker('hello', config, b'updated')
    print(worker.code_zip.decode(), worker is late)
    runtime.release_worker(worker)
print(sum(len(workers) for workers in runtime._workers.values()))
";

#[test]
fn an_environment_runs_only_the_code_it_was_made_for() {
    let python = virtual_environment(&fixtures().join("emulators/tests.txt")).unwrap();
    let path = ministack().environment.into_iter().filter(|(name, _)| *name == "PYTHONPATH");
    let said = Command::new(python).args(["-c", LATE, "ministack"]).envs(path).output().unwrap();
    assert_eq!(
        String::from_utf8(said.stdout).unwrap(),
        "updated False\nupdated False\n1\n",
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
}

#[test]
fn it_ends_when_it_is_dropped() {
    let aws = LocalAws::start(&fixtures().join("emulators/tests.txt")).unwrap();
    let (endpoint, folder) = (aws.endpoint.clone(), aws.folder.clone());
    assert!(folder.exists());
    drop(aws);
    assert!(!folder.exists());
    assert!(get(&endpoint).is_err());
}

#[test]
fn it_ends_when_a_test_panics() {
    let aws = LocalAws::start(&fixtures().join("emulators/tests.txt")).unwrap();
    let folder = aws.folder.clone();
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        let _held = aws;
        panic!("as a failed assertion does");
    }));
    assert!(panicked.is_err());
    assert!(!folder.exists());
}

/// Starts the keeper as `LocalAws` does, and holds its pipe until somebody kills it.
const HOLDER: &str = "
import subprocess, sys, time
keeper = subprocess.Popen([sys.executable, sys.argv[1], sys.argv[2], 'sleep', '60'], stdin=subprocess.PIPE)
print('held', flush=True)
time.sleep(60)
";

#[test]
fn it_ends_when_its_process_is_killed() {
    let folder = tempfile::tempdir().unwrap().keep();
    let mut command = Command::new("python3");
    command.args(["-c", HOLDER]).arg(fixtures().join("emulators/keeper.py")).arg(&folder).stdout(Stdio::piped());
    let mut holder = command.spawn().unwrap();
    let mut said = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "held\n");
    assert!(folder.exists());
    holder.kill().unwrap();
    holder.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while folder.exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!folder.exists());
}
