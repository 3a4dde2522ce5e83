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
    let name = name.split('=').next().unwrap_or_default();
    let Some(tip) = known(name).map(str::to_owned).or_else(|| word(name, &error)) else { return error };
    for suggestion in [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedCommand] {
        error.remove(suggestion);
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    error
}

/// Returns the tip for a name of another program.
fn known(name: &str) -> Option<&'static str> {
    Some(match name {
        "--dry-run" | "--dryrun" | "-n" => "`sls-release plan` shows what a release would do, and writes nothing",
        "validate" | "check" | "status" => "`sls-release plan` checks the settings and the stack, and writes nothing",
        "diff" => {
            "`sls-release package --diff --stage STAGE` compares the code with what is live; `sls-release plan --stage \
             STAGE` shows what a release would do"
        }
        "build" | "pack" | "zip" => "`sls-release package` makes the archives",
        "apply" | "publish" | "push" => "`sls-release release` releases the code",
        "delete" | "destroy" | "remove" | "rm" | "down" | "undeploy" | "teardown" => {
            "`sls-release preview down --pr NUMBER` deletes a preview; a stage is deleted by the tool that made it, such \
             as Terraform"
        }
        "up" => "`sls-release preview up --pr NUMBER` makes a preview; `sls-release release` releases to a stage",
        "list" | "ls" => "`sls-release preview list` shows the previews",
        "prune" | "clean" | "cleanup" => "`sls-release preview prune` deletes the previews of closed pull requests",
        "rollback" | "undo" | "revert" => {
            "a release that fails is put back by itself; to go back later, check out the older code and release it"
        }
        "-s" | "-e" | "--env" | "--environment" => "the stage is set with `--stage`, such as `--stage dev`",
        "--profile" => "the profile is AWS's own: set AWS_PROFILE, such as `AWS_PROFILE=acme sls-release plan`",
        "--json" => "JSON is printed with `--output json`",
        _ => return None,
    })
}

/// Returns the tip for a word where a command or nothing is expected. Where it is a typo of a command, clap has one.
fn word(word: &str, error: &clap::Error) -> Option<String> {
    if word.starts_with('-') {
        return None;
    }
    if settings::keys(None, "stages").iter().any(|stage| stage == word) {
        return Some(format!("a stage is set with `--stage {word}`"));
    }
    let is_near_a_command = match error.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::Strings(near)) => near.iter().any(|near| is_typo(word, near)),
        Some(ContextValue::String(near)) => is_typo(word, near),
        _ => false,
    };
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let is_of_preview = error.kind() == ErrorKind::InvalidSubcommand && usage.contains(" preview ");
    if is_near_a_command {
        None
    } else if is_of_preview && word.bytes().all(|digit| digit.is_ascii_digit()) {
        Some(format!("the number follows the command: `sls-release preview up --pr {word}`"))
    } else if is_of_preview {
        Some("the commands of `sls-release preview` are up, down, list and prune".to_owned())
    } else {
        Some(format!("`sls-release --help` lists the commands; if `{word}` is a stage, write `--stage {word}`"))
    }
}

/// Returns whether a word is probably this name. clap's own measure takes `destroy` for `deploy`.
fn is_typo(word: &str, name: &str) -> bool {
    strsim::damerau_levenshtein(word, name) <= 2
}
