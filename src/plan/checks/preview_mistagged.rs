//! Nothing carries the tags of the preview but its own parts.

use crate::error::Problem;
use crate::model::{Mistagged, ObservedPreview};

pub(super) fn check(observed: &ObservedPreview) -> Vec<Problem> {
    let problem = |Mistagged { what, why, .. }: &Mistagged| {
        Problem::new(format!("{what} carries the tags of this preview, and is not a part of it"))
            .why(why.clone())
            .fix(Mistagged::FIX)
    };
    observed.mistagged.iter().map(problem).collect()
}
