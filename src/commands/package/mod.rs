//! `sls-release package`.

mod compare;
mod explain;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{pack, read_settings, threads};
use crate::error::{Failure, Kind, Problem};
use crate::model::{Against, Artifact, Comparison, FunctionKey, Request, Settings, Verdict, Views};
use crate::report::{self, Reporter};
use crate::world::Cancellation;

/// Builds the archives and says what they are; asks AWS nothing, but for `--diff` without a zip. Returns whether a
/// comparison that was asked for found other files.
pub async fn package(request: &Request, cancel: &Cancellation, out: &Reporter) -> Result<bool, Failure> {
    let settings = read_settings(request)?;
    one_function_for(&request.views, &settings)?;
    let artifacts = tokio::task::block_in_place(|| pack(request, &settings, cancel, out))?;
    let mut comparisons = BTreeMap::new();
    if let Some(against) = &request.views.against {
        comparisons = compare::with(against, &settings, &artifacts, threads(request)?, cancel, out).await?;
        out.comparisons(&comparisons);
    }
    if request.views.explain {
        out.explanations(&tokio::task::block_in_place(|| explain::all(request, &settings, &artifacts))?);
    }
    if let Some(path) = &request.views.svg {
        draw(path, &artifacts)?;
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

fn draw(path: &Path, artifacts: &BTreeMap<FunctionKey, Artifact>) -> Result<(), Failure> {
    let pictures: String = artifacts.values().map(report::picture).collect();
    fs::write(path, pictures).map_err(|error| {
        Problem::new(format!("failed to write `{}`", path.display()))
            .why(error.to_string())
            .fix("choose another file by `--svg`")
            .into_failure(Kind::Usage)
    })
}

fn differ(comparisons: &BTreeMap<FunctionKey, Comparison>) -> bool {
    comparisons.values().any(|comparison| comparison.verdict == Verdict::OtherFiles)
}
