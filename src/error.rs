//! The error type: what failed, why, and how to fix it.

use std::fmt;
use std::path::PathBuf;

use derive_more::Display;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of a failure, which decides the exit code.
///
/// The exit codes are a published interface: README.md lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A defect of this program (exit 1).
    Internal = 1,
    /// Arguments, settings or source files are invalid (exit 2).
    Usage = 2,
    /// A check before the first write failed; nothing was written (exit 3).
    Refused = 3,
    /// A step failed or the run was cancelled; everything was put back (exit 4).
    Failed = 4,
    /// A step failed, and something was not put back (exit 5).
    NotPutBack = 5,
}

impl Kind {
    /// Returns the process's exit code for this kind.
    pub fn exit_code(self) -> u8 {
        self as u8
    }
}

/// A position in the settings file; lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display)]
#[display("{}:{line}:{column}", file.display())]
pub struct Location {
    /// The settings file, as the user named it.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A problem to report to the user. `what` fits after "error: ".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What failed, in the user's terms.
    pub what: String,
    /// The cause, often a message of AWS or the operating system. May be empty.
    pub why: String,
    /// How to fix it.
    pub fix: String,
    /// What a function itself said: the type of its error and the first line. Never in a job summary or a public comment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub own_error: Option<Box<str>>,
    /// The endpoint that did not answer as it should, which `what` names.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<Box<str>>,
    /// The setting that caused the problem.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Box<Location>>,
    /// The id of the check that found it; docs/checks.md lists them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub check: Option<Box<str>>,
}

impl Problem {
    /// Drafts a problem without a cause, fix and location.
    #[expect(clippy::new_ret_no_self, reason = "a problem without a fix is not one yet")]
    pub fn new(what: impl Into<String>) -> Draft {
        let what = what.into();
        Draft(Self { what, why: String::new(), fix: String::new(), own_error: None, url: None, at: None, check: None })
    }

    /// Returns the problem that a defect of this program is, which its users cannot fix.
    pub fn defect(what: impl Into<String>) -> Self {
        Self::new(what).fix("this is a defect of sls-release: please report it")
    }

    /// Sets the cause.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// Names the endpoint that did not answer as it should.
    #[must_use]
    pub fn about_url(mut self, url: &str) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Sets the location of the setting that caused the problem.
    #[must_use]
    pub fn at(mut self, at: Option<Location>) -> Self {
        self.at = at.map(Box::new);
        self
    }

    /// Names the check that found it.
    #[must_use]
    pub fn check(mut self, id: &str) -> Self {
        self.check = Some(id.into());
        self
    }

    /// Returns a failure with only this problem.
    pub fn into_failure(self, kind: Kind) -> Failure {
        Failure { kind, problems: vec![self] }
    }
}

/// A problem that lacks its fix. Only [`Draft::fix`] makes a [`Problem`], so that each has one.
#[derive(Clone, Debug)]
#[must_use]
pub struct Draft(Problem);

impl Draft {
    /// Sets the cause.
    pub fn why(self, why: impl Into<String>) -> Self {
        Self(self.0.why(why))
    }

    /// Sets the location of the setting that caused the problem.
    pub fn at(self, at: Option<Location>) -> Self {
        Self(self.0.at(at))
    }

    /// Names the check that found it.
    pub fn check(self, id: &str) -> Self {
        Self(self.0.check(id))
    }

    /// Sets the fix, which completes the problem. It is never empty.
    pub fn fix(self, fix: impl Into<String>) -> Problem {
        let fix = fix.into();
        debug_assert!(!fix.is_empty(), "the fix is empty: {}", self.0.what);
        Problem { fix, ..self.0 }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = &self.at {
            write!(f, "{at}: ")?;
        }
        f.write_str(&self.what)?;
        if !self.why.is_empty() {
            write!(f, ": {}", self.why)?;
        }
        if !self.fix.is_empty() {
            write!(f, "; {}", self.fix)?;
        }
        Ok(())
    }
}

/// Returns what the operating system says of a file, without the path that crate `tempfile` adds: users know nothing of a
/// temporary file.
pub(crate) fn without_path(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split_once(" at path \"").map_or_else(|| text.clone(), |(said, _)| said.to_owned())
}

/// Why a run did not succeed: one or more problems of one kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The kind, which decides the exit code.
    pub kind: Kind,
    /// At least one problem, in the order in which they were found.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems: Vec<_> = self.problems.iter().map(ToString::to_string).collect();
        f.write_str(&problems.join("\n"))
    }
}
