//! What `excludes` keep out of an archive.

use super::doublestar::Pattern;
use crate::error::Problem;
use crate::model::{ArchiveFileSettings, ExcludesMatching, Sourced};

/// The `excludes` of one function.
pub(super) struct Excludes {
    rules: Vec<Rule>,
}

struct Rule {
    said: String,
    /// `None`: it is compared letter by letter.
    pattern: Option<Pattern>,
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

    /// The first that keeps `path` out, which is relative to the source, and `.` for the source itself.
    pub(super) fn matching(&self, path: &str) -> Option<&str> {
        let matches = |rule: &&Rule| match &rule.pattern {
            Some(pattern) => pattern.matches(path),
            None => rule.said == path,
        };
        self.rules.iter().find(matches).map(|rule| rule.said.as_str())
    }
}

fn rule(exclude: &Sourced<String>, matching: ExcludesMatching) -> Result<Rule, Problem> {
    let said = exclude.value.clone();
    if matching == ExcludesMatching::Exact {
        return Ok(Rule { said, pattern: None });
    }
    Pattern::parse(&exclude.value).map(|pattern| Rule { said, pattern: Some(pattern) }).map_err(|why| {
        Problem::new(format!("invalid pattern `{}` in `excludes`", exclude.value))
            .why(why)
            .fix("mend it; a backslash takes a character's meaning away")
            .at(exclude.location())
    })
}
