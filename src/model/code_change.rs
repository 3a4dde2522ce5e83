//! The packed code of a function beside the code that its stage had.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Difference, FunctionName};

/// The packed code of a function beside the code that its stage had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CodeChange {
    /// The function that gets the code.
    pub name: FunctionName,
    /// Size of the zip.
    pub zipped_bytes: u64,
    /// Size of the zip that the stage had: `CodeSize`. `None` where Lambda did not say.
    pub before_bytes: Option<u64>,
    /// How the files differ.
    pub files: FilesBefore,
}

/// How the files differ from those that the stage had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum FilesBefore {
    /// The same bytes.
    SameBytes,
    /// The same files in other bytes.
    SameFiles,
    /// Some file is another.
    OtherFiles(FileNames),
    /// Nobody looked.
    NotCompared {
        /// Why not, in words.
        why: String,
    },
}

/// The names of files that differ; each list in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileNames {
    /// Only the new code has them.
    pub added: Vec<String>,
    /// Only the old code had them.
    pub removed: Vec<String>,
    /// In content or mode; also the new names of files that are called otherwise now.
    pub changed: Vec<String>,
}

impl FileNames {
    /// Of a difference between two archives.
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
