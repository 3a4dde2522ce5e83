//! Writes the job summary in GitHub's Markdown. [`comment`](super::comment) uses the same parts.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary>

pub(super) mod chart;
pub(super) mod code;
pub(super) mod detail;
pub(super) mod parts;

use std::collections::BTreeMap;

use self::detail::{Detail, fitting};
use super::document::{Document, Ending};
use super::escape;
use super::human;
use super::units;
use crate::model::{Artifact, Plan};

/// The size limit of a step's summary: 1 MiB.
///
/// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits>
const LIMIT: usize = 1024 * 1024 - 1;

/// Returns the job summary.
pub(super) fn summary(document: &Document<'_>) -> String {
    fitting(LIMIT, |detail| summary_parts(document, detail)) + "\n"
}

fn summary_parts(document: &Document<'_>, detail: &Detail) -> Vec<String> {
    let mut parts = vec![heading(document)];
    parts.extend(document.reason.map(|reason| detail.prose(reason)));
    parts.push(parts::endpoints(document, detail));
    parts.extend(parts::failed(document, false, detail));
    if matches!(document.outcome, Ending::Released | Ending::Unchanged) {
        parts.push(code::functions(document, detail));
        parts.push(code::file_names(document, detail));
    } else {
        parts.push(artifacts(document, detail));
    }
    parts.push(parts::smoke(document, detail));
    parts.push(previews(document, detail));
    parts.push(parts::skipped(document, detail));
    parts.push(parts::warnings(document, detail));
    parts.push(chart::chart(&document.phases));
    parts.push(parts::way_back(document));
    parts.extend(document.plan.iter().map(|plan| plan_details(plan, document.outcome, detail)));
    parts
}

fn heading(document: &Document<'_>) -> String {
    let ending = match document.outcome {
        Ending::Planned => "planned",
        Ending::Unchanged => "nothing to do",
        Ending::Released => "released",
        Ending::Failed => "failed",
        Ending::Packaged => "packaged",
        Ending::NothingDone => "nothing done",
        Ending::Superseded => "superseded",
        Ending::Deleted if document.previews().is_empty() => "nothing to delete",
        Ending::Deleted => "preview deleted",
        Ending::Listed => "previews",
    };
    let stage = document.stage.as_ref().map(|stage| format!(", stage {}", escape::markdown(stage.as_str())));
    let preview = preview(document).map(|number| format!(", preview of pull request {number}"));
    format!("### sls-release: {ending}{}", stage.or(preview).unwrap_or_default())
}

/// Returns the pull request whose preview was released.
fn preview(document: &Document<'_>) -> Option<u64> {
    let is_up = matches!(document.outcome, Ending::Released | Ending::Unchanged);
    document.previews().first().filter(|_| is_up).map(|preview| preview.pull_request)
}

/// Returns the list of previews, or what was deleted of each.
fn previews(document: &Document<'_>, detail: &Detail) -> String {
    let is_dry_run = document.outcome == Ending::Planned && document.plan.is_none();
    if !is_dry_run && !matches!(document.outcome, Ending::Deleted | Ending::Listed) {
        return String::new();
    }
    if document.previews().is_empty() {
        return "There is no preview.".to_owned();
    }
    detail.list(document.previews().iter().map(|preview| {
        let title = format!("pull request {}, {}", preview.pull_request, detail.text(&preview.service));
        let all = preview.reason.iter().chain(&preview.deleted);
        let deleted = all.take(detail.items).map(|what| format!("<br>{}", detail.text(what)));
        title + &deleted.collect::<String>()
    }))
}

fn artifacts(document: &Document<'_>, detail: &Detail) -> String {
    let artifacts = document.artifacts.iter().flat_map(BTreeMap::values);
    let rows: Vec<String> = artifacts.take(detail.rows).map(|artifact| artifact_row(artifact, detail)).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("| artifact | zipped | unzipped | entries | sha256 |\n|---|---|---|---|---|\n{}", rows.join("\n"))
}

fn artifact_row(artifact: &Artifact, detail: &Detail) -> String {
    let function = detail.text(artifact.function.as_str());
    let (zipped, unzipped) = (units::bytes(artifact.zipped_bytes), units::bytes(artifact.unzipped_bytes));
    let (entries, sha256) = (artifact.entries.len(), artifact.sha256.base64());
    format!("| {function} | {zipped} | {unzipped} | {entries} | {sha256} |")
}

/// Returns the steps of the plan, collapsed unless the plan is the result.
fn plan_details(plan: &Plan, ending: Ending, detail: &Detail) -> String {
    let title = escape::html(&detail.cut(&human::title(plan)));
    let body: Vec<String> = parts::plan(plan, detail).into_iter().filter(|part| !part.is_empty()).collect();
    let open = if ending == Ending::Planned { " open" } else { "" };
    format!("<details{open}><summary>{title}</summary>\n\n{}\n\n</details>", body.join("\n\n"))
}
