//! `--explain`: what is in the archives, and what was left out.

use std::collections::BTreeMap;

use crate::commands::{chosen, keep_out, options};
use crate::error::Failure;
use crate::model::{Artifact, Explanation, FunctionKey, Request, Settings};
use crate::package;

/// Explains each artifact.
pub(super) fn all(
    request: &Request,
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
) -> Result<BTreeMap<FunctionKey, Explanation>, Failure> {
    let keep_out = keep_out(request, settings);
    let options = options(request, settings, None, &keep_out)?;
    let functions = chosen(settings);
    let mut left_out = package::left_out(&functions, &options)?;
    let explained = artifacts.iter().filter_map(|(key, artifact)| {
        let advice = package::advice(artifact, functions.get(key)?, &options);
        Some((key.clone(), package::explain(artifact, left_out.remove(key)?, advice)))
    });
    Ok(explained.collect())
}
