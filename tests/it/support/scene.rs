//! What most tests begin with: settings, a source, and a first release.

use std::io::{Cursor, Write};
use std::thread;

use aws_sdk_lambda::primitives::Blob;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{Run, Stack, Strict, When};

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

/// The same, and new code is proven by the endpoint alone.
pub(crate) const BY_ENDPOINT: &str = settings!("alias = \"live\"\n", "before = false\n");

/// These settings without `[artifacts]`: the calls carry the code.
pub(crate) fn without_bucket(settings: &str) -> String {
    let table = "[artifacts]\nbucket = \"$NAME-artifacts\"\nprefix = \"hello\"\n";
    assert!(settings.contains(table));
    settings.replace(table, "")
}

/// These settings with a fixed key for the function's code.
pub(crate) fn fixed_key(settings: &str) -> String {
    let source = "source = \"lambda\"\n";
    assert!(settings.contains(source));
    settings.replace(source, &format!("{source}key = \"terraform/function.zip\"\n"))
}

/// A stack whose function answers `one` by a release.
pub(crate) fn released(options: &[&str], settings: &str) -> Stack {
    released_behind(Strict::all(), options, settings)
}

/// The same behind these rules.
pub(crate) fn released_behind(rules: Strict, options: &[&str], settings: &str) -> Stack {
    let stack = unreleased_behind(rules, options, settings);
    stack.releases("one");
    stack
}

/// A stack before its first release. Its function will answer `one`.
pub(crate) fn unreleased(options: &[&str], settings: &str) -> Stack {
    unreleased_behind(Strict::all(), options, settings)
}

/// Such a stack behind these rules.
pub(crate) fn unreleased_behind(rules: Strict, options: &[&str], settings: &str) -> Stack {
    let stack = Stack::build_behind(rules, options);
    stack.settings(settings);
    stack.write("lambda/app.py", answering(200, "one"));
    stack
}

/// Releases, and does something else while the answer to the next call of `action` is on its way; to the endpoint, once
/// something was written.
pub(crate) fn release_while(stack: &Stack, action: &'static str, meanwhile: impl FnOnce()) -> Run {
    let held = stack.proxy.hold(if action == "InvokeApi" { When::NextAfterWrite(action) } else { When::Next(action) });
    thread::scope(|scope| {
        let run = scope.spawn(|| stack.release(&[]));
        held.wait_until_reached();
        meanwhile();
        held.let_go();
        run.join().unwrap()
    })
}

/// Source of a function that always gives this answer.
pub(crate) fn answering(status: u16, text: &str) -> String {
    format!("def handler(event, context):\n    return {{\"statusCode\": {status}, \"body\": \"{text}\"}}\n")
}

/// An archive with this source.
pub(crate) fn archive_of(source: &str) -> Blob {
    Blob::new(zip_of(CompressionMethod::Deflated, [("app.py", source.as_bytes(), 0o644)]))
}

/// A zip by another program: these files with their modes, in this order; what ends with a slash is a folder.
pub(crate) fn zip_of<'f>(
    method: CompressionMethod,
    files: impl IntoIterator<Item = (&'f str, &'f [u8], u32)>,
) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, data, mode) in files {
        let options = SimpleFileOptions::default().unix_permissions(mode).compression_method(method);
        if name.ends_with('/') {
            writer.add_directory(name, options).unwrap();
        } else {
            writer.start_file(name, options).unwrap();
            writer.write_all(data).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
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
