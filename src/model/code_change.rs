//! The comparison of a function's packed code with the code of its stage.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Difference, FunctionName};

/// The comparison of a function's packed code with the code of its stage before the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CodeChange {
    /// The function that gets the code.
    pub name: FunctionName,
    /// Size of the zip.
    pub zipped_bytes: u64,
    /// Size of the previous zip: `CodeSize`. `None` if Lambda did not report it.
    pub before_bytes: Option<u64>,
    /// How the files differ.
    pub files: FilesBefore,
}

/// How the files differ from those that the stage had before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum FilesBefore {
    /// The same bytes.
    SameBytes,
    /// The same files, but the archive's bytes differ.
    SameFiles,
    /// Some files differ.
    OtherFiles(FileNames),
    /// The files were not compared.
    NotCompared {
        /// The reason.
        why: String,
    },
}

/// The names of files that differ; each list is sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileNames {
    /// Files only in the new code.
    pub added: Vec<String>,
    /// Files only in the old code.
    pub removed: Vec<String>,
    /// Files with another content or mode, and renamed files by their new names.
    pub changed: Vec<String>,
}

impl FileNames {
    /// Takes the names from the difference of two archives.
    pub fn of(difference: &Difference) -> Self {
        let Difference { added, removed, renamed, changed, is_reordered: _ } = difference;
        let mut names: Vec<String> = changed.iter().map(|file| file.name.clone()).collect();
        names.extend(renamed.iter().map(|file| format!("{} (was {})", file.to.name, file.from.name)));
        names.sort();
        Self {
            added: added.iter().map(|file| file.name.clone()).collect(),
            removed: removed.iter().map(|file| file.name.clone()).collect(),
            changed: names,
        }
    }
}
