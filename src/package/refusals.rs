//! Problems of files that cannot be packed, for both walks of a source.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::path::Path;

use crate::error::{Draft, Problem};

/// Returns the names in a folder, sorted, so that problems have the same order everywhere.
pub(super) fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Returns the beginning of every problem of this module.
pub(super) fn cannot_pack(name: &str) -> Draft {
    Problem::new(format!("`{name}` cannot be packed"))
}

pub(super) fn not_utf8(path: &Path) -> Problem {
    cannot_pack(&path.display().to_string())
        .why("its name is not UTF-8")
        .fix("rename it, or leave it out with `exclude`")
}

pub(super) fn not_a_file(path: &Path, file_type: FileType) -> Problem {
    cannot_pack(&path.display().to_string())
        .why(format!("it is {}, not a file", kind_of(file_type)))
        .fix("remove it, or leave it out with `exclude`")
}

#[cfg(unix)]
fn kind_of(file_type: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if file_type.is_fifo() {
        "a named pipe"
    } else if file_type.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn kind_of(_file_type: FileType) -> &'static str {
    "something special"
}

pub(super) fn broken_link(link: &Path, error: &io::Error) -> Problem {
    let target = fs::read_link(link).unwrap_or_default();
    cannot_pack(&link.display().to_string())
        .why(format!("it is a link to `{}`, which cannot be followed: {error}", target.display()))
        .fix("repair or remove the link, or leave it out with `exclude`")
}

pub(super) fn link_out(link: &Path, target: &Path) -> Problem {
    cannot_pack(&link.display().to_string())
        .why(format!("it is a link to `{}`, outside the source", target.display()))
        .fix(
            "copy the target into the source, name a folder that holds it with `follow_links_within`, or leave the link out \
             with `exclude`; for packages of a workspace, pack the folder that `pnpm --filter NAME deploy FOLDER` makes (with `node-linker=hoisted` it has no links), or bundle \
             the code",
        )
}

/// Reports a link that even `archive-file` does not follow.
pub(super) fn link_out_of_checkout(link: &Path, target: &Path) -> Problem {
    cannot_pack(&link.display().to_string())
        .why(format!(
            "a link leads to `{}`, which is outside this Git checkout or in its `.git` folder",
            target.display()
        ))
        .fix("copy what is needed into the source, or leave it out with `excludes`, here and in Terraform")
}

pub(super) fn link_cycle(link: &Path, target: &Path) -> Problem {
    cannot_pack(&link.display().to_string())
        .why(format!("it is a link to `{}`, which contains the link: a cycle", target.display()))
        .fix("remove the link, or leave it out with `exclude`")
}

/// Warns about names that differ only in case: Lambda distinguishes them, but a developer's disk may not.
pub(super) fn names_that_fold_together<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut by_lower_case = BTreeMap::new();
    let twins: Vec<String> = names
        .filter_map(|name| Some(format!("`{}` and `{name}`", by_lower_case.insert(name.to_lowercase(), name)?)))
        .collect();
    (!twins.is_empty()).then(|| {
        format!(
            "names that differ only in upper and lower case are packed: {}; file systems of macOS and Windows keep only \
             one of each pair, so that another machine may pack another archive: rename one of each",
            first_of(&twins)
        )
    })
}

/// Lists at most three items, and how many more there are.
pub(super) fn first_of(items: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = items.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if items.len() > SHOWN { format!("{shown} and {} more", items.len() - SHOWN) } else { shown }
}

/// Reports folders that links nest too deep.
pub(super) fn too_deep(path: &str) -> Problem {
    let shown: String = path.chars().take(60).collect();
    cannot_pack(&format!("{shown}…"))
        .why("it is more than 200 folders deep, which only links to links can cause")
        .fix("remove the links, or leave them out with `exclude`")
}

/// Reports names that links multiply.
pub(super) fn too_many(path: &str) -> Problem {
    cannot_pack(&format!("{path}/"))
        .why("with it the source has more than 1,000,000 names, which only links to links can cause")
        .fix("remove the links, or leave them out with `exclude`")
}

/// Reports a folder that links multiply.
pub(super) fn too_often(folder: &Path) -> Problem {
    cannot_pack(&folder.display().to_string())
        .why("links lead to it more than 5,000 times, which only links to links can cause")
        .fix("remove the links, or leave them out with `exclude`")
}

/// Returns why a file cannot be packed.
pub(super) fn refusal(path: &str, real: &Path, metadata: &Metadata) -> Option<Problem> {
    if !metadata.is_file() {
        return Some(not_a_file(real, metadata.file_type()));
    }
    if metadata.len() >= u64::from(u32::MAX) {
        return Some(
            cannot_pack(&real.display().to_string())
                .why("it has 4 GiB or more, but Lambda allows at most 250 MiB unzipped")
                .fix("leave it out with `exclude`"),
        );
    }
    bad_name(path)
}

/// Returns why a name cannot be used in an archive.
pub(super) fn bad_name(name: &str) -> Option<Problem> {
    let why = if name.contains('\\') {
        "its name has a backslash, which some programs read as a folder separator"
    } else if name.chars().any(char::is_control) {
        "its name has a control character"
    } else if name.len() > usize::from(u16::MAX) {
        "its name has more than 65,535 bytes"
    } else {
        return None;
    };
    Some(cannot_pack(&name.escape_debug().to_string()).why(why).fix("rename it, or leave it out with `exclude`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_into_the_header_and_is_harmless() {
        assert_eq!(bad_name(&"n".repeat(65_535)), None);
        for (name, why) in
            [("n".repeat(65_536), "65,535"), ("a\\b".to_owned(), "backslash"), ("a\nb".to_owned(), "control")]
        {
            assert!(bad_name(&name).is_some_and(|problem| problem.why.contains(why)), "{why}");
        }
    }
}
