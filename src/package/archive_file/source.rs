//! Collects the entries of an archive: a name, bytes and a mode each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::walk::walk;
use crate::error::Problem;
use crate::model::{ArchiveFileSettings, FileMode};
use crate::package::protected::never_packed;
use crate::package::selection::Selection;
use crate::package::source_file::SourceFile;

/// An entry to pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::package) struct ArchivedFile {
    /// Its name in the archive.
    pub(in crate::package) name: String,
    pub(in crate::package) contents: Contents,
    /// The `st_mode` of a file, or the value of `output_file_mode`; `None` for a `source` block or `source_content`.
    pub(in crate::package) mode: Option<u32>,
}

impl ArchivedFile {
    /// Returns the size before compression.
    pub(in crate::package) fn bytes(&self) -> u64 {
        match &self.contents {
            Contents::File(file) => file.stamp.bytes,
            Contents::Inline(content) => content.len() as u64,
        }
    }
}

/// Where the bytes of an entry come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::package) enum Contents {
    /// A file; only its path and stamp are used.
    File(SourceFile),
    /// The content of a `source` block, or `source_content`.
    Inline(Vec<u8>),
}

/// Selects the files of Terraform's `source_dir`. `root` and `keep_out` are resolved paths.
pub(in crate::package) fn folder(
    root: &Path,
    settings: &ArchiveFileSettings,
    keep_out: &[PathBuf],
) -> Result<Selection<Vec<ArchivedFile>>, Vec<Problem>> {
    let Selection { files, left_out, mut warnings } = walk(root, settings, keep_out)?;
    warnings.extend(usually_left_out(&files));
    warnings.extend(assumed(settings));
    let files = files.into_iter().map(|file| archived(file, settings.output_file_mode)).collect();
    Ok(Selection { files, left_out, warnings })
}

/// Selects Terraform's `source_file`.
pub(in crate::package) fn single_file(
    file: SourceFile,
    settings: &ArchiveFileSettings,
) -> Selection<Vec<ArchivedFile>> {
    let warnings = assumed(settings);
    Selection { warnings, ..Selection::of(vec![archived(file, settings.output_file_mode)]) }
}

/// Selects the content of Terraform's `source` blocks, or its `source_content`.
pub(in crate::package) fn inline(
    sources: &BTreeMap<String, String>,
    settings: &ArchiveFileSettings,
) -> Selection<Vec<ArchivedFile>> {
    let file = |(name, content): (&String, &String)| ArchivedFile {
        name: name.clone(),
        contents: Contents::Inline(content.clone().into_bytes()),
        mode: None,
    };
    let warnings = assumed(settings);
    Selection { warnings, ..Selection::of(sources.iter().map(file).collect()) }
}

fn archived(file: SourceFile, output_file_mode: Option<FileMode>) -> ArchivedFile {
    let mode = output_file_mode.map_or(file.st_mode, FileMode::permissions);
    ArchivedFile { name: file.name.clone(), contents: Contents::File(file), mode: Some(mode) }
}

/// Warns about an assumed provider version and a decimal file mode: either can change the archive's hash, and Terraform
/// would then plan a change without a visible reason.
fn assumed(settings: &ArchiveFileSettings) -> Vec<String> {
    let release = settings.is_assumed.then(|| {
        "the release of hashicorp/archive that Terraform uses is unknown; 2.5.0 to 2.8.1 is assumed: set it, for \
         example `provider_version = \"2.7.1\"`"
            .to_owned()
    });
    let mode = settings.output_file_mode.filter(|mode| mode.is_decimal).map(|mode| {
        format!(
            "`output_file_mode` without a leading 0 is decimal, in Terraform too: every file gets the mode {:#05o}; write \
             it in octal, for example \"0644\", here and in Terraform",
            mode.permissions()
        )
    });
    release.into_iter().chain(mode).collect()
}

/// Warns about secrets and caches: `archive_file` packs them unless they are excluded, so we do too.
fn usually_left_out(files: &[SourceFile]) -> Option<String> {
    let mut of_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in files.iter().filter_map(|file| file.name.split('/').find_map(never_packed)) {
        *of_rule.entry(rule).or_default() += 1;
    }
    let list = of_rule.iter().map(|(rule, count)| format!("`{rule}` ({count})")).collect::<Vec<_>>().join(", ");
    let patterns = of_rule.keys().map(|rule| format!("\"**/{rule}\"")).collect::<Vec<_>>().join(", ");
    (!of_rule.is_empty())
        .then(|| format!("packs {list}, as `archive_file` does: add `excludes = [{patterns}]` here and in Terraform"))
}
