//! What the release of hashicorp/archive tells of its archives.

use super::lock_file::LockFile;
use super::problems::Problems;
use crate::error::Problem;
use crate::model::{ExcludesMatching, Flavour, Sourced};

/// Releases whose archives have the bytes of [`Flavour::Go1_21`].
/// <https://github.com/hashicorp/terraform-provider-archive/releases>
const KNOWN: std::ops::RangeInclusive<Version> = Version(2, 5, 0)..=Version(2, 8, 1);

/// A release of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

/// What decides the bytes.
pub(super) struct Told {
    pub(super) flavour: Flavour,
    pub(super) matching: ExcludesMatching,
    /// Nobody told anything.
    pub(super) is_assumed: bool,
}

/// What `provider_version`, else a lock file, says; a flavour that the settings name wins over both.
pub(super) fn told(
    said: Option<Sourced<String>>,
    locks: &[LockFile],
    flavour: Option<Flavour>,
    problems: &mut Problems,
) -> Told {
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
    Told { flavour: flavour.unwrap_or_default(), matching, is_assumed }
}

fn read(said: Sourced<String>, problems: &mut Problems) -> Option<Sourced<Version>> {
    let version = version(&said.value).ok_or_else(|| {
        Problem::new(format!("invalid `provider_version` `{}`", said.value))
            .why("a release of hashicorp/archive is expected")
            .fix("write all three numbers, such as \"2.7.1\"")
    });
    let version = problems.keep(version, said.location())?;
    Some(said.map(|_| version))
}

fn version(text: &str) -> Option<Version> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    let version = Version(parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

fn unknown(version: &Sourced<Version>) -> Problem {
    let Version(major, minor, patch) = version.value;
    Problem::new(format!("the bytes that hashicorp/archive {major}.{minor}.{patch} makes are not known"))
        .why("known are those of 2.5.0 to 2.8.1")
        .fix(
            "name the `flavour` if they are the same, which `package --compare` shows with an archive that Terraform \
             made; or write `archive = \"compact\"`",
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
        let told = told(Some(said), &[], flavour, &mut problems);
        (told.matching, problems.into_result().is_ok())
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
