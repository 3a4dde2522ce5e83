//! Writes the tables.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::thread;

use crate::measured::{Measured, Row};
use crate::peers::{BOUND, COMPACT, GO, INFO_ZIP, REPACK};

const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->";

/// Puts the tables between the marks of `benches/README.md`.
pub(crate) fn write(measured: &[Measured]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the mark where the tables begin");
    let (_, after) = rest.split_once(END).expect("the mark where the tables end");
    fs::write(path, format!("{before}{BEGIN}\n{}\n{END}{after}", table(measured))).unwrap();
}

pub(crate) fn table(measured: &[Measured]) -> String {
    let mut text = format!("Machine: {}.\n", machine());
    for corpus in measured {
        write!(text, "\n### {}\n\n{}", corpus.what, rows(corpus)).unwrap();
    }
    text
}

fn rows(corpus: &Measured) -> String {
    let mut text = "| program | s | processor s | peak MiB | archive bytes |\n|---|---:|---:|---:|---:|\n".to_owned();
    for Row { name, usage, archive_bytes } in &corpus.rows {
        let peak = usage.peak_bytes.div_ceil(1024 * 1024);
        let bytes = archive_bytes.map_or("–".to_owned(), grouped);
        writeln!(text, "| {name} | {:.2} | {:.2} | {peak} | {bytes} |", usage.seconds, usage.cpu_seconds).unwrap();
    }
    writeln!(text, "\n{}", said(corpus)).unwrap();
    text
}

/// What the rows come to.
fn said(corpus: &Measured) -> String {
    let seconds = |name: &str| corpus.rows.iter().find(|row| row.name == name).unwrap().usage.seconds;
    let mut text = format!(
        "compact is {:.1} times as fast as `zip -6`, and {:.1} times as fast as Go; a repack takes {:.1} times as long as \
         reading",
        seconds(INFO_ZIP) / seconds(COMPACT),
        seconds(GO) / seconds(COMPACT),
        seconds(REPACK) / seconds(BOUND),
    );
    if let Some(cost) = corpus.chunk_cost {
        write!(text, ". Chunks make the archive {:.2} % larger", cost * 100.0).unwrap();
    }
    text + "."
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}

/// Processor, cores, memory and system.
fn machine() -> String {
    let field = |path: &str, key: &str| {
        let text = fs::read_to_string(path).unwrap();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
        line[line.len().min(key.len())..].trim_matches([' ', '\t', ':', '=', '"']).to_owned()
    };
    let (processor, system) = (field("/proc/cpuinfo", "model name"), field("/etc/os-release", "PRETTY_NAME"));
    let cores = thread::available_parallelism().unwrap();
    format!("{processor}, {cores} cores, {system}")
}
