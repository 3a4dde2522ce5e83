//! `package --compare`, `--diff`, `--explain`, `--svg`: what the real binary says of an archive.

mod advice;
mod compare;
mod explain;
mod live;
mod own_files;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::Run;

/// A folder with settings and the source of one function.
struct Project {
    folder: TempDir,
}

impl Project {
    fn of(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        project.write("sls-release.toml", "[functions.hello]\nsource = \"lambda\"\nname = \"hello-dev\"\n");
        for (name, content) in files {
            project.write(&format!("lambda/{name}"), content);
        }
        project
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A zip by another program: stored, in this order, each file with its mode.
    fn zip(&self, name: &str, files: &[(&str, &str, u32)]) {
        let mut writer = ZipWriter::new(fs::File::create(self.path().join(name)).unwrap());
        for (name, content, mode) in files {
            let options = SimpleFileOptions::default().unix_permissions(*mode);
            writer.start_file(*name, options.compression_method(zip::CompressionMethod::Stored)).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap();
    }

    /// The binary, with nothing of this process's environment.
    fn package(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sls-release"));
        command.arg("package").args(arguments).env_clear().env("HOME", self.path().join("home"));
        command.current_dir(self.path()).stdin(Stdio::null());
        command.output().unwrap().into()
    }
}

/// Compares what was said with the snapshot of this name.
#[track_caller]
fn snapshot(name: &str, run: &Run) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/views");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, format!("{}--- stderr\n{}", run.stdout, run.stderr)));
}
