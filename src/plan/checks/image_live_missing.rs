//! The image that is live can come back: ECR still has it.

use super::refused;
use crate::error::Problem;
use crate::plan::stack::{Code, Function};

pub(super) fn check(function: &Function<'_>) -> Option<Problem> {
    let Code::Image(image) = function.code else { return None };
    if !function.observed.latest.is_image() {
        return None;
    }
    let why = match (&function.observed.latest.image, image.has_live) {
        (Some(_), Some(true)) => return None,
        (Some(live), _) => format!("ECR does not have the image any more that is live: {live}"),
        (None, _) => "Lambda does not say which image is live".to_owned(),
    };
    let why = format!("nothing could be put back: {why}");
    Some(refused(function, &why, "push that image again, and let the lifecycle policy of its repository keep it"))
}
