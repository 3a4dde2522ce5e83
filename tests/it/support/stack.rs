//! A stack of its own for each test, and a project folder that releases to it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use serde_json::Value;
use tempfile::{NamedTempFile, TempDir};

use super::local_aws::{Answer, LocalAws, environment, get};
use super::{Aws, Ends, Log, OtherAws, Proxy, Run, Strict, answering, repository, shared_aws, write};

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
        let document = local.build_stack(&all).unwrap();
        let api = document["api"]["id"].as_str().unwrap().to_owned();
        let proxy = rules.start(&local.endpoint);
        if document["api"]["kind"] == "rest" {
            proxy.show_stage(&api, "dev");
        }
        let key = ("test".to_owned(), "test".to_owned());
        // Removed with the local AWS at the latest: a static stack is never dropped.
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

    /// Entity tag and version of an object of the bucket.
    pub(crate) fn object(&self, key: &str) -> Option<(String, Option<String>)> {
        let call = self.aws.s3.head_object().bucket(self.bucket()).key(key).send();
        let found = self.aws.block_on(call).ok()?;
        Some((found.e_tag?, found.version_id))
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
        write(&self.folder().join(path), content);
    }

    /// Writes the settings file. `$NAME` and `$API` stand for the stack's.
    pub(crate) fn settings(&self, text: &str) {
        self.write("sls-release.toml", text.replace("$NAME", &self.name).replace("$API", &self.api));
    }

    /// Takes a folder of `fixtures/stacks` for the project. In its settings, `name` stands for the function of the stack.
    pub(crate) fn take_project(&self, folder: &str, name: &str) {
        let from = repository().join("fixtures/stacks").join(folder);
        let mut folders = vec![from.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry);
                    continue;
                }
                let content = std::fs::read_to_string(&entry).unwrap().replace(name, &self.function("dev"));
                let content = content.replace("a1b2c3d4e5", &self.api).replace("acme-artifacts", self.bucket());
                self.write(entry.strip_prefix(&from).unwrap().to_str().unwrap(), content);
            }
        }
    }

    /// Runs the program in the project folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).ended()
    }

    /// Releases to the stage `dev`; the document is JSON.
    pub(crate) fn release(&self, arguments: &[&str]) -> Run {
        self.run(&[&["--stage", "dev", "--output", "json"], arguments].concat())
    }

    /// Releases code that answers this text, and looks whether callers see it.
    #[track_caller]
    pub(crate) fn releases(&self, text: &str) {
        self.write("lambda/app.py", answering(200, text));
        assert_eq!(self.release(&[]).exits(0).outcome(), "released");
        assert_eq!(self.call("/hello").body, text);
    }

    /// The calls of a release that ends well, and so.
    #[track_caller]
    pub(crate) fn logged(&self, outcome: &str) -> Log {
        self.proxy.take_calls();
        assert_eq!(self.release(&[]).exits(0).outcome(), outcome);
        self.proxy.take_calls()
    }

    /// The calls of a release whose code answers 500: everything is as before.
    #[track_caller]
    pub(crate) fn fails(&self, alias: Option<&str>) -> (Run, Log) {
        self.write("lambda/app.py", answering(500, "broken"));
        let before = self.state(alias);
        self.proxy.take_calls();
        let run = self.release(&[]).exits(4);
        assert_eq!(self.state(alias), before);
        (run, self.proxy.take_calls())
    }

    /// The program with nothing in its environment but what it needs.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sls-release"));
        command.args(arguments).current_dir(self.folder());
        command.env_clear().env("HOME", self.folder()).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(environment(&self.proxy.endpoint)).env("SSL_CERT_FILE", one_certificate());
        command.env("AWS_ACCESS_KEY_ID", &self.key.0).env("AWS_SECRET_ACCESS_KEY", &self.key.1);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Calls the endpoint, by the side door.
    pub(crate) fn call(&self, path: &str) -> Answer {
        self.call_of(&self.api, self.api_stage(), path)
    }

    /// The stage of its API.
    fn api_stage(&self) -> &str {
        self.document["api"]["stage"].as_str().unwrap()
    }

    fn is_http(&self) -> bool {
        self.document["api"]["kind"] == "http"
    }

    /// Calls the endpoint of any API, by the side door.
    pub(crate) fn call_of(&self, api: &str, stage: &str, path: &str) -> Answer {
        get(&format!("{}/restapis/{api}/{stage}/_user_request_{path}", self.proxy.side_door)).unwrap()
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
        let answered = |path: String| {
            let answer = self.call(&path);
            (path, (answer.status, answer.body))
        };
        State {
            latest: functions.keys().map(|name| (name.clone(), aws.code(name, "$LATEST").0)).collect(),
            aliases: functions.keys().filter_map(standing).collect(),
            statements: functions.keys().map(|name| (name.clone(), aws.statements(name, alias))).collect(),
            deployment: if self.is_http() {
                aws.http_stage_deployment(&self.api, self.api_stage())
            } else {
                aws.stage_deployment(&self.api, self.api_stage())
            },
            deployments: if self.is_http() { aws.http_deployments(&self.api) } else { aws.deployments(&self.api) },
            answers: functions.into_values().map(answered).collect(),
        }
    }

    /// The functions' names with their paths.
    fn functions(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let functions = self.document["functions"].as_array().unwrap().iter();
        functions.map(|function| (text(&function["name"]), text(&function["path"]))).collect()
    }
}

/// A certificate of nobody, in place of the machine's hundreds: no run of a stack trusts them, and reading them takes a tenth
/// of the CPU time of a run.
fn one_certificate() -> &'static Path {
    static FILE: LazyLock<NamedTempFile> = LazyLock::new(|| {
        let certified = rcgen::generate_simple_self_signed(["nobody.test".to_owned()]).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(certified.cert.pem().as_bytes()).unwrap();
        file
    });
    FILE.path()
}

/// Every preview of a later test would have to look at what a stack leaves. That of a failed test stays as it is.
impl Drop for Stack {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.aws.remove_all(&format!("{}-", self.name));
        }
    }
}
