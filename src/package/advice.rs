//! Finds files that should not be in an archive, by their names, modes and first bytes.

use std::collections::BTreeMap;
use std::path::Path;

use super::heads::Heads;
use crate::model::{Advice, AdviceAbout, Artifact, Entry, LeaveOut, is_cache_folder, is_test_folder};

/// How much of a file is read to recognize a secret or a script.
const HEAD_BYTES: u64 = 4096;

/// File names that always mean keys, passwords or Terraform states.
const SECRET_NAMES: [&str; 6] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", ".pgpass"];
const SECRET_ENDINGS: [&str; 4] = [".p12", ".pfx", ".tfstate", ".tfstate.backup"];

/// Returns advice on unusual files in the archive of `artifact`.
///
/// `own_folder` is the folder for archives relative to the source, if the source contains it. `how` is how files are
/// left out.
pub(super) fn advice(artifact: &Artifact, own_folder: Option<&str>, how: LeaveOut) -> Vec<Advice> {
    let mut found: BTreeMap<AdviceAbout, Advice> = BTreeMap::new();
    let mut heads = Heads::new(&artifact.path);
    for entry in &artifact.entries {
        for about in about(entry, own_folder, &mut heads) {
            let advice = found.entry(about).or_insert_with(|| empty(about, entry, how));
            advice.files += 1;
            if about == AdviceAbout::Secret {
                advice.secrets.push(entry.name.clone());
            }
            advice.compressed_bytes += entry.compressed_bytes;
        }
    }
    for advice in found.values_mut().filter(|advice| advice.about == AdviceAbout::Secret) {
        advice.fix = how.leave_out_all(&advice.secrets);
    }
    found.into_values().collect()
}

fn empty(about: AdviceAbout, first: &Entry, how: LeaveOut) -> Advice {
    let fix = about.fix(&first.name, how);
    Advice { about, files: 0, compressed_bytes: 0, example: first.name.clone(), secrets: Vec::new(), fix }
}

fn about(entry: &Entry, own_folder: Option<&str>, heads: &mut Heads<'_>) -> Vec<AdviceAbout> {
    let is_own = own_folder.is_some_and(|folder| Path::new(&entry.name).starts_with(folder));
    let checks = [
        (AdviceAbout::Secret, is_secret(entry, heads)),
        (AdviceAbout::ClosedToOthers, entry.mode & 0o004 == 0),
        (AdviceAbout::CrLfScript, is_crlf_script(entry, heads)),
        (AdviceAbout::OwnArchive, is_own),
        (AdviceAbout::CompiledPython, has_ending(&entry.name, "pyc")),
        (AdviceAbout::Tests, folders(entry).any(is_test_folder)),
        (AdviceAbout::Cache, folders(entry).any(is_cache_folder)),
    ];
    checks.into_iter().filter(|(_, found)| *found).map(|(about, _)| about).collect()
}

fn folders(entry: &Entry) -> impl Iterator<Item = &str> {
    let folder = entry.name.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.split('/')
}

fn base_name(entry: &Entry) -> &str {
    entry.name.rsplit('/').next().unwrap_or_default()
}

/// Returns whether a file is one that its owner may run, of a name without extension.
pub(super) fn is_program(entry: &Entry) -> bool {
    !base_name(entry).contains('.') && entry.mode & 0o100 != 0
}

/// Returns whether a file's name has this extension, in any case.
pub(super) fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
}

/// Returns whether a file is likely a secret. Test keys of published packages are public, so they are not.
fn is_secret(entry: &Entry, heads: &mut Heads<'_>) -> bool {
    if folders(entry).any(|folder| folder == "node_modules" || is_test_folder(folder)) {
        return false;
    }
    let name = base_name(entry);
    if SECRET_NAMES.contains(&name) || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        return true;
    }
    let is_secret: fn(&str) -> bool = match name {
        _ if has_ending(name, "pem") || has_ending(name, "key") => is_private_key,
        ".npmrc" => has_npm_token,
        "credentials" => |head| head.contains("aws_secret_access_key"),
        ".pypirc" => |head| head.contains("password"),
        _ => return false,
    };
    head(entry, heads).is_some_and(|head| is_secret(&head))
}

/// Returns a file's first bytes as lossy UTF-8, or `None` if it cannot be read.
fn head(entry: &Entry, heads: &mut Heads<'_>) -> Option<String> {
    Some(String::from_utf8_lossy(&heads.of(entry, HEAD_BYTES)?).into_owned())
}

/// Returns whether a file holds a private key in PEM. <https://www.rfc-editor.org/rfc/rfc7468#section-2>
fn is_private_key(head: &str) -> bool {
    head.lines().any(|line| line.starts_with("-----BEGIN ") && line.trim_end().ends_with("PRIVATE KEY-----"))
}

/// Returns whether an `.npmrc` contains a token itself instead of taking it from the environment.
fn has_npm_token(head: &str) -> bool {
    let is_token = |key: &str| ["_authToken", "_auth", "_password"].iter().any(|ending| key.trim().ends_with(ending));
    let mut pairs = head.lines().filter_map(|line| line.split_once('='));
    pairs.any(|(key, value)| is_token(key) && !value.trim().is_empty() && !value.contains("${"))
}

fn is_crlf_script(entry: &Entry, heads: &mut Heads<'_>) -> bool {
    if !is_program(entry) && !has_ending(base_name(entry), "sh") {
        return false;
    }
    let head = head(entry, heads).unwrap_or_default();
    head.starts_with("#!") && head.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'))
}
