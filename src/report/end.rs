//! The end of a run: what is shown of it, and the exit code.

use std::io;

use super::document::{Document, End};
use super::page::Look;
use super::progress::Line;
use super::sinks::Writers;
use super::{Format, Inner, Reporter, Verbosity, escape, github, human, markdown};
use crate::error::Kind;

impl Reporter {
    /// Returns whether the JSON document was written, so that its exit code can no longer change.
    pub fn is_document_written(&self) -> bool {
        self.lock().end.is_document_written
    }

    /// Makes the run fail where GitHub refuses a part of the report, though the work was done.
    pub fn be_strict(&self) {
        self.lock().is_strict = true;
    }

    /// Returns the process's exit code, which is the JSON document's; `None` before the end.
    pub fn exit_code(&self) -> Option<u8> {
        self.lock().end.exit_code
    }

    /// Shows the end of a run that goes on to tell GitHub. The JSON document names the exit code, so that it waits for
    /// [`Reporter::end`].
    pub fn show(&self, end: End<'_>) {
        let inner = &mut *self.lock();
        if std::mem::replace(&mut inner.end.is_shown, true) {
            return;
        }
        inner.progress.clear();
        inner.memory.phases = inner.clock.times();
        let is_plan_shown = inner.memory.plan.is_some();
        let document = inner.memory.at(end);
        match self.format {
            Format::Human => self.end_for_people(&document, &mut inner.writers),
            Format::Json => {}
            Format::Github => end_for_github(&document, is_plan_shown, &mut inner.writers),
        }
    }

    /// Ends the run: shows it, unless that was done, and decides the exit code.
    pub fn end(&self, end: End<'_>) {
        self.show(end);
        let inner = &mut *self.lock();
        let mut document = inner.memory.at(end);
        let is_unreported = document.exit_code == 0 && inner.is_strict && inner.is_unreported;
        if is_unreported || document.exit_code == 0 && inner.writers.error.is_some() {
            document.exit_code = Kind::Internal.exit_code();
        }
        inner.end.exit_code = Some(document.exit_code);
        if self.format == Format::Json {
            inner.end.is_document_written = inner.writers.stdout_or_error(json(&document));
        }
        if is_unreported {
            self.fail_unreported(inner);
        }
    }

    /// Reports that the run failed because the report to GitHub failed.
    fn fail_unreported(&self, inner: &mut Inner) {
        let text = "the run succeeded, but a report to GitHub failed, and strict-report is true";
        match self.format {
            Format::Github => {
                inner.writers.stdout(&github::annotation("error", text));
                inner.writers.github_summary(format!("**Failed**: {text}.\n"));
            }
            Format::Human | Format::Json => {
                inner.line(&Line { look: Look::Bad, label: "error:", text: text.to_owned() });
            }
        }
    }

    fn end_for_people(&self, document: &Document<'_>, writers: &mut Writers) {
        let verbose = self.verbosity == Verbosity::Verbose;
        let (stdout, stderr) = (writers.stdout_screen(verbose), writers.stderr_screen(verbose));
        writers.stdout(&human::result(document, verbose, stdout));
        writers.stderr(&human::failure(document, stderr));
    }
}

/// Returns the machine-readable report: one JSON document, with a newline at its end.
fn json(document: &Document<'_>) -> io::Result<String> {
    let text = serde_json::to_string_pretty(document)?;
    Ok(escape::json(&text) + "\n")
}

fn end_for_github(document: &Document<'_>, is_plan_shown: bool, writers: &mut Writers) {
    writers.stdout(&github::end(document, is_plan_shown));
    writers.github_output(github::outputs(document));
    writers.github_summary(markdown::summary(document));
}
