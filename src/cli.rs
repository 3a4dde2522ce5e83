//! The command line: clap's types, and their translation into what the lower floors know.

mod ci;
mod preview;
mod times;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
pub use clap_complete::Shell;

use crate::error::{Failure, Problem};
use crate::github::Verb;
use crate::model::{Against, FunctionKey, Overrides, Packing, PreviewRequest, Request, Views};
use crate::report::{Format, Verbosity};

pub use ci::Ci;
pub use preview::Preview;

const EXAMPLES: &str = "\
Examples:
  sls-release plan --stage dev          show what a release would do
  sls-release --stage dev               release
  sls-release package --out-dir build   only make the archives";

const LONG_HELP: &str = "\
Examples:
  sls-release plan --stage dev          show what a release would do
  sls-release --stage dev               release
  sls-release package --out-dir build   only make the archives

Settings:
  A flag wins over its environment variable (SLS_RELEASE_STAGE for --stage, SLS_RELEASE_REGION for --region, and \
so on), which wins over the settings file, sls-release.toml. AWS_PROFILE, AWS_REGION and the like are AWS's own.

Exit codes:
   0  released, or nothing to do
   1  a defect of sls-release, or a report that could not be written
   2  the arguments, the settings, the sources or the archive folder cannot be used
   3  a check said no, or AWS could not be asked; nothing was written
   4  a step failed, or the run was cancelled; everything was put back
   5  a step failed, and something was not put back: the report lists it
  10  --exit-code: plan has pending changes, or package found other files";

/// Packages and releases the code of AWS Lambda functions and REST APIs.
///
/// The infrastructure belongs to somebody else, usually Terraform. Without a command, the code is released:
/// packed, uploaded, published, proven by a smoke test, and put back when anything fails.
#[derive(Clone, Debug, Parser)]
#[command(name = "sls-release", version, after_help = EXAMPLES, after_long_help = LONG_HELP)]
#[command(subcommand_value_name = "COMMAND", max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Release the code; what runs without a command
    Release,
    /// Show what a release would do, and why; write nothing
    Plan(Plan),
    /// Only make the archives, and show their digests
    Package(Package),
    /// Do what the event that started a GitHub workflow calls for; the action runs this
    #[command(hide = true)]
    Ci(Ci),
    /// Make, delete or list the previews of pull requests
    #[command(subcommand)]
    Preview(Preview),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The arguments of `plan`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct Plan {
    /// Exit with 10 where changes are pending
    #[arg(long)]
    pub exit_code: bool,
}

/// The arguments of `package`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Package {
    /// Inflate every entry after packing, and compare
    #[arg(long)]
    pub verify: bool,
    /// How many threads compress; the bytes are the same with any number [default: one for each core]
    #[arg(long, value_name = "COUNT")]
    pub threads: Option<NonZeroUsize>,
    /// Compare the archive with this one: the same bytes, the same files, or what differs
    #[arg(long, value_name = "ZIP", conflicts_with = "diff")]
    pub compare: Option<PathBuf>,
    /// Show what differs from the code that is live, or from this archive
    #[arg(long, value_name = "ZIP", num_args = 0..=1)]
    pub diff: Option<Option<PathBuf>>,
    /// Show where the bytes are, what was left out by which rule, and what should be looked at
    #[arg(long)]
    pub explain: bool,
    /// Draw the archive into this file: each rectangle a file, as large as it is in the zip
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Exit with 10 where --compare or --diff finds other files
    #[arg(long)]
    pub exit_code: bool,
}

impl Package {
    fn views(&self) -> Views {
        let diff = self.diff.clone().map(|zip| zip.map_or(Against::Live, Against::Zip));
        Views { against: self.compare.clone().map(Against::Zip).or(diff), explain: self.explain, svg: self.svg.clone() }
    }
}

/// Options of every command, before or after it.
#[derive(Clone, Debug, Args)]
#[expect(clippy::doc_markdown, reason = "clap prints these comments as they stand")]
#[command(next_help_heading = "Options of every command")]
struct Options {
    /// The stage to release to, or that previews are copies of, such as dev [env: SLS_RELEASE_STAGE]
    #[arg(long, global = true, value_name = "STAGE")]
    stage: Option<String>,
    /// The settings file [default: sls-release.toml, here or in a folder above]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The AWS region [env: SLS_RELEASE_REGION] [default: AWS's own]
    #[arg(long, global = true, value_name = "REGION")]
    region: Option<String>,
    /// The bucket for the archives [env: SLS_RELEASE_BUCKET]
    #[arg(long, global = true, value_name = "BUCKET")]
    bucket: Option<String>,
    /// Release this function alone, by its key in the settings; may be repeated
    #[arg(long = "function", global = true, value_name = "KEY")]
    functions: Vec<String>,
    /// The folder for the archives [env: SLS_RELEASE_OUT_DIR] [default: target/sls-release]
    #[arg(long, global = true, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// Take the archives of this folder, which `package` made, instead of the sources
    #[arg(long, global = true, value_name = "DIR")]
    artifacts: Option<PathBuf>,
    /// Go on only with this archive of a function, by its key and SHA-256; may be repeated
    #[arg(long, global = true, value_name = "KEY=DIGEST")]
    expect_sha256: Vec<String>,
    /// Compress all files anew, and remember nothing for the next time [env: SLS_RELEASE_CACHE_DIR names the folder]
    #[arg(long, global = true)]
    no_cache: bool,
    /// How long to wait for one thing at AWS, such as 5m, 30s, 500ms [env: SLS_RELEASE_WAIT_TIMEOUT]
    #[arg(long, global = true, value_name = "TIME", value_parser = times::duration)]
    wait_timeout: Option<Duration>,
    /// Who reads the report
    #[arg(long, global = true, value_name = "FORMAT", env = "SLS_RELEASE_OUTPUT", hide_env_values = true)]
    #[arg(default_value = "human")]
    output: Output,
    /// Say more: what needs nothing, and each file of an archive
    #[arg(long, short, global = true)]
    verbose: bool,
    /// Say nothing but the result and errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// People
    Human,
    /// Programs: one JSON document
    Json,
    /// GitHub Actions: workflow commands, outputs, the job summary
    Github,
}

impl Output {
    fn format(self) -> Format {
        match self {
            Output::Human => Format::Human,
            Output::Json => Format::Json,
            Output::Github => Format::Github,
        }
    }
}

/// Reads this process's arguments. The error knows its own text and exit code (2), also for `--help` (0).
pub fn parse() -> Result<Cli, clap::Error> {
    Cli::try_parse()
}

/// The format that these arguments ask for, although they cannot be used as a whole; where they say nothing, the
/// one of `SLS_RELEASE_OUTPUT`, as `environment` has it.
pub fn format_asked_for(arguments: &[String], environment: Option<&str>) -> Format {
    let mut said = environment;
    for (number, argument) in arguments.iter().enumerate() {
        said = match argument.strip_prefix("--output") {
            Some("") => arguments.get(number + 1).map(String::as_str),
            Some(value) => value.strip_prefix('=').or(said),
            None => said,
        };
    }
    said.and_then(|name| Output::from_str(name, false).ok()).map_or(Format::Human, Output::format)
}

/// An error in the arguments as every other problem is told: what clap says first, and its tip.
pub fn usage_problem(error: &clap::Error) -> Problem {
    let text = error.render().to_string();
    let what = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
    let what = what.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    Problem::new(what).why("the arguments cannot be used").fix(tip.unwrap_or("see `sls-release --help`"))
}

/// Reads these arguments; the first is the program's name.
pub fn parse_from<A: Into<OsString> + Clone>(arguments: impl IntoIterator<Item = A>) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(arguments)
}

/// The description of the command line, for help texts.
pub fn definition() -> clap::Command {
    <Cli as CommandFactory>::command()
}

/// The completion script for a shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definition(), "sls-release", &mut script);
    script
}

impl Cli {
    /// What is to be done; `release` where no command was given.
    pub fn command(&self) -> Command {
        self.command.clone().unwrap_or(Command::Release)
    }

    /// The same arguments for this verb: what `ci` decided, for the pull request of this number where the event is
    /// about one.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] for a verb that needs a pull request, where nobody names one.
    pub fn with_verb(&self, verb: Verb, pull_request: Option<u64>) -> Result<Self, Failure> {
        let command = match verb {
            Verb::Release => Command::Release,
            Verb::Plan => Command::Plan(Plan::default()),
            Verb::Package => Command::Package(Package::default()),
            Verb::Preview(verb) => Command::Preview(self.ci().preview(verb, pull_request)?),
        };
        Ok(Self { command: Some(command), ..self.clone() })
    }

    fn ci(&self) -> Ci {
        match &self.command {
            Some(Command::Ci(ci)) => ci.clone(),
            _ => Ci::default(),
        }
    }

    /// `--output`.
    pub fn format(&self) -> Format {
        self.options.output.format()
    }

    /// `--quiet` and `--verbose`; where both stand around a command, `--quiet` wins.
    pub fn verbosity(&self) -> Verbosity {
        match (self.options.quiet, self.options.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        }
    }

    /// The arguments as the lower floors know them.
    ///
    /// `environment` holds `SLS_RELEASE_*`; `commit` is what is released, where it is known.
    pub fn request(&self, environment: BTreeMap<String, String>, commit: Option<String>) -> Request {
        let package = self.package();
        let views = package.views();
        Request {
            config: self.options.config.clone(),
            overrides: self.overrides(),
            only: self.options.functions.iter().map(FunctionKey::new).collect(),
            plan_only: matches!(self.command, Some(Command::Plan(_))),
            stage_optional: self.needs_no_stage()
                || matches!(self.command, Some(Command::Package(_))) && views.against != Some(Against::Live),
            out_dir: self.options.out_dir.clone(),
            artifacts: self.options.artifacts.clone(),
            expect_sha256: self.options.expect_sha256.clone(),
            packing: Packing { verify: package.verify, threads: package.threads, no_cache: self.options.no_cache },
            views,
            preview: self.preview(),
            github: BTreeMap::new(),
            commit,
            base: None,
            environment,
        }
    }

    fn preview(&self) -> PreviewRequest {
        match &self.command {
            Some(Command::Preview(verb)) => verb.request(),
            _ => PreviewRequest::default(),
        }
    }

    /// What deletes or lists previews needs no stage, since it looks for tags.
    fn needs_no_stage(&self) -> bool {
        matches!(self.command, Some(Command::Preview(Preview::Down(_) | Preview::List(_) | Preview::Prune(_))))
    }

    fn package(&self) -> Package {
        match &self.command {
            Some(Command::Package(package)) => package.clone(),
            _ => Package::default(),
        }
    }

    fn overrides(&self) -> Overrides {
        Overrides {
            stage: self.options.stage.clone(),
            region: self.options.region.clone(),
            bucket: self.options.bucket.clone(),
            wait_timeout: self.options.wait_timeout,
        }
    }
}
