//! Names that people try because other programs have them: each gets a tip that names what exists here.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::settings;

/// Adds a tip to an error about an unknown name, if this program has what the name stands for.
pub(super) fn with_tip(mut error: clap::Error) -> clap::Error {
    let name_at = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => return error,
    };
    let Some(ContextValue::String(name)) = error.get(name_at) else { return error };
    let Some(tip) = tip(name, error.get(ContextKind::SuggestedSubcommand).is_some()) else { return error };
    for suggestion in [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedCommand] {
        error.remove(suggestion);
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    error
}

/// Returns the tip for a name. `is_near_a_command` says that clap has a suggestion of its own.
fn tip(name: &str, is_near_a_command: bool) -> Option<String> {
    let known = match name.split('=').next()? {
        "--dry-run" | "--dryrun" | "-n" => "`sls-release plan` shows what a release would do, and writes nothing",
        "validate" | "check" => "`sls-release plan` checks the settings and the stack, and writes nothing",
        "diff" => {
            "`sls-release package --diff` compares the code with what is live; `sls-release plan` shows what a release \
             would do"
        }
        "-s" => "the stage is set with `--stage`, such as `--stage dev`",
        "--json" => "JSON is printed with `--output json`",
        word => return stage(word, is_near_a_command),
    };
    Some(known.to_owned())
}

/// Returns the tip for a word that may be a stage.
fn stage(word: &str, is_near_a_command: bool) -> Option<String> {
    let is_stage = settings::keys(None, "stages").iter().any(|stage| stage == word);
    let may_be_stage = is_stage || !(is_near_a_command || word.starts_with('-'));
    may_be_stage.then(|| format!("a stage is set with `--stage {word}`"))
}
