//! Completion in zsh and fish.

use super::run::output_of;
use crate::completion::{check, project, shell};

/// Calls the function of the script, with the one that shows what it offers replaced.
const ZSH: &str = r#"
compdef() { function=$1 }
_describe() { local name=$argv[-1]; [[ $argv[-2] == -r ]] && return; print -l -- ${${(P)name}%%:*} }
source script.zsh
words=(${(s: :)1})
[[ $1 == *" " ]] && words+=("")
CURRENT=${#words}
$function
"#;

fn words(bytes: Vec<u8>) -> Vec<String> {
    let text = String::from_utf8(bytes).unwrap();
    text.lines().filter_map(|line| line.split('\t').next()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[test]
fn zsh_completes_commands_options_stages_and_functions() {
    let project = project();
    check(|line| words(output_of(shell(&project, "zsh").args(["-f", "-c", ZSH, "zsh", line]), "zsh", b"")));
}

#[test]
fn fish_completes_commands_options_stages_and_functions() {
    let project = project();
    check(|line| {
        let script = "source script.fish; complete --do-complete $argv[1]";
        words(output_of(shell(&project, "fish").args(["--no-config", "-c", script, line]), "fish", b""))
    });
}
