//! The end of one run of the program.

use std::process::Output;

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

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}
