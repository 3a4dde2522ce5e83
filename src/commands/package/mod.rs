//! `sls-release package`.

mod compare;

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
    let artifacts = tokio::task::block_in_place(|| pack(request, &settings, cancel, out))?;
    let mut comparisons = BTreeMap::new();
    if let Some(against) = &request.views.against {
        comparisons = compare::with(against, &settings, &artifacts, threads(request)?, cancel, out).await?;
        out.comparisons(&comparisons);
    }
    out.package_result();
    Ok(differ(&comparisons))
}

/// A zip is compared with one function's archive.
fn one_function_for(views: &Views, settings: &Settings) -> Result<(), Failure> {
    let with_one = match &views.against {
        Some(Against::Zip(zip)) => {
            format!("`{}` can be compared with the archive of one function alone", zip.display())
        }
        _ => return Ok(()),
    };
    if settings.chosen.len() == 1 {
        return Ok(());
    }
    let keys: Vec<&str> = settings.chosen.iter().map(FunctionKey::as_str).collect();
    Err(Problem::new(with_one)
        .why(format!("these functions are chosen: {}", keys.join(", ")))
        .fix("choose one by `--function`")
        .into_failure(Kind::Usage))
}

fn differ(comparisons: &BTreeMap<FunctionKey, Comparison>) -> bool {
    comparisons.values().any(|comparison| comparison.verdict == Verdict::OtherFiles)
}
