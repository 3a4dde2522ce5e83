//! Reads `[smoke]` and `[[smoke]]`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::document::Table;
use super::names::Rule;
use super::reader::Reader;
use super::{layers, names, near};
use crate::error::Problem;
use crate::model::{ApiKey, FunctionKey, SmokeSettings, SmokeTarget, Sourced};

/// What says something of a request, and nothing of an event.
const OF_REQUESTS: [&str; 10] = ["path", "url", "api", "method", "headers", "body", "status", "hits", "before", "sign"];

const METHOD: &str = "GET";
const STATUS: u16 = 200;
const HITS: u32 = 3;
const TIMEOUT: Duration = Duration::from_secs(30);

impl Reader<'_> {
    /// Reads the smoke tests, without those that have errors.
    pub(super) fn smoke_tests(&mut self) -> Vec<SmokeSettings> {
        self.merged.one_or_listed("smoke").filter_map(|table| self.smoke(table)).collect()
    }

    fn smoke(&mut self, table: &Table) -> Option<SmokeSettings> {
        let function = self.smoke_function(table);
        let target = self.target(table, function.as_ref());
        let contains = self.text(table, "contains", &names::CONTAINS);
        let body = self.text(table, "body", &names::ANY_TEXT);
        let tenant = self.text(table, "tenant", &names::TENANT).map(|tenant| tenant.value);
        let method = self.plain(table, "method", &names::METHOD);
        let headers = self.headers(table);
        let target = target?;
        Some(SmokeSettings {
            function,
            at: target.location(),
            target: target.value,
            method: method.unwrap_or_else(|| METHOD.to_owned()),
            headers,
            body: body.map(|body| body.value),
            before: table.flag("before"),
            sign: table.flag("sign").unwrap_or(false),
            tenant,
            event: None,
            status: table.integer("status").and_then(|status| status.try_into().ok()).unwrap_or(STATUS),
            proves_release: table.text("contains").is_some_and(|said| said.value.contains("{commit}")),
            contains: contains.map(|contains| contains.value),
            hits: table.integer("hits").and_then(|hits| hits.try_into().ok()).unwrap_or(HITS),
            timeout: layers::duration_in(table, "timeout").unwrap_or(TIMEOUT),
        })
    }

    fn target(&mut self, table: &Table, function: Option<&FunctionKey>) -> Option<Sourced<SmokeTarget>> {
        if table.entries.contains_key("invoke") {
            return self.event(table);
        }
        let (key, _) = self.either(table, ("path", "url"), "/")?;
        if key == "url" {
            self.no_api(table);
            let url = self.in_place(table, "url", &names::SMOKE_URL)?;
            return Some(url.map(SmokeTarget::Url));
        }
        let path = self.in_place(table, "path", &names::SMOKE_PATH);
        if self.is_on_function_url(table) {
            let (path, function) = (path?, function?.clone());
            return Some(path.map(|path| SmokeTarget::FunctionUrl { function, path }));
        }
        let api = self.smoke_api(table);
        let (path, api) = (path?, api?);
        Some(path.map(|path| SmokeTarget::Path { api, path }))
    }

    /// Reads a path or a URL.
    fn in_place(&mut self, table: &Table, key: &str, rule: &Rule) -> Option<Sourced<String>> {
        let said = table.text(key)?;
        let filled = self.in_target(&said.value);
        self.filled(filled, said, rule)
    }

    /// The file of an event, whose path is relative to the settings file.
    fn event(&mut self, table: &Table) -> Option<Sourced<SmokeTarget>> {
        for key in OF_REQUESTS {
            if let Some(entry) = table.entries.get(key) {
                self.both(table, ("invoke", key), Some(entry.key_at.clone()));
            }
        }
        let said = self.text(table, "invoke", &names::ANY_TEXT)?;
        let path = layers::beside(self.file, &said.value);
        Some(said.map(|_| SmokeTarget::Event(path)))
    }

    fn no_api(&mut self, table: &Table) {
        if let Some(entry) = table.entries.get("api") {
            let what = format!("[{}] has both `url` and `api`", table.name);
            self.problems.add(
                Problem::new(what)
                    .why("a `url` is whole, and belongs to no API")
                    .fix("drop `api`, or use `path`")
                    .at(Some(entry.key_at.clone())),
            );
        }
    }

    /// Whether a path is on the URL of a function: where no API is there, or `api = false` says so.
    fn is_on_function_url(&self, table: &Table) -> bool {
        let has_apis = self.merged.tables("apis").next().is_some();
        table.flag("api") == Some(false) || (table.text("api").is_none() && !has_apis)
    }

    /// The API whose stage has the path: the one that is named, or the only one.
    fn smoke_api(&mut self, table: &Table) -> Option<ApiKey> {
        let known: Vec<&str> = self.merged.tables("apis").map(|(key, ..)| key.as_str()).collect();
        match (table.text("api"), known.as_slice()) {
            (Some(said), _) if known.contains(&said.value.as_str()) => return Some(ApiKey::new(said.value)),
            (Some(said), _) => {
                let what = format!("unknown API `{}` in [{}]", said.value, table.name);
                let fix = near::suggestion(&said.value, &known);
                self.problems.unless_misspelt(self.merged, Problem::new(what).fix(fix).at(said.location()));
            }
            (None, [only]) => return Some(ApiKey::new(*only)),
            (None, []) => {} // it is on the URL of a function
            (None, [first, ..]) => self.problems.missing(
                table,
                Problem::new(format!("[{}] does not say which API its `path` is on", table.name))
                    .why(format!("there are {}", near::list(&known)))
                    .fix(format!("add it, such as `api = \"{first}\"`")),
            ),
        }
        None
    }

    /// The function that the test is said to prove. An event needs one, and so does the URL of a function.
    fn smoke_function(&mut self, table: &Table) -> Option<FunctionKey> {
        let known: Vec<&str> = self.merged.tables("functions").map(|(key, ..)| key.as_str()).collect();
        let Some(said) = table.text("function") else {
            let is_needed = table.entries.contains_key("invoke")
                || (table.entries.contains_key("path") && self.is_on_function_url(table));
            return if is_needed { self.only_function(table, &known) } else { None };
        };
        if known.contains(&said.value.as_str()) {
            return Some(FunctionKey::new(said.value));
        }
        let what = format!("unknown function `{}` in [{}]", said.value, table.name);
        let fix = near::suggestion(&said.value, &known);
        self.problems.unless_misspelt(self.merged, Problem::new(what).fix(fix).at(said.location()));
        None
    }

    fn only_function(&mut self, table: &Table, known: &[&str]) -> Option<FunctionKey> {
        if let [only] = known {
            return Some(FunctionKey::new(*only));
        }
        let example = known.first().copied().unwrap_or("hello");
        self.problems.missing(
            table,
            Problem::new(format!("[{}] does not say which function it is for", table.name))
                .fix(format!("add it, such as `function = \"{example}\"`")),
        );
        None
    }

    /// A header's value may be secret, so the message does not repeat it.
    fn headers(&mut self, table: &Table) -> BTreeMap<String, String> {
        let Some(inner) = table.table("headers") else { return BTreeMap::new() };
        let read = |name: &String| {
            let said = inner.text(name)?;
            let filled = self.in_header(&said.value);
            Some((name.clone(), self.filled(filled, said, &names::ANY_TEXT)?))
        };
        let headers: BTreeMap<_, _> = inner.entries.keys().filter_map(read).collect();
        for (name, value) in headers.iter().filter(|(_, value)| value.value.chars().any(char::is_control)) {
            let problem = Problem::new(format!("the value of header `{name}` holds a control character"));
            self.problems
                .add(problem.at(value.location()).fix("remove it, also from the variable that it may come from"));
        }
        headers.into_iter().map(|(name, value)| (name, value.value)).collect()
    }
}
