//! Go, and the program of `tests/oracle` built by it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::local_aws::{fixtures, output_of, target, virtual_environment};

/// The Python with which Go and the packages from PyPI were installed.
pub(crate) fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| virtual_environment(&fixtures().join("emulators/oracle.txt")).unwrap())
}

/// The program, built once for each test process, with the pinned Go.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let folder = std::path::absolute(target().join("oracle")).unwrap();
        fs::create_dir_all(&folder).unwrap();
        // Of two test processes, one builds.
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        build(&folder)
    })
}

fn build(folder: &Path) -> PathBuf {
    let (made, program) = (folder.join("archive.new"), folder.join("archive"));
    let mut go = Command::new(python().with_file_name("go"));
    go.args(["build", "-o"])
        .arg(&made)
        .arg(".")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle"));
    // The Go that is there, no other one, and no network.
    go.env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env("GOFLAGS", "-mod=mod").env("GOENV", "off");
    go.env("GOCACHE", folder.join("cache")).env("GOPATH", folder.join("path")).env("CGO_ENABLED", "0");
    output_of(&mut go).unwrap();
    // A running program cannot be overwritten, but replaced.
    fs::rename(made, &program).unwrap();
    program
}
