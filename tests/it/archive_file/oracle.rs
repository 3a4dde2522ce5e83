//! The program of `tests/oracle`, which writes archives with Go's own library.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sls_release::package::{GivenContents, GivenFile};

use crate::support::local_aws::{fixtures, output_of, target, virtual_environment};

/// The Python with which Go and the packages from PyPI were installed.
pub(crate) fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| virtual_environment(&fixtures().join("emulators/oracle.txt")).unwrap())
}

/// Starts writing the archive of `files` to `path`.
pub(crate) fn start(files: &[GivenFile], path: &Path) -> Writing {
    let mut command = Command::new(program());
    command.stdin(Stdio::piped()).stdout(File::create(path).unwrap()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut entries = BufWriter::new(child.stdin.take().unwrap());
    let entries_of = files.iter().map(entry).collect::<Vec<_>>();
    serde_json::to_writer(&mut entries, &entries_of).unwrap();
    entries.flush().unwrap();
    Writing(child)
}

/// An archive that the oracle writes.
pub(crate) struct Writing(Child);

impl Writing {
    /// Waits until the archive is there.
    pub(crate) fn finish(self) {
        let output = self.0.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn entry(file: &GivenFile) -> serde_json::Value {
    match &file.contents {
        GivenContents::Path(path) => json!({ "name": file.name, "path": path, "mode": file.mode }),
        GivenContents::Bytes(bytes) => {
            json!({ "name": file.name, "content_base64": BASE64_STANDARD.encode(bytes), "mode": file.mode })
        }
    }
}

/// The program, built once for each test process, with the pinned Go.
fn program() -> &'static Path {
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
