//! Whether the live code is of a newer commit than the one to release, as when an old workflow run is run again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::session::Session;
use crate::github::GitHub;
use crate::machine;
use crate::model::{Artifact, CommitId, FunctionKey, Observed, OlderCommit, Settings, marks};

/// How long GitHub may take. A release does not wait longer for advice.
const FOR_GITHUB: Duration = Duration::from_secs(10);

/// Returns the newer commit of the live code; `None` also where neither Git nor GitHub knows. The objects of the live code
/// name their commits, and are looked at only where code changes.
pub(super) async fn older_commit(
    commit: Option<&CommitId>,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    settings: &Settings,
    observed: &Observed,
    session: &Session<'_>,
) -> Option<OlderCommit> {
    let commit = commit?;
    for live in live_commits(artifacts, settings, observed) {
        if live != *commit && is_ancestor(commit, &live, session).await {
            return Some(OlderCommit { commit: commit.clone(), live });
        }
    }
    None
}

/// Returns the commits of the code that would be replaced.
fn live_commits(
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    settings: &Settings,
    observed: &Observed,
) -> BTreeSet<CommitId> {
    let commit = |(key, artifact): (&FunctionKey, &Artifact)| {
        let sha256 = observed.functions.get(key)?.as_ref()?.latest.sha256;
        if sha256 == artifact.sha256 {
            return None;
        }
        let object = observed.objects.get(&marks::object_key(settings.artifact_prefix(), key, &sha256))?;
        object.as_ref()?.commit.clone()
    };
    artifacts.iter().filter_map(commit).collect()
}

/// Asks Git, and GitHub where the checkout does not hold the history, as that of `actions/checkout` does not.
async fn is_ancestor(older: &CommitId, newer: &CommitId, session: &Session<'_>) -> bool {
    if let Some(known) = tokio::task::block_in_place(|| machine::is_ancestor(older, newer)) {
        return known;
    }
    let Some(ci) = session.ci else { return false };
    let asked = async {
        let github = GitHub::connect(session.access, &ci.repository).await.ok()??;
        github.is_ancestor(older, newer).await.ok()
    };
    tokio::time::timeout(FOR_GITHUB, asked).await.ok().flatten().unwrap_or(false)
}
