//! Reads `[preview]`.

use std::collections::BTreeMap;

use super::document::Table;
use super::names;
use super::near;
use super::reader::Reader;
use crate::error::Problem;
use crate::model::{
    FunctionKey, PreviewLimits, PreviewOwner, PreviewRole, PreviewSettings, Secret, Source, Sourced, WhenFull,
};

/// The numbers of days for which CloudWatch keeps logs.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTION_DAYS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// How many tags of one's own a preview may have.
const MOST_TAGS: usize = 40;

/// The default.
const LOG_RETENTION_DAYS: i64 = 14;

impl Reader<'_> {
    /// Reads how previews are made; `None` if there is no `[preview]`, or it has errors.
    pub(super) fn preview(&mut self) -> Option<PreviewSettings> {
        let table = self.merged.table("preview")?;
        let role = self.role(table);
        let environment = self.environment(table);
        let functions = self.preview_functions(table);
        let service = self.plain(table, "service", &names::SERVICE);
        let repository = self.plain(table, "repository", &names::REPOSITORY);
        Some(PreviewSettings {
            role: role?,
            public_url: table.flag("public_url").unwrap_or(false),
            environment,
            functions,
            service,
            repository,
            limits: self.limits(table),
            tags: self.tags(table),
            at: Some(table.at.clone()),
        })
    }

    fn limits(&mut self, table: &Table) -> PreviewLimits {
        let replace = table.text("when_full").is_some_and(|said| said.value == "replace-oldest");
        let days = table.integer("log_retention_days").unwrap_or(LOG_RETENTION_DAYS);
        if !RETENTION_DAYS.contains(&days) {
            let taken = RETENTION_DAYS.map(|days| days.to_string()).join(", ");
            let what = format!("invalid `log_retention_days` {days} in [{}]", table.name);
            let why = format!("CloudWatch keeps logs for one of these numbers of days: {taken}");
            let at = table.entries.get("log_retention_days").map(|entry| entry.at.clone());
            self.problems.add(Problem::new(what).why(why).at(at).fix("write one of these numbers"));
        }
        PreviewLimits {
            max_previews: table.integer("max_previews").and_then(|most| usize::try_from(most).ok()),
            when_full: if replace { WhenFull::ReplaceOldest } else { WhenFull::Refuse },
            log_retention_days: i32::try_from(days).unwrap_or_default(),
        }
    }

    /// Reads the role. A preview runs code that was not reviewed yet, so there is no default.
    fn role(&mut self, table: &Table) -> Option<PreviewRole> {
        match (table.text("role"), table.flag("share_role")) {
            (Some(said), Some(true)) => {
                self.both(table, ("role", "share_role"), said.location());
                None
            }
            (Some(said), _) => self.problems.name(said, &names::ROLE).map(PreviewRole::Own),
            (None, Some(true)) => Some(PreviewRole::Shared),
            (None, _) => {
                let why = "a preview runs code that was not reviewed yet: with the role of the function that is copied, it \
                           may do to the stage's data whatever that function may";
                self.problems.missing(
                    table,
                    Problem::new(format!("[{}] has neither `role` nor `share_role = true`", table.name))
                        .why(why)
                        .fix("add the ARN of a role that may do less, as `role`, or `share_role = true`"),
                );
                None
            }
        }
    }

    fn preview_functions(&mut self, table: &Table) -> BTreeMap<FunctionKey, BTreeMap<String, Secret>> {
        let known: Vec<&str> = self.merged.tables("functions").map(|(key, ..)| key.as_str()).collect();
        let mut functions = BTreeMap::new();
        for (key, at, function) in table.tables("functions") {
            if !known.contains(&key.as_str()) {
                let what = format!("unknown function `{key}` in [{}.functions]", table.name);
                self.problems.add(Problem::new(what).fix(near::suggestion(key, &known)).at(Some(at.clone())));
            }
            functions.insert(FunctionKey::new(key), self.environment(function));
        }
        functions
    }

    fn environment(&mut self, table: &Table) -> BTreeMap<String, Secret> {
        let variables = self.texts(table, "environment").into_iter();
        variables.map(|(name, said)| (name, Secret::new(self.of_pull_request(said.value)))).collect()
    }

    /// Reads the tags that everything of a preview gets beside its own.
    fn tags(&mut self, table: &Table) -> BTreeMap<String, String> {
        let mut tags = BTreeMap::new();
        for (key, said) in self.texts(table, "tags") {
            // Without a pull request, as in `package`, there is no number to fill in.
            let waits = self.input.pull_request.is_none();
            let said = said.map(|value| self.of_pull_request(value));
            let value = if waits { Some(said) } else { self.problems.name(said, &names::TAG_VALUE) };
            tags.extend(value.map(|said| (key, said.value)));
        }
        if tags.len() > MOST_TAGS {
            let what = format!("[{}.tags] has {} tags", table.name, tags.len());
            let why = format!("a resource has 50 at most, and sls-release needs some: {MOST_TAGS} are allowed");
            let at = table.entries.get("tags").map(|entry| entry.key_at.clone());
            self.problems.add(Problem::new(what).why(why).fix("remove some").at(at));
        }
        tags
    }

    /// Fills in `{pr}`. Braces that are no placeholder of ours belong to the value.
    fn of_pull_request(&self, value: String) -> String {
        match self.input.pull_request {
            Some(number) => value.replace("{pr}", &number.to_string()),
            None => value,
        }
    }

    /// Checks `--service` and `--repository` by the rules of the file.
    pub(super) fn check_owner(&mut self, owner: &PreviewOwner) {
        let service = ("--service", &owner.service, &names::SERVICE);
        for (flag, value, rule) in [service, ("--repository", &owner.repository, &names::REPOSITORY)] {
            let source = Source::Flag(flag.to_owned());
            if let Some(value) = value.clone() {
                self.problems.name(Sourced { value, source }, rule);
            }
        }
    }
}
