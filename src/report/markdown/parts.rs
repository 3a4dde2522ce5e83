//! What a job summary and a comment have in common.

use super::detail::Detail;
use crate::error::{Failure, Problem};
use crate::model::{LeftAlone, NotPutBack, PutBack, SmokeResult};
use crate::report::document::{Document, Ending};
use crate::report::escape;
use crate::report::human;

/// What went wrong, and in which state it left everything.
pub(in crate::report) fn failed(document: &Document<'_>, detail: &Detail) -> Vec<String> {
    let mut parts: Vec<String> = document.failure.map(|failure| problems(failure, detail)).into_iter().collect();
    parts.push(put_back(document.put_back, detail));
    parts.push(left_alone(document.left_alone, detail));
    parts.push(not_put_back(document.not_put_back, detail));
    parts.extend(human::state_words(document).map(escape::markdown));
    parts
}

fn problems(failure: &Failure, detail: &Detail) -> String {
    detail.list(failure.problems.iter().map(|it| problem(it, detail)))
}

fn problem(problem: &Problem, detail: &Detail) -> String {
    let at = problem.at.as_ref().map(ToString::to_string).unwrap_or_default();
    let why = detail.text(&problem.why);
    let fix = detail.cut(problem.fix.trim_end());
    let fix = fix.lines().map(escape::markdown).collect::<Vec<_>>().join("<br>");
    let details = [("why", why), ("fix", fix), ("at", detail.text(&at))].into_iter();
    let details = details.filter(|(_, text)| !text.is_empty());
    let details: Vec<String> = details.map(|(label, text)| format!("<br>{label}: {text}")).collect();
    format!("**{}**{}", detail.text(&problem.what), details.concat())
}

fn put_back(done: &[PutBack], detail: &Detail) -> String {
    detail.titled("Put back", done.iter().map(|item| detail.text(&item.what)))
}

fn not_put_back(left: &[NotPutBack], detail: &Detail) -> String {
    let items = left.iter().map(|item| with_command([&item.what, &item.why], "run", &item.command, detail));
    detail.titled("**Not** put back", items)
}

fn left_alone(left: &[LeftAlone], detail: &Detail) -> String {
    let items = left.iter().map(|item| with_command([&item.what, &item.why], "look", &item.command, detail));
    detail.titled("Left to somebody else", items)
}

fn with_command([what, why]: [&str; 2], label: &str, command: &str, detail: &Detail) -> String {
    let (what, why) = (detail.text(what), detail.text(why));
    format!("{what}<br>why: {why}<br>{label}: {}", detail.command(command))
}

/// Where it answers; an only one without its name.
pub(in crate::report) fn endpoints(document: &Document<'_>, detail: &Detail) -> String {
    let all: Vec<_> = document.endpoints.into_iter().flatten().collect();
    match all.as_slice() {
        [(_, url)] => escape::markdown_link(&detail.cut(url)),
        _ => {
            detail.list(all.iter().map(|(api, url)| {
                format!("{}: {}", detail.text(api.as_str()), escape::markdown_link(&detail.cut(url)))
            }))
        }
    }
}

/// What the smoke test showed; a release says also that there was none.
pub(in crate::report) fn smoke(document: &Document<'_>, detail: &Detail) -> String {
    match (document.smoke(), document.released) {
        (Some(smoke), _) => answered(smoke, detail),
        (None, Some(_)) => human::UNPROVEN.to_owned(),
        (None, None) => String::new(),
    }
}

fn answered(smoke: &SmokeResult, detail: &Detail) -> String {
    let words = [Some(human::smoke_words(smoke)), human::hint(smoke.proof).map(str::to_owned)];
    let words = words.into_iter().flatten().map(|words| escape::markdown(&words)).collect::<Vec<_>>();
    format!("{} {}", escape::markdown_link(&detail.cut(&smoke.url)), words.join("; "))
}

/// What needed nothing, and why. A release says so with its plan.
pub(in crate::report) fn skipped(document: &Document<'_>, detail: &Detail) -> String {
    let previews = document.previews.iter().filter(|_| document.outcome != Ending::Listed);
    let skipped = previews.flat_map(|preview| &preview.skipped);
    detail.titled("Nothing to do for", skipped.map(|skip| detail.text(skip)))
}

/// The plan's, and what the run told on its way.
pub(in crate::report) fn warnings(document: &Document<'_>, detail: &Detail) -> String {
    let planned = document.plan.into_iter().flat_map(|plan| &plan.warnings).map(ToString::to_string);
    let told = document.warnings.iter().cloned();
    detail.titled("Warnings", planned.chain(told).map(|warning| detail.text(&warning)))
}
