//! Matches paths against a function's `excludes`.

use super::doublestar::Pattern;
use crate::error::Problem;
use crate::model::{ArchiveFileSettings, ExcludesMatching, Sourced};

/// The `excludes` of one function, each as it is written and as a pattern. Without a pattern, paths are compared with
/// the text itself.
pub(super) struct Excludes(Vec<(String, Option<Pattern>)>);

impl Excludes {
    /// Parses all patterns, or returns every pattern's problem.
    pub(super) fn new(settings: &ArchiveFileSettings) -> Result<Self, Vec<Problem>> {
        let (mut excludes, mut problems) = (Vec::new(), Vec::new());
        for exclude in &settings.excludes {
            match pattern(exclude, settings.matching) {
                Ok(pattern) => excludes.push((exclude.value.clone(), pattern)),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(Self(excludes)) } else { Err(problems) }
    }

    /// Returns the first pattern that matches `path`, relative to the source; `.` is the source itself.
    pub(super) fn matching(&self, path: &str) -> Option<&str> {
        let matches = |(text, pattern): &&(String, Option<Pattern>)| {
            pattern.as_ref().map_or(text == path, |pattern| pattern.matches(path))
        };
        self.0.iter().find(matches).map(|(text, _)| text.as_str())
    }
}

fn pattern(exclude: &Sourced<String>, matching: ExcludesMatching) -> Result<Option<Pattern>, Problem> {
    if matching == ExcludesMatching::Exact {
        return Ok(None);
    }
    Pattern::parse(&exclude.value).map(Some).map_err(|why| {
        Problem::new(format!("invalid pattern `{}` in `excludes`", exclude.value))
            .why(why)
            .fix("correct the pattern; a backslash escapes a special character")
            .at(exclude.location())
    })
}
