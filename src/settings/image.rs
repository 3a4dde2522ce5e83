//! Reads the container image of a function.

use std::collections::BTreeSet;

use super::document::Table;
use super::near;
use super::problems::Problems;
use super::reader::Reader;
use crate::error::Problem;
use crate::model::{CodeSource, FunctionKey, ImageUri, Source, Sourced};

/// What a function has that is packed.
const OF_ARCHIVES: [&str; 10] = [
    "include",
    "exclude",
    "follow_links_within",
    "archive",
    "excludes",
    "exclude_symlink_directories",
    "output_file_mode",
    "flavour",
    "provider_version",
    "key",
];

impl Reader<'_> {
    /// Reads where a function's code comes from: `--image`, else the table.
    pub(super) fn source_of(&mut self, key: &str, table: &Table) -> Option<Sourced<CodeSource>> {
        let images = &self.input.common.overrides.images;
        match images.iter().rev().find(|(function, _)| function.as_str() == key) {
            Some((_, uri)) => self.image(Sourced { value: uri.clone(), source: Source::Flag("--image".to_owned()) }),
            None => self.code_source(table),
        }
    }

    /// Reads a URI. A verb that needs no stage, and so no image, goes without one that cannot be filled in.
    pub(super) fn image(&mut self, said: Sourced<String>) -> Option<Sourced<CodeSource>> {
        let filled = self.in_image(&said.value);
        let filled = self.problems.keep(filled, said.location())?;
        if self.input.is_stage_optional && filled.contains('{') {
            return None;
        }
        let invalid = || {
            Problem::new(format!("invalid image `{filled}`"))
                .why("it is no image of a private repository of Amazon ECR; FIPS endpoints are refused by Lambda")
                .fix("write it as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello:TAG, or with @sha256:…")
        };
        let uri = self.problems.keep(ImageUri::parse(&filled).ok_or_else(invalid), said.location())?;
        Some(said.map(|_| CodeSource::Image(uri)))
    }

    /// Reports keys of an archive, which an image has none of.
    pub(super) fn no_archive(&mut self, table: &Table) {
        for (key, entry) in OF_ARCHIVES.iter().filter_map(|key| table.entries.get_key_value(*key)) {
            let what = format!("[{}] has both `image` and `{key}`", table.name);
            let problem = Problem::new(what).why("an image is not packed").fix(format!("remove `{key}`"));
            self.problems.add(problem.at(Some(entry.key_at.clone())));
        }
    }
}

/// Reports images of functions that are not there.
pub(super) fn check_keys(images: &[(FunctionKey, String)], merged: &Table, problems: &mut Problems) {
    let known: Vec<&str> = merged.tables("functions").map(|(key, ..)| key.as_str()).collect();
    let named: BTreeSet<&FunctionKey> = images.iter().map(|(key, _)| key).collect();
    for key in named.into_iter().filter(|key| !known.contains(&key.as_str())) {
        let what = format!("unknown function `{key}` (from `--image`)");
        problems.unless_misspelt(merged, Problem::new(what).fix(near::suggestion(key.as_str(), &known)));
    }
}
