//! Runs a program, and says which Debian package has it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

/// Runs `command` with `input` to a good end; its standard output.
pub(super) fn output_of(command: &mut Command, package: &str, input: &[u8]) -> Vec<u8> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{program} of the Debian package {package} does not start: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {}\n{said}{}", output.status, String::from_utf8_lossy(&output.stdout));
    output.stdout
}

/// A file beside this one.
pub(super) fn beside(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/it/system_tools", name].iter().collect()
}
