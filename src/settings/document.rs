//! The settings file as a tree in which each key and value has its line and column.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::file::{self, SettingsFile};
use crate::error::{Failure, Kind, Location, Problem};
use crate::model::{Source, Sourced};

/// A TOML table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The name as in its header, `functions.hello`; empty for the file itself.
    pub(super) name: String,
    pub(super) at: Location,
    pub(super) entries: BTreeMap<String, Entry>,
}

/// A key and its value, or an item of a list, which is its own key.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key_at: Location,
    pub(super) at: Location,
    pub(super) value: Value,
}

/// A TOML value. Types that no setting uses have only a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Entry>),
    Table(Table),
    Other(&'static str),
}

/// Parses the file as TOML.
pub(super) fn parse(file: &SettingsFile) -> Result<Table, Failure> {
    match DeTable::parse(&file.text) {
        Ok(root) => Ok(table(file, String::new(), root.span().start, root.get_ref())),
        Err(error) => Err(not_toml(file, &error).into_failure(Kind::Usage)),
    }
}

fn not_toml(file: &SettingsFile, error: &toml::de::Error) -> Problem {
    let at = error.span().map(|span| location(file, span.start));
    let problem = Problem::new("this is not valid TOML").at(at);
    match error.span().and_then(|span| file.text.get(span)) {
        Some(key) if error.message() == "duplicate key" => {
            problem.why(format!("the key `{key}` is defined twice")).fix("keep one of them")
        }
        _ => problem.why(error.message()).fix("correct this line; see https://toml.io for the syntax"),
    }
}

fn table(file: &SettingsFile, name: String, at: usize, from: &DeTable<'_>) -> Table {
    let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
    let entries = from.iter().map(|(key, value)| {
        let (key, key_at) = (key.get_ref().to_string(), key.span().start);
        let entry = entry(file, format!("{prefix}{key}"), key_at, value);
        (key, entry)
    });
    Table { at: location(file, at), entries: entries.collect(), name }
}

fn entry(file: &SettingsFile, name: String, key_at: usize, from: &Spanned<DeValue<'_>>) -> Entry {
    let at = from.span().start;
    Entry { key_at: location(file, key_at), at: location(file, at), value: value(file, name, at, from.get_ref()) }
}

fn value(file: &SettingsFile, name: String, at: usize, from: &DeValue<'_>) -> Value {
    match from {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => integer(number),
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Float(_) => Value::Other("a float"),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(items) => {
            Value::List(items.iter().map(|item| entry(file, name.clone(), item.span().start, item)).collect())
        }
        DeValue::Table(inner) => Value::Table(table(file, name, at, inner)),
    }
}

fn integer(number: &DeInteger<'_>) -> Value {
    let parsed = i64::from_str_radix(number.as_str(), number.radix());
    parsed.map_or(Value::Other("a number beyond 64 bits"), Value::Integer)
}

fn location(file: &SettingsFile, offset: usize) -> Location {
    file::location_after(&file.path, file.text.get(..offset).unwrap_or(&file.text))
}

impl Value {
    /// Describes the value for messages: "found …".
    pub(super) fn describe(&self) -> String {
        match self {
            Value::Text(_) => "a string".into(),
            Value::Integer(_) => "an integer".into(),
            Value::Boolean(flag) => format!("`{flag}`"),
            Value::List(_) => "a list".into(),
            Value::Table(_) => "a table".into(),
            Value::Other(name) => (*name).into(),
        }
    }
}

/// Values are equal wherever they are.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Entry {
    /// The table, or the only one of a list.
    fn only_table(&mut self) -> Option<&mut Table> {
        match &mut self.value {
            Value::Table(table) => Some(table),
            Value::List(items) if items.len() == 1 => items.first_mut()?.only_table(),
            _ => None,
        }
    }

    /// Whether it holds this text, or anything inside of it does.
    pub(super) fn holds_text(&self, wanted: &str) -> bool {
        match &self.value {
            Value::Text(text) => text.contains(wanted),
            Value::List(items) => items.iter().any(|item| item.holds_text(wanted)),
            Value::Table(table) => table.entries.values().any(|entry| entry.holds_text(wanted)),
            _ => false,
        }
    }

    fn text(&self) -> Option<Sourced<String>> {
        let Value::Text(text) = &self.value else { return None };
        Some(Sourced { value: text.clone(), source: Source::File(self.at.clone()) })
    }
}

/// Typed access. A value of another type counts as absent, because the schema check has reported it.
impl Table {
    fn value(&self, key: &str) -> Option<&Value> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    fn list(&self, key: &str) -> Option<&[Entry]> {
        if let Value::List(items) = self.value(key)? { Some(items) } else { None }
    }

    pub(super) fn text(&self, key: &str) -> Option<Sourced<String>> {
        self.entries.get(key)?.text()
    }

    pub(super) fn texts(&self, key: &str) -> Option<Vec<Sourced<String>>> {
        Some(self.list(key)?.iter().filter_map(Entry::text).collect())
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        if let Value::Boolean(flag) = self.value(key)? { Some(*flag) } else { None }
    }

    /// Returns the tables of the list `key`: `[[functions.hello.sources]]`.
    pub(super) fn listed(&self, key: &str) -> impl Iterator<Item = &Table> {
        let items = self.list(key).unwrap_or_default().iter();
        items.filter_map(|item| if let Value::Table(table) = &item.value { Some(table) } else { None })
    }

    pub(super) fn integer(&self, key: &str) -> Option<i64> {
        if let Value::Integer(number) = self.value(key)? { Some(*number) } else { None }
    }

    pub(super) fn table(&self, key: &str) -> Option<&Table> {
        if let Value::Table(table) = self.value(key)? { Some(table) } else { None }
    }

    /// Returns the tables inside the table `key`, each with its own key: `[functions.*]`.
    pub(super) fn tables(&self, key: &str) -> impl Iterator<Item = (&String, &Location, &Table)> {
        self.table(key).into_iter().flat_map(|outer| &outer.entries).filter_map(|(key, entry)| match &entry.value {
            Value::Table(table) => Some((key, &entry.key_at, table)),
            _ => None,
        })
    }

    /// Returns the tables of `key`, where it is a table or a list of them: `[smoke]` or `[[smoke]]`.
    pub(super) fn one_or_listed(&self, key: &str) -> impl Iterator<Item = &Table> {
        self.table(key).into_iter().chain(self.listed(key))
    }

    /// Overrides this table with `over`: tables are merged, also with the only one of a list; everything else is replaced.
    fn merge(&mut self, over: Table) {
        for other in over.entries.keys().flat_map(|key| alternatives(&self.name, key)) {
            self.entries.remove(*other);
        }
        for (key, over) in over.entries {
            match (self.entries.get_mut(&key).and_then(Entry::only_table), over) {
                (Some(under), Entry { value: Value::Table(over), .. }) => under.merge(over),
                (_, over) => drop(self.entries.insert(key, over)),
            }
        }
    }
}

/// Returns the settings of a stage: the file overridden by its `[stages.<stage>]` table.
pub(super) fn for_stage(document: &Table, stage: &str) -> Table {
    let mut merged = document.clone();
    merged.entries.remove("stages");
    if let Some(over) = document.table("stages").and_then(|stages| stages.table(stage)) {
        merged.merge(over.clone());
    }
    merged
}

/// The keys that set a function's source. Exactly one of them is set.
pub(super) const CODE_SOURCES: [&str; 4] = ["source", "source_file", "sources", "image"];

/// Returns the alternatives of a key: if a stage sets `id`, the file's `name` must not remain.
fn alternatives(table: &str, key: &str) -> &'static [&'static str] {
    match (table.splitn(2, '.').collect::<Vec<_>>().as_slice(), key) {
        (["smoke"], "url") => &["path", "api", "invoke"],
        (["smoke"], "path") => &["url", "invoke"],
        (["smoke"], "invoke") => &["path", "api", "url"],
        (["functions", _], key) if CODE_SOURCES.contains(&key) => &CODE_SOURCES,
        (["apis", _], "id") => &["name"],
        (["apis", _], "name") => &["id"],
        _ => &[],
    }
}
