//! The settings file as a tree in which everything knows its line and column.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::file::{self, SettingsFile};
use crate::error::{Failure, Kind, Location, Problem};
use crate::model::{Source, Sourced};

/// A TOML table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// As its header would say it, `functions.hello`; empty for the whole file.
    pub(super) name: String,
    pub(super) at: Location,
    pub(super) entries: BTreeMap<String, Entry>,
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key_at: Location,
    pub(super) at: Location,
    pub(super) value: Value,
}

/// A TOML value; what no setting uses is only named.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<(Location, Value)>),
    Table(Table),
    Other(&'static str),
}

/// Reads the file as TOML.
pub(super) fn parse(file: &SettingsFile) -> Result<Table, Failure> {
    match DeTable::parse(&file.text) {
        Ok(root) => Ok(table(file, String::new(), &root.span(), root.get_ref())),
        Err(error) => Err(not_toml(file, &error).into_failure(Kind::Usage)),
    }
}

fn not_toml(file: &SettingsFile, error: &toml::de::Error) -> Problem {
    let at = error.span().map(|span| location(file, span.start));
    let problem = Problem::new("this is not TOML").at(at);
    match error.span().and_then(|span| file.text.get(span)) {
        Some(key) if error.message() == "duplicate key" => {
            problem.why(format!("the key `{key}` is there twice")).fix("keep one of them")
        }
        _ => problem.why(error.message()).fix("mend this line; https://toml.io shows how TOML is written"),
    }
}

fn table(file: &SettingsFile, name: String, span: &std::ops::Range<usize>, from: &DeTable<'_>) -> Table {
    let entries = from.iter().map(|(key, value)| (key.get_ref().to_string(), entry(file, &name, key, value))).collect();
    Table { at: location(file, span.start), entries, name }
}

fn entry(
    file: &SettingsFile,
    table: &str,
    key: &Spanned<std::borrow::Cow<'_, str>>,
    from: &Spanned<DeValue<'_>>,
) -> Entry {
    let name = if table.is_empty() { key.get_ref().to_string() } else { format!("{table}.{}", key.get_ref()) };
    Entry {
        key_at: location(file, key.span().start),
        at: location(file, from.span().start),
        value: value(file, name, from),
    }
}

fn value(file: &SettingsFile, name: String, from: &Spanned<DeValue<'_>>) -> Value {
    match from.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => integer(number),
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Float(_) => Value::Other("a float"),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(items) => Value::List(
            items.iter().map(|item| (location(file, item.span().start), value(file, name.clone(), item))).collect(),
        ),
        DeValue::Table(inner) => Value::Table(table(file, name, &from.span(), inner)),
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
    /// The value for "found …".
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

/// Typed access. A value of another type counts as absent: the schema has reported it by then.
impl Table {
    pub(super) fn text(&self, key: &str) -> Option<Sourced<String>> {
        match self.entries.get(key) {
            Some(Entry { at, value: Value::Text(text), .. }) => Some(sourced(text, at)),
            _ => None,
        }
    }

    pub(super) fn texts(&self, key: &str) -> Option<Vec<Sourced<String>>> {
        let Some(Entry { value: Value::List(items), .. }) = self.entries.get(key) else { return None };
        let text = |(at, value): &(Location, Value)| match value {
            Value::Text(text) => Some(sourced(text, at)),
            _ => None,
        };
        Some(items.iter().filter_map(text).collect())
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        match self.entries.get(key) {
            Some(Entry { value: Value::Boolean(flag), .. }) => Some(*flag),
            _ => None,
        }
    }

    /// The tables of the list `key`: `[[functions.hello.sources]]`.
    pub(super) fn listed(&self, key: &str) -> impl Iterator<Item = &Table> {
        let items = match self.entries.get(key) {
            Some(Entry { value: Value::List(items), .. }) => items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|(_, item)| match item {
            Value::Table(table) => Some(table),
            _ => None,
        })
    }

    pub(super) fn integer(&self, key: &str) -> Option<i64> {
        match self.entries.get(key) {
            Some(Entry { value: Value::Integer(number), .. }) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn table(&self, key: &str) -> Option<&Table> {
        match self.entries.get(key) {
            Some(Entry { value: Value::Table(table), .. }) => Some(table),
            _ => None,
        }
    }

    /// The tables inside the table `key`, each with its own key: `[functions.*]`.
    pub(super) fn tables(&self, key: &str) -> impl Iterator<Item = (&String, &Location, &Table)> {
        self.table(key).into_iter().flat_map(|outer| &outer.entries).filter_map(|(key, entry)| match &entry.value {
            Value::Table(table) => Some((key, &entry.key_at, table)),
            _ => None,
        })
    }

    /// Lays `over` on top: tables merge, everything else is replaced.
    pub(super) fn merge(&mut self, over: Table) {
        for (key, entry) in over.entries {
            match self.entries.entry(key) {
                Slot::Vacant(slot) => drop(slot.insert(entry)),
                Slot::Occupied(mut slot) => slot.get_mut().replace(entry),
            }
        }
    }

    fn table_mut(&mut self, key: &str) -> Option<&mut Table> {
        match self.entries.get_mut(key) {
            Some(Entry { value: Value::Table(table), .. }) => Some(table),
            _ => None,
        }
    }
}

impl Entry {
    fn replace(&mut self, by: Entry) {
        match (&mut self.value, by) {
            (Value::Table(under), Entry { value: Value::Table(over), .. }) => under.merge(over),
            (_, by) => *self = by,
        }
    }
}

fn sourced(text: &str, at: &Location) -> Sourced<String> {
    Sourced { value: text.to_owned(), source: Source::File(at.clone()) }
}

/// The settings as they are for one stage: the file with its `[stages.<stage>]` laid on top.
pub(super) fn for_stage(document: &Table, stage: &str) -> Table {
    let mut merged = document.clone();
    merged.entries.remove("stages");
    if let Some(over) = document.table("stages").and_then(|stages| stages.table(stage)) {
        give_way(&mut merged, over);
        merged.merge(over.clone());
    }
    merged
}

/// What says where a function's code is; exactly one is said.
pub(super) const CODE_SOURCES: [&str; 3] = ["source", "source_file", "sources"];

/// Where a stage chooses the other of two alternatives, the file's choice must not stay beside it.
fn give_way(base: &mut Table, over: &Table) {
    if let (Some(under), Some(over)) = (base.table_mut("smoke"), over.table("smoke")) {
        drop_alternatives(under, over, &[("url", "path"), ("url", "api"), ("path", "url")]);
    }
    let each_other: Vec<_> = CODE_SOURCES.iter().flat_map(|one| CODE_SOURCES.map(|other| (*one, other))).collect();
    give_way_in("functions", base, over, &each_other);
    give_way_in("apis", base, over, &[("id", "name"), ("name", "id")]);
}

fn give_way_in(tables: &str, base: &mut Table, over: &Table, pairs: &[(&str, &str)]) {
    for (key, _, over) in over.tables(tables) {
        if let Some(under) = base.table_mut(tables).and_then(|tables| tables.table_mut(key)) {
            drop_alternatives(under, over, pairs);
        }
    }
}

fn drop_alternatives(under: &mut Table, over: &Table, pairs: &[(&str, &str)]) {
    for (chosen, other) in pairs {
        if over.entries.contains_key(*chosen) {
            under.entries.remove(*other);
        }
    }
}
