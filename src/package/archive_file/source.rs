//! What goes into an archive, with the attributes that it gets there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::walk::{Found, walk};
use super::{ArchivedFile, Attributes, Contents};
use crate::error::Problem;
use crate::model::{ArchiveFileSettings, FileMode, LeftOut};
use crate::package::protected::never_packed;
use crate::package::source_file::SourceFile;

/// `S_IFREG`: what `output_file_mode` makes of every file.
const REGULAR_FILE: u32 = 0o100_000;

/// Files in the order of the archive, and what the user should know of them.
#[derive(Debug)]
pub(in crate::package) struct Selected {
    pub(in crate::package) files: Vec<ArchivedFile>,
    /// What is not packed, and why.
    pub(in crate::package) left_out: Vec<LeftOut>,
    pub(in crate::package) warnings: Vec<String>,
}

/// Terraform's `source_dir`. `root` and `keep_out` are resolved paths.
pub(in crate::package) fn folder(
    root: &Path,
    settings: &ArchiveFileSettings,
    keep_out: &[PathBuf],
) -> Result<Selected, Vec<Problem>> {
    let Found { files, left_out, mut warnings } = walk(root, settings, keep_out)?;
    warnings.extend(usually_left_out(&files));
    warnings.extend(assumed(settings));
    let files = files.into_iter().map(|file| archived(file, settings.output_file_mode)).collect();
    Ok(Selected { files, left_out, warnings })
}

/// Terraform's `source_file`.
pub(in crate::package) fn one(file: SourceFile, settings: &ArchiveFileSettings) -> Selected {
    let warnings = assumed(settings);
    Selected { files: vec![archived(file, settings.output_file_mode)], left_out: Vec::new(), warnings }
}

/// Terraform's `source` blocks, or its `source_content`.
pub(in crate::package) fn inline(sources: &BTreeMap<String, String>, settings: &ArchiveFileSettings) -> Selected {
    let file = |(name, content): (&String, &String)| ArchivedFile {
        name: name.clone(),
        contents: Contents::Inline(content.clone().into_bytes()),
        attributes: Attributes::None,
    };
    let warnings = assumed(settings);
    Selected { files: sources.iter().map(file).collect(), left_out: Vec::new(), warnings }
}

fn archived(file: SourceFile, output_file_mode: Option<FileMode>) -> ArchivedFile {
    let st_mode = output_file_mode.map_or(file.st_mode, |mode| REGULAR_FILE | mode.permissions());
    ArchivedFile { name: file.name.clone(), contents: Contents::File(file), attributes: Attributes::Unix(st_mode) }
}

/// Another release's bytes would make Terraform's plan dirty, and nothing would say why.
fn assumed(settings: &ArchiveFileSettings) -> Vec<String> {
    let release = settings.is_assumed.then(|| {
        "nothing tells which release of hashicorp/archive Terraform uses, so that 2.5.0 to 2.8.1 is assumed: write \
         `provider_version = \"2.7.1\"`, say"
            .to_owned()
    });
    let mode = settings.output_file_mode.filter(|mode| mode.is_decimal).map(|mode| {
        format!(
            "`output_file_mode` without a leading 0 is decimal, in Terraform too: every file gets the mode {:#05o}; write \
             it in octal, such as \"0644\", here and in Terraform",
            mode.permissions()
        )
    });
    release.into_iter().chain(mode).collect()
}

/// Terraform packs secrets and caches unless it is told not to: so do we, but not silently.
fn usually_left_out(files: &[SourceFile]) -> Option<String> {
    let mut of_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in files.iter().filter_map(|file| file.name.split('/').find_map(never_packed)) {
        *of_rule.entry(rule).or_default() += 1;
    }
    let list = of_rule.iter().map(|(rule, count)| format!("`{rule}` ({count})")).collect::<Vec<_>>().join(", ");
    let patterns = of_rule.keys().map(|rule| format!("\"**/{rule}\"")).collect::<Vec<_>>().join(", ");
    (!of_rule.is_empty())
        .then(|| format!("packs {list}, as `archive_file` does: write `excludes = [{patterns}]` here and in Terraform"))
}
