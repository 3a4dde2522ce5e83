//! Decides what becomes of previews: pure functions, as that of a release.

mod document;
mod down;
mod environment;
mod function;
mod retention;
mod up;
mod urls;

pub use down::down;
pub use retention::{Eviction, PrunePlan, PruneReason, evict, excess, prune};
pub use up::up;

use crate::error::{Failure, Kind, Problem};
use crate::model::{ObservedPreview, PreviewId, PreviewOwner, PreviewSettings, Settings, marks};

/// What the plan of `preview up` is made of.
struct Preview<'a> {
    id: &'a PreviewId,
    settings: &'a Settings,
    wanted: &'a PreviewSettings,
    observed: &'a ObservedPreview,
}

/// Returns the repository that the preview belongs to.
///
/// What runs for a pull request of one repository must not touch another's previews, so the environment overrides
/// the settings, which are part of the pull request.
pub(crate) fn repository(owner: &PreviewOwner, settings: Option<&PreviewSettings>) -> Result<String, Failure> {
    let in_file = settings.and_then(|settings| settings.repository.as_ref());
    let found = owner.repository.as_ref().or(in_file).or(owner.remote.as_ref());
    let Some(found) = found else {
        return Err(Problem::new("the preview's repository is not known")
            .why("everything that a preview makes carries its repository as a tag")
            .fix("pass --repository owner/name, set `repository` in [preview], or run in a checkout with an origin")
            .into_failure(Kind::Usage));
    };
    if is_repository(found) {
        return Ok(found.clone());
    }
    Err(Problem::new(format!("`{found}` is no repository"))
        .why("from --repository, GITHUB_REPOSITORY, the settings or the origin of the checkout")
        .fix("write the owner and the name, such as acme/hello")
        .into_failure(Kind::Usage))
}

fn is_repository(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    text.split_once('/').is_some_and(|(owner, name)| is_part(owner) && is_part(name))
}

/// Returns the service, if a flag or the settings name one.
pub(crate) fn service(owner: &PreviewOwner, settings: Option<&PreviewSettings>) -> Option<String> {
    owner.service.clone().or_else(|| settings?.service.clone())
}

/// Returns the id of the preview that `preview up` makes with the settings of this folder of the repository. Without a
/// name, the service is that of the folder, and in the top folder that of the repository.
pub(crate) fn id(
    owner: &PreviewOwner,
    number: u64,
    settings: &PreviewSettings,
    folder: &str,
) -> Result<PreviewId, Failure> {
    let repository = repository(owner, Some(settings))?;
    let usual = || repository.rsplit('/').next().unwrap_or_default().to_owned();
    let service = service(owner, Some(settings)).or_else(|| marks::service_of_folder(folder)).unwrap_or_else(usual);
    Ok(PreviewId { repository, number, service })
}

/// `[preview]`; without it no preview is made.
pub fn wanted(settings: &Settings) -> Result<&PreviewSettings, Failure> {
    settings.preview.as_ref().ok_or_else(|| {
        Problem::new("the settings have no [preview] table")
            .why("a preview runs code that was not reviewed yet, so its role has to be chosen")
            .fix("add `[preview]` with `role = \"…\"`, or with `share_role = true`")
            .into_failure(Kind::Usage)
    })
}
