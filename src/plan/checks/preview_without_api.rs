//! There is an API to copy.

use crate::error::Problem;
use crate::model::Settings;

pub(super) fn check(settings: &Settings) -> Option<Problem> {
    settings.apis.is_empty().then(|| {
        Problem::new("there is no API to copy")
            .why("a preview is called by its endpoint")
            .fix("add an `[apis.<key>]` table")
    })
}
