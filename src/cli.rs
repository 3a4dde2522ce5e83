//! The command line: clap's types, and their translation into one request per verb.

/// Returns the line of a help text that links to a page of this version.
macro_rules! page {
    ($path:literal) => {
        concat!("More: ", env!("CARGO_PKG_REPOSITORY"), "/blob/v", env!("CARGO_PKG_VERSION"), "/", $path)
    };
}

mod ci;
mod completion;
mod names;
mod options;
mod order;
mod preview;

use std::ffi::OsString;

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
pub use clap_complete::Shell;

use crate::error::Problem;
use crate::machine::Machine;
use crate::model::Request;
use crate::report::{Colour, Format, Verbosity};

pub use ci::CiOptions;
pub use completion::script as completions;
pub use options::{PackageOptions, PlanOptions, ReleaseOptions};
pub use preview::Preview;

use options::ReportOptions;

/// The exit code of `--exit-code`: a release would change something, or an archive holds other files than the one that
/// it was compared with.
const CHANGES_PENDING: u8 = 10;

const EXAMPLES: &str = "\
Examples:
  sls-release plan --stage dev          show what a release would do
  sls-release --stage dev               release
  sls-release package --out-dir build   only make the archives";

/// What `--help` shows below the examples.
const DETAILS: &str = "\
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
/// The infrastructure belongs to another tool, usually Terraform. Without a command, the code is released:
/// packed, uploaded, published, proven by a smoke test, and put back when anything fails.
#[derive(Clone, Debug, Parser)]
#[command(name = "sls-release", version, after_help = format!("{EXAMPLES}\n\n{}", page!("README.md")))]
#[command(after_long_help = format!("{EXAMPLES}\n\n{DETAILS}\n\n{}", page!("README.md")))]
#[command(subcommand_value_name = "COMMAND", max_term_width = 100)]
pub struct Cli {
    #[command(flatten, next_help_heading = "Options of release, which runs without a command")]
    release: ReleaseOptions,
    #[command(flatten)]
    report: ReportOptions,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Release the code; what runs without a command
    #[command(visible_alias = "deploy", after_help = page!("README.md#what-a-release-may-do"))]
    Release(ReleaseOptions),
    /// Show what a release would do, and why; write nothing
    #[command(after_help = page!("docs/checks.md"))]
    Plan(PlanOptions),
    /// Only make the archives, and show their digests
    #[command(after_help = page!("docs/settings.md"))]
    Package(PackageOptions),
    /// Do what the event that started a GitHub workflow calls for; the action runs this
    #[command(hide = true)]
    Ci(CiOptions),
    /// Make, delete or list the previews of pull requests
    #[command(subcommand, after_help = page!("docs/previews.md"))]
    Preview(Preview),
    /// Print a completion script for a shell
    #[command(after_help = page!("README.md#install"))]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Reads this process's arguments.
///
/// # Errors
/// What clap says of them: the error knows its own text and exit code (2), also for `--help` (0).
pub fn parse() -> Result<Cli, clap::Error> {
    parse_from(std::env::args_os())
}

/// Reads these arguments; the first is the program's name. Options may stand before or behind the command.
///
/// # Errors
/// As those of [`parse`].
pub fn parse_from<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> Result<Cli, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let mut definition = definition().color(match colour_asked_for(&texts(&arguments)) {
        Colour::Auto => ColorChoice::Auto,
        Colour::Always => ColorChoice::Always,
        Colour::Never => ColorChoice::Never,
    });
    let arguments = order::behind_command(&definition, arguments);
    let matches = definition.try_get_matches_from_mut(arguments).map_err(names::with_tip)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))
}

/// Returns the format that these arguments ask for, although they cannot be used as a whole; where they name none, that
/// of `SLS_RELEASE_OUTPUT`, as `environment` has it.
pub fn format_asked_for(arguments: &[String], environment: Option<&str>) -> Format {
    let said = last_value(arguments, "--output").or(environment);
    said.and_then(|name| Format::from_str(name, false).ok()).unwrap_or(Format::Human)
}

/// Returns the colours that these arguments ask for, although they cannot be used as a whole.
pub fn colour_asked_for(arguments: &[String]) -> Colour {
    last_value(arguments, "--color").and_then(|name| Colour::from_str(name, false).ok()).unwrap_or_default()
}

/// Returns the arguments as text, to look for an option in them.
pub fn texts(arguments: &[OsString]) -> Vec<String> {
    arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// Returns the last value of an option.
fn last_value<'a>(arguments: &'a [String], option: &str) -> Option<&'a str> {
    let value = |(number, argument): (usize, &'a String)| match argument.strip_prefix(option)? {
        "" => arguments.get(number + 1).map(String::as_str),
        value => value.strip_prefix('='),
    };
    arguments.iter().enumerate().rev().find_map(value)
}

/// Returns an error in the arguments in the form of every other problem: what clap says first, and its tip.
pub fn usage_problem(error: &clap::Error) -> Problem {
    let text = error.render().to_string();
    let what = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
    let what = what.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    Problem::new(what).why("the arguments cannot be used").fix(tip.unwrap_or("see `sls-release --help`"))
}

/// Returns the description of the command line, for help texts.
pub fn definition() -> clap::Command {
    <Cli as CommandFactory>::command()
}

/// Answers a completion script, on standard output. Returns whether a script asked.
///
/// # Errors
/// What clap says: a shell that it does not know, or an output that cannot be written.
pub fn complete() -> Result<bool, clap::Error> {
    completion::answer(definition)
}

/// Returns the shell whose completion script `COMPLETE` asks for, as it does of other programs.
///
/// # Errors
/// A shell that has no script.
pub fn shell_asked_for() -> Result<Option<Shell>, clap::Error> {
    completion::shell_asked_for()
}

impl Cli {
    /// Returns what is to be done; `release` where no command was given.
    pub fn command(&self) -> Command {
        self.command.clone().unwrap_or_else(|| Command::Release(self.release.clone()))
    }

    /// Returns `--output`.
    pub fn format(&self) -> Format {
        self.report.output
    }

    /// Returns `--color`.
    pub fn colour(&self) -> Colour {
        self.report.color
    }

    /// Returns how much is said, by `--quiet` and `--verbose`. `--quiet` wins where both stand around a command.
    pub fn verbosity(&self) -> Verbosity {
        match (self.report.quiet, self.report.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        }
    }
}

impl Command {
    /// Returns the request of a verb; `None` for `ci`, whose verb the event decides, and for `completions`.
    pub fn request(&self, machine: &Machine) -> Option<Request> {
        match self {
            Self::Release(options) => Some(Request::Release(options.request(false, machine))),
            Self::Plan(options) => Some(Request::Release(options.release.request(true, machine))),
            Self::Package(options) => Some(Request::Package(options.request(machine))),
            Self::Preview(verb) => Some(Request::Preview(verb.request(machine))),
            Self::Ci(_) | Self::Completions { .. } => None,
        }
    }

    /// Returns the exit code of a run that finds changes: 10 with `--exit-code`, else 0.
    pub fn pending_exit_code(&self) -> u8 {
        match self {
            Self::Plan(PlanOptions { exit_code: true, .. }) | Self::Package(PackageOptions { exit_code: true, .. }) => {
                CHANGES_PENDING
            }
            _ => 0,
        }
    }
}
