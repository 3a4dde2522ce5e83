//! Options before a command: `sls-release --stage dev plan` is `sls-release plan --stage dev`.

use std::ffi::OsString;

use clap::{Arg, Command};

/// Moves options from before a command to behind it, so that the command accepts or refuses them.
///
/// The options of every command stay where they are. An option that is behind the command as well counts there.
/// Arguments that cannot be understood stay as they are, for clap to explain.
pub(super) fn behind_command(definition: &Command, arguments: Vec<OsString>) -> Vec<OsString> {
    let Some(parts) = Parts::of(definition, &arguments) else { return arguments };
    let behind = |name: &str| {
        let is_it = |argument: &OsString| {
            let text = argument.to_string_lossy();
            text.strip_prefix("--").is_some_and(|text| text.split('=').next() == Some(name))
        };
        parts.rest.iter().take_while(|argument| *argument != "--").any(is_it)
    };
    let moved = parts.moved.iter().filter(|(name, _)| !behind(name)).flat_map(|(_, tokens)| tokens.iter());
    parts.kept.iter().chain(moved).chain(parts.rest).cloned().collect()
}

/// A command line up to its command.
struct Parts<'a> {
    /// The program, the command, and the options of every command before it.
    kept: Vec<OsString>,
    /// Each other option before the command, by its long name, with its value.
    moved: Vec<(String, &'a [OsString])>,
    /// What follows the command.
    rest: &'a [OsString],
}

impl<'a> Parts<'a> {
    /// Returns `None` where no command follows, or something before it is unknown.
    fn of(definition: &Command, arguments: &'a [OsString]) -> Option<Self> {
        let (program, mut rest) = arguments.split_first()?;
        let mut parts = Self { kept: vec![program.clone()], moved: Vec::new(), rest };
        let mut level = definition;
        while level.has_subcommands() {
            let text = rest.first()?.to_string_lossy();
            let length = if let Some(command) = level.find_subcommand(text.as_ref()) {
                level = command;
                parts.kept.push(rest[0].clone());
                1
            } else {
                let (option, length) = option(definition, &text)?;
                let tokens = rest.get(..length)?;
                match option.get_long().filter(|_| !option.is_global_set()) {
                    Some(name) => parts.moved.push((name.to_owned(), tokens)),
                    None => parts.kept.extend_from_slice(tokens),
                }
                length
            };
            rest = &rest[length..];
        }
        Some(Self { rest, ..parts })
    }
}

/// Returns the option that an argument names, and how many arguments it takes with its value.
fn option<'d>(definition: &'d Command, text: &str) -> Option<(&'d Arg, usize)> {
    let find = |is_it: &dyn Fn(&Arg) -> bool| definition.get_arguments().find(|option| is_it(option));
    if let Some(long) = text.strip_prefix("--") {
        let (name, has_value) = long.split_once('=').map_or((long, false), |(name, _)| (name, true));
        let option = find(&|option| option.get_long() == Some(name))?;
        let takes_value = option.get_action().takes_values() && !has_value;
        return Some((option, 1 + usize::from(takes_value)));
    }
    let shorts = text.strip_prefix('-')?;
    let all = shorts.chars().map(|short| find(&|option| option.get_short() == Some(short)));
    Some((all.collect::<Option<Vec<_>>>()?.first()?, 1))
}
