//! What a pull request is told whose preview made room for another one.

use super::escape;
use crate::model::{PreviewId, marker};

/// The comment on the pull request of `gone`: the marker first.
pub fn made_room(gone: &PreviewId, number: u64) -> String {
    let (marker, service) = (marker(&gone.service), escape::markdown(&gone.service));
    format!(
        "{marker}\n\
         ### The preview of {service} is gone\n\n\
         It made room for that of #{number}: as many previews stood as `max_previews` allows, and nobody had touched this \
         one for the longest time. The next push to this pull request makes it again.\n"
    )
}
