//! The job summary: GitHub's Markdown.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary>

use super::document::{Document, Ending};
use super::escape;
use super::human;
use super::steps;
use super::units;
use crate::error::{Failure, Problem};
use crate::model::{Artifact, LeftAlone, NotPutBack, Plan, PutBack, Released, ReleasedFunction};

/// The whole summary.
pub(super) fn summary(document: &Document<'_>) -> String {
    let mut parts = vec![heading(document)];
    parts.extend(document.reason.map(escape::markdown));
    parts.extend(document.failure.map(problems));
    parts.push(put_back(document.put_back));
    parts.push(left_alone(document.left_alone));
    parts.push(not_put_back(document.not_put_back));
    parts.extend(human::state_words(document).map(escape::markdown));
    parts.extend(document.released.map(functions));
    parts.push(endpoints(document));
    parts.extend(document.released.map(smoke));
    parts.push(artifacts(document));
    parts.extend(document.plan.map(warnings));
    parts.extend(document.plan.map(|plan| plan_details(plan, document.outcome)));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n\n"
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
        Ending::Deleted => "preview deleted",
        Ending::Listed => "previews",
    };
    let stage = document.stage.map(|stage| format!(", stage {}", escape::markdown(stage.as_str())));
    format!("### sls-release: {ending}{}", stage.unwrap_or_default())
}

fn problems(failure: &Failure) -> String {
    list(failure.problems.iter().map(problem))
}

fn problem(problem: &Problem) -> String {
    let at = problem.at.as_ref().map(ToString::to_string).unwrap_or_default();
    let why = escape::markdown(&problem.why);
    let fix = problem.fix.trim_end().lines().map(escape::markdown).collect::<Vec<_>>().join("<br>");
    let details = [("why", why), ("fix", fix), ("at", escape::markdown(&at))].into_iter();
    let details = details.filter(|(_, text)| !text.is_empty());
    let details: Vec<String> = details.map(|(label, text)| format!("<br>{label}: {text}")).collect();
    format!("**{}**{}", escape::markdown(&problem.what), details.concat())
}

fn put_back(done: &[PutBack]) -> String {
    titled("Put back", done.iter().map(|item| escape::markdown(&item.what)))
}

fn not_put_back(left: &[NotPutBack]) -> String {
    titled("**Not** put back", left.iter().map(|item| with_command(&item.what, &item.why, "run", &item.command)))
}

fn left_alone(left: &[LeftAlone]) -> String {
    titled("Left to somebody else", left.iter().map(|item| with_command(&item.what, &item.why, "look", &item.command)))
}

fn with_command(what: &str, why: &str, label: &str, command: &str) -> String {
    let (what, why) = (escape::markdown(what), escape::markdown(why));
    format!("{what}<br>why: {why}<br>{label}: {}", escape::markdown_code(command))
}

fn functions(released: &Released) -> String {
    if released.functions.is_empty() {
        return String::new();
    }
    let rows: Vec<String> = released.functions.iter().map(function_row).collect();
    format!("| function | name | version | alias |\n|---|---|---|---|\n{}", rows.join("\n"))
}

fn function_row(function: &ReleasedFunction) -> String {
    let alias = function.alias.as_ref().map(|alias| escape::markdown(alias.as_str())).unwrap_or_default();
    let key = escape::markdown(function.function.as_str());
    let name = escape::markdown(function.name.as_str());
    format!("| {key} | {name} | {} | {alias} |", escape::markdown(function.version.as_str()))
}

fn endpoints(document: &Document<'_>) -> String {
    let all = document.endpoints.into_iter().flatten();
    list(all.map(|(api, url)| format!("{}: {}", escape::markdown(api.as_str()), escape::markdown_link(url))))
}

fn smoke(released: &Released) -> String {
    match &released.smoke {
        Some(smoke) => {
            let words = [Some(human::smoke_words(smoke)), human::hint(smoke.proof).map(str::to_owned)];
            let words = words.into_iter().flatten().map(|words| escape::markdown(&words)).collect::<Vec<_>>();
            format!("{} {}", escape::markdown_link(&smoke.url), words.join("; "))
        }
        None => human::UNPROVEN.to_owned(),
    }
}

fn artifacts(document: &Document<'_>) -> String {
    let rows: Vec<String> =
        document.artifacts.into_iter().flatten().map(|(_, artifact)| artifact_row(artifact)).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("| artifact | zipped | unzipped | entries | sha256 |\n|---|---|---|---|---|\n{}", rows.join("\n"))
}

fn artifact_row(artifact: &Artifact) -> String {
    let function = escape::markdown(artifact.function.as_str());
    let (zipped, unzipped) = (units::bytes(artifact.zipped_bytes), units::bytes(artifact.unzipped_bytes));
    let (entries, sha256) = (artifact.entries.len(), artifact.sha256.base64());
    format!("| {function} | {zipped} | {unzipped} | {entries} | {sha256} |")
}

fn warnings(plan: &Plan) -> String {
    titled("Warnings", plan.warnings.iter().map(|warning| escape::markdown(&warning.to_string())))
}

/// The steps: in the open where the plan is the result, else folded away.
fn plan_details(plan: &Plan, ending: Ending) -> String {
    let title = escape::html(&human::title(plan));
    let body = [plan_steps(plan), skips(plan)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let open = if ending == Ending::Planned { " open" } else { "" };
    format!("<details{open}><summary>{title}</summary>\n\n{}\n\n</details>", body.join("\n\n"))
}

fn plan_steps(plan: &Plan) -> String {
    let sections = steps::by_subject(plan).into_iter().map(|(subject, steps)| {
        let steps = steps.iter().map(|step| {
            let until = step.until.iter().map(|until| format!(" until {}", escape::markdown(until)));
            let what = escape::markdown(&step.what) + &until.collect::<String>();
            format!("{}\\. {what} ({})", step.number, escape::markdown(&step.why))
        });
        titled(&escape::markdown(&subject.to_string()), steps)
    });
    sections.collect::<Vec<_>>().join("\n\n")
}

fn skips(plan: &Plan) -> String {
    titled("Nothing to do for", plan.skipped.iter().map(|skip| escape::markdown(&skip.to_string())))
}

fn titled(title: &str, items: impl Iterator<Item = String>) -> String {
    let items = list(items);
    if items.is_empty() { items } else { format!("{title}:\n\n{items}") }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n")
}
