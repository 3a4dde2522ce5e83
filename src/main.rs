//! The binary: arguments in, an exit code out.

mod signals;

use std::io::{self, Write};
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;

use sls_release::cli::{self, CiOptions, Command};
use sls_release::commands::{self, Session};
use sls_release::error::{Failure, Kind, Problem};
use sls_release::github::{self, Access, CiRun, Decision, StepFiles, Variables};
use sls_release::machine::{self, Machine};
use sls_release::model::Request;
use sls_release::report::{Colour, End, Format, Reporter, Sinks, Verbosity, redact};
use sls_release::world::Cancellation;
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Layer};

fn main() -> ExitCode {
    match cli::complete() {
        Ok(true) => return ExitCode::SUCCESS,
        Ok(false) => {}
        Err(error) => return usage(&error),
    }
    match cli::shell_asked_for() {
        Ok(Some(shell)) => return completions(shell),
        Ok(None) => {}
        Err(error) => return usage(&error),
    }
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    start_log(cli.verbosity());
    let command = cli.command();
    if let Command::Completions { shell } = command {
        return completions(shell);
    }
    let out = Reporter::new(cli.format(), cli.verbosity(), sinks(cli.colour()));
    let out = Arc::new(out.pending_exit_code(command.pending_exit_code()));
    if let Err(failure) = guarded(|| run(&command, &out)) {
        out.failure(&failure);
    }
    ExitCode::from(exit_code(&out))
}

/// Returns the outputs of this process, with the files of a step of GitHub Actions.
fn sinks(colour: Colour) -> Sinks {
    let StepFiles { output, summary } = StepFiles::of(&machine::variables());
    Sinks { github_output: output, github_summary: summary, ..Sinks::of_process(colour) }
}

/// Prints help, the version, or clap's errors. With `--output`, errors are printed in that format.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return printed(error.print());
    }
    let arguments = cli::texts(&std::env::args_os().collect::<Vec<_>>());
    let format = cli::format_asked_for(&arguments, std::env::var("SLS_RELEASE_OUTPUT").ok().as_deref());
    if format == Format::Human {
        error.print().ok(); // without standard error, the message has no reader
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Kind::Usage.exit_code()));
    }
    let out = Reporter::new(format, Verbosity::Normal, sinks(cli::colour_asked_for(&arguments)));
    out.failure(&cli::usage_problem(error).into_failure(Kind::Usage));
    ExitCode::from(exit_code(&out))
}

fn completions(shell: cli::Shell) -> ExitCode {
    printed(cli::completions(shell).and_then(|script| io::stdout().write_all(&script)))
}

/// Returns the exit code of a run that only prints. A reader that went away, as in `| head`, is no error.
fn printed(written: io::Result<()>) -> ExitCode {
    match written.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let text =
                format!("error: standard output cannot be written: {error}\n  fix: make room for it, and run it again");
            writeln!(io::stderr(), "{text}").ok(); // where even this fails, the exit code is left
            ExitCode::from(Kind::Internal.exit_code())
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Turns a panic, which is a defect, into the failure of one.
fn guarded(work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Problem::defect("sls-release stopped unexpectedly")
            .why("the message is above")
            .into_failure(Kind::Internal))
    })
}

/// Returns the exit code that the report decided. A report that could not be written must not look like success; what was
/// released stays released.
fn exit_code(out: &Reporter) -> u8 {
    let code = out.exit_code().unwrap_or(Kind::Internal.exit_code());
    let Some(error) = out.write_error() else { return code };
    let said = writeln!(
        io::stderr(),
        "error: the report could not be written to {error}\n  fix: what was done stays done; make room for the report, \
         and run it again"
    );
    let is_lost = !out.is_document_written() && (code == 0 || said.is_err());
    if is_lost { Kind::Internal.exit_code() } else { code }
}

fn run(command: &Command, out: &Arc<Reporter>) -> Result<(), Failure> {
    let variables = machine::variables();
    if let Command::Ci(options) = command {
        return ci(options, &variables, out);
    }
    redact::hide(machine::credentials(&variables));
    let machine = Machine::read(&variables, None, matches!(command, Command::Preview(_)));
    command.request(&machine).map_or(Ok(()), |request| work(&request, &Access::of(&variables), None, out))
}

/// Does what the event that started the workflow calls for.
fn ci(options: &CiOptions, variables: &Variables, out: &Arc<Reporter>) -> Result<(), Failure> {
    out.mask(machine::secrets(variables));
    redact::hide(machine::credentials(variables));
    let ci = CiRun::read(variables, &options.command, options.service.clone())?;
    match github::decide(&ci.trigger)? {
        Decision::Do(verb) => {
            let machine = Machine::read(variables, Some(&ci), verb.is_of_preview());
            work(&options.request(verb, &ci, &machine)?, &ci.access, Some(&ci), out)
        }
        Decision::Nothing(why) => {
            out.end(End::NothingDone(&why));
            Ok(())
        }
    }
}

fn work(request: &Request, access: &Access, ci: Option<&CiRun>, out: &Arc<Reporter>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        let problem = Problem::new("failed to start the runtime").why(error.to_string());
        problem.fix("see whether this machine allows more threads and open files").into_failure(Kind::Internal)
    })?;
    runtime.block_on(async {
        let (switch, cancel) = Cancellation::new();
        tokio::spawn(signals::cancel_at_signal(switch, Arc::clone(out)));
        commands::run(request, &Session { access, ci, cancel: &cancel, out }).await
    })
}

/// Starts the log. `RUST_LOG` decides where it is set; otherwise `-v` shows our own log. What the SDKs trace holds
/// presigned links and session tokens, so that is never shown.
fn start_log(verbosity: Verbosity) {
    let default = if verbosity == Verbosity::Verbose { "sls_release=debug" } else { "sls_release=warn" };
    let wanted = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let harmless = filter_fn(|event| event.target().starts_with("sls_release") || *event.level() < Level::TRACE);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).without_time();
    tracing_subscriber::registry().with(layer.with_filter(wanted).with_filter(harmless)).init();
}
