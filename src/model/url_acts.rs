//! The payloads of the acts that give the functions of a preview their URLs: one for the preview, and one for each commit.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AliasName, CommitId, FunctionKey, FunctionName, LambdaUrl, PreviewId, Qualifier, Sha256, UrlAuth, Version,
};

/// How many commits of a pull request keep a URL.
pub const KEPT_COMMITS: usize = 10;

/// How the alias of a commit begins.
const COMMIT: &str = "c-";

impl AliasName {
    /// Returns the alias of a commit: `c-1a2b3c4`.
    pub fn of_commit(commit: &CommitId) -> Self {
        Self::new(format!("{COMMIT}{}", commit.short()))
    }

    /// Returns the first digits of the commit that the alias is of; `None` for another alias.
    pub fn commit(&self) -> Option<&str> {
        self.as_str().strip_prefix(COMMIT)
    }
}

/// A version with the code of a commit, and the alias that keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeepCommit {
    /// The preview.
    pub preview: PreviewId,
    /// The function that it is a copy of.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The alias of the commit.
    pub alias: AliasName,
    /// The digest of the commit's code.
    pub code: Sha256,
    /// It is a container image.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_image: bool,
    /// The function existed before this run.
    pub existed: bool,
}

/// A URL of a function, or of the alias of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GiveUrl {
    /// The preview.
    pub preview: PreviewId,
    /// The function that it is a copy of.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The function itself, or the alias of a commit.
    pub qualifier: Qualifier,
    /// Whom it lets in.
    pub auth: UrlAuth,
    /// It has a URL, which lets others in.
    pub has_url: bool,
    /// The function existed before this run.
    pub existed: bool,
}

impl GiveUrl {
    pub(super) fn title(&self) -> String {
        let what = match &self.qualifier {
            Qualifier::Latest => self.name.to_string(),
            Qualifier::Named(alias) => format!("{alias} of {}", self.name),
        };
        let whom = match self.auth {
            UrlAuth::Iam => "that IAM guards",
            UrlAuth::Open => "that everybody may call",
        };
        if self.has_url { format!("make the URL of {what} one {whom}") } else { format!("give {what} a URL {whom}") }
    }
}

/// Commits that keep no URL any longer, since there are newer ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DropCommits {
    /// The preview.
    pub preview: PreviewId,
    /// The function that it is a copy of.
    pub function: FunctionKey,
    /// Its name.
    pub name: FunctionName,
    /// The aliases of the commits.
    pub aliases: BTreeSet<AliasName>,
    /// Their versions that no other commit keeps.
    pub versions: BTreeSet<Version>,
}

impl DropCommits {
    pub(super) fn title(&self) -> String {
        let aliases = self.aliases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        format!("delete {aliases} of {}, of older commits, with their URLs", self.name)
    }
}

/// The URL of a commit, as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommitEndpoint {
    /// The function.
    pub function: FunctionKey,
    /// The commit's first digits.
    pub commit: String,
    /// The URL; `None`: the one that this run makes.
    pub url: Option<LambdaUrl>,
}

/// The statements by which everybody may call a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicStatement {
    /// `lambda:InvokeFunctionUrl`.
    Url,
    /// `lambda:InvokeFunction`, by the URL alone.
    Function,
}

impl PublicStatement {
    /// Both: URLs that were made since October 2025 need them.
    pub const ALL: [Self; 2] = [Self::Url, Self::Function];

    /// Returns the statement's id in the policy of a function or an alias.
    pub fn id(self, qualifier: &Qualifier) -> String {
        let what = match self {
            Self::Url => "url",
            Self::Function => "function",
        };
        let alias = qualifier.parameter().map(|alias| format!("-{alias}")).unwrap_or_default();
        format!("sls-release-public-{what}{alias}")
    }
}

/// Returns the aliases that go so that there is room for one more commit: the oldest, by their versions.
pub fn evicted<'a>(
    commits: impl IntoIterator<Item = (&'a AliasName, &'a Version)>,
    current: &AliasName,
) -> BTreeSet<&'a AliasName> {
    let number = |version: &Version| version.as_str().parse::<u64>().unwrap_or(0);
    let others = commits.into_iter().filter(|(alias, _)| *alias != current);
    let mut others: Vec<_> = others.map(|(alias, version)| (number(version), alias)).collect();
    others.sort_unstable();
    let excess = (others.len() + 1).saturating_sub(KEPT_COMMITS);
    others.into_iter().take(excess).map(|(_, alias)| alias).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_versions_go_by_number() {
        let commits: Vec<_> = (1..=12)
            .map(|number| (AliasName::new(format!("c-{number:07}")), Version::new(number.to_string())))
            .collect();
        let all = || commits.iter().map(|(alias, version)| (alias, version));
        let current = AliasName::new("c-fffffff");
        let gone: Vec<_> = evicted(all(), &current).into_iter().map(AliasName::as_str).collect();
        assert_eq!(gone, ["c-0000001", "c-0000002", "c-0000003"]);
        // A commit that has its alias needs no more room.
        assert_eq!(evicted(all(), &commits[11].0).len(), 2);
        assert!(evicted(all().take(9), &current).is_empty());
    }
}
