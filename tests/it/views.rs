//! `package --compare`, `--diff`, `--explain` and `--svg`, tested with the real binary.

mod advice;
mod compare;
mod explain;
mod live;
mod own_files;

use std::process::Command;

use zip::CompressionMethod;

use crate::support::{Ends, Project, Run, snapshots, zip_of};

impl Project {
    /// With settings and the source of one function.
    fn of(files: &[(&str, &str)]) -> Self {
        let settings = "[functions.hello]\nsource = \"lambda\"\nname = \"hello-dev\"\n";
        let project = Self::with_settings(settings);
        for (name, content) in files {
            project.write(&format!("lambda/{name}"), content);
        }
        project
    }

    /// Writes a zip like another program: stored, in this order, each file with its mode.
    fn zip(&self, name: &str, files: &[(&str, &str, u32)]) {
        let files = files.iter().map(|(name, content, mode)| (*name, content.as_bytes(), *mode));
        self.write(name, zip_of(CompressionMethod::Stored, files));
    }

    /// Runs `package` without this process's environment.
    fn package(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sls-release"));
        let command = self.scrub(command.arg("package").args(arguments)).env_remove("PATH");
        command.env("HOME", self.folder().join("home")).ended()
    }
}

/// Compares the output with the snapshot of this name.
#[track_caller]
fn snapshot(name: &str, run: &Run) {
    snapshots("views").bind(|| insta::assert_snapshot!(name, format!("{}--- stderr\n{}", run.stdout, run.stderr)));
}
