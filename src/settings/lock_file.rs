//! Reads the release of hashicorp/archive from Terraform's dependency lock file.
//! <https://developer.hashicorp.com/terraform/language/files/dependency-lock>

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Location;
use crate::model::{Source, Sourced};

const NAME: &str = ".terraform.lock.hcl";
/// The usual folders of Terraform's files, relative to the settings file.
const FOLDERS: [&str; 3] = ["", "infra", "terraform"];

/// A lock file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockFile {
    /// Its path, for messages.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

/// Reads the lock files in the settings file's folder and in its subfolders `infra` and `terraform`. Unreadable files
/// are ignored.
pub(super) fn beside(settings_file: &Path) -> Vec<LockFile> {
    let folder = settings_file.parent().unwrap_or(Path::new(""));
    let paths = FOLDERS.iter().map(|inner| folder.join(inner).join(NAME));
    paths.filter_map(|path| fs::read_to_string(&path).ok().map(|text| LockFile { path, text })).collect()
}

impl LockFile {
    /// Returns the release of hashicorp/archive and its location in the lock file.
    pub(super) fn archive_version(&self) -> Option<Sourced<String>> {
        let mut lines = (1..).zip(self.text.lines());
        lines.find(|(_, line)| is_archive(line))?;
        let (line, (column, version)) = lines
            .take_while(|(_, line)| line.trim() != "}")
            .find_map(|(number, line)| Some((number, version(line)?)))?;
        let at = Location { file: self.path.clone(), line, column };
        Some(Sourced { value: version.to_owned(), source: Source::File(at) })
    }
}

/// Returns whether a line begins the block of hashicorp/archive, in any registry:
/// `provider "registry.terraform.io/hashicorp/archive" {`.
fn is_archive(line: &str) -> bool {
    let address = line.trim().strip_prefix("provider ").and_then(|rest| rest.split('"').nth(1));
    address.is_some_and(|address| address.ends_with("/hashicorp/archive"))
}

/// Returns the column and the value of `version = "…"`.
fn version(line: &str) -> Option<(usize, &str)> {
    let value = line.trim_start().strip_prefix("version")?.trim_start().strip_prefix('=')?.trim();
    let version = value.strip_prefix('"')?.strip_suffix('"')?;
    Some((line.find('"')? + 1, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_provider_is_found_among_others() {
        let text = "\
# This file is maintained automatically.
provider \"registry.terraform.io/hashicorp/aws\" {
  version     = \"6.27.0\"
}

provider \"registry.opentofu.org/hashicorp/archive\" {
  version     = \"2.7.1\"
  constraints = \"~> 2.7\"
}
";
        let lock = LockFile { path: "infra/.terraform.lock.hcl".into(), text: text.to_owned() };
        let version = lock.archive_version().unwrap();
        assert_eq!(version.value, "2.7.1");
        let at = version.location().unwrap();
        assert_eq!((at.line, at.column), (7, 17));
        let other = LockFile { text: text.replace("/archive", "/random"), ..lock };
        assert_eq!(other.archive_version(), None);
    }
}
