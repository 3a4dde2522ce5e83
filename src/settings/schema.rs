//! Which keys there are and what each may hold; checked for the whole file, other stages included.

use std::ops::RangeInclusive;

use super::document::{Entry, Table, Value};
use super::names::{self, Rule};
use super::problems::Problems;
use super::{duration, near};
use crate::error::{Location, Problem};

/// What a key may hold.
enum Shape {
    Text,
    Texts,
    Flag,
    Duration,
    Integer(RangeInclusive<i64>),
    /// One of these; and why not another one.
    Choice(&'static [&'static str], &'static str),
    TextOrFalse,
    /// A table with these keys, in groups.
    Table(&'static [&'static [Key]]),
    /// A list of tables with these keys.
    Tables(&'static [Key]),
    /// A table whose keys the user names.
    Each(&'static Rule, &'static Shape),
}

type Key = (&'static str, Shape);

const FILE: Shape = Shape::Table(&[STAGED, &[("stage", Shape::Text), ("stages", Shape::Each(&names::STAGE, &STAGE))]]);
const STAGE: Shape = Shape::Table(&[STAGED]);

/// What a `[stages.<name>]` table may say again.
const STAGED: &[Key] = &[
    ("region", Shape::Text),
    ("wait_timeout", Shape::Duration),
    ("out_dir", Shape::Text),
    ("artifacts", Shape::Table(&[ARTIFACTS])),
    ("functions", Shape::Each(&names::KEY, &Shape::Table(&[FUNCTION]))),
    ("apis", Shape::Each(&names::KEY, &Shape::Table(&[API]))),
    ("smoke", Shape::Table(&[SMOKE])),
    ("preview", Shape::Table(&[PREVIEW])),
];

const ARTIFACTS: &[Key] = &[("bucket", Shape::Text), ("prefix", Shape::Text), ("owner", Shape::Text)];

const FUNCTION: &[Key] = &[
    ("source", Shape::Text),
    ("source_file", Shape::Text),
    ("sources", Shape::Tables(&[("filename", Shape::Text), ("content", Shape::Text)])),
    ("include", Shape::Texts),
    ("exclude", Shape::Texts),
    ("archive", Shape::Choice(&["compact", "archive-file"], "this version makes no other archive")),
    ("excludes", Shape::Texts),
    ("exclude_symlink_directories", Shape::Flag),
    ("output_file_mode", Shape::Text),
    ("flavour", Shape::Text),
    ("provider_version", Shape::Text),
    ("name", Shape::Text),
    ("alias", Shape::TextOrFalse),
];

const API: &[Key] = &[
    ("type", Shape::Choice(&["rest"], "only REST APIs are released so far")),
    ("id", Shape::Text),
    ("name", Shape::Text),
    ("stage", Shape::Text),
    ("redeploy", Shape::Choice(&["changed", "always", "never"], "")),
];

const SMOKE: &[Key] = &[
    ("path", Shape::Text),
    ("url", Shape::Text),
    ("api", Shape::Text),
    ("method", Shape::Text),
    ("headers", Shape::Each(&names::HEADER, &Shape::Text)),
    ("body", Shape::Text),
    ("status", Shape::Integer(100..=599)),
    ("contains", Shape::Text),
    ("hits", Shape::Integer(1..=1000)),
    ("timeout", Shape::Duration),
];

const PREVIEW: &[Key] = &[
    ("strategy", Shape::Choice(&["copy"], "previews are copies so far; \"stage\" is not in this version yet")),
    ("role", Shape::Text),
    ("share_role", Shape::Flag),
    ("service", Shape::Text),
    ("repository", Shape::Text),
    ("max_previews", Shape::Integer(1..=600)),
    ("when_full", Shape::Choice(&["refuse", "replace-oldest"], "")),
    ("log_retention_days", Shape::Integer(1..=3653)),
    ("environment", ENVIRONMENT),
    ("functions", Shape::Each(&names::KEY, &Shape::Table(&[&[("environment", ENVIRONMENT)]]))),
];

const ENVIRONMENT: Shape = Shape::Each(&names::VARIABLE, &Shape::Text);

/// Reports unknown keys, wrong types, and values that no stage could allow.
pub(super) fn check(document: &Table, problems: &mut Problems) {
    if let Shape::Table(groups) = FILE {
        check_keys(groups, document, problems);
    }
}

fn check_keys(groups: &[&[Key]], table: &Table, problems: &mut Problems) {
    let known = || groups.iter().flat_map(|group| group.iter());
    for (key, entry) in &table.entries {
        if let Some((_, shape)) = known().find(|(name, _)| name == key) {
            check_entry(shape, key, entry, table, problems);
            continue;
        }
        let nearest = || near::suggestion(key, known().map(|(name, _)| *name).collect::<Vec<_>>());
        let problem = Problem::new(format!("unknown key `{key}`{}", place(table)))
            .why("no setting of this name belongs here")
            .fix(terraform_word(key, table).unwrap_or_else(nearest));
        problems.unknown_key(table, problem.at(Some(entry.key_at.clone())));
    }
}

/// What is called otherwise in Terraform's `archive_file`.
fn terraform_word(key: &str, table: &Table) -> Option<String> {
    let fix = match key {
        "source_dir" => "write `source`, which is Terraform's `source_dir`",
        "source_content" | "source_content_filename" => "write `sources = [{ filename = \"…\", content = \"…\" }]`",
        "type" | "output_path" => "leave it out: the archive is a zip, and `--out-dir` says where it goes",
        "output_base64sha256" | "output_md5" => "leave it out: `package` prints it",
        _ => return None,
    };
    table.name.contains("functions.").then(|| fix.to_owned())
}

fn check_entry(shape: &Shape, key: &str, entry: &Entry, table: &Table, problems: &mut Problems) {
    match (shape, &entry.value) {
        (Shape::Text | Shape::TextOrFalse, Value::Text(_))
        | (Shape::TextOrFalse, Value::Boolean(false))
        | (Shape::Flag, Value::Boolean(_)) => {}
        (Shape::Texts, Value::List(items)) => check_texts(key, items, table, problems),
        (Shape::Tables(keys), Value::List(items)) => check_tables(keys, key, items, table, problems),
        (Shape::Duration, Value::Text(text)) => {
            let invalid = |why| Problem::new(format!("invalid `{key}` \"{text}\"{}", place(table))).why(why);
            problems.keep(duration::parse(text).map_err(invalid), Some(entry.at.clone()));
        }
        (Shape::Integer(range), Value::Integer(number)) if range.contains(number) => {}
        (Shape::Choice(choices, _), Value::Text(text)) if choices.contains(&text.as_str()) => {}
        (Shape::Choice(_, why), Value::Text(text)) => problems.add(
            Problem::new(format!("invalid `{key}` \"{text}\"{}", place(table)))
                .why(*why)
                .fix(format!("write {}", expected(shape)))
                .at(Some(entry.at.clone())),
        ),
        (Shape::Table(groups), Value::Table(inner)) => check_keys(groups, inner, problems),
        (Shape::Each(rule, shape), Value::Table(inner)) => check_each(rule, shape, inner, problems),
        (shape, value) => problems.add(unexpected(shape, key, value, &entry.at, table)),
    }
}

fn check_texts(key: &str, items: &[(Location, Value)], table: &Table, problems: &mut Problems) {
    for (at, item) in items.iter().filter(|(_, item)| !matches!(item, Value::Text(_))) {
        problems.add(unexpected(&Shape::Texts, key, item, at, table));
    }
}

fn check_tables(keys: &'static [Key], key: &str, items: &[(Location, Value)], table: &Table, problems: &mut Problems) {
    for (at, item) in items {
        match item {
            Value::Table(inner) => check_keys(&[keys], inner, problems),
            other => problems.add(unexpected(&Shape::Tables(keys), key, other, at, table)),
        }
    }
}

fn check_each(rule: &Rule, shape: &Shape, table: &Table, problems: &mut Problems) {
    for (key, entry) in &table.entries {
        if !(rule.holds)(key) {
            let what = format!("invalid {} `{key}`{}", rule.what, place(table));
            problems.add(Problem::new(what).why(rule.allowed).at(Some(entry.key_at.clone())));
        }
        check_entry(shape, key, entry, table, problems);
    }
}

fn unexpected(shape: &Shape, key: &str, value: &Value, at: &Location, table: &Table) -> Problem {
    let found = match (shape, value) {
        (Shape::Integer(_), Value::Integer(number)) => format!("`{number}`"),
        // A header's value, say, may be secret.
        (_, other) => other.describe(),
    };
    Problem::new(format!("invalid `{key}`{}", place(table)))
        .why(format!("expected {}, found {found}", expected(shape)))
        .fix(format!("write {}", expected(shape)))
        .at(Some(at.clone()))
}

fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Text => "a string".into(),
        Shape::Texts => "a list of strings".into(),
        Shape::Flag => "`true` or `false`".into(),
        Shape::Tables(_) => "a list of tables".into(),
        Shape::Duration => "a duration such as \"30s\"".into(),
        Shape::Integer(range) => format!("an integer from {} to {}", range.start(), range.end()),
        Shape::Choice(choices, _) => {
            choices.iter().map(|choice| format!("\"{choice}\"")).collect::<Vec<_>>().join(" or ")
        }
        Shape::TextOrFalse => "a string or `false`".into(),
        Shape::Table(_) | Shape::Each(..) => "a table".into(),
    }
}

fn place(table: &Table) -> String {
    if table.name.is_empty() { String::new() } else { format!(" in [{}]", table.name) }
}
