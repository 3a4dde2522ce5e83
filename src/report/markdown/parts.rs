//! The parts that a job summary and a comment have in common.

use super::detail::{Detail, folded};
use crate::error::Problem;
use crate::model::{CommitUrl, FunctionKey, Plan, Skip, SmokeResult};
use crate::report::document::{Document, Ending};
use crate::report::escape;
use crate::report::{human, units, words};

/// Returns what failed and the state after the failure. `own_errors` says whether the page may show what functions said.
pub(in crate::report) fn failed(document: &Document<'_>, own_errors: bool, detail: &Detail) -> Vec<String> {
    let problems = document.failure.into_iter().flat_map(|failure| &failure.problems);
    let put_back = document.put_back.iter().map(|item| detail.prose(&item.what));
    let left_alone = document.left_alone.iter();
    let left_alone = left_alone.map(|item| with_command([&item.what, &item.why], "look", &item.command, detail));
    let not_put_back = document.not_put_back.iter();
    let not_put_back = not_put_back.map(|item| with_command([&item.what, &item.why], "run", &item.command, detail));
    let mut parts = vec![
        detail.list(problems.map(|it| problem(it, own_errors, detail))),
        detail.titled("Put back", put_back),
        detail.titled("Left alone, because others changed it", left_alone),
        detail.titled("**Not** put back", not_put_back),
    ];
    parts.extend(human::state_words(document).map(|words| format!("**{}**", escape::markdown(words))));
    parts
}

fn problem(problem: &Problem, own_errors: bool, detail: &Detail) -> String {
    let at = problem.at.as_ref().map(ToString::to_string).unwrap_or_default();
    let own_error = problem.own_error.as_deref().filter(|_| own_errors).unwrap_or_default();
    let fix = detail.cut(problem.fix.trim_end());
    let fix = fix.lines().map(escape::markdown_prose).collect::<Vec<_>>().join("<br>");
    let details = [
        ("why", detail.prose(&problem.why)),
        ("the function's error", detail.text(own_error)),
        ("fix", fix),
        ("at", detail.text(&at)),
    ];
    let details = details.into_iter().filter(|(_, text)| !text.is_empty());
    let details: Vec<String> = details.map(|(label, text)| format!("<br>{label}: {text}")).collect();
    format!("**{}**{}", what(problem, detail), details.concat())
}

/// Returns what failed, with its endpoint as a link.
fn what(problem: &Problem, detail: &Detail) -> String {
    let what = detail.cut(&problem.what);
    let parts = problem.url.as_deref().and_then(|url| Some((what.split_once(url)?, url)));
    let Some(((before, after), url)) = parts else { return escape::markdown_prose(&what) };
    let [before, link, after] =
        [escape::markdown_prose(before), escape::markdown_link(url), escape::markdown_prose(after)];
    format!("{before} {link} {after}").trim().to_owned()
}

fn with_command([what, why]: [&str; 2], label: &str, command: &str, detail: &Detail) -> String {
    let (what, why) = (detail.prose(what), detail.prose(why));
    format!("{what}<br>why: {why}<br>{label}: {}", detail.command(command))
}

/// Returns the URLs of the stages. A single one is shown without its name.
pub(in crate::report) fn endpoints(document: &Document<'_>, detail: &Detail) -> String {
    let all: Vec<_> = document.all_endpoints().collect();
    match all.as_slice() {
        [] if document.is_preview && document.endpoints.is_some() => detail.prose(words::NO_ENDPOINT),
        [(_, url)] => escape::markdown_link(&detail.cut(url)),
        _ => detail.list(
            all.iter().map(|(name, url)| format!("{}: {}", detail.text(name), escape::markdown_link(&detail.cut(url)))),
        ),
    }
}

/// Returns a table of the commits whose URLs are kept, the newest first, with a column for each function.
pub(in crate::report) fn commits(document: &Document<'_>, detail: &Detail) -> String {
    let all = document.previews().first().map_or(&[][..], |preview| &preview.commits);
    if all.is_empty() {
        return String::new();
    }
    let (mut functions, mut commits) = (Vec::new(), Vec::new());
    for CommitUrl { commit, function, .. } in all {
        if !functions.contains(&function) {
            functions.push(function);
        }
        if !commits.contains(&commit) {
            commits.push(commit);
        }
    }
    functions.sort_unstable();
    functions.truncate(detail.rows);
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let head = ["commit".to_owned()].into_iter().chain(functions.iter().map(|function| detail.text(function.as_str())));
    let line = std::iter::repeat_n("---".to_owned(), functions.len() + 1);
    let url = |commit: &String, function: &FunctionKey| {
        let found = all.iter().find(|one| one.commit == *commit && one.function == *function);
        found.map_or_else(String::new, |found| escape::markdown_link(&detail.cut(&found.url)))
    };
    let rows = commits.into_iter().map(|commit| {
        let urls = functions.iter().map(|function| url(commit, function));
        row([detail.text(commit)].into_iter().chain(urls).collect())
    });
    [row(head.collect()), row(line.collect())].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

/// Returns the results of the smoke tests. A release also reports that it had none.
pub(in crate::report) fn smoke(document: &Document<'_>, detail: &Detail) -> String {
    let invoked = document.invoked().iter();
    let invoked = detail.list(invoked.map(|invoked| detail.text(&words::invoked(invoked))));
    let endpoints = endpoints_proven(document, detail);
    let parts = [invoked, endpoints].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}

fn endpoints_proven(document: &Document<'_>, detail: &Detail) -> String {
    match (document.smoke(), document.released) {
        ([], Some(released)) if released.invoked.is_empty() => human::UNPROVEN.to_owned(),
        ([], _) => String::new(),
        ([smoke], _) => answered(smoke, document, detail),
        (all, _) => detail.list(all.iter().map(|smoke| answered(smoke, document, detail))),
    }
}

fn answered(smoke: &SmokeResult, document: &Document<'_>, detail: &Detail) -> String {
    let words = [Some(words::smoke(smoke)), words::latency(smoke), words::smoke_hint(smoke, document.released)];
    let words = words.into_iter().flatten().map(|words| escape::markdown_prose(&words)).collect::<Vec<_>>();
    let url = detail.cut(&smoke.url);
    // The endpoint itself is shown above.
    let path = document.all_endpoints().find_map(|(_, endpoint)| url.strip_prefix(endpoint));
    let shown = match path.filter(|path| path.starts_with('/')) {
        Some(path) => escape::markdown_named_link(path, &url),
        None => escape::markdown_link(&url),
    };
    format!("{shown} {}", words.join("; "))
}

/// Returns how to release the previous code again.
pub(in crate::report) fn way_back(document: &Document<'_>) -> String {
    let Some(stage) = document.stage.as_ref().filter(|_| document.outcome == Ending::Released) else {
        return String::new();
    };
    let command = escape::markdown_code(&format!("sls-release --stage {stage}"));
    format!("To go back to the previous release, run {command} at the previous commit.")
}

/// Returns the skipped steps of previews and why, folded. For a release, the plan contains them.
pub(in crate::report) fn skipped(document: &Document<'_>, detail: &Detail) -> String {
    let previews = document.previews().iter().filter(|_| document.outcome != Ending::Listed);
    let skipped: Vec<&Skip> = previews.flat_map(|preview| &preview.skipped).collect();
    skips(&skipped, detail)
}

fn skips(skipped: &[&Skip], detail: &Detail) -> String {
    let title = format!("Nothing to do for {}", units::counted(skipped.len(), "part"));
    folded(&title, &[detail.list(skipped.iter().map(|skip| detail.prose(&skip.to_string())))])
}

/// Returns the steps of a plan, and what needs nothing, folded.
pub(in crate::report) fn plan(plan: &Plan, detail: &Detail) -> Vec<String> {
    let sections = words::by_subject(plan).into_iter().take(detail.rows).map(|(subject, steps)| {
        let steps = steps.iter().map(|step| {
            let until = step.until.iter().map(|until| format!(" until {}", detail.text(until)));
            let what = detail.prose(&step.what) + &until.collect::<String>();
            format!("{}\\. {what} ({})", step.number, detail.prose(&step.why))
        });
        detail.titled(&detail.text(&subject.to_string()), steps)
    });
    let sections: Vec<String> = sections.collect();
    let skipped: Vec<&Skip> = plan.skipped.iter().collect();
    let callers = plan.callers.iter().map(|callers| detail.prose(&callers.to_string()));
    vec![sections.join("\n\n"), detail.titled("Callers", callers), skips(&skipped, detail)]
}

/// How many links to logs stand in a line.
const LOGS_IN_A_LINE: usize = 3;

/// Returns links to the logs of the functions; many are folded.
pub(in crate::report) fn logs(document: &Document<'_>, detail: &Detail) -> String {
    let has_news = match document.outcome {
        Ending::Released | Ending::Unchanged => true,
        // What a failed preview made is deleted, its logs too.
        Ending::Failed => !document.is_preview,
        _ => false,
    };
    if !has_news || document.logs.is_empty() {
        return String::new();
    }
    let links = document.logs.iter().map(|(name, url)| escape::markdown_named_link(&detail.cut(name), url));
    if document.logs.len() > LOGS_IN_A_LINE {
        return folded("CloudWatch logs", &[detail.list(links)]);
    }
    format!("CloudWatch logs: {}", links.collect::<Vec<_>>().join(" · "))
}

/// Returns the warnings of the plan and of the run.
pub(in crate::report) fn warnings(document: &Document<'_>, detail: &Detail) -> String {
    let planned = document.plan.iter().flat_map(|plan| &plan.warnings).map(ToString::to_string);
    let of_run = document.warnings.iter().cloned();
    detail.titled("Warnings", planned.chain(of_run).map(|warning| detail.prose(&warning)))
}
