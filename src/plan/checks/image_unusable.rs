//! The image is one that Lambda takes: a single manifest in the function's region.

use super::refused;
use crate::error::Problem;
use crate::model::{FunctionSettings, GotFunction, ImageUri, ObservedImage, ObservedManifest, Region, Sha256};
use crate::plan::stack::{Code, Function, Stack};

pub(super) fn check(function: &Function<'_>, stack: &Stack<'_>) -> Option<Problem> {
    let Code::Image(image) = function.code else { return None };
    let architecture = function.observed.latest.architecture.as_deref().unwrap_or("x86_64");
    let (why, fix) = reason(image, architecture, &stack.observed.region)?;
    Some(refused(function, &why, &fix).at(function.settings.source.location()))
}

/// The same of a function that is copied.
pub(super) fn of_preview(
    function: &FunctionSettings,
    image: &ObservedImage,
    source: &GotFunction,
    region: &Region,
) -> Option<Problem> {
    let architecture = source.code.architecture.as_deref().unwrap_or("x86_64");
    let (why, fix) = reason(image, architecture, region)?;
    let problem = Problem::new(format!("function {} cannot be copied", function.name.value)).why(why).fix(fix);
    Some(problem.at(function.source.location()).check("image-unusable"))
}

fn reason(image: &ObservedImage, architecture: &str, region: &Region) -> Option<(String, String)> {
    let named = &image.named;
    if named.region() != *region {
        let why = format!("its image {named} is in {}, and Lambda takes an image of {region} alone", named.region());
        return Some((why, format!("push it to a repository in {region}")));
    }
    match image.manifest.as_ref()? {
        ObservedManifest::Image { .. } => None,
        ObservedManifest::Absent => {
            let why = format!("ECR has no image {named}");
            Some((why, "push it first, or correct `image`".to_owned()))
        }
        ObservedManifest::Index { platforms } => {
            let why = format!("{named} is an image index, which Lambda refuses{}", listed(platforms));
            Some((why, of_index(named, platforms, architecture)))
        }
    }
}

fn listed(platforms: &[(String, Sha256)]) -> String {
    let names: Vec<_> = platforms.iter().map(|(platform, _)| platform.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(" (it holds {})", names.join(", ")) }
}

/// Buildx makes an index even of one platform, since it adds what attests the build.
///
/// <https://docs.docker.com/build/metadata/attestations/slsa-provenance/>
fn of_index(named: &ImageUri, platforms: &[(String, Sha256)], architecture: &str) -> String {
    let platform = if architecture == "arm64" { "linux/arm64" } else { "linux/amd64" };
    let build = format!("build it with `docker buildx build --platform {platform} --provenance=false --sbom=false`");
    let own = platforms.iter().find(|(name, _)| name == platform);
    own.map_or(build.clone(), |(_, digest)| {
        format!("{build}, or name its image for {platform}: {}", named.with_digest(*digest))
    })
}
