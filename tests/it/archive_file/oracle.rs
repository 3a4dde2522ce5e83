//! Runs the program of `tests/oracle`, which writes archives with Go's own library.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sls_release::package::{GivenContents, GivenFile};

use super::go::program;
use crate::support::output_of;

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

/// Returns the names that `archive_file` packs of a folder, in its order.
pub(crate) fn walk(folder: &Path, skips_links: bool) -> Vec<String> {
    let verb = if skips_links { "walk-skipping" } else { "walk" };
    let output = output_of(Command::new(program()).arg(verb).arg(folder)).unwrap();
    serde_json::from_slice(output.as_ref()).unwrap()
}

/// An archive that the oracle is writing.
pub(crate) struct Writing(Child);

impl Writing {
    /// Waits until the archive is complete.
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
