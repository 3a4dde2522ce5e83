//! Collects everything that is wrong with the settings, so that one run shows all of it.

use super::names::Rule;
use crate::error::{Failure, Kind, Location, Problem};
use crate::model::{Source, Sourced};

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    misspelt: bool,
}

impl Problems {
    pub(super) fn add(&mut self, problem: Problem) {
        self.found.push(problem);
    }

    /// A key that no table knows.
    pub(super) fn unknown_key(&mut self, problem: Problem) {
        self.misspelt = true;
        self.add(problem);
    }

    /// Something that is not there; silent beside an unknown key, which is most likely it, misspelt.
    pub(super) fn missing(&mut self, problem: Problem) {
        if !self.misspelt {
            self.add(problem);
        }
    }

    /// Keeps the value, or the problem with it, which then points at where the value came from.
    pub(super) fn keep<T>(&mut self, result: Result<T, Problem>, at: Option<Location>) -> Option<T> {
        result.map_err(|problem| self.add(problem.at(at))).ok()
    }

    /// Makes a name of the value, or keeps the problem with it.
    pub(super) fn name<T>(
        &mut self,
        said: Sourced<String>,
        rule: &Rule,
        make: impl FnOnce(String) -> T,
    ) -> Option<Sourced<T>> {
        checked(said, rule, make).map_err(|problem| self.add(problem)).ok()
    }

    /// Says whether anything was wrong; if so, all of it in the order of the file.
    pub(super) fn into_result(self) -> Result<(), Failure> {
        if self.found.is_empty() { Ok(()) } else { Err(self.into_failure()) }
    }

    /// What was found, and one thing more, without which there is no going on.
    pub(super) fn and(mut self, last: Problem) -> Failure {
        self.found.push(last);
        self.into_failure()
    }

    fn into_failure(mut self) -> Failure {
        self.found.sort_by_key(|problem| problem.at.as_ref().map(|at| (at.line, at.column)));
        Failure { kind: Kind::Usage, problems: self.found }
    }
}

/// Makes a name of the value if the rule allows it.
pub(super) fn checked<T>(
    said: Sourced<String>,
    rule: &Rule,
    make: impl FnOnce(String) -> T,
) -> Result<Sourced<T>, Problem> {
    if (rule.holds)(&said.value) {
        return Ok(said.map(make));
    }
    let what = format!("invalid {} `{}`{}", rule.what, said.value, origin(&said.source));
    Err(Problem::new(what).why(rule.allowed).at(said.location()))
}

/// Names a flag or a variable; a place in the file is shown before the message anyway.
pub(super) fn origin(source: &Source) -> String {
    match source {
        Source::Flag(name) | Source::Environment(name) => format!(" (from `{name}`)"),
        Source::File(_) | Source::Default => String::new(),
    }
}
