//! `--artifacts` and `--expect-sha256`: archives that another job made, released by their digests.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Failure, Kind, Problem};
use crate::model::{ArchiveFormat, Artifact, CodeSource, FunctionKey, Settings, Sha256, Source, Sourced};

/// The settings with `<folder>/<function>.zip` as the source of each chosen function, as `package` names them.
pub(super) fn take(artifacts: Option<&Path>, mut settings: Settings) -> Settings {
    let Some(folder) = artifacts else { return settings };
    let chosen = settings.functions.iter_mut().filter(|(key, _)| settings.chosen.contains(key));
    for (key, function) in chosen.filter(|(_, function)| function.image().is_none()) {
        let zip = CodeSource::Path(folder.join(format!("{key}.zip")));
        function.source = Sourced { value: zip, source: Source::Flag("--artifacts".to_owned()) };
        function.archive = ArchiveFormat::Compact;
        function.include = vec![Sourced::default_of("**".to_owned())];
        function.exclude = Vec::new();
        function.follow_links_within = None;
    }
    settings
}

/// Whether each archive is the expected one. Where one is expected, none may be left to chance.
///
/// # Errors
/// [`Kind::Refused`] for other archives; with all problems.
pub(super) fn check(
    expected: &BTreeMap<FunctionKey, Sha256>,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
) -> Result<(), Failure> {
    if expected.is_empty() {
        return Ok(());
    }
    let unexpected = artifacts.iter().filter_map(|(key, artifact)| other(artifact, expected.get(key)));
    let unknown = expected.keys().filter(|key| !artifacts.contains_key(key)).map(absent);
    let problems: Vec<Problem> = unexpected.chain(unknown).collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure { kind: Kind::Refused, problems }) }
}

/// Reads `--expect-sha256`.
///
/// # Errors
/// [`Kind::Usage`] for what cannot be read; with all problems.
pub(super) fn expected(texts: &[String]) -> Result<BTreeMap<FunctionKey, Sha256>, Failure> {
    let (mut expected, mut problems) = (BTreeMap::new(), Vec::new());
    for text in texts {
        match text.split_once('=').and_then(|(key, digest)| Some((FunctionKey::new(key), read(digest)?))) {
            Some((key, digest)) if expected.get(&key).is_some_and(|other| *other != digest) => {
                let problem = Problem::new(format!("`--expect-sha256` names two digests for `{key}`"));
                problems.push(problem.fix("name the one that `package` printed"));
            }
            Some((key, digest)) => {
                expected.insert(key, digest);
            }
            None => problems.push(unreadable(text)),
        }
    }
    if problems.is_empty() { Ok(expected) } else { Err(Failure { kind: Kind::Usage, problems }) }
}

fn read(digest: &str) -> Option<Sha256> {
    Sha256::from_hex(digest).or_else(|| Sha256::from_base64(digest))
}

fn unreadable(text: &str) -> Problem {
    Problem::new(format!("invalid `--expect-sha256` `{text}`"))
        .fix("write KEY=DIGEST with 64 digits of lower-case hex or Lambda's base64, as the output `sha256` has it")
}

fn other(artifact: &Artifact, expected: Option<&Sha256>) -> Option<Problem> {
    let function = &artifact.function;
    let Some(expected) = expected else {
        return Some(
            Problem::new(format!("no `--expect-sha256` names the archive of `{function}`"))
                .why("`--expect-sha256` names others")
                .fix("name it as well, or choose functions by `--function`"),
        );
    };
    (artifact.sha256 != *expected).then(|| {
        Problem::new(format!("the archive of `{function}` is not the expected one"))
            .why(format!("its SHA-256 is {}, not {}", artifact.sha256.hex(), expected.hex()))
            .fix("release what `package` made, as it made it")
    })
}

fn absent(key: &FunctionKey) -> Problem {
    Problem::new(format!("an archive of `{key}` is expected, and there is none"))
        .why("it is no function of the settings, or not among the chosen ones")
        .fix("leave out its `--expect-sha256`, or choose it by `--function`")
}
