//! The comparison of two archives.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FileFacts, Sha256};

/// The comparison of a packed archive with another one: `package --compare` and `package --diff`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Comparison {
    /// A description of the other archive: "old.zip", "version 7 of hello-dev".
    pub with: String,
    /// The result.
    pub verdict: Verdict,
    /// The other archive.
    pub before: ArchiveSize,
    /// The packed archive.
    pub after: ArchiveSize,
    /// The changes from the other archive to the packed one.
    pub difference: Difference,
}

/// The result of comparing two archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The archives are identical.
    SameBytes,
    /// The files are the same to Lambda. Compression, times, order, or mode bits without an effect differ.
    SameFiles,
    /// Some files differ.
    OtherFiles,
}

/// The digest and sizes of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ArchiveSize {
    /// The zip's SHA-256.
    pub sha256: Sha256,
    /// Size of the zip.
    pub zipped_bytes: u64,
    /// Sum of the files' sizes.
    pub unzipped_bytes: u64,
    /// How many files it has.
    pub files: usize,
}

/// The changes from one archive to another; each list is sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// Files only in the new archive.
    pub added: Vec<NamedFile>,
    /// Files only in the old archive.
    pub removed: Vec<NamedFile>,
    /// Files with the same content under another name.
    pub renamed: Vec<RenamedFile>,
    /// Files with the same name that differ.
    pub changed: Vec<ChangedFile>,
    /// Whether the files that both archives have are in another order.
    pub is_reordered: bool,
}

/// A file with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NamedFile {
    /// Its path.
    pub name: String,
    /// Its digest, sizes and mode.
    pub facts: FileFacts,
}

/// A renamed file; its mode may have changed too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RenamedFile {
    /// The file in the old archive.
    pub from: NamedFile,
    /// The file in the new archive.
    pub to: NamedFile,
}

/// A file with the same name in both archives that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangedFile {
    /// Its path.
    pub name: String,
    /// The file in the old archive.
    pub before: FileFacts,
    /// The file in the new archive.
    pub after: FileFacts,
    /// Whether the content changed.
    pub is_other_content: bool,
    /// Whether the permission bits changed.
    pub is_other_mode: bool,
}
