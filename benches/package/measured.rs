//! Runs the peers and collects what they did.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::json;

use crate::chunk_cost::chunk_cost;
use crate::corpora::Corpus;
use crate::peers::{COMPACT, Peer, peers};
use crate::support::local_aws::output_of;

/// What a corpus took.
pub(crate) struct Measured {
    pub(crate) what: String,
    /// In the order of the table.
    pub(crate) rows: Vec<Row>,
    /// By how much chunks make the compact archive of real files larger: 0.01 is one percent.
    pub(crate) chunk_cost: Option<f64>,
}

/// What a peer took, in the median.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) usage: Usage,
    pub(crate) archive_bytes: Option<u64>,
}

#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Usage {
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_bytes: u64,
}

pub(crate) fn measure(corpus: &Corpus, runs: usize) -> Measured {
    let peers = peers(corpus);
    let mut usages = run(&peers, runs);
    let rows: Vec<Row> = peers.iter().map(|peer| row(peer, corpus, usages.remove(&peer.name).unwrap())).collect();
    let compact = peers.iter().find(|peer| peer.name == COMPACT).and_then(|peer| peer.archive.as_ref()).unwrap();
    let megabytes = corpus.bytes.div_ceil(1_000_000);
    Measured {
        what: format!("{}: {} files, {megabytes} MB", corpus.what, corpus.files),
        rows,
        chunk_cost: corpus.is_real.then(|| chunk_cost(&corpus.source(), compact)),
    }
}

fn run(peers: &[Peer], runs: usize) -> BTreeMap<String, Usage> {
    let calls: Vec<_> = peers.iter().map(|peer| &peer.call).collect();
    let mut input = tempfile::tempfile().unwrap();
    write!(input, "{}", json!({ "runs": runs, "peers": calls })).unwrap();
    input.rewind().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/measure.py");
    let output = output_of(Command::new("python3").arg(script).stdin(input)).unwrap();
    serde_json::from_slice(&output).unwrap()
}

/// Every archive holds all files, or nothing is compared.
fn row(peer: &Peer, corpus: &Corpus, usage: Usage) -> Row {
    let archive_bytes = peer.archive.as_ref().map(|path| {
        let archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
        let files = (0..archive.len()).filter(|&place| !archive.by_index_data(place).unwrap().is_dir()).count();
        assert_eq!(files, corpus.files, "{} packs other files", peer.name);
        path.metadata().unwrap().len()
    });
    Row { name: peer.name.clone(), usage, archive_bytes }
}
