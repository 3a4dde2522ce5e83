//! The end of one run of the program.

use std::process::{Child, Command, Output};

use serde_json::Value;

/// What a run left: its exit code and what it printed.
#[derive(Debug)]
pub(crate) struct Run {
    /// `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    /// The result.
    pub(crate) stdout: String,
    /// Progress and problems.
    pub(crate) stderr: String,
}

impl Run {
    /// Fails the test, and shows what was printed, unless the exit code is this one.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Whether the exit code is this one; what was printed where it is not.
    pub(crate) fn ended_with(&self, code: i32) -> Result<(), String> {
        if self.code == Some(code) { Ok(()) } else { Err(format!("{:?}\n{}\n{}", self.code, self.stdout, self.stderr)) }
    }

    /// The JSON document that it printed.
    #[track_caller]
    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|problem| panic!("{problem}: {self:?}"))
    }

    /// The outcome that its JSON document names.
    #[track_caller]
    pub(crate) fn outcome(&self) -> String {
        self.document()["outcome"].as_str().unwrap_or_else(|| panic!("no outcome: {self:?}")).to_owned()
    }
}

/// Runs a command, or lets a running one end.
pub(crate) trait Ends {
    /// Waits for the end.
    fn ended(self) -> Run;
}

impl Ends for &mut Command {
    fn ended(self) -> Run {
        self.output().unwrap().into()
    }
}

impl Ends for Child {
    fn ended(self) -> Run {
        self.wait_with_output().unwrap().into()
    }
}

/// Sends a signal: `-TERM`.
pub(crate) fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}
