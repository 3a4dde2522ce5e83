//! Reads the events of smoke tests: `invoke = "event.json"`.

use std::path::{Component, Path};

use serde_json::Value;

use crate::checkout;
use crate::error::{Failure, Kind, Location, Problem};
use crate::model::{Settings, SmokeTarget};

/// What one call of a function may send.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// Reads the files of the smoke tests' events.
///
/// # Errors
/// [`Kind::Usage`] where one cannot be read, is no JSON, is larger than Lambda takes, or is a link out of the checkout.
pub(crate) fn read_events(settings: &mut Settings) -> Result<(), Failure> {
    let mut problems = Vec::new();
    for test in &mut settings.smoke {
        let SmokeTarget::Event(path) = &test.target else { continue };
        match stays_inside(path, &settings.file).and_then(|()| event_in(path)) {
            Ok(event) => test.event = Some(event),
            Err(problem) => problems.push(if problem.at.is_some() { problem } else { problem.at(test.at.clone()) }),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure { kind: Kind::Usage, problems }) }
}

/// A path below the settings file leaves the checkout by a link alone. The code of a pull request gets the event of its
/// preview, so that a link could hand it a file of the machine.
fn stays_inside(path: &Path, settings: &Path) -> Result<(), Problem> {
    let folder = settings.parent().unwrap_or(Path::new(""));
    let is_below = path
        .strip_prefix(folder)
        .is_ok_and(|below| !below.is_absolute() && !below.components().any(|part| part == Component::ParentDir));
    let (Ok(target), Ok(folder)) = (path.canonicalize(), Path::new(".").join(folder).canonicalize()) else {
        return Ok(()); // that it cannot be read is told next
    };
    if !is_below || checkout::may_hold(checkout::root(&folder), &target) {
        return Ok(());
    }
    let what = format!("{}, the event of a smoke test, is a link out of the Git checkout", path.display());
    Err(Problem::new(what).why("the function would get a file of this machine").fix("commit the event itself"))
}

fn event_in(path: &Path) -> Result<Value, Problem> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let what = format!("cannot read {}, the event of a smoke test", path.display());
        Problem::new(what).why(error.to_string()).fix("`invoke` is relative to the settings file")
    })?;
    let event: Value = serde_json::from_str(&text).map_err(|error| {
        let at = Location { file: path.to_owned(), line: error.line(), column: error.column() };
        let fix = "write the event as JSON, as the function gets it";
        Problem::new("the event of a smoke test is no JSON").why(error.to_string()).fix(fix).at(Some(at))
    })?;
    let bytes = event.to_string().len();
    if bytes > PAYLOAD_LIMIT {
        let what = format!("the event in {} is too large", path.display());
        let why = format!("it has {bytes} bytes, and one call of a function may send {PAYLOAD_LIMIT} (6 MB)");
        return Err(Problem::new(what).why(why).fix("invoke the function with a smaller event"));
    }
    Ok(event)
}
