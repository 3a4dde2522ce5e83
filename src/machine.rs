//! What this machine says of a run, besides its command line: variables and the Git checkout.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::{Command, Stdio};

use crate::github::{self, CiRun, Variables};
use crate::model::{CommitId, Secret};
use crate::network::PROXIES;

/// The variables that a log must never show.
const SECRETS: [&str; 4] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "SLS_RELEASE_GITHUB_TOKEN"];

/// What variables and the checkout say of a run.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// The variables `SLS_RELEASE_*`, without those about GitHub: its token is kept out of what is printed.
    pub environment: BTreeMap<String, String>,
    /// All variables, which a smoke test may send. Never printed.
    pub variables: BTreeMap<String, Secret>,
    /// The commit that is released: as CI says, else as the checkout says; `None` where neither knows it.
    pub commit: Option<String>,
    /// `GITHUB_REPOSITORY`, `owner/name`.
    pub repository: Option<String>,
    /// The repository of Git's remote `origin`, `owner/name`; read for `preview` only.
    pub remote: Option<String>,
    /// The commit that is checked out; read for `preview` only.
    pub checkout: Option<String>,
}

/// Returns the process's variables. Those that are not Unicode are left out.
pub fn variables() -> Variables {
    let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    std::env::vars_os().filter_map(text).collect()
}

impl Machine {
    /// Reads what a run needs; `is_preview` asks Git for more.
    pub fn read(variables: &Variables, ci: Option<&CiRun>, is_preview: bool) -> Self {
        let is_own = |name: &str| name.starts_with("SLS_RELEASE_") && !name.starts_with("SLS_RELEASE_GITHUB_");
        let own = variables.iter().filter(|(name, _)| is_own(name));
        Self {
            environment: own.map(|(name, value)| (name.clone(), value.clone())).collect(),
            variables: variables.iter().map(|(name, value)| (name.clone(), Secret::new(value))).collect(),
            commit: github::commit(variables, ci).or_else(head),
            repository: github::repository(variables),
            remote: if is_preview { remote() } else { None },
            checkout: if is_preview { head() } else { None },
        }
    }
}

/// Returns what the runner has to hide in its log; nothing outside of GitHub Actions, where it would be printed.
pub fn secrets(variables: &Variables) -> Vec<&str> {
    if github::said(variables, "GITHUB_ACTIONS") != Some("true") {
        return Vec::new();
    }
    credentials(variables).collect()
}

/// Returns the values of this process that no report may show.
pub fn credentials(variables: &Variables) -> impl Iterator<Item = &str> {
    let passwords = PROXIES.into_iter().flatten().filter_map(|name| password(github::said(variables, name)?));
    SECRETS.into_iter().filter_map(|name| github::said(variables, name)).chain(passwords)
}

/// Returns the password in a URL `scheme://user:password@host`, as it stands there.
fn password(url: &str) -> Option<&str> {
    let (user, _) = url.split_once("://").map_or(url, |(_, rest)| rest).rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password)
}

/// Returns the commit of the checkout.
fn head() -> Option<String> {
    git(&["rev-parse", "--verify", "--quiet", "HEAD"])
}

/// Returns `owner/name` of Git's remote `origin`: the last two parts of its URL.
fn remote() -> Option<String> {
    let url = git(&["remote", "get-url", "origin"])?;
    let path = url.trim_end_matches('/').trim_end_matches(".git").replace(':', "/");
    let mut parts = path.rsplit('/');
    let (name, owner) = (parts.next()?, parts.next()?);
    (!name.is_empty() && !owner.is_empty()).then(|| format!("{owner}/{name}"))
}

/// Returns whether a commit is an ancestor of another one, or `None` where the checkout does not hold both, or, as a shallow
/// one, not what is between them.
///
/// <https://git-scm.com/docs/git-merge-base#Documentation/git-merge-base.txt---is-ancestor>,
/// <https://git-scm.com/docs/shallow>
pub fn is_ancestor(older: &CommitId, newer: &CommitId) -> Option<bool> {
    let arguments = ["merge-base", "--is-ancestor", older.as_str(), newer.as_str()];
    match Command::new("git").args(arguments).stderr(Stdio::null()).status().ok()?.code()? {
        0 => Some(true),
        1 if git(&["rev-parse", "--is-shallow-repository"])? == "false" => Some(false),
        _ => None,
    }
}

/// Returns what Git prints, where it prints anything.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}
