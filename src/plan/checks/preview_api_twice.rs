//! At most one API carries the tags of the preview.

use crate::error::Problem;
use crate::model::{ApiKey, ObservedPreview};

pub(super) fn check(key: &ApiKey, observed: &ObservedPreview) -> Option<Problem> {
    let existing = observed.apis.get(key).map_or(0, Vec::len);
    (existing > 1).then(|| {
        Problem::new(format!("{existing} APIs carry the tags of the preview of {key}"))
            .why("two runs make one at the same time, or one of them was ended before it deleted its own")
            .fix("run it again; if they stay, run `sls-release preview down` first")
    })
}
