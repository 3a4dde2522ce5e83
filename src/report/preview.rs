//! Previews for people.

use super::document::{Document, Ending};
use super::human::smoke_words;
use super::page::{Look, Page};
use crate::model::PreviewReport;

/// The previews that a run made, deleted or found.
pub(super) fn previews(page: &mut Page, document: &Document<'_>) {
    if document.previews.is_empty() {
        page.line(0, Look::Plain, none(document.outcome));
    }
    for preview in document.previews {
        page.line(0, Look::Heading, &title(document.outcome, preview));
        if let Some(reason) = &preview.reason {
            page.line(2, Look::Plain, reason);
        }
        if document.outcome == Ending::Deleted {
            preview.deleted.iter().for_each(|what| page.line(2, Look::Plain, what));
            continue;
        }
        for (api, url) in &preview.endpoints {
            page.line(2, Look::Plain, &format!("{api}: {url}"));
        }
        for function in &preview.functions {
            page.line(2, Look::Dim, &format!("function {function}"));
        }
        if let Some(smoke) = &preview.smoke {
            page.line(2, Look::Dim, &format!("{} {}", smoke.url, smoke_words(smoke)));
        }
    }
}

/// Where there are none.
pub(super) fn none(ending: Ending) -> &'static str {
    match ending {
        Ending::Listed => "there are no previews",
        _ => "there is no such preview, so that nothing was deleted",
    }
}

fn title(ending: Ending, preview: &PreviewReport) -> String {
    let what = match ending {
        Ending::Released => "the preview is up",
        Ending::Unchanged => "the preview is up, and nothing had to be done",
        Ending::Deleted => "the preview is deleted",
        Ending::Planned => "the preview would be deleted",
        _ => "preview",
    };
    let PreviewReport { repository, pull_request, service, .. } = preview;
    format!("{what}: pull request {pull_request} of {repository}, service {service}")
}
