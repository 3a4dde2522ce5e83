//! Builds the program of `tests/oracle` with Go.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::local_aws::{fixtures, output_of, target, virtual_environment};

/// Returns the Python with which Go and the packages from PyPI were installed.
pub(crate) fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| virtual_environment(&fixtures().join("emulators/oracle.txt")).unwrap())
}

/// Returns the oracle, built once per test process with the pinned Go.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let folder = std::path::absolute(target().join("oracle")).unwrap();
        fs::create_dir_all(&folder).unwrap();
        // Only one of several test processes builds.
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        build(&folder)
    })
}

fn build(folder: &Path) -> PathBuf {
    let (new, program) = (folder.join("archive.new"), folder.join("archive"));
    let mut go = Command::new(python().with_file_name("go"));
    go.args(["build", "-o"]).arg(&new).arg(".").current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle"));
    // Use the installed Go without downloading another one.
    go.env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env("GOFLAGS", "-mod=mod").env("GOENV", "off");
    go.env("GOCACHE", folder.join("cache")).env("GOPATH", folder.join("path")).env("CGO_ENABLED", "0");
    output_of(&mut go).unwrap();
    // A running program cannot be overwritten, but it can be replaced.
    fs::rename(new, &program).unwrap();
    program
}
