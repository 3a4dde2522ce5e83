//! What is in an archive, what is not, and what should not be.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::Advice;

/// Where the bytes of an archive are: `package --explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explanation {
    /// How many files it has.
    pub files: usize,
    /// Size of the zip.
    pub zipped_bytes: u64,
    /// Sum of the files' sizes.
    pub unzipped_bytes: u64,
    /// The most that Lambda takes, unzipped, layers included.
    pub unzipped_limit_bytes: u64,
    /// Folders, the largest in the archive first; a folder that holds much stands with its subfolders instead.
    pub folders: Vec<FolderSize>,
    /// The files that are largest in the archive, the largest first.
    pub largest: Vec<LargeFile>,
    /// What was not packed, by the rule that left it out; a ready zip has none.
    pub left_out: Vec<LeftOut>,
    /// What should be looked at.
    pub advice: Vec<Advice>,
}

/// What a folder holds, with its subfolders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FolderSize {
    /// Its path with a slash at its end, such as `node_modules/`; `lib/*` are the files of `lib/` without its
    /// subfolders, which stand beside it.
    pub path: String,
    /// How many files.
    pub files: usize,
    /// Their uncompressed sizes.
    pub bytes: u64,
    /// Their sizes in the archive.
    pub compressed_bytes: u64,
}

/// One of the largest files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LargeFile {
    /// Its path.
    pub name: String,
    /// Uncompressed size.
    pub bytes: u64,
    /// Size in the archive.
    pub compressed_bytes: u64,
}

/// What one rule left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    /// The rule.
    #[serde(flatten)]
    pub by: LeftOutBy,
    /// How many files.
    pub files: usize,
    /// Their sizes.
    pub bytes: u64,
    /// How many folders were left out as a whole; their files are not counted.
    pub folders: usize,
    /// The first of them, relative to the source.
    pub example: String,
}

/// A rule that leaves something out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum LeftOutBy {
    /// `exclude` of the settings.
    Exclude {
        /// The first pattern that matches.
        pattern: String,
    },
    /// `excludes` of the settings, which are Terraform's.
    Excludes {
        /// The first pattern that matches.
        pattern: String,
    },
    /// `exclude_symlink_directories`: a link to a folder, and what comes behind it in its own folder.
    SymlinkDirectory,
    /// It is never packed unless `include` names it: a secret, a cache, a checkout.
    Protected {
        /// The names that the rule is about.
        name: String,
    },
    /// The settings file, or a folder for archives.
    OwnFile,
    /// No pattern of `include` matches it.
    NotIncluded,
}

impl fmt::Display for LeftOutBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LeftOutBy::Exclude { pattern } => write!(f, "exclude \"{pattern}\""),
            LeftOutBy::Excludes { pattern } => write!(f, "excludes \"{pattern}\""),
            LeftOutBy::SymlinkDirectory => f.write_str("exclude_symlink_directories"),
            LeftOutBy::Protected { name } => f.write_str(name),
            LeftOutBy::OwnFile => f.write_str("the settings file, and archives"),
            LeftOutBy::NotIncluded => f.write_str("not in `include`"),
        }
    }
}
