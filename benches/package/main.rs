//! Measures packing against other programs on the same files: `cargo bench --bench package`.
//!
//! It writes the table of `benches/README.md`. With `-- --quick` it runs each program once on small corpora, and writes
//! the table to standard output: it shows that the bench works, and nothing else.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench ends where something is not as expected")]

mod chunk_cost;
mod corpora;
#[path = "../../tests/it/archive_file/go.rs"]
mod go;
#[path = "../../tests/it/archive_file/installed.rs"]
mod installed;
mod measured;
mod modes;
#[expect(dead_code, reason = "the tests need more of it")]
#[path = "../../tests/it/package/numbers.rs"]
mod numbers;
mod peers;
mod support;
mod table;

use std::env;
use std::io::{self, Write};

use self::corpora::Corpus;
use self::measured::Measured;

/// An odd number, so that a run is the median.
const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["hash", folder] => modes::hash(folder.as_ref()),
        ["zip", folder, archive] => modes::zip(folder.as_ref(), archive.as_ref()),
        ["--quick"] => say(&mut io::stdout(), &table::table(&measure(&corpora::quick(), 1))),
        [] => table::write(&measure(&corpora::full(), RUNS)),
        words => panic!("unknown arguments: {words:?}"),
    }
}

fn measure(corpora: &[Corpus], runs: usize) -> Vec<Measured> {
    let measure = |corpus: &Corpus| {
        say(&mut io::stderr(), &format!("{}: {} files, {} bytes", corpus.name, corpus.files, corpus.bytes));
        measured::measure(corpus, runs)
    };
    corpora.iter().map(measure).collect()
}

fn say(out: &mut impl Write, text: &str) {
    writeln!(out, "{text}").unwrap();
}
