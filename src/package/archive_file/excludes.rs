//! What `excludes` keep out of an archive.

use super::doublestar::Pattern;
use crate::error::Problem;
use crate::model::{ArchiveFileSettings, ExcludesMatching, Sourced};

/// The `excludes` of one function.
pub(super) struct Excludes {
    rules: Vec<Rule>,
}

enum Rule {
    Pattern(Pattern),
    Exact(String),
}

impl Excludes {
    /// Reads all patterns, or says what is wrong with each.
    pub(super) fn new(settings: &ArchiveFileSettings) -> Result<Self, Vec<Problem>> {
        let (mut rules, mut problems) = (Vec::new(), Vec::new());
        for exclude in &settings.excludes {
            match rule(exclude, settings.matching) {
                Ok(rule) => rules.push(rule),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(Self { rules }) } else { Err(problems) }
    }

    /// Whether `path`, relative to the source and `.` for the source itself, stays out.
    pub(super) fn matches(&self, path: &str) -> bool {
        self.rules.iter().any(|rule| match rule {
            Rule::Pattern(pattern) => pattern.matches(path),
            Rule::Exact(own) => own == path,
        })
    }
}

fn rule(exclude: &Sourced<String>, matching: ExcludesMatching) -> Result<Rule, Problem> {
    if matching == ExcludesMatching::Exact {
        return Ok(Rule::Exact(exclude.value.clone()));
    }
    Pattern::parse(&exclude.value).map(Rule::Pattern).map_err(|why| {
        Problem::new(format!("invalid pattern `{}` in `excludes`", exclude.value))
            .why(why)
            .fix("mend it; a backslash takes a character's meaning away")
            .at(exclude.location())
    })
}
