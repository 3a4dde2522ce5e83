//! Other programs read the archives. Crate `zip` reads every compared archive.

use std::process::Command;

use super::compare::{Same, assert_same, file};
use super::data::{KINDS, data};
use super::go::python;
use crate::package::support::Numbers;
use crate::support::output_of;

fn archive() -> Same {
    let mut numbers = Numbers::new(4);
    let mut files: Vec<_> =
        (0..KINDS).map(|kind| file(format!("kind {kind} ~ä"), data(kind, 200_000, &mut numbers))).collect();
    files.push(file("empty", Vec::new()));
    assert_same("one of each kind", files)
}

#[test]
fn python_reads_the_archive() {
    let script = "import sys, zipfile; archive = zipfile.ZipFile(sys.argv[1]); print(archive.testzip(), len(archive.namelist()))";
    let same = archive();
    let output = output_of(Command::new(python()).args(["-c", script]).arg(same.path())).unwrap();
    assert_eq!(String::from_utf8(output).unwrap().trim(), "None 10");
}

#[cfg(feature = "system-tools")]
mod system_tools {
    use super::*;

    #[test]
    fn info_zip_reads_the_archive() {
        let same = archive();
        let output = output_of(Command::new("unzip").arg("-tq").arg(same.path())).unwrap();
        assert!(String::from_utf8(output).unwrap().starts_with("No errors detected"));
    }
}
