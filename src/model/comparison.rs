//! How two archives differ.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FileFacts, Sha256};

/// A packed archive beside another one: `package --compare` and `package --diff`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Comparison {
    /// The other archive in words: "old.zip", "version 7 of hello-dev".
    pub with: String,
    /// How alike they are.
    pub verdict: Verdict,
    /// The other archive.
    pub before: ArchiveSize,
    /// The packed archive.
    pub after: ArchiveSize,
    /// From the other archive to the packed one.
    pub difference: Difference,
}

/// How alike two archives are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Byte for byte.
    SameBytes,
    /// The same files to Lambda; compression, times, order, or bits of modes that have no effect may differ.
    SameFiles,
    /// Some file is another.
    OtherFiles,
}

/// An archive in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ArchiveSize {
    /// Of the zip.
    pub sha256: Sha256,
    /// Size of the zip.
    pub zipped_bytes: u64,
    /// Sum of the files' sizes.
    pub unzipped_bytes: u64,
    /// How many files it has.
    pub files: usize,
}

/// What leads from one archive to another; each list in the order of names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// Files that only the new one has.
    pub added: Vec<NamedFile>,
    /// Files that only the old one has.
    pub removed: Vec<NamedFile>,
    /// Files with the same content under another name.
    pub renamed: Vec<RenamedFile>,
    /// Files of one name that differ.
    pub changed: Vec<ChangedFile>,
    /// The files that both have stand in another order.
    pub is_reordered: bool,
}

/// A file with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NamedFile {
    /// Its path.
    pub name: String,
    /// What it is.
    pub facts: FileFacts,
}

/// A file under another name; its mode may be another as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RenamedFile {
    /// Before.
    pub from: NamedFile,
    /// Now.
    pub to: NamedFile,
}

/// A file that differs from the one of its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangedFile {
    /// Its path.
    pub name: String,
    /// What it was.
    pub before: FileFacts,
    /// What it is.
    pub after: FileFacts,
    /// Its content is another.
    pub is_other_content: bool,
    /// Its permission bits are others.
    pub is_other_mode: bool,
}
