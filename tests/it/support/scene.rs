//! What most tests begin with: settings, a source, and a first release.

use std::io::{Cursor, Write};

use aws_sdk_lambda::primitives::Blob;

use super::{Stack, Strict};

/// One function whose callers use `$LATEST`.
pub(crate) const LATEST: &str = r#"
region = "us-east-1"
[artifacts]
bucket = "$NAME-artifacts"
prefix = "hello"
[functions.hello]
source = "lambda"
name = "$NAME-{stage}"
[apis.public]
id = "$API"
stage = "{stage}"
[smoke]
path = "/hello"
hits = 2
timeout = "20s"
"#;

/// One function whose callers use an alias.
pub(crate) const ALIAS: &str = r#"
region = "us-east-1"
[artifacts]
bucket = "$NAME-artifacts"
prefix = "hello"
[functions.hello]
source = "lambda"
name = "$NAME-{stage}"
alias = "live"
[apis.public]
id = "$API"
stage = "{stage}"
[smoke]
path = "/hello"
timeout = "20s"
"#;

/// A stack whose function answers `one` by a release.
pub(crate) fn released(options: &[&str], settings: &str) -> Stack {
    released_behind(Strict::all(), options, settings)
}

/// The same behind these rules.
pub(crate) fn released_behind(rules: Strict, options: &[&str], settings: &str) -> Stack {
    let stack = Stack::build_behind(rules, options);
    stack.settings(settings);
    stack.write("lambda/app.py", answering(200, "one"));
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    assert_eq!(stack.call("/hello").body, "one");
    stack
}

/// Source of a function that always gives this answer.
pub(crate) fn answering(status: u16, text: &str) -> String {
    format!("def handler(event, context):\n    return {{\"statusCode\": {status}, \"body\": \"{text}\"}}\n")
}

/// An archive with this source.
pub(crate) fn archive_of(source: &str) -> Blob {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("app.py", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(source.as_bytes()).unwrap();
    Blob::new(writer.finish().unwrap().into_inner())
}
