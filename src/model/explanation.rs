//! The explanation of an archive: its folders and files, what was left out, and advice.

use derive_more::Display;
use schemars::JsonSchema;
use serde::Serialize;

use super::Advice;

/// The explanation of an archive's size: `package --explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explanation {
    /// The number of files.
    pub files: usize,
    /// Size of the zip.
    pub zipped_bytes: u64,
    /// Sum of the files' sizes.
    pub unzipped_bytes: u64,
    /// Lambda's limit for unzipped code, including layers.
    pub unzipped_limit_bytes: u64,
    /// Folders, the largest first. A large folder is replaced by its subfolders.
    pub folders: Vec<FolderSize>,
    /// The largest files in the archive, the largest first.
    pub largest: Vec<LargeFile>,
    /// Files that were not packed, by the rule that left them out; empty for a ready zip.
    pub left_out: Vec<LeftOut>,
    /// Advice on unusual files.
    pub advice: Vec<Advice>,
}

/// The size of a folder, including its subfolders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FolderSize {
    /// Its path with a slash at its end, for example `node_modules/`. `lib/*` means only the files of `lib/`, without
    /// its subfolders.
    pub path: String,
    /// The number of files.
    pub files: usize,
    /// The sum of their uncompressed sizes.
    pub bytes: u64,
    /// The sum of their sizes in the archive.
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

/// Files that one rule left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    /// The rule.
    #[serde(flatten)]
    pub by: LeftOutBy,
    /// The number of files.
    pub files: usize,
    /// The sum of their sizes.
    pub bytes: u64,
    /// The number of folders that were left out. Their files are not counted.
    pub folders: usize,
    /// The first file or folder, relative to the source.
    pub example: String,
}

/// A rule that leaves out files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, Display)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum LeftOutBy {
    /// `exclude` of the settings.
    #[display("exclude \"{pattern}\"")]
    Exclude {
        /// The first pattern that matches.
        pattern: String,
    },
    /// `excludes` of the settings, as in Terraform.
    #[display("excludes \"{pattern}\"")]
    Excludes {
        /// The first pattern that matches.
        pattern: String,
    },
    /// `exclude_symlink_directories`: a link to a folder, and the files after it in the same folder.
    #[display("exclude_symlink_directories")]
    SymlinkDirectory,
    /// A secret, a cache or a checkout, which is packed only if `include` names it.
    #[display("{name}")]
    Protected {
        /// The names that the rule matches.
        name: String,
    },
    /// The settings file, or a folder for archives.
    #[display("the settings file, and archives")]
    OwnFile,
    /// A link to a folder without a file to pack.
    #[display("links to folders without a file to pack")]
    LinkToNothing,
    /// No pattern of `include` matches it.
    #[display("not in `include`")]
    NotIncluded,
}
