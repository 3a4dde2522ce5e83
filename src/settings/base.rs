//! The settings for a pull request: those of its base branch. Of its own file counts what says which files are packed,
//! and how the endpoint is asked; everything else would let it choose what is written, and where.

use std::collections::BTreeSet;
use std::fmt;

use super::document::{self, Entry, Table, Value};
use super::file::SettingsFile;
use super::problems::whatever_stage;
use crate::error::{Failure, Location};
use crate::model::Request;

/// What a pull request may say of a function.
const OF_FUNCTIONS: [&str; 7] =
    ["source", "source_file", "sources", "include", "exclude", "excludes", "exclude_symlink_directories"];

/// What counts, and what was ignored, in words.
pub(super) struct Trusted {
    pub(super) document: Table,
    pub(super) ignored: Vec<Ignored>,
}

/// A key of a pull request's own file that counts for nothing.
pub(super) struct Ignored {
    at: Location,
    table: String,
    key: String,
    /// Before "the base branch".
    how: &'static str,
}

/// The file as it is, or that of the base branch with what this one may say.
pub(super) fn trusted(request: &Request, file: &SettingsFile) -> Result<Trusted, Failure> {
    let own = document::parse(file)?;
    let Some(base) = &request.base else { return Ok(Trusted { document: own, ignored: Vec::new() }) };
    let base = SettingsFile { path: base.shown.clone(), text: base.text.clone(), locks: Vec::new() };
    let mut trusted = Trusted { document: document::parse(&base)?, ignored: Vec::new() };
    take(&mut trusted.document, &own, &mut trusted.ignored);
    Ok(trusted)
}

/// What the file says otherwise than the base branch, and what is ignored therefore: in words, each with its line.
///
/// # Errors
/// [`crate::error::Kind::Usage`] where one of the two is not TOML.
pub fn ignored(request: &Request, file: &SettingsFile) -> Result<Vec<String>, Failure> {
    let mut ignored = trusted(request, file)?.ignored;
    ignored.sort_by_key(|it| (it.at.line, it.at.column));
    Ok(ignored.iter().map(ToString::to_string).collect())
}

/// Takes over what is the pull request's own; names what else differs.
fn take(base: &mut Table, own: &Table, ignored: &mut Vec<Ignored>) {
    let name = |at: &Location, key: String, how| Ignored { at: at.clone(), table: own.name.clone(), key, how };
    let keys: BTreeSet<String> = base.entries.keys().chain(own.entries.keys()).cloned().collect();
    for key in keys {
        if is_own(&base.name, &key) {
            replace(base, own, &key);
            continue;
        }
        match (base.entries.get_mut(&key), own.entries.get(&key)) {
            (Some(Entry { value: Value::Table(base), .. }), Some(Entry { value: Value::Table(own), .. })) => {
                take(base, own, ignored);
            }
            (Some(base), Some(own)) if same(&base.value, &own.value) => {}
            (Some(_), Some(entry)) => ignored.push(name(&entry.key_at, key, "differs from")),
            (None, Some(entry)) => ignored.push(name(&entry.key_at, key, "is not on")),
            (_, None) => ignored.push(name(&own.at, key, "is missing here, but not on")),
        }
    }
}

fn is_own(table: &str, key: &str) -> bool {
    match whatever_stage(table) {
        "" => key == "smoke",
        table => table.starts_with("functions.") && OF_FUNCTIONS.contains(&key),
    }
}

fn replace(base: &mut Table, own: &Table, key: &str) {
    match own.entries.get(key) {
        Some(entry) => base.entries.insert(key.to_owned(), entry.clone()),
        None => base.entries.remove(key),
    };
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => one == other,
        (Value::Integer(one), Value::Integer(other)) => one == other,
        (Value::Boolean(one), Value::Boolean(other)) => one == other,
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|((_, one), (_, other))| same(one, other))
        }
        (Value::Table(one), Value::Table(other)) => {
            let same = |((one_key, one), (other_key, other)): ((&String, &Entry), (&String, &Entry))| {
                one_key == other_key && same(&one.value, &other.value)
            };
            one.entries.len() == other.entries.len() && one.entries.iter().zip(&other.entries).all(same)
        }
        _ => false,
    }
}

/// Values may be secret, so that only the key is named.
impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, table, key, how } = self;
        let of = if table.is_empty() { String::new() } else { format!(" of [{table}]") };
        write!(f, "{at}: `{key}`{of} {how} the base branch, whose settings count until this is merged")
    }
}
