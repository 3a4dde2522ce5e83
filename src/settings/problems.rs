//! Collects everything that is wrong with the settings, so that one run shows all of it.

use std::collections::BTreeSet;

use super::document::Table;
use super::names::Rule;
use crate::error::{Failure, Kind, Location, Problem};
use crate::model::{Source, Sourced};

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    /// The tables that hold an unknown key, without the stage that they are of.
    misspelt: BTreeSet<String>,
}

impl Problems {
    pub(super) fn add(&mut self, problem: Problem) {
        self.found.push(problem);
    }

    /// A key that this table does not know.
    pub(super) fn unknown_key(&mut self, table: &Table, problem: Problem) {
        self.misspelt.insert(whatever_stage(&table.name).to_owned());
        self.add(problem);
    }

    /// Adds a problem with something that is not in the table.
    pub(super) fn missing(&mut self, table: &Table, problem: Problem) {
        self.unless_misspelt(table, problem.at(Some(table.at.clone())));
    }

    /// Adds a problem unless the table has an unknown key, which is most likely what is missing, misspelt.
    pub(super) fn unless_misspelt(&mut self, table: &Table, problem: Problem) {
        if !self.misspelt.contains(whatever_stage(&table.name)) {
            self.add(problem);
        }
    }

    /// Keeps the value, or the problem with it, which then points at where the value came from.
    pub(super) fn keep<T>(&mut self, result: Result<T, Problem>, at: Option<Location>) -> Option<T> {
        result.map_err(|problem| self.add(problem.at(at))).ok()
    }

    /// Returns the value if the rule allows it, or adds the problem with it.
    pub(super) fn name(&mut self, said: Sourced<String>, rule: &Rule) -> Option<Sourced<String>> {
        checked(said, rule).map_err(|problem| self.add(problem)).ok()
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

/// `functions.hello` of `stages.dev.functions.hello`, since both are merged into one table.
pub(super) fn whatever_stage(table: &str) -> &str {
    let of_stage = table.strip_prefix("stages.");
    of_stage.map_or(table, |rest| rest.split_once('.').map_or("", |(_, inner)| inner))
}

/// Returns the value if the rule allows it.
pub(super) fn checked(said: Sourced<String>, rule: &Rule) -> Result<Sourced<String>, Problem> {
    if (rule.holds)(&said.value) {
        return Ok(said);
    }
    let what = format!("invalid {} `{}`{}", rule.what, said.value, origin(&said.source));
    Err(Problem::new(what).why(rule.allowed).at(said.location()).fix(another(&said.source)))
}

/// Says where another value belongs.
pub(super) fn another(source: &Source) -> String {
    match source {
        Source::Flag(name) => format!("pass another value with `{name}`"),
        Source::Environment(name) => format!("set `{name}` to another value"),
        Source::File(_) | Source::Default => "write another value".to_owned(),
    }
}

/// Names a flag or a variable; a place in the file is shown before the message anyway.
pub(super) fn origin(source: &Source) -> String {
    match source {
        Source::Flag(name) | Source::Environment(name) => format!(" (from `{name}`)"),
        Source::File(_) | Source::Default => String::new(),
    }
}
