//! `sls-release package`.

mod compare;
mod explain;
mod picture;

use std::collections::BTreeMap;

use super::{pack, read_settings, threads};
use crate::error::{Failure, Kind, Problem};
use crate::model::{Against, Comparison, FunctionKey, Request, Settings, Verdict, Views};
use crate::report::Reporter;
use crate::world::Cancellation;

/// Builds the archives and says what they are; asks AWS nothing, but for `--diff` without a zip. Returns whether a
/// comparison that was asked for found other files.
pub async fn package(request: &Request, cancel: &Cancellation, out: &Reporter) -> Result<bool, Failure> {
    let settings = read_settings(request)?;
    one_function_for(&request.views, &settings)?;
    let kept = compare::keep(request.views.against.as_ref(), &settings)?;
    request.views.svg.as_deref().map_or(Ok(()), |path| picture::check(path, &settings))?;
    let artifacts = tokio::task::block_in_place(|| pack(request, &settings, cancel, out))?;
    let mut comparisons = BTreeMap::new();
    if let Some(kept) = &kept {
        comparisons = compare::with(kept, &settings, &artifacts, threads(request)?, cancel, out).await?;
        out.comparisons(&comparisons);
    }
    if request.views.explain {
        out.explanations(&tokio::task::block_in_place(|| explain::all(request, &settings, &artifacts))?);
    }
    if let Some(path) = &request.views.svg {
        picture::draw(path, &artifacts)?;
    }
    out.package_result();
    Ok(differ(&comparisons))
}

/// A zip is compared with one function's archive, and a picture shows one.
fn one_function_for(views: &Views, settings: &Settings) -> Result<(), Failure> {
    let what = match (&views.against, &views.svg) {
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

fn differ(comparisons: &BTreeMap<FunctionKey, Comparison>) -> bool {
    comparisons.values().any(|comparison| comparison.verdict == Verdict::OtherFiles)
}
