//! The binary: arguments in, an exit code out.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::AssertUnwindSafe;
use std::process::{Command as Process, ExitCode};
use std::sync::{Arc, LazyLock};

use sls_release::cli::{self, Cli, Command, Preview};
use sls_release::commands::{self, Errand};
use sls_release::error::{Failure, Kind, Problem};
use sls_release::github::{Decision, EventPullRequest, PreviewVerb};
use sls_release::model::{Event, Listener, Outcome, PreviewOutcome, Request, Secret};
use sls_release::report::{Format, Reporter, Sinks, Verbosity};
use sls_release::world::Cancellation;
use tokio::sync::watch;
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Layer};

/// `--exit-code`: a release would change something, or an archive holds other files than the one beside it.
const CHANGES_PENDING: u8 = 10;

/// What no log may show, whoever printed it.
const SECRETS: [&str; 4] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "SLS_RELEASE_GITHUB_TOKEN"];

fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    start_log(cli.verbosity());
    if let Command::Completions { shell } = cli.command() {
        return completions(shell);
    }
    let pending = if asks_for_exit_code(&cli) { CHANGES_PENDING } else { 0 };
    let out = Arc::new(Reporter::new(cli.format(), cli.verbosity(), Sinks::of_process()).pending_exit_code(pending));
    let code = guarded(|| run(&cli, &out)).unwrap_or_else(|failure| {
        out.failure(&failure);
        failure.kind.exit_code()
    });
    ExitCode::from(written(&out, code))
}

/// Help, the version, or arguments that cannot be used. People read clap's own words; whoever asked for another
/// format gets these errors in it too.
fn usage(error: &clap::Error) -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let format = cli::format_asked_for(&arguments, std::env::var("SLS_RELEASE_OUTPUT").ok().as_deref());
    let code = u8::try_from(error.exit_code()).unwrap_or(Kind::Usage.exit_code());
    if !error.use_stderr() || format == Format::Human {
        error.print().ok(); // where the terminal is gone, nobody is left to hear of it
        return ExitCode::from(code);
    }
    let out = Reporter::new(format, Verbosity::Normal, Sinks::of_process());
    out.failure(&cli::usage_problem(error).into_failure(Kind::Usage));
    ExitCode::from(written(&out, code))
}

/// A panic is a defect, with the exit code of one.
fn guarded(work: impl FnOnce() -> Result<u8, Failure>) -> Result<u8, Failure> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let defect = Problem::new("sls-release stopped at a defect of its own").why("the message is above");
        Err(defect.fix("please report it").into_failure(Kind::Internal))
    })
}

/// A report that nobody can read must not look like success; what was released stays released.
fn written(out: &Reporter, code: u8) -> u8 {
    let Some(error) = out.write_error() else { return code };
    let said = writeln!(
        io::stderr(),
        "error: the report could not be written to {error}\n  fix: what was done stays done; make room for the report, \
         and run it again"
    );
    if code == 0 || said.is_err() { Kind::Internal.exit_code() } else { code }
}

fn asks_for_exit_code(cli: &Cli) -> bool {
    match cli.command() {
        Command::Plan(plan) => plan.exit_code,
        Command::Package(package) => package.exit_code,
        Command::Release | Command::Preview(_) | Command::Ci(_) | Command::Completions { .. } => false,
    }
}

fn run(cli: &Cli, out: &Arc<Reporter>) -> Result<u8, Failure> {
    let Command::Ci(ci) = cli.command() else { return run_verb(cli, None, out) };
    let github = environment("GITHUB_");
    // Elsewhere nobody hides them, and they would be printed.
    if github.get("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        let secrets: Vec<String> = SECRETS.into_iter().filter_map(variable).collect();
        out.mask(secrets.iter().map(String::as_str));
    }
    let errand = commands::ci(&ci.command, &github, &environment("SLS_RELEASE_"))?;
    let errand = Errand { service: ci.service.clone(), ..errand };
    match &errand.decision {
        Decision::Do(verb) => {
            let event = errand.pull_request.as_ref();
            let cli = cli.with_verb(*verb, event.map(|event| event.number))?;
            run_verb(&cli, Some(&errand), out)
        }
        Decision::Nothing(why) => {
            out.nothing_done(why);
            Ok(0)
        }
    }
}

fn run_verb(cli: &Cli, errand: Option<&Errand>, out: &Arc<Reporter>) -> Result<u8, Failure> {
    let event = errand.and_then(|errand| errand.pull_request.as_ref());
    // Who may see it, may write to GitHub: it is kept where nobody prints it.
    let own = environment("SLS_RELEASE_").into_iter().filter(|(name, _)| !name.starts_with("SLS_RELEASE_GITHUB_"));
    let mut request = cli.request(own.collect(), commit(event));
    if let Command::Preview(_) = cli.command() {
        out.about_a_preview();
        request.preview.repository = request.preview.repository.or_else(|| variable("GITHUB_REPOSITORY"));
        request.preview.remote = remote();
        request.preview.checkout = head();
        request.preview.deletes_environment = errand.is_some_and(|errand| errand.deletes_environment);
        let variables = environment("GITHUB_").into_iter().chain(environment("SLS_RELEASE_GITHUB_"));
        request.github = variables.map(|(name, value)| (name, Secret::new(value))).collect();
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        Problem::new("failed to start the runtime").why(error.to_string()).into_failure(Kind::Internal)
    })?;
    runtime.block_on(async {
        let (switch, cancel) = Cancellation::new();
        tokio::spawn(throw_at_signal(switch, Arc::clone(out)));
        verb(cli, &request, errand, &cancel, out).await
    })
}

async fn verb(
    cli: &Cli,
    request: &Request,
    errand: Option<&Errand>,
    cancel: &Cancellation,
    out: &Reporter,
) -> Result<u8, Failure> {
    if let Command::Package(_) = cli.command() {
        let differs = commands::package(request, cancel, out).await?;
        return Ok(if differs && asks_for_exit_code(cli) { CHANGES_PENDING } else { 0 });
    }
    let code = match (cli.command(), errand) {
        (Command::Preview(verb), errand) => preview(&verb, request, errand, cancel, out).await?,
        (_, Some(errand)) => {
            let outcome = commands::workflow::of_commit(request, errand, &told_by_workflow(), cancel, out).await?;
            exit_code(&outcome, asks_for_exit_code(cli))
        }
        (_, None) => {
            let outcome = commands::release(request, cancel, out).await?;
            out.outcome(&outcome);
            exit_code(&outcome, asks_for_exit_code(cli))
        }
    };
    let is_strict = errand.is_some_and(|errand| errand.is_report_strict);
    if code == 0 && is_strict && out.has_untold() {
        out.untold_is_failure();
        return Ok(Kind::Internal.exit_code());
    }
    Ok(code)
}

/// What GitHub tells of the run, and the names of what it is told with.
fn told_by_workflow() -> BTreeMap<String, String> {
    environment("GITHUB_").into_iter().chain(environment("SLS_RELEASE_")).collect()
}

async fn preview(
    verb: &Preview,
    request: &Request,
    errand: Option<&Errand>,
    cancel: &Cancellation,
    out: &Reporter,
) -> Result<u8, Failure> {
    let of_one = match verb {
        Preview::Up(_) => Some(PreviewVerb::Up),
        Preview::Down(_) => Some(PreviewVerb::Down),
        Preview::List(_) | Preview::Prune(_) => None,
    };
    if let Some((verb, errand)) = of_one.zip(errand) {
        let told = told_by_workflow();
        let outcome = commands::workflow::of_pull_request(verb, request, errand, &told, cancel, out).await?;
        return Ok(preview_exit_code(&outcome));
    }
    let outcome = match verb {
        Preview::Up(_) => commands::preview::up(request, cancel, out).await?,
        Preview::Down(_) => commands::preview::down(request, cancel, out).await?,
        Preview::List(_) => commands::preview::list(request, cancel, out).await?,
        Preview::Prune(_) => commands::prune(request, cancel, out).await?,
    };
    out.preview(&outcome);
    Ok(preview_exit_code(&outcome))
}

fn exit_code(outcome: &Outcome, asked: bool) -> u8 {
    match outcome {
        Outcome::Planned(plan) if asked && !plan.is_empty() => CHANGES_PENDING,
        Outcome::Planned(_) | Outcome::Unchanged { .. } | Outcome::Released { .. } => 0,
        Outcome::Failed { failure, .. } => failure.kind.exit_code(),
    }
}

fn preview_exit_code(outcome: &PreviewOutcome) -> u8 {
    if let PreviewOutcome::Failed { failure, .. } = outcome { failure.kind.exit_code() } else { 0 }
}

/// The first signal cancels; later ones change nothing, since putting back must not be cut short.
async fn throw_at_signal(switch: watch::Sender<bool>, out: Arc<Reporter>) {
    loop {
        if let Err(error) = signal().await {
            out.hear(Event::Warning(format!("signals cannot be caught, so Ctrl-C would end this at once: {error}")));
            return std::future::pending().await; // dropping the switch would look like a signal
        }
        let again = switch.send_replace(true);
        let said = if again { "still stopping; what was changed is being put back" } else { "stopping" };
        out.hear(Event::Warning(said.to_owned()));
    }
}

#[cfg(unix)]
async fn signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    if started_by_nohup() {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        return Ok(());
    }
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {}, _ = hangup.recv() => {} }
    Ok(())
}

/// Whether SIGHUP, signal 1, was ignored from the start; where nobody tells, it was not.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>
#[cfg(unix)]
fn started_by_nohup() -> bool {
    static IGNORED: LazyLock<bool> = LazyLock::new(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
    });
    *IGNORED
}

#[cfg(not(unix))]
async fn signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

fn completions(shell: cli::Shell) -> ExitCode {
    let written = io::stdout().write_all(&cli::completions(shell));
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(Kind::Internal.exit_code()) }
}

/// `RUST_LOG` decides where it is set; otherwise `-v` shows our own log. What the SDKs trace holds
/// presigned links and session tokens, so that is never shown.
fn start_log(verbosity: Verbosity) {
    let default = if verbosity == Verbosity::Verbose { "sls_release=debug" } else { "sls_release=warn" };
    let wanted = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let harmless = filter_fn(|event| event.target().starts_with("sls_release") || *event.level() < Level::TRACE);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).without_time();
    tracing_subscriber::registry().with(layer.with_filter(wanted).with_filter(harmless)).init();
}

/// The variables whose names begin so: what may stand above the settings file, and what GitHub tells.
fn environment(prefix: &str) -> BTreeMap<String, String> {
    let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    std::env::vars_os().filter_map(text).filter(|(name, _)| name.starts_with(prefix)).collect()
}

/// The commit that is released: as CI says, else as the checkout says. For a pull request it is the head of its branch;
/// GitHub's own word is the merge that it makes of it.
fn commit(event: Option<&EventPullRequest>) -> Option<String> {
    let of_head = event.map(|event| event.head_sha.clone());
    variable("SLS_RELEASE_COMMIT").or(of_head).or_else(|| variable("GITHUB_SHA")).or_else(head)
}

/// A variable that says something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The commit of the checkout.
fn head() -> Option<String> {
    git(&["rev-parse", "--verify", "--quiet", "HEAD"])
}

/// `owner/name` of Git's remote `origin`: the last two parts of its URL.
fn remote() -> Option<String> {
    let url = git(&["remote", "get-url", "origin"])?;
    let path = url.trim_end_matches('/').trim_end_matches(".git").replace(':', "/");
    let mut parts = path.rsplit('/');
    let (name, owner) = (parts.next()?, parts.next()?);
    (!name.is_empty() && !owner.is_empty()).then(|| format!("{owner}/{name}"))
}

/// What Git says, where it says anything.
fn git(arguments: &[&str]) -> Option<String> {
    let said = Process::new("git").args(arguments).output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?.trim().to_owned();
    (!said.is_empty()).then_some(said)
}
