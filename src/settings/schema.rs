//! The keys of the settings file and their types. The check covers all stages in the file.

use std::ops::RangeInclusive;

use super::document::{Entry, Table, Value};
use super::names::{self, Rule};
use super::problems::{Problems, whatever_stage};
use super::{duration, near};
use crate::error::Problem;

/// The type of a key's value.
enum Shape {
    Text,
    Texts,
    Flag,
    Duration,
    Integer(RangeInclusive<i64>),
    /// One of these values, and why others are refused.
    Choice(&'static [&'static str], &'static str),
    TextOrFalse,
    /// A table with these keys, in groups.
    Table(&'static [&'static [Key]]),
    /// A list of tables with these keys.
    Tables(&'static [Key]),
    /// The same, or one such table.
    TableOrTables(&'static [Key]),
    /// A table whose keys the user names.
    Each(&'static Rule, &'static Shape),
}

type Key = (&'static str, Shape);

const FILE: &[&[Key]] =
    &[STAGED, &[("stage", Shape::Text), ("stages", Shape::Each(&names::STAGE, &Shape::Table(&[STAGED])))]];

/// The keys that a `[stages.<name>]` table can override.
const STAGED: &[Key] = &[
    ("region", Shape::Text),
    ("wait_timeout", Shape::Duration),
    ("out_dir", Shape::Text),
    ("artifacts", Shape::Table(&[ARTIFACTS])),
    ("functions", Shape::Each(&names::KEY, &Shape::Table(&[FUNCTION]))),
    ("apis", Shape::Each(&names::KEY, &Shape::Table(&[API]))),
    ("smoke", Shape::TableOrTables(SMOKE)),
    ("preview", Shape::Table(&[PREVIEW])),
];

const ARTIFACTS: &[Key] = &[
    ("bucket", Shape::Text),
    ("prefix", Shape::Text),
    ("owner", Shape::Text),
    ("encryption", Shape::Choice(&["AES256", "aws:kms", "aws:kms:dsse"], "S3 knows no other kind of encryption")),
    ("kms_key", Shape::Text),
];

const FUNCTION: &[Key] = &[
    ("source", Shape::Text),
    ("source_file", Shape::Text),
    ("sources", Shape::Tables(&[("filename", Shape::Text), ("content", Shape::Text)])),
    ("image", Shape::Text),
    ("include", Shape::Texts),
    ("exclude", Shape::Texts),
    ("follow_links_within", Shape::Text),
    ("archive", Shape::Choice(&["compact", "archive-file"], "this version supports no other format")),
    ("excludes", Shape::Texts),
    ("exclude_symlink_directories", Shape::Flag),
    ("output_file_mode", Shape::Text),
    ("flavour", Shape::Text),
    ("provider_version", Shape::Text),
    ("key", Shape::Text),
    ("name", Shape::Text),
    ("alias", Shape::TextOrFalse),
];

const API: &[Key] = &[
    ("type", Shape::Choice(&["rest", "http"], "API Gateway's other kind, WebSocket APIs, is not supported")),
    ("id", Shape::Text),
    ("name", Shape::Text),
    ("stage", Shape::Text),
    ("redeploy", Shape::Choice(&["changed", "always", "never"], "")),
];

const SMOKE: &[Key] = &[
    ("function", Shape::Text),
    ("path", Shape::Text),
    ("url", Shape::Text),
    ("api", Shape::TextOrFalse),
    ("method", Shape::Text),
    ("headers", Shape::Each(&names::HEADER, &Shape::Text)),
    ("body", Shape::Text),
    ("invoke", Shape::Text),
    ("before", Shape::Flag),
    ("sign", Shape::Flag),
    ("tenant", Shape::Text),
    ("status", Shape::Integer(100..=599)),
    ("contains", Shape::Text),
    ("hits", Shape::Integer(1..=1000)),
    ("timeout", Shape::Duration),
];

const PREVIEW: &[Key] = &[
    ("role", Shape::Text),
    ("share_role", Shape::Flag),
    ("public_url", Shape::Flag),
    ("service", Shape::Text),
    ("repository", Shape::Text),
    ("max_previews", Shape::Integer(1..=600)),
    ("when_full", Shape::Choice(&["refuse", "replace-oldest"], "")),
    ("log_retention_days", Shape::Integer(1..=3653)),
    ("tags", Shape::Each(&names::TAG, &Shape::Text)),
    ("environment", ENVIRONMENT),
    ("functions", Shape::Each(&names::KEY, &Shape::Table(&[&[("environment", ENVIRONMENT)]]))),
];

const ENVIRONMENT: Shape = Shape::Each(&names::VARIABLE, &Shape::Text);

/// Reports unknown keys, wrong types, and values that are invalid for every stage.
pub(super) fn check(document: &Table, problems: &mut Problems) {
    check_keys(FILE, document, problems);
}

fn check_keys(groups: &[&[Key]], table: &Table, problems: &mut Problems) {
    let known = || groups.iter().flat_map(|group| group.iter());
    for (key, entry) in &table.entries {
        if let Some((_, shape)) = known().find(|(name, _)| name == key) {
            check_entry(shape, key, entry, table, problems);
            continue;
        }
        let nearest = || near::suggestion(key, &known().map(|(name, _)| *name).collect::<Vec<_>>());
        let (why, fix) = removed(key, table).unwrap_or_else(|| {
            ("this table has no setting with this name", terraform_word(key, table).unwrap_or_else(nearest))
        });
        let problem = Problem::new(format!("unknown key `{key}`{}", place(table))).why(why).fix(fix);
        problems.unknown_key(table, problem.at(Some(entry.key_at.clone())));
    }
}

/// Returns why a setting of an earlier version was removed, and the fix.
fn removed(key: &str, table: &Table) -> Option<(&'static str, String)> {
    (whatever_stage(&table.name) == "preview" && ["strategy", "latest_unused"].contains(&key)).then(|| {
        let why = "the strategy \"stage\" was removed because it put a pull request's code into $LATEST of the stage's \
                   functions, from where `terraform apply` can release it";
        (why, format!("remove `{key}`: a preview is always a copy (docs/previews.md)"))
    })
}

/// Returns the fix for a key of Terraform's `archive_file` that has another name here.
fn terraform_word(key: &str, table: &Table) -> Option<String> {
    let fix = match key {
        "source_dir" => "use `source`, which is Terraform's `source_dir`",
        "source_content" | "source_content_filename" => "use `sources = [{ filename = \"…\", content = \"…\" }]`",
        "type" | "output_path" => "remove it: the archive is a zip, and `--out-dir` sets its folder",
        "output_base64sha256" | "output_md5" => "remove it: `package` prints it",
        _ => return None,
    };
    table.name.contains("functions.").then(|| fix.to_owned())
}

fn check_entry(shape: &Shape, key: &str, entry: &Entry, table: &Table, problems: &mut Problems) {
    match (shape, &entry.value) {
        (Shape::Text | Shape::TextOrFalse, Value::Text(_))
        | (Shape::TextOrFalse, Value::Boolean(false))
        | (Shape::Flag, Value::Boolean(_)) => {}
        (Shape::Texts | Shape::Tables(_) | Shape::TableOrTables(_), Value::List(items)) => {
            check_items(shape, key, items, table, problems);
        }
        (Shape::Duration, Value::Text(text)) => {
            let invalid =
                |why| Problem::new(format!("invalid `{key}` \"{text}\"{}", place(table))).why(why).fix(duration::FIX);
            problems.keep(duration::parse(text).map_err(invalid), Some(entry.at.clone()));
        }
        (Shape::Integer(range), Value::Integer(number)) if range.contains(number) => {}
        (Shape::Choice(choices, _), Value::Text(text)) if choices.contains(&text.as_str()) => {}
        (Shape::Table(groups), Value::Table(inner)) => check_keys(groups, inner, problems),
        (Shape::TableOrTables(keys), Value::Table(inner)) => check_keys(&[keys], inner, problems),
        (Shape::Each(rule, shape), Value::Table(inner)) => check_each(rule, shape, inner, problems),
        _ => problems.add(unexpected(shape, key, entry, table)),
    }
}

fn check_items(shape: &Shape, key: &str, items: &[Entry], table: &Table, problems: &mut Problems) {
    for item in items {
        match (shape, &item.value) {
            (Shape::Texts, Value::Text(_)) => {}
            (Shape::Tables(keys) | Shape::TableOrTables(keys), Value::Table(inner)) => {
                check_keys(&[keys], inner, problems);
            }
            _ => problems.add(unexpected(shape, key, item, table)),
        }
    }
}

fn check_each(rule: &Rule, shape: &Shape, table: &Table, problems: &mut Problems) {
    for (key, entry) in &table.entries {
        if !(rule.holds)(key) {
            let what = format!("invalid {} `{key}`{}", rule.what, place(table));
            problems.add(Problem::new(what).why(rule.allowed).at(Some(entry.key_at.clone())).fix("rename it"));
        }
        check_entry(shape, key, entry, table, problems);
    }
}

fn unexpected(shape: &Shape, key: &str, entry: &Entry, table: &Table) -> Problem {
    let found = |found| format!("expected {}, found {found}", expected(shape));
    let (value, why) = match (shape, &entry.value) {
        (Shape::Choice(_, why), Value::Text(text)) => (format!(" \"{text}\""), (*why).to_owned()),
        (Shape::Integer(_), Value::Integer(number)) => (String::new(), found(format!("`{number}`"))),
        // Other values are not printed, because a header's value, for example, can be secret.
        (_, other) => (String::new(), found(other.describe())),
    };
    Problem::new(format!("invalid `{key}`{value}{}", place(table)))
        .why(why)
        .fix(format!("write {}", expected(shape)))
        .at(Some(entry.at.clone()))
}

fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Text => "a string".into(),
        Shape::Texts => "a list of strings".into(),
        Shape::Flag => "`true` or `false`".into(),
        Shape::Tables(_) => "a list of tables".into(),
        Shape::TableOrTables(_) => "a table or a list of tables".into(),
        Shape::Duration => "a duration, for example \"30s\"".into(),
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
