//! A project folder without any AWS.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Ends, Run};

/// A folder with settings and sources. It is deleted with this.
pub(crate) struct Project(TempDir);

impl Project {
    /// Without a file.
    pub(crate) fn empty() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// With these settings.
    pub(crate) fn with_settings(text: &str) -> Self {
        let project = Self::empty();
        project.write("sls-release.toml", text);
        project
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and its folders.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        write(&self.folder().join(path), content);
    }

    /// Runs the program with nothing of this process's environment.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.scrub(Command::new(env!("CARGO_BIN_EXE_sls-release")).args(arguments)).ended()
    }

    /// Takes this process's environment away from a command, which runs in the folder.
    pub(crate) fn scrub<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env_clear().env("HOME", self.folder()).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.current_dir(self.folder()).stdin(Stdio::null())
    }
}

/// The folder of this repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Writes a file, and its folders.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The settings of snapshots that are named by hand: those of a folder of `tests/it/snapshots`.
pub(crate) fn snapshots(folder: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(repository().join("tests/it/snapshots").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// Applies a JSON merge patch. <https://www.rfc-editor.org/rfc/rfc7386>
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let fields = target.as_object_mut().unwrap();
    for (key, value) in patch {
        if value.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key).or_insert(Value::Null), value);
        }
    }
}
