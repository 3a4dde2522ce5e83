//! Derives an archive's flavour from the release of hashicorp/archive.

use std::ops::RangeInclusive;

use super::lock_file::LockFile;
use super::problems::Problems;
use crate::error::Problem;
use crate::model::{ArchiveFileSettings, ExcludesMatching, Flavour, Sourced};

/// Releases whose archives have the bytes of [`Flavour::Go1_21`].
/// <https://github.com/hashicorp/terraform-provider-archive/releases>
const KNOWN: RangeInclusive<Version> = [2, 5, 0]..=[2, 8, 1];

/// A release of the provider: major, minor and patch.
type Version = [u32; 3];

/// Returns what the provider's release decides, and the defaults of the other settings. The release is that of
/// `provider_version` or a lock file. A `flavour` in the settings overrides both.
pub(super) fn resolved(
    said: Option<Sourced<String>>,
    locks: &[LockFile],
    flavour: Option<Flavour>,
    problems: &mut Problems,
) -> ArchiveFileSettings {
    let from_lock = || locks.iter().find_map(LockFile::archive_version);
    let version = said.or_else(from_lock).and_then(|said| read(said, problems));
    let matching = match &version {
        Some(version) if version.value < *KNOWN.start() => ExcludesMatching::Exact,
        _ => ExcludesMatching::Doublestar,
    };
    if let (Some(version), None) = (&version, flavour)
        && !KNOWN.contains(&version.value)
    {
        problems.add(unknown(version));
    }
    let is_assumed = version.is_none() && flavour.is_none();
    ArchiveFileSettings { flavour: flavour.unwrap_or_default(), matching, is_assumed, ..ArchiveFileSettings::default() }
}

fn read(said: Sourced<String>, problems: &mut Problems) -> Option<Sourced<Version>> {
    let version = version(&said.value).ok_or_else(|| {
        Problem::new(format!("invalid `provider_version` `{}`", said.value))
            .why("a release of hashicorp/archive is expected")
            .fix("write all three numbers, for example \"2.7.1\"")
    });
    let version = problems.keep(version, said.location())?;
    Some(said.map(|_| version))
}

fn version(text: &str) -> Option<Version> {
    let parts: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
    parts?.try_into().ok()
}

fn unknown(version: &Sourced<Version>) -> Problem {
    let [major, minor, patch] = version.value;
    Problem::new(format!("the archives of hashicorp/archive {major}.{minor}.{patch} are not supported"))
        .why("only those of 2.5.0 to 2.8.1 are known")
        .fix(
            "set `flavour` if `package --compare` with an archive that Terraform made shows the same bytes; or set \
             `archive = \"compact\"`",
        )
        .at(version.location())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;

    fn told_by(version: &str, flavour: Option<Flavour>) -> (ExcludesMatching, bool) {
        let mut problems = Problems::default();
        let said = Sourced { value: version.to_owned(), source: Source::Default };
        let settings = resolved(Some(said), &[], flavour, &mut problems);
        (settings.matching, problems.into_result().is_ok())
    }

    #[test]
    fn the_release_decides_how_excludes_match_and_whether_its_bytes_are_known() {
        use ExcludesMatching::{Doublestar, Exact};
        for version in ["2.5.0", "2.7.1", "2.8.1"] {
            assert_eq!(told_by(version, None), (Doublestar, true), "{version}");
        }
        for (version, matching) in [("2.4.2", Exact), ("2.8.2", Doublestar), ("3.0.0", Doublestar)] {
            assert_eq!(told_by(version, None), (matching, false), "{version}");
            assert_eq!(told_by(version, Some(Flavour::Go1_21)), (matching, true), "{version}");
        }
        for version in ["2.7", "2.7.1.0", "2.7.x", "v2.7.1", ""] {
            assert!(!told_by(version, None).1, "{version}");
        }
    }
}
