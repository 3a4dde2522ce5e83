//! What should be live. Today that is what was packed; a record or another stage may say it as well.

use std::collections::BTreeMap;

use crate::model::{Artifact, FunctionKey};

/// The code of each function.
#[derive(Clone, Copy)]
pub struct Desired<'a> {
    /// Where it is on this machine, with its digests.
    pub functions: &'a BTreeMap<FunctionKey, Artifact>,
}

/// Returns the code that was packed.
pub fn from_artifacts(artifacts: &BTreeMap<FunctionKey, Artifact>) -> Desired<'_> {
    Desired { functions: artifacts }
}
