//! A stack of its own for each test, and a project folder that releases to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use super::local_aws::{Answer, LocalAws, environment, get};
use super::{Aws, OtherAws, Proxy, Run, Strict, shared_aws};

/// What `fixtures/stack/stack.py` built, a project folder, and a record of the calls of its releases.
pub(crate) struct Stack {
    /// Comes first in all its names; nobody else has it.
    pub(crate) name: String,
    /// The id of its API.
    pub(crate) api: String,
    /// Between the program and AWS.
    pub(crate) proxy: Proxy,
    /// Past the proxy.
    pub(crate) aws: &'static Aws,
    /// The access key of the program's runs, and its secret.
    pub(crate) key: (String, String),
    folder: TempDir,
    document: Value,
}

/// What a release may change, and what it has to put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// `CodeSha256` of `$LATEST`, by function.
    pub(crate) latest: BTreeMap<String, String>,
    /// The version the alias stands on, and its `CodeSha256`, by function; nothing where there is no alias.
    pub(crate) aliases: BTreeMap<String, (String, String)>,
    /// The ids of the statements in the policy of the alias, or of the function where there is none.
    pub(crate) statements: BTreeMap<String, BTreeSet<String>>,
    /// What the stage points at.
    pub(crate) deployment: String,
    /// All there are.
    pub(crate) deployments: BTreeSet<String>,
    /// What the endpoints answer, by path.
    pub(crate) answers: BTreeMap<String, (u16, String)>,
}

impl Stack {
    /// Builds one without VPC, behind every rule. `$NAME` in the options stands for its unique name.
    pub(crate) fn build(options: &[&str]) -> Self {
        Self::build_behind(Strict::all(), options)
    }

    /// The same behind these rules.
    pub(crate) fn build_behind(rules: Strict, options: &[&str]) -> Self {
        Self::build_at(shared_aws(), Aws::shared(), rules, options)
    }

    /// The same in another AWS.
    pub(crate) fn build_in(other: &'static OtherAws, rules: Strict, options: &[&str]) -> Self {
        Self::build_at(&other.local, &other.clients, rules, options)
    }

    fn build_at(local: &LocalAws, aws: &'static Aws, rules: Strict, options: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let options: Vec<String> = options.iter().map(|option| option.replace("$NAME", &name)).collect();
        let mut all = vec!["--minimal", "--name", &name];
        all.extend(options.iter().map(String::as_str));
        let proxy = rules.start(&local.endpoint);
        let document = local.build_stack(&proxy.side_door, &all).unwrap();
        let api = document["api"]["id"].as_str().unwrap().to_owned();
        let key = ("test".to_owned(), "test".to_owned());
        // Gone with the local AWS, where the stack itself lives as long as the process.
        let folder = TempDir::new_in(&local.folder).unwrap();
        Self { name, api, proxy, aws, key, folder, document }
    }

    /// A function's name from its part behind the stack's.
    pub(crate) fn function(&self, part: &str) -> String {
        format!("{}-{part}", self.name)
    }

    /// The bucket for artifacts.
    pub(crate) fn bucket(&self) -> &str {
        self.document["bucket"].as_str().unwrap()
    }

    /// The API's root resource.
    pub(crate) fn root(&self) -> &str {
        self.document["api"]["root"].as_str().unwrap()
    }

    /// The project folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the project, and its folders.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes the settings file. `$NAME` and `$API` stand for the stack's.
    pub(crate) fn settings(&self, text: &str) {
        self.write("sls-release.toml", text.replace("$NAME", &self.name).replace("$API", &self.api));
    }

    /// Runs the program in the project folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    /// Releases to the stage `dev`; the document is JSON.
    pub(crate) fn release(&self, arguments: &[&str]) -> Run {
        self.run(&[&["--stage", "dev", "--output", "json"], arguments].concat())
    }

    /// The program with nothing in its environment but what it needs.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sls-release"));
        command.args(arguments).current_dir(self.folder());
        command.env_clear().env("HOME", self.folder()).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(environment(&self.proxy.endpoint));
        command.env("AWS_ACCESS_KEY_ID", &self.key.0).env("AWS_SECRET_ACCESS_KEY", &self.key.1);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Calls the endpoint, by the side door.
    pub(crate) fn call(&self, path: &str) -> Answer {
        get(&format!("{}{path}", self.document["url"].as_str().unwrap())).unwrap()
    }

    /// Reads everything back. With an alias where the stack was built with it.
    pub(crate) fn state(&self, alias: Option<&str>) -> State {
        let aws = self.aws;
        let functions = self.functions();
        let standing = |name: &String| {
            let version = aws.find_alias(name, alias?)?;
            let sha256 = aws.code(name, &version).0;
            Some((name.clone(), (version, sha256)))
        };
        State {
            latest: functions.keys().map(|name| (name.clone(), aws.code(name, "$LATEST").0)).collect(),
            aliases: functions.keys().filter_map(standing).collect(),
            statements: functions.keys().map(|name| (name.clone(), aws.statements(name, alias))).collect(),
            deployment: aws.stage_deployment(&self.api, "dev"),
            deployments: aws.deployments(&self.api),
            answers: functions.into_values().map(|path| self.call_for_state(path)).collect(),
        }
    }

    fn call_for_state(&self, path: String) -> (String, (u16, String)) {
        let answer = self.call(&path);
        (path, (answer.status, answer.body))
    }

    /// The functions' names with their paths.
    fn functions(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let functions = self.document["functions"].as_array().unwrap().iter();
        functions.map(|function| (text(&function["name"]), text(&function["path"]))).collect()
    }
}
