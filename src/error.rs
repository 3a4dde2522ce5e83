//! The one error type: what failed, why, and how to fix it.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a run that did not succeed ends; it decides the exit code.
///
/// The exit codes are a published interface: README.md lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A defect of this program (exit 1).
    Internal,
    /// Arguments, settings, or source files that cannot be used (exit 2).
    Usage,
    /// A check before the first write said no; nothing was written (exit 3).
    Refused,
    /// A step failed or the run was cancelled; everything was put back (exit 4).
    Failed,
    /// A step failed, and something was not put back (exit 5).
    NotPutBack,
}

impl Kind {
    /// The process's exit code for this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Internal => 1,
            Kind::Usage => 2,
            Kind::Refused => 3,
            Kind::Failed => 4,
            Kind::NotPutBack => 5,
        }
    }
}

/// A place in the settings file; lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// The settings file, as the user named it.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// One thing that is wrong. `what` fits after "error: ".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What could not be done, in the user's words.
    pub what: String,
    /// Why; often the words of AWS or of the operating system. May be empty.
    pub why: String,
    /// What to do about it. May be empty.
    pub fix: String,
    /// The setting that led here.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Location>,
}

impl Problem {
    /// A problem that says only what is wrong so far.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), why: String::new(), fix: String::new(), at: None }
    }

    /// Says why.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// Points at the setting that led here.
    #[must_use]
    pub fn at(mut self, at: Option<Location>) -> Self {
        self.at = at;
        self
    }

    /// Makes a failure of this one problem.
    pub fn into_failure(self, kind: Kind) -> Failure {
        Failure { kind, problems: vec![self] }
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

/// Why a run did not succeed: one or more problems of one kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Decides the exit code.
    pub kind: Kind,
    /// At least one, in the order they were found.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}
