//! Reads how a function's archive is made, and from what.

use std::collections::BTreeMap;

use super::document::{CODE_SOURCES, Table};
use super::file::SettingsFile;
use super::placeholders::Words;
use super::problems::Problems;
use super::{file_mode, layers, names, near, provider};
use crate::error::Problem;
use crate::model::{ArchiveFileSettings, ArchiveFormat, CodeSource, FileMode, Flavour, Source, Sourced};

/// The keys that only compact knows, and those that only archive-file knows.
const COMPACT: [&str; 2] = ["include", "exclude"];
const ARCHIVE_FILE: [&str; 7] = [
    "source_file",
    "sources",
    "excludes",
    "exclude_symlink_directories",
    "output_file_mode",
    "flavour",
    "provider_version",
];

/// Where the code is; exactly one key says so.
pub(super) fn code_source(
    table: &Table,
    file: &SettingsFile,
    words: Words<'_>,
    problems: &mut Problems,
) -> Option<Sourced<CodeSource>> {
    let said: Vec<&str> = CODE_SOURCES.into_iter().filter(|key| table.entries.contains_key(*key)).collect();
    match said.as_slice() {
        ["source"] => path(table, "source", file, words, problems, CodeSource::Path),
        ["source_file"] => path(table, "source_file", file, words, problems, CodeSource::SourceFile),
        ["sources"] => sources(table, problems),
        [first, .., last] => {
            problems.add(
                Problem::new(format!("[{}] has both `{first}` and `{last}`", table.name))
                    .fix("keep one of them")
                    .at(table.entries.get(*last).map(|entry| entry.key_at.clone())),
            );
            None
        }
        _ => {
            problems.missing(
                table,
                Problem::new(format!("[{}] has no `source`", table.name))
                    .fix("add it, such as `source = \"lambda\"`")
                    .at(Some(table.at.clone())),
            );
            None
        }
    }
}

/// Unlike a name, a source is needed at once, with all its placeholders.
fn path(
    table: &Table,
    key: &str,
    file: &SettingsFile,
    words: Words<'_>,
    problems: &mut Problems,
    make: impl FnOnce(std::path::PathBuf) -> CodeSource,
) -> Option<Sourced<CodeSource>> {
    let said = table.text(key)?;
    let value = problems.keep(words.in_source(&said.value), said.location())?;
    problems.name(Sourced { value, source: said.source }, &names::SOURCE, |path| make(layers::beside(file, &path)))
}

/// Terraform's `source` blocks, or its `source_content` with `source_content_filename`.
fn sources(table: &Table, problems: &mut Problems) -> Option<Sourced<CodeSource>> {
    let at = table.entries.get("sources")?.at.clone();
    let mut sources = BTreeMap::new();
    for block in table.listed("sources") {
        let (name, content) = (block.text("filename"), block.text("content"));
        for (key, value) in [("filename", &name), ("content", &content)] {
            if value.is_none() && !block.entries.contains_key(key) {
                let what = format!("an entry of `sources` in [{}] has no `{key}`", table.name);
                problems.missing(block, Problem::new(what).fix("add it").at(Some(block.at.clone())));
            }
        }
        let (Some(name), Some(content)) = (name, content) else { continue };
        let Some(name) = problems.name(name, &names::ENTRY, |name| name) else { continue };
        let at = name.location();
        if sources.insert(name.value.clone(), content.value).is_some() {
            let what = format!("`{}` is twice in `sources` of [{}]", name.value, table.name);
            problems.add(Problem::new(what).why("an archive holds a name once").fix("keep one of them").at(at));
        }
    }
    if table.listed("sources").next().is_none() {
        let what = format!("`sources` of [{}] is empty", table.name);
        problems.add(Problem::new(what).fix("add an entry with `filename` and `content`").at(Some(at.clone())));
    }
    Some(Sourced { value: CodeSource::Sources(sources), source: Source::File(at) })
}

/// `archive` with what belongs to it.
pub(super) fn format(table: &Table, file: &SettingsFile, problems: &mut Problems) -> ArchiveFormat {
    if table.text("archive").is_some_and(|said| said.value == "archive-file") {
        strangers(table, &COMPACT, "compact", "archive-file has Terraform's `excludes`", problems);
        return ArchiveFormat::ArchiveFile(archive_file(table, file, problems));
    }
    strangers(table, &ARCHIVE_FILE, "archive-file", "it says what Terraform's `archive_file` packs, and how", problems);
    ArchiveFormat::Compact
}

/// Reports keys that belong to the other format.
fn strangers(table: &Table, keys: &[&str], format: &str, instead: &str, problems: &mut Problems) {
    for (key, entry) in keys.iter().filter_map(|key| table.entries.get_key_value(*key)) {
        problems.add(
            Problem::new(format!("`{key}` in [{}] has no meaning for this `archive`", table.name))
                .why(instead)
                .fix(format!("take it out, or write `archive = \"{format}\"`"))
                .at(Some(entry.key_at.clone())),
        );
    }
}

fn archive_file(table: &Table, file: &SettingsFile, problems: &mut Problems) -> ArchiveFileSettings {
    let named = table.text("flavour").and_then(|said| flavour(&said, problems));
    let version = table.text("provider_version");
    let told = provider::told(version, &file.locks, named, problems);
    ArchiveFileSettings {
        flavour: told.flavour,
        is_assumed: told.is_assumed,
        excludes: table.texts("excludes").unwrap_or_default(),
        matching: told.matching,
        exclude_symlink_directories: table.flag("exclude_symlink_directories").unwrap_or_default(),
        output_file_mode: table.text("output_file_mode").and_then(|said| mode(&said, problems)),
    }
}

fn flavour(said: &Sourced<String>, problems: &mut Problems) -> Option<Flavour> {
    let known = Flavour::ALL.into_iter().find(|flavour| flavour.as_str() == said.value);
    let unknown = || {
        Problem::new(format!("unknown flavour `{}`", said.value))
            .why("only the bytes of these encoders are known: go1.21-1.26")
            .fix(near::suggestion(&said.value, Flavour::ALL.map(Flavour::as_str)))
    };
    problems.keep(known.ok_or_else(unknown), said.location())
}

fn mode(said: &Sourced<String>, problems: &mut Problems) -> Option<FileMode> {
    let invalid = |why| {
        Problem::new(format!("invalid `output_file_mode` `{}`", said.value)).why(why).fix("write it in octal: \"0644\"")
    };
    problems.keep(file_mode::parse(&said.value).map_err(invalid), said.location())
}
