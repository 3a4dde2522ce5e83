//! The URLs of a preview's functions: of each function that is a copy of one with a URL, and of its last commits.

use std::collections::{BTreeMap, BTreeSet};

use super::Preview;
use super::function::Function;
use crate::model::{
    Act, AliasName, CommitEndpoint, CommitId, DropCommits, ExistingFunction, FunctionUrl, GiveUrl, KeepCommit,
    LambdaUrl, Plan, Qualifier, Reason, Ref, UrlAuth, UrlEndpoint, Version, evicted,
};

/// Decides the URLs of a function whose other steps are in the plan.
pub(super) fn decide(preview: &Preview<'_>, function: &Function<'_>, commit: Option<&CommitId>, plan: &mut Plan) {
    if !preview.observed.source_urls.contains(function.key) {
        return;
    }
    let changes = plan.steps().any(|step| match &step.act {
        Act::ChangeCode(change) => change.function == *function.key,
        Act::ConfigureFunction(configure) => configure.function == *function.key,
        Act::CreateFunction(_) => function.existing.is_none(),
        _ => false,
    });
    let urls = Urls { preview, function, auth: if preview.wanted.public_url { UrlAuth::Open } else { UrlAuth::Iam } };
    let own = urls.give(Qualifier::Latest, plan);
    let url = own.map_or_else(|| Ref::Made(function.key.clone()), Ref::Existing);
    plan.function_urls.push(UrlEndpoint { function: function.key.clone(), url, signed: urls.auth == UrlAuth::Iam });
    urls.commits(commit.map(AliasName::of_commit).as_ref(), changes, plan);
}

struct Urls<'p, 'a> {
    preview: &'p Preview<'a>,
    function: &'p Function<'a>,
    auth: UrlAuth,
}

impl Urls<'_, '_> {
    fn existing(&self) -> Option<&ExistingFunction> {
        self.function.existing
    }

    fn url(&self, qualifier: &Qualifier) -> Option<&FunctionUrl> {
        self.existing()?.urls.get(qualifier)
    }

    /// Adds a URL, or lets in others by it than now; the URL, where there is one.
    fn give(&self, qualifier: Qualifier, plan: &mut Plan) -> Option<LambdaUrl> {
        let found = self.url(&qualifier).cloned();
        let why = match &found {
            Some(found) if found.auth == self.auth => return Some(found.url.clone()),
            Some(_) => Reason::PreviewConfigurationDiffers,
            None => Reason::Absent,
        };
        let give = GiveUrl {
            preview: self.preview.id.clone(),
            function: self.function.key.clone(),
            name: self.function.name.clone(),
            qualifier,
            auth: self.auth,
            has_url: found.is_some(),
            existed: self.existing().is_some(),
        };
        plan.add(Act::GiveUrl(give), why);
        found.map(|found| found.url)
    }

    /// Keeps the current commit, where it is known, and as many of the others as there may be.
    fn commits(&self, current: Option<&AliasName>, changes: bool, plan: &mut Plan) {
        let commits = self.existing().map(|existing| existing.commits.clone()).unwrap_or_default();
        let gone: BTreeSet<_> = current.into_iter().flat_map(|current| evicted(&commits, current)).cloned().collect();
        if let Some(alias) = current {
            if changes || !commits.contains_key(alias) {
                self.keep(alias, plan);
            }
            let url = self.give(Qualifier::Named(alias.clone()), plan);
            self.report(alias, url, plan);
        }
        let mut others: Vec<_> = commits.iter().filter(|(alias, _)| Some(*alias) != current).collect();
        others.sort_by_key(|(_, version)| std::cmp::Reverse(version.as_str().parse::<u64>().unwrap_or(0)));
        for (alias, _) in others.into_iter().filter(|(alias, _)| !gone.contains(*alias)) {
            if self.url(&Qualifier::Named(alias.clone())).is_some() {
                let url = self.give(Qualifier::Named(alias.clone()), plan);
                self.report(alias, url, plan);
            }
        }
        self.drop_commits(&commits, gone, plan);
    }

    fn drop_commits(&self, commits: &BTreeMap<AliasName, Version>, gone: BTreeSet<AliasName>, plan: &mut Plan) {
        if gone.is_empty() {
            return;
        }
        let kept: BTreeSet<_> = commits.iter().filter(|(alias, _)| !gone.contains(*alias)).map(|(_, of)| of).collect();
        let versions = gone.iter().filter_map(|alias| commits.get(alias)).filter(|version| !kept.contains(version));
        let drop = DropCommits {
            preview: self.preview.id.clone(),
            function: self.function.key.clone(),
            name: self.function.name.clone(),
            versions: versions.cloned().collect(),
            aliases: gone,
        };
        plan.add(Act::DropCommits(drop), Reason::NewerCommits);
    }

    fn keep(&self, alias: &AliasName, plan: &mut Plan) {
        let keep = KeepCommit {
            preview: self.preview.id.clone(),
            function: self.function.key.clone(),
            name: self.function.name.clone(),
            alias: alias.clone(),
            code: self.function.sha256(),
            is_image: self.function.image().is_some(),
            existed: self.existing().is_some(),
        };
        plan.add(Act::KeepCommit(keep), Reason::CommitKeepsItsUrl);
    }

    fn report(&self, alias: &AliasName, url: Option<LambdaUrl>, plan: &mut Plan) {
        let commit = alias.commit().unwrap_or_default().to_owned();
        plan.commits.push(CommitEndpoint { function: self.function.key.clone(), commit, url });
    }
}
