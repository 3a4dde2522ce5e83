//! The commands, one file each.

mod archive_folder;
mod archives;
mod changes;
mod deletion;
mod eviction;
mod history;
mod package;
mod preview;
mod prune;
mod pull_request;
mod ready;
mod release;
mod reporting;
mod session;
mod states;
mod workflow;

use crate::error::Failure;
use crate::model::{PreviewRequest, Request};
use crate::report::End;

pub use session::Session;

/// Runs the command, and reports how it ended. In a workflow, it is reported to GitHub as well.
///
/// # Errors
/// Why the run ended before it had an outcome; nothing was written then, and the caller reports it.
pub async fn run(request: &Request, session: &Session<'_>) -> Result<(), Failure> {
    let &Session { ci, cancel, out, .. } = session;
    if ci.is_some_and(|ci| ci.is_report_strict) {
        out.be_strict();
    }
    match (request, ci) {
        (Request::Release(request), None) => out.end(End::Outcome(&release::release(request, session).await?)),
        (Request::Release(request), Some(ci)) => out.end(End::Outcome(&workflow::release(request, ci, session).await?)),
        (Request::Package(request), _) => package::package(request, cancel, out).await?,
        (Request::Preview(request), _) => preview(request, session).await?,
    }
    Ok(())
}

/// The verbs of `preview`.
async fn preview(request: &PreviewRequest, session: &Session<'_>) -> Result<(), Failure> {
    session.out.about_a_preview();
    let outcome = match (request, session.ci) {
        (PreviewRequest::Up(request), None) => {
            preview::up(request, async || Ok(preview::Freshness::Current), session).await?
        }
        (PreviewRequest::Up(request), Some(ci)) => workflow::preview_up(request, ci, session).await?,
        (PreviewRequest::Down(request), None) => preview::down(request, session).await?,
        (PreviewRequest::Down(request), Some(ci)) => workflow::preview_down(request, ci, session).await?,
        (PreviewRequest::List(request), _) => preview::list(request, session).await?,
        (PreviewRequest::Prune(request), _) => prune::prune(request, session).await?,
    };
    session.out.end(End::Preview(&outcome));
    Ok(())
}
