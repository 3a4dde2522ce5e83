//! What most tests begin with: settings, a source, and a first release.

use std::io::{Cursor, Write};

use aws_sdk_lambda::primitives::Blob;

use super::{Stack, Strict};

/// One function and one API, with more lines for the function and for the smoke test.
macro_rules! settings {
    ($function:literal, $smoke:literal) => {
        concat!(
            "\nregion = \"us-east-1\"\n[artifacts]\nbucket = \"$NAME-artifacts\"\nprefix = \"hello\"\n",
            "[functions.hello]\nsource = \"lambda\"\nname = \"$NAME-{stage}\"\n",
            $function,
            "[apis.public]\nid = \"$API\"\nstage = \"{stage}\"\n[smoke]\npath = \"/hello\"\n",
            $smoke,
            "timeout = \"20s\"\n",
        )
    };
}

/// One function whose callers use `$LATEST`.
pub(crate) const LATEST: &str = settings!("", "hits = 2\n");

/// One function whose callers use an alias.
pub(crate) const ALIAS: &str = settings!("alias = \"live\"\n", "");

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

/// Bytes that do not compress: xorshift, so that they are the same each time.
pub(crate) fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..bytes / 8).flat_map(|_| next()).collect()
}
