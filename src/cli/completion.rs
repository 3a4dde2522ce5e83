//! Completion in shells.
//!
//! The scripts ask the program itself, through clap's dynamic engine. The engine's static scripts stop after the first word,
//! because the name has a hyphen (<https://github.com/clap-rs/clap/issues/6421>), and know no stage of a settings file.
//! The engine serves five shells; scripts of our own would need one engine, and one script a shell. Its API is marked
//! unstable: `Cargo.lock` fixes the version, and tests run the shells.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Command, ValueEnum};
use clap_complete::Shell;
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::{CompleteEnv, Shells};

use crate::settings;

/// The variable with which a script asks: its value is the shell's name.
const VARIABLE: &str = "_SLS_RELEASE_COMPLETE";

/// The variable that asks other programs made with clap for their script: `source <(COMPLETE=bash program)`.
const USUAL_VARIABLE: &str = "COMPLETE";

/// Answers a completion script about this command line, on standard output. Returns whether a script asked.
pub(super) fn answer(definition: fn() -> Command) -> Result<bool, clap::Error> {
    let folder = std::env::current_dir().ok();
    let definition = || visible(definition());
    CompleteEnv::with_factory(definition).var(VARIABLE).try_complete(std::env::args_os(), folder.as_deref())
}

/// Returns the shell whose script [`USUAL_VARIABLE`] asks for. Only a run without arguments asks so: the variable may be set
/// for other programs.
///
/// # Errors
/// A shell that has no script: without arguments, the program would release.
pub(super) fn shell_asked_for() -> Result<Option<Shell>, clap::Error> {
    let asked = std::env::var_os(USUAL_VARIABLE).filter(|shell| !shell.is_empty() && shell != "0");
    let Some(asked) = asked.filter(|_| std::env::args_os().len() <= 1) else { return Ok(None) };
    Shell::from_shell_path(&asked).map(Some).ok_or_else(|| {
        let message = format!(
            "there is no completion script for `{}`, which {USUAL_VARIABLE} names\n\n  tip: unset {USUAL_VARIABLE}, or set it \
             to {}\n",
            asked.display(),
            Shell::value_variants().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        );
        clap::Error::raw(ErrorKind::InvalidValue, message)
    })
}

/// Returns the completion script for a shell.
///
/// # Errors
/// None occur with the shells of [`Shell`].
pub fn script(shell: Shell) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let completer = shells.completer(&shell.to_string()).ok_or_else(|| io::Error::other("there is no such shell"))?;
    completer.write_registration(VARIABLE, "sls-release", "sls-release", "sls-release", &mut script)?;
    Ok(script)
}

/// Returns the command line without internal commands, and with each command under its own name alone: of several names, clap
/// offers the first of the alphabet. clap would complete a hidden command that nothing else matches, so an empty one takes its
/// place; its name is no word that a shell passes on.
fn visible(all: Command) -> Command {
    let all = all.mut_subcommands(|command| {
        let aliases: Vec<String> = command.get_visible_aliases().map(str::to_owned).collect();
        command.visible_alias(None::<&str>).aliases(aliases)
    });
    let hidden: Vec<String> = all
        .get_subcommands()
        .filter(|command| command.is_hide_set())
        .map(|command| command.get_name().into())
        .collect();
    hidden.into_iter().fold(all, |command, name| command.mut_subcommand(name, |_| Command::new("\0").hide(true)))
}

/// Returns the stages that the settings file names, for `--stage`.
pub(super) fn stages() -> Vec<CompletionCandidate> {
    named("stages")
}

/// Returns the keys of the functions, for `--function`.
pub(super) fn functions() -> Vec<CompletionCandidate> {
    named("functions")
}

fn named(table: &str) -> Vec<CompletionCandidate> {
    let config = config(std::env::args_os());
    settings::keys(config.as_deref(), table).into_iter().map(CompletionCandidate::new).collect()
}

/// Returns the value of `--config` in the line to complete.
fn config(arguments: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let mut words = arguments.map(|word| word.to_string_lossy().into_owned());
    let value = words.find_map(|word| word.strip_prefix("--config").map(str::to_owned))?;
    value.strip_prefix('=').map(str::to_owned).or_else(|| words.next()).map(PathBuf::from)
}
