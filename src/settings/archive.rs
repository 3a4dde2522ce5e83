//! Reads the source of a function's code and the format of its archive.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::document::{CODE_SOURCES, Table};
use super::reader::Reader;
use super::{file_mode, layers, names, near, provider};
use crate::error::Problem;
use crate::model::{ArchiveFileSettings, ArchiveFormat, CodeSource, FileMode, Flavour, Source, Sourced};

/// The keys that only the compact format has.
const COMPACT: [&str; 3] = ["include", "exclude", "follow_links_within"];
/// The keys that only the archive-file format has.
const ARCHIVE_FILE: [&str; 7] = [
    "source_file",
    "sources",
    "excludes",
    "exclude_symlink_directories",
    "output_file_mode",
    "flavour",
    "provider_version",
];

impl Reader<'_> {
    /// Reads the source of the code. Exactly one of [`CODE_SOURCES`] must be set.
    pub(super) fn code_source(&mut self, table: &Table) -> Option<Sourced<CodeSource>> {
        let said: Vec<&str> = CODE_SOURCES.into_iter().filter(|key| table.entries.contains_key(*key)).collect();
        match said.as_slice() {
            ["source"] => return Some(self.path(table, "source")?.map(CodeSource::Path)),
            ["source_file"] => return Some(self.path(table, "source_file")?.map(CodeSource::SourceFile)),
            ["sources"] => return self.sources(table),
            ["image"] => {
                self.no_archive(table);
                return self.image(table.text("image")?);
            }
            [first, .., last] => {
                self.both(table, (first, last), table.entries.get(*last).map(|entry| entry.key_at.clone()));
            }
            _ => self.missing(table, "source", "lambda"),
        }
        None
    }

    /// Reads a path and fills in its placeholders. Unlike a name, a path is needed even without a stage.
    pub(super) fn path(&mut self, table: &Table, key: &str) -> Option<Sourced<PathBuf>> {
        let said = table.text(key)?;
        let filled = self.in_source(&said.value);
        Some(self.filled(filled, said, &names::SOURCE)?.map(|path| layers::beside(self.file, &path)))
    }

    /// Reads Terraform's `source` blocks, or its `source_content` with `source_content_filename`.
    fn sources(&mut self, table: &Table) -> Option<Sourced<CodeSource>> {
        let at = table.entries.get("sources")?.at.clone();
        let mut sources = BTreeMap::new();
        for block in table.listed("sources") {
            let (name, content) = (block.text("filename"), block.text("content"));
            for key in ["filename", "content"].into_iter().filter(|key| !block.entries.contains_key(*key)) {
                let what = format!("an entry of `sources` in [{}] has no `{key}`", table.name);
                self.problems.missing(block, Problem::new(what).fix("add it"));
            }
            let (Some(name), Some(content)) = (name, content) else { continue };
            let Some(name) = self.problems.name(name, &names::ENTRY) else { continue };
            let at = name.location();
            if sources.insert(name.value.clone(), content.value).is_some() {
                let what = format!("`{}` is twice in `sources` of [{}]", name.value, table.name);
                self.problems
                    .add(Problem::new(what).why("names in an archive are unique").fix("keep one of them").at(at));
            }
        }
        if table.listed("sources").next().is_none() {
            let what = format!("`sources` of [{}] is empty", table.name);
            self.problems
                .add(Problem::new(what).fix("add an entry with `filename` and `content`").at(Some(at.clone())));
        }
        Some(Sourced { value: CodeSource::Sources(sources), source: Source::File(at) })
    }

    /// Reads `archive` and the keys of its format.
    pub(super) fn format(&mut self, table: &Table) -> ArchiveFormat {
        if table.text("archive").is_some_and(|said| said.value == "archive-file") {
            self.strangers(table, &COMPACT, "compact", "archive-file has Terraform's `excludes` instead");
            return ArchiveFormat::ArchiveFile(self.archive_file(table));
        }
        self.strangers(table, &ARCHIVE_FILE, "archive-file", "only archive-file has it, as in Terraform");
        ArchiveFormat::Compact
    }

    /// Reports keys that belong to the other format.
    fn strangers(&mut self, table: &Table, keys: &[&str], format: &str, instead: &str) {
        for (key, entry) in keys.iter().filter_map(|key| table.entries.get_key_value(*key)) {
            self.problems.add(
                Problem::new(format!("`{key}` in [{}] does not apply to this `archive` format", table.name))
                    .why(instead)
                    .fix(format!("remove it, or set `archive = \"{format}\"`"))
                    .at(Some(entry.key_at.clone())),
            );
        }
    }

    fn archive_file(&mut self, table: &Table) -> ArchiveFileSettings {
        let named = table.text("flavour").and_then(|said| self.flavour(&said));
        let version = table.text("provider_version");
        let provider = provider::resolved(version, &self.file.locks, named, self.problems);
        ArchiveFileSettings {
            excludes: table.texts("excludes").unwrap_or_default(),
            exclude_symlink_directories: table.flag("exclude_symlink_directories").unwrap_or_default(),
            // As in Terraform, an empty mode counts as not set.
            output_file_mode: table
                .text("output_file_mode")
                .filter(|said| !said.value.is_empty())
                .and_then(|said| self.mode(&said)),
            ..provider
        }
    }

    fn flavour(&mut self, said: &Sourced<String>) -> Option<Flavour> {
        let known = Flavour::ALL.into_iter().find(|flavour| flavour.as_str() == said.value);
        let unknown = || {
            Problem::new(format!("unknown flavour `{}`", said.value))
                .why("only these encoders are supported: go1.21-1.26")
                .fix(near::suggestion(&said.value, &Flavour::ALL.map(Flavour::as_str)))
        };
        self.problems.keep(known.ok_or_else(unknown), said.location())
    }

    fn mode(&mut self, said: &Sourced<String>) -> Option<FileMode> {
        let invalid = |why| {
            Problem::new(format!("invalid `output_file_mode` `{}`", said.value))
                .why(why)
                .fix("write it in octal: \"0644\"")
        };
        self.problems.keep(file_mode::parse(&said.value).map_err(invalid), said.location())
    }
}
