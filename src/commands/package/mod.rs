//! `sls-release package`.

mod compare;
mod picture;

use std::collections::BTreeMap;

use super::archive_folder::ArchiveFolder;
use super::archives::{Packer, read_settings};
use crate::error::{Failure, Kind, Problem};
use crate::model::{Against, Artifact, Explanation, FunctionKey, PackageRequest, Settings, Views};
use crate::package as packaging;
use crate::report::{End, Reporter};
use crate::world::Cancellation;

/// Makes the archives and reports what they are. Only `--diff` without a zip asks AWS.
pub(super) async fn package(request: &PackageRequest, cancel: &Cancellation, out: &Reporter) -> Result<(), Failure> {
    let settings = read_settings(&request.settings_input(), request.archives.artifacts.as_deref(), out)?;
    one_function_for(&request.views, &settings)?;
    let kept = compare::keep(request.views.against().as_ref(), &settings, cancel).await?;
    request.views.svg.as_deref().map_or(Ok(()), |path| picture::check(path, &settings, out))?;
    let folder = ArchiveFolder::kept(&settings)?;
    let packer = Packer::new(&request.common, &request.archives, &settings, folder)
        .keeping_out(request.views.svg.as_deref().filter(|path| !picture::is_standard_output(path)));
    let artifacts = tokio::task::block_in_place(|| packer.pack(cancel, out))?;
    if let Some(kept) = kept {
        out.comparisons(&compare::with(kept, &settings, &artifacts, packer.threads()?, out).await?);
    }
    if request.views.explain {
        out.explanations(&tokio::task::block_in_place(|| explained(&packer, &artifacts))?);
    }
    if let Some(path) = &request.views.svg {
        picture::draw(path, &artifacts, out)?;
    }
    out.end(End::Packaged);
    Ok(())
}

/// Explains what is in each archive, and what was left out.
fn explained(
    packer: &Packer<'_>,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
) -> Result<BTreeMap<FunctionKey, Explanation>, Failure> {
    let (options, functions) = (packer.options()?, packer.functions());
    let mut left_out = packaging::left_out(&functions, &options)?;
    let explained = artifacts.iter().filter_map(|(key, artifact)| {
        let advice = packaging::advice(artifact, functions.get(key)?, &options);
        Some((key.clone(), packaging::explain(artifact, left_out.remove(key)?, advice)))
    });
    Ok(explained.collect())
}

/// A zip is compared with one function's archive, and a picture shows one.
fn one_function_for(views: &Views, settings: &Settings) -> Result<(), Failure> {
    let what = match (&views.against(), &views.svg) {
        (Some(Against::Zip(zip)), _) => {
            format!("`{}` can be compared with one function's archive alone", zip.display())
        }
        (_, Some(svg)) => format!("`{}` can show one function's archive alone", svg.display()),
        _ => return Ok(()),
    };
    if settings.chosen.len() == 1 {
        return Ok(());
    }
    let keys: Vec<&str> = settings.chosen.iter().map(FunctionKey::as_str).collect();
    Err(Problem::new(what)
        .why(format!("these functions are chosen: {}", keys.join(", ")))
        .fix("choose one by `--function`")
        .into_failure(Kind::Usage))
}
