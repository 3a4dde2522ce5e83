//! Info-ZIP's `unzip`, the program that most people have, reads the archives.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::run::output_of;
use crate::package::bytes::{corpus, tree};
use crate::package::support::pack_all;

/// The locale tells `unzip` that names are UTF-8.
fn unzip(options: &[&str], archive: &Path, folder: &Path) -> String {
    let mut command = Command::new("unzip");
    command.args(options).arg(archive).current_dir(folder).env("LC_ALL", "C.UTF-8");
    String::from_utf8(output_of(&mut command, "unzip", b"")).unwrap()
}

#[test]
fn unzip_finds_no_errors_in_a_compact_archive() {
    let (packer, artifact) = pack_all(tree(1).root(), 2);
    let said = unzip(&["-t"], &artifact.path, packer.out.path());
    assert!(said.contains("No errors detected"), "{said}");
}

#[test]
fn unzip_restores_every_file_of_a_compact_archive() {
    let (_packer, artifact) = pack_all(tree(1).root(), 2);
    let folder = tempfile::tempdir().unwrap();
    unzip(&["-q"], &artifact.path, folder.path());
    for (name, data) in corpus() {
        assert!(fs::read(folder.path().join(&name)).unwrap() == data, "{name} is another file");
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&folder.path().join(&name).metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, if name == "bin/run" { 0o755 } else { 0o644 }, "{name}");
    }
}
