//! The programs that are measured, and how each is called.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::corpora::{Corpus, files};
use crate::go;
use crate::support::local_aws::output_of;

/// A program, and the archive that it makes.
pub(crate) struct Peer {
    pub(crate) name: String,
    /// What `measure.py` needs to know.
    pub(crate) call: Value,
    /// `None`: it makes none.
    pub(crate) archive: Option<PathBuf>,
}

pub(crate) const COMPACT: &str = "`sls-release package`, nothing remembered";
pub(crate) const REPACK: &str = "`sls-release package`, one file changed since";
pub(crate) const ARCHIVE_FILE: &str = "`sls-release package`, `archive-file`";
pub(crate) const BOUND: &str = "only reading all files, SHA-256 of each";
pub(crate) const GO: &str = "Go 1.25 `archive/zip`, as Terraform's `archive_file` has it";
pub(crate) const INFO_ZIP: &str = "Info-ZIP `zip -6`";

/// All peers; what they need beside the corpus is made here.
pub(crate) fn peers(corpus: &Corpus) -> Vec<Peer> {
    let made = corpus.folder.join("made");
    fs::create_dir_all(&made).unwrap();
    let archive = |name: &str| made.join(name);
    let (source, own) = (corpus.source(), env::current_exe().unwrap());
    vec![
        sls_release(corpus, COMPACT, "compact", &["--no-cache"]),
        repack(corpus),
        peer(BOUND, &json!([own, "hash", source]), corpus, None),
        sls_release(corpus, ARCHIVE_FILE, "archive-file", &["--no-cache"]),
        by_go(corpus, &archive("go.zip")),
        peer(
            INFO_ZIP,
            &json!(["zip", "-q", "-6", "-r", "-D", archive("zip.zip"), "."]),
            corpus,
            Some(archive("zip.zip")),
        ),
        seven_zip(corpus, archive("7z.zip")),
        python(corpus, &archive("python")),
        peer(
            "crate `zip` with zlib-rs, level 6",
            &json!([own, "zip", source, archive("crate.zip")]),
            corpus,
            Some(archive("crate.zip")),
        ),
    ]
}

fn peer(name: &str, argv: &Value, corpus: &Corpus, archive: Option<PathBuf>) -> Peer {
    let call = json!({ "name": name, "argv": argv, "cwd": corpus.source(), "remove": archive.as_slice() });
    Peer { name: name.to_owned(), call, archive }
}

fn sls_release(corpus: &Corpus, name: &str, format: &str, options: &[&str]) -> Peer {
    let settings = corpus.folder.join(format!("{format}.toml"));
    let source = corpus.source().display().to_string();
    let flavour = if format == "archive-file" { "\nprovider_version = \"2.7.1\"" } else { "" };
    let text = format!("[functions.code]\nsource = \"{source}\"\nname = \"code\"\narchive = \"{format}\"{flavour}\n");
    fs::write(&settings, text).unwrap();
    let out = corpus.folder.join("made").join(name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    let mut argv =
        json!([env!("CARGO_BIN_EXE_sls-release"), "package", "--quiet", "--config", settings, "--out-dir", out]);
    argv.as_array_mut().unwrap().extend(options.iter().map(|option| json!(option)));
    peer(name, &argv, corpus, Some(out.join("code.zip")))
}

/// Its cache knows the files as they were.
fn repack(corpus: &Corpus) -> Peer {
    let mut peer = sls_release(corpus, REPACK, "compact", &[]);
    let cache = corpus.folder.join("cache");
    peer.call["env"] = json!({ "SLS_RELEASE_CACHE_DIR": cache });
    let argv: Vec<&str> = peer.call["argv"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    output_of(Command::new(argv[0]).args(&argv[1..]).env("SLS_RELEASE_CACHE_DIR", &cache)).unwrap();
    peer.call["change"] = json!(corpus.middle_file());
    peer
}

fn by_go(corpus: &Corpus, archive: &Path) -> Peer {
    let source = corpus.source();
    let entry = |path: &PathBuf| {
        let name = path.strip_prefix(&source).unwrap();
        json!({ "name": name, "path": path, "mode": path.metadata().unwrap().mode() })
    };
    let entries = corpus.folder.join("entries.json");
    fs::write(&entries, serde_json::to_vec(&files(&source).iter().map(entry).collect::<Vec<_>>()).unwrap()).unwrap();
    let mut peer = peer(GO, &json!([go::program()]), corpus, Some(archive.to_owned()));
    peer.call["stdin"] = json!(entries);
    peer.call["stdout"] = json!(archive);
    peer
}

fn seven_zip(corpus: &Corpus, archive: PathBuf) -> Peer {
    let argv = json!(["7z", "a", "-tzip", "-mmt=2", "-bd", "-bso0", archive, "."]);
    peer("7-Zip `7z a -tzip`, two threads", &argv, corpus, Some(archive))
}

fn python(corpus: &Corpus, base: &Path) -> Peer {
    let script = "import shutil, sys; shutil.make_archive(sys.argv[1], 'zip', sys.argv[2])";
    let argv = json!(["python3", "-c", script, base, corpus.source()]);
    peer("Python `shutil.make_archive`", &argv, corpus, Some(base.with_extension("zip")))
}
