//! `act` as the runner: it runs the workflows of `fixtures/workflows` on this machine, without containers.
//!
//! It proves nothing about permissions, environments, concurrency or a fork's token.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ends, GitHubDouble, Stack, TOKEN, environment, fixtures, output_of, virtual_environment};

/// The one step that speaks to AWS's token service; here a stand-in hands out what the local AWS takes.
pub(super) const CREDENTIALS: &str = "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c";
/// Without a `ref`, `act` does its work itself.
pub(super) const CHECKOUT: &str = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd";
/// They bring files from job to job; here by a folder of this machine.
const UPLOAD: &str = "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a";
const DOWNLOAD: &str = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c";
/// The action under test, as the workflows name it.
pub(super) const OURS: &str = "org/sls-release@0000000000000000000000000000000000000000";

/// The folder with the programs of `fixtures/emulators/actions.txt`.
pub(super) fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let python = virtual_environment(&fixtures().join("emulators/actions.txt")).unwrap();
        std::path::absolute(python.parent().unwrap()).unwrap()
    })
}

/// A run of a workflow.
pub(super) struct Job<'a> {
    stack: &'a Stack,
    /// `owner/name`.
    repository: String,
    /// `push`, `pull_request`, …
    event: &'a str,
    payload: Value,
    command: Command,
    /// The action, where it is not this repository's with this build.
    installing: Option<PathBuf>,
    /// The home of the runner, and the folders of the actions that it would download.
    scratch: TempDir,
}

impl<'a> Job<'a> {
    /// The workflow of this file in `fixtures/workflows`, in the stack's project.
    pub(super) fn new(stack: &'a Stack, workflow: &str, event: &'a str, payload: Value) -> Self {
        Self::changed(stack, workflow, ("", ""), event, payload)
    }

    /// The same with another text instead of one of its own.
    pub(super) fn changed(
        stack: &'a Stack,
        workflow: &str,
        (from, to): (&str, &str),
        event: &'a str,
        payload: Value,
    ) -> Self {
        let text = fs::read_to_string(fixtures().join("workflows").join(workflow)).unwrap();
        assert!(text.contains(from), "{text}");
        Self::of_text(stack, &text.replace(from, to), event, payload)
    }

    /// The same with a workflow of its own.
    pub(super) fn of_text(stack: &'a Stack, workflow: &str, event: &'a str, payload: Value) -> Self {
        stack.write(".github/workflows/workflow.yml", workflow);
        let scratch = TempDir::new().unwrap();
        let mut command = Command::new(programs().join("act"));
        command.env_clear().env("HOME", scratch.path()).env("PATH", std::env::var_os("PATH").unwrap());
        let token = format!("GITHUB_TOKEN={TOKEN}");
        command.args(["--json", "--no-cache-server", "-P", "ubuntu-24.04=-self-hosted", "-s", &token]);
        Self { stack, repository: "acme/hello".to_owned(), event, payload, command, installing: None, scratch }
    }

    /// In this repository, instead of `acme/hello`.
    pub(super) fn of(self, repository: &str) -> Self {
        Self { repository: repository.to_owned(), ..self }
    }

    /// More arguments of `act`.
    pub(super) fn with(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// With the action in this folder, which installs what its manifest names.
    pub(super) fn installing(self, action: &Path) -> Self {
        Self { installing: Some(action.to_owned()), ..self }
    }

    /// Runs it to its end, beside a GitHub without pull requests.
    pub(super) fn run(self) -> Told {
        let github = GitHubDouble::of(&self.repository);
        self.run_beside(&github)
    }

    /// Runs it to its end, beside this GitHub.
    pub(super) fn run_beside(mut self, github: &GitHubDouble) -> Told {
        commit_all(self.stack.folder(), &self.repository);
        let ours = self.scratch.path().join("ours");
        let ours = self.installing.clone().unwrap_or_else(|| {
            let program = concat!("SLS_RELEASE_TEST_BIN=", env!("CARGO_BIN_EXE_sls-release"));
            let script = concat!("SLS_RELEASE_BIN=", env!("CARGO_MANIFEST_DIR"), "/tests/it/action/binary.sh");
            self.command.args(["--env", program, "--env", script]);
            copy_action(&ours);
            ours
        });
        let credentials = write_credentials(self.scratch.path(), &self.stack.proxy.endpoint);
        let checkout = write_checkout(self.scratch.path(), self.stack.folder());
        let (upload, download) = write_transfer(self.scratch.path());
        let variables = github.environment();
        for name in ["GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "SLS_RELEASE_GITHUB_PAUSE"] {
            self.command.arg("--env").arg(format!("{name}={}", variables[name]));
        }
        let payload = self.scratch.path().join("event.json");
        fs::write(&payload, self.payload.to_string()).unwrap();
        let command = self.command.current_dir(self.stack.folder()).arg(self.event).arg("-e").arg(payload);
        command.args(["-W", ".github/workflows/workflow.yml"]);
        let actions = [OURS, CREDENTIALS, CHECKOUT, UPLOAD, DOWNLOAD];
        for (name, folder) in actions.into_iter().zip([ours, credentials, checkout, upload, download]) {
            command.arg("--local-repository").arg(format!("{name}={}", folder.display()));
        }
        let run = command.ended();
        Told::read(&(run.stdout + &run.stderr), run.code == Some(0))
    }
}

/// What Git prints, as somebody with a name.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    git.args(["-c", "user.name=t", "-c", "user.email=t@example.com"]);
    String::from_utf8(output_of(git.args(arguments)).unwrap()).unwrap()
}

/// `act` asks Git for the commit and for the repository's name. Without a change there is no commit.
pub(super) fn commit_all(folder: &Path, repository: &str) {
    if !folder.join(".git").exists() {
        git(folder, &["init", "--quiet", "--initial-branch=main"]);
        git(folder, &["remote", "add", "origin", &format!("https://github.com/{repository}.git")]);
    }
    git(folder, &["add", "--all"]);
    if !git(folder, &["status", "--porcelain"]).is_empty() {
        git(folder, &["commit", "--quiet", "--message", "change"]);
    }
}

/// What a runner downloads of this repository, as far as it is used.
pub(super) fn copy_action(to: &Path) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(to.join("action")).unwrap();
    fs::copy(repository.join("action.yml"), to.join("action.yml")).unwrap();
    for file in fs::read_dir(repository.join("action")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join("action").join(file.file_name())).unwrap();
    }
}

/// A stand-in for an action, with these inputs and a step of these lines; its folder.
fn stand_in(scratch: &Path, name: &str, inputs: &[&str], step: &str) -> PathBuf {
    let folder = scratch.join(name);
    let inputs: Vec<String> = inputs.iter().map(|input| format!("{input}: {{description: i}}")).collect();
    let head = format!("name: {name}\ndescription: {name}\ninputs: {{{}}}\n", inputs.join(", "));
    let action = format!("{head}runs:\n  using: composite\n  steps:\n    - shell: bash\n{step}\n");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("action.yml"), action).unwrap();
    folder
}

fn write_credentials(scratch: &Path, endpoint: &str) -> PathBuf {
    let line = |(name, value): (&str, &str)| format!("        echo '{name}={value}' >> \"$GITHUB_ENV\"");
    let lines = environment(endpoint).map(line).join("\n");
    stand_in(scratch, "credentials", &["role-to-assume", "aws-region"], &format!("      run: |\n{lines}"))
}

/// A stand-in that checks a commit of the project out.
fn write_checkout(scratch: &Path, project: &Path) -> PathBuf {
    let fetch = format!("git fetch --quiet '{}' '+refs/heads/*:refs/remotes/origin/*'", project.display());
    let step = format!(
        "      env:\n        REF: ${{{{ inputs.ref }}}}\n      run: |\n        cd \"$GITHUB_WORKSPACE\"\n        git init \
         --quiet .\n        {fetch}\n        git checkout --quiet --detach \"${{REF:-origin/main}}\""
    );
    stand_in(scratch, "checkout", &["ref", "persist-credentials"], &step)
}

/// Stand-ins for the two actions of GitHub. With `TAMPER`, what comes out is another archive than went in.
fn write_transfer(scratch: &Path) -> (PathBuf, PathBuf) {
    let store = scratch.join("store");
    fs::create_dir_all(&store).unwrap();
    let store = store.display();
    let action = |name: &str, run: &str| {
        stand_in(scratch, name, &["name", "path", "if-no-files-found"], &format!("      run: |\n{run}"))
    };
    let tamper = format!("[ -z \"$TAMPER\" ] || python3 -m zipfile -c '{store}/hello.zip' sls-release.toml");
    let upload = action("upload", &format!("        cp ${{{{ inputs.path }}}} '{store}'\n        {tamper}"));
    let take = format!("        mkdir -p '${{{{ inputs.path }}}}'\n        cp '{store}'/* '${{{{ inputs.path }}}}'");
    (upload, action("download", &take))
}

/// What `act` told of a run, line by line.
pub(super) struct Told {
    lines: Vec<Value>,
    text: String,
    succeeded: bool,
}

/// What the runner shows at a line of a file, or above the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Annotation {
    /// `error`, `warning` or `notice`.
    pub(super) level: String,
    /// `file`, `line`, `title`.
    pub(super) properties: BTreeMap<String, String>,
    /// The words.
    pub(super) message: String,
}

impl Told {
    fn read(text: &str, succeeded: bool) -> Self {
        let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Self { lines, text: text.to_owned(), succeeded }
    }

    /// Fails the test, and shows everything, unless the workflow ended so.
    #[track_caller]
    pub(super) fn ends(self, well: bool) -> Self {
        assert_eq!(self.succeeded, well, "{}", self.text);
        self
    }

    /// Fails the test unless this is how the summary begins.
    #[track_caller]
    pub(super) fn begins(self, text: &str) -> Self {
        assert!(self.summary().starts_with(&format!("### sls-release: {text}")), "{}", self.summary());
        self
    }

    /// Fails the test unless the summary holds this text.
    #[track_caller]
    pub(super) fn says(self, text: &str) -> Self {
        assert!(self.summary().contains(text), "{}", self.summary());
        self
    }

    /// Fails the test unless the first error holds this text.
    #[track_caller]
    pub(super) fn fails_for(self, text: &str) -> Self {
        assert!(self.error().contains(text), "{:?}", self.annotations());
        self
    }

    /// The outputs of our step, but for empty ones.
    pub(super) fn outputs(&self) -> BTreeMap<String, String> {
        let lines = self.ours().filter(|line| line["command"] == "set-output" && is_outer(line));
        let named = lines.map(|line| (text(&line["name"]), text(&line["arg"])));
        named.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The job summary that our step wrote.
    pub(super) fn summary(&self) -> String {
        let mut lines = self.ours().filter(|line| line["command"] == "summary" && is_outer(line));
        lines.next().map(|line| text(&line["content"])).unwrap_or_default()
    }

    /// What our step annotates.
    pub(super) fn annotations(&self) -> Vec<Annotation> {
        let levels = ["error", "warning", "notice"];
        let lines = self.ours().filter(|line| levels.iter().any(|level| line["command"] == *level));
        lines.map(annotation).collect()
    }

    /// The first annotation of this level.
    pub(super) fn first(&self, level: &str) -> Annotation {
        let mut annotations = self.annotations().into_iter();
        annotations.find(|it| it.level == level).unwrap_or_else(|| panic!("no {level}: {}", self.text()))
    }

    /// What made it fail.
    pub(super) fn error(&self) -> String {
        self.first("error").message
    }

    /// The values that are stars in the log from then on.
    pub(super) fn masks(&self) -> Vec<String> {
        self.ours().filter(|line| line["command"] == "add-mask").map(|line| text(&line["arg"])).collect()
    }

    /// The commands of workflows that came from our step, by name.
    pub(super) fn commands(&self) -> Vec<String> {
        self.ours().filter(|line| !line["raw"].is_null()).map(|line| text(&line["command"])).collect()
    }

    /// What our step printed, but for commands.
    pub(super) fn text(&self) -> String {
        self.ours().filter(|line| line["raw_output"] == true).map(|line| text(&line["msg"])).collect()
    }

    fn ours(&self) -> impl Iterator<Item = &Value> {
        self.lines.iter().filter(|line| line["step"] == OURS)
    }
}

/// Of the step itself, not of a step within it.
fn is_outer(line: &Value) -> bool {
    line["stepID"].as_array().is_some_and(|path| path.len() == 1)
}

fn annotation(line: &Value) -> Annotation {
    let properties = line["kvPairs"].as_object().into_iter().flatten();
    Annotation {
        level: text(&line["command"]),
        properties: properties.map(|(name, value)| (name.clone(), text(value))).collect(),
        message: text(&line["arg"]),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
