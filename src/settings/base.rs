//! The settings for a pull request: those of its base branch. Of its own file counts what says which files are packed,
//! and how the endpoint is asked; everything else would let it choose what is written, and where.

use std::collections::BTreeSet;

use super::document::{self, Entry, Table, Value};
use super::file::SettingsFile;
use super::placeholders::ENVIRONMENT;
use super::problems::whatever_stage;
use crate::error::{Failure, Location};
use crate::model::BaseSettings;

/// What a pull request may say of a function.
const OF_FUNCTIONS: [&str; 8] = [
    "source",
    "source_file",
    "sources",
    "include",
    "exclude",
    "follow_links_within",
    "excludes",
    "exclude_symlink_directories",
];

/// What a smoke test asks with more than a path of the API.
const REACHING: [&str; 5] = ["url", "invoke", "before", "sign", "tenant"];

/// A message about a key of a pull request's own file that is ignored, and where the key is.
type Ignored = (Location, String);

/// Returns the file as it is, or that of the base branch with what this one may say; and what is ignored.
pub(super) fn trusted(base: Option<&BaseSettings>, file: &SettingsFile) -> Result<(Table, Vec<Ignored>), Failure> {
    let own = document::parse(file)?;
    let Some(base) = base else { return Ok((own, Vec::new())) };
    let base = SettingsFile { path: base.shown.clone(), text: base.text.clone(), locks: Vec::new() };
    let (mut trusted, mut ignored) = (document::parse(&base)?, Vec::new());
    take(&mut trusted, &own, &mut ignored);
    Ok((trusted, ignored))
}

/// What the file says otherwise than the base branch, and what is ignored therefore: in words, each with its line.
///
/// # Errors
/// [`crate::error::Kind::Usage`] where one of the two is not TOML.
pub fn ignored(base: Option<&BaseSettings>, file: &SettingsFile) -> Result<Vec<String>, Failure> {
    let (_, mut ignored) = trusted(base, file)?;
    ignored.sort_by_key(|(at, _)| (at.line, at.column));
    Ok(ignored.into_iter().map(|(_, message)| message).collect())
}

/// Takes over what is the pull request's own; names what else differs.
fn take(base: &mut Table, own: &Table, ignored: &mut Vec<Ignored>) {
    let of = if own.name.is_empty() { String::new() } else { format!(" of [{}]", own.name) };
    // Values may be secret, so that only the key is named.
    let message = |at: &Location, key: String, how: &str| {
        let message = format!("{at}: `{key}`{of} {how} the base branch, whose settings count until this is merged");
        (at.clone(), message)
    };
    let keys: BTreeSet<String> = base.entries.keys().chain(own.entries.keys()).cloned().collect();
    for key in keys {
        if is_own(&base.name, &key) {
            match if key == "smoke" { further(base, own) } else { None } {
                Some((at, reach)) => ignored.push(message(&at, reach, "reaches further than")),
                None => replace(base, own, &key),
            }
            continue;
        }
        match (base.entries.get_mut(&key), own.entries.get(&key)) {
            (Some(Entry { value: Value::Table(base), .. }), Some(Entry { value: Value::Table(own), .. })) => {
                take(base, own, ignored);
            }
            (Some(base), Some(own)) if base == own => {}
            (Some(_), Some(entry)) => ignored.push(message(&entry.key_at, key, "differs from")),
            (None, Some(entry)) => ignored.push(message(&entry.key_at, key, "is not on")),
            (_, None) => ignored.push(message(&own.at, key, "is missing here, but not on")),
        }
    }
}

/// What of a pull request's own smoke tests would reach further than those of the base branch: an address or an event of
/// its own choosing, or a secret of the environment. Where there is any, all of the base branch's count.
fn further(base: &Table, own: &Table) -> Option<Ignored> {
    let known: Vec<(&String, &Value)> = base.one_or_listed("smoke").flat_map(values).collect();
    let new = own.one_or_listed("smoke").flat_map(|table| &table.entries);
    let mut new = new.filter(|(key, entry)| reaches(key, entry) && !known.contains(&(key, &entry.value)));
    new.next().map(|(key, entry)| (entry.key_at.clone(), key.clone()))
}

fn values(table: &Table) -> impl Iterator<Item = (&String, &Value)> {
    table.entries.iter().map(|(key, entry)| (key, &entry.value))
}

fn reaches(key: &str, entry: &Entry) -> bool {
    REACHING.contains(&key) || entry.holds_text(ENVIRONMENT)
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
