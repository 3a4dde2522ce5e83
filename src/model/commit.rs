//! The commits of the code.

use derive_more::Display;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of a Git commit in full: 40 or 64 hex digits. Nothing else passes, so that it can be part of a command or a
/// path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, Display)]
#[serde(transparent)]
pub struct CommitId(String);

impl CommitId {
    /// Reads a name; `None` where it is no commit's in full, such as a tag's.
    pub fn read(text: &str) -> Option<Self> {
        let is_whole = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_whole.then(|| Self(text.to_ascii_lowercase()))
    }

    /// Returns all digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first digits, as Git and GitHub show them.
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

/// A release of a commit from which newer code was released already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OlderCommit {
    /// The commit to release.
    pub commit: CommitId,
    /// The commit of the live code, of which `commit` is an ancestor.
    pub live: CommitId,
}
