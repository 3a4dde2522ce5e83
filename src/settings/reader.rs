//! Reads values of tables: fills in their placeholders, checks them, and collects what is wrong.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::document::Table;
use super::file::SettingsFile;
use super::names::{self, Rule};
use super::problems::Problems;
use crate::error::{Location, Problem};
use crate::model::{Secret, SettingsInput, Sourced};

/// What every reader of a table needs.
pub(super) struct Reader<'a> {
    pub(super) input: &'a SettingsInput<'a>,
    pub(super) file: &'a SettingsFile,
    /// The settings of the stage.
    pub(super) merged: &'a Table,
    /// The stage, or its placeholder itself.
    pub(super) stage: &'a str,
    pub(super) problems: &'a mut Problems,
    /// The values of the environment that were filled in.
    pub(super) secrets: RefCell<Vec<Secret>>,
}

impl Reader<'_> {
    /// Fills in the placeholders of a name and checks it. A name with an unknown stage cannot be checked yet.
    pub(super) fn name(&mut self, said: Sourced<String>, rule: &Rule) -> Option<Sourced<String>> {
        let filled = self.in_name(&said.value);
        self.filled(filled, said, rule)
    }

    /// Reads the text of `key`, fills in its placeholders, and checks it.
    pub(super) fn text(&mut self, table: &Table, key: &str, rule: &Rule) -> Option<Sourced<String>> {
        let said = table.text(key)?;
        let filled = self.in_text(&said.value);
        self.filled(filled, said, rule)
    }

    /// Reads the texts of the table `key`, whose own keys the user names, and fills in their placeholders.
    pub(super) fn texts(&mut self, table: &Table, key: &str) -> BTreeMap<String, Sourced<String>> {
        let Some(inner) = table.table(key) else { return BTreeMap::new() };
        let texts = inner.entries.keys().map(|name| (name, self.text(inner, name, &names::ANY_TEXT)));
        texts.filter_map(|(name, text)| Some((name.clone(), text?))).collect()
    }

    /// Checks a value whose placeholders were filled in, unless it waits for a stage.
    pub(super) fn filled(
        &mut self,
        filled: Result<String, Problem>,
        said: Sourced<String>,
        rule: &Rule,
    ) -> Option<Sourced<String>> {
        let value = self.problems.keep(filled, said.location())?;
        let waits = self.waits_for_stage(&value);
        let filled = said.map(|_| value);
        if waits { Some(filled) } else { self.problems.name(filled, rule) }
    }

    /// Reads the text of `key` as it is, without placeholders, and checks it.
    pub(super) fn plain(&mut self, table: &Table, key: &str, rule: &Rule) -> Option<String> {
        Some(self.problems.name(table.text(key)?, rule)?.value)
    }

    /// Returns the key that is set, of two, and its value. Both or neither is a problem.
    pub(super) fn either(
        &mut self,
        table: &Table,
        (one, other): (&'static str, &'static str),
        example: &str,
    ) -> Option<(&'static str, Sourced<String>)> {
        match (table.entries.get(one), table.entries.get(other)) {
            (Some(first), Some(second)) => {
                let later = [&first.key_at, &second.key_at].into_iter().max_by_key(|at| (at.line, at.column));
                self.both(table, (one, other), later.cloned());
                return None;
            }
            (Some(_), None) => return Some((one, table.text(one)?)),
            (None, Some(_)) => return Some((other, table.text(other)?)),
            (None, None) => {}
        }
        self.problems.missing(
            table,
            Problem::new(format!("[{}] has neither `{one}` nor `{other}`", table.name))
                .why("exactly one of them is required")
                .fix(format!("add one of them, for example `{one} = \"{example}\"`")),
        );
        None
    }

    /// Reports two keys that exclude each other.
    pub(super) fn both(&mut self, table: &Table, (one, other): (&str, &str), at: Option<Location>) {
        let what = format!("[{}] has both `{one}` and `{other}`", table.name);
        self.problems.add(Problem::new(what).fix("keep one of them").at(at));
    }

    /// Reports a required key that is not set.
    pub(super) fn missing(&mut self, table: &Table, key: &str, example: &str) {
        let problem = Problem::new(format!("[{}] has no `{key}`", table.name))
            .fix(format!("add it, for example `{key} = \"{example}\"`"));
        self.problems.missing(table, problem);
    }
}
