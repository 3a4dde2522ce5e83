//! libdeflate makes the same bytes on x86-64 and aarch64, with vector instructions and without.
//!
//! docs/decisions/0006-same-bytes-on-every-processor.md says why it must.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use libdeflater::{CompressionLvl, Compressor};
use serde_json::Value;
use sls_release::model::Artifact;

use super::run::{beside, output_of};
use crate::package::bytes::{corpus, tree};
use crate::package::support::pack_all;

/// The level and the size of a chunk of `compact-1`.
const LEVEL: i32 = 6;
const CHUNK_BYTES: usize = 1024 * 1024;

/// What of libdeflate compresses; the rest inflates, or makes checksums.
const SOURCES: [&str; 4] =
    ["lib/deflate_compress.c", "lib/utils.c", "lib/x86/cpu_features.c", "lib/arm/cpu_features.c"];

/// A way to compile libdeflate, and the code of it that then runs.
struct Build {
    compiler: &'static str,
    package: &'static str,
    flags: &'static [&'static str],
    emulator: &'static str,
    /// The functions that slide the window, and whether words are loaded from anywhere.
    says: &'static str,
}

const X86_64: Build = Build {
    compiler: "x86_64-linux-gnu-gcc",
    package: "gcc",
    flags: &[],
    emulator: "qemu-x86_64",
    says: "matchfinder_init_sse2 matchfinder_rebase_sse2 unaligned=1",
};
const AARCH64: Build = Build {
    compiler: "aarch64-linux-gnu-gcc",
    package: "gcc-aarch64-linux-gnu",
    flags: &[],
    emulator: "qemu-aarch64",
    says: "matchfinder_init_neon matchfinder_rebase_neon unaligned=1",
};

fn pieces() -> Vec<Vec<u8>> {
    corpus().iter().flat_map(|(_, data)| data.chunks(CHUNK_BYTES)).map(<[u8]>::to_vec).collect()
}

/// Where Cargo put the sources of the libdeflate that Cargo.lock names.
fn libdeflate() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--offline"]);
    // What only other systems need may not have been downloaded.
    cargo.args(["--filter-platform", &format!("{}-unknown-linux-gnu", std::env::consts::ARCH)]);
    cargo.arg("--manifest-path").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let metadata: Value = serde_json::from_slice(&output_of(&mut cargo, "cargo", b"")).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "libdeflate-sys").unwrap();
    Path::new(package["manifest_path"].as_str().unwrap()).with_file_name("libdeflate")
}

fn framed(pieces: &[Vec<u8>]) -> Vec<u8> {
    let length = |piece: &Vec<u8>| u32::try_from(piece.len()).unwrap().to_le_bytes();
    pieces.iter().flat_map(|piece| [&length(piece), piece.as_slice()].concat()).collect()
}

fn by_the_crate(pieces: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::new(LEVEL).unwrap());
    let mut compress = |piece: &Vec<u8>| {
        let mut out = vec![0; compressor.deflate_compress_bound(piece.len())];
        let length = compressor.deflate_compress(piece, &mut out).unwrap();
        out.truncate(length);
        out
    };
    pieces.iter().map(&mut compress).collect()
}

/// Compiles libdeflate in this way and runs it on the corpus, in an emulator that knows every instruction.
fn holds(build: &Build) {
    let (folder, sources, pieces) = (tempfile::tempdir().unwrap(), libdeflate(), pieces());
    let program = folder.path().join("deflate_pieces");
    let mut compiler = Command::new(build.compiler);
    compiler.args(["-O2", "-static"]).args(build.flags).arg("-I").arg(&sources).arg("-I").arg(beside(""));
    compiler.arg(beside("deflate_pieces.c")).args(SOURCES.map(|name| sources.join(name))).arg("-o").arg(&program);
    output_of(&mut compiler, build.package, b"");
    let mut emulator = Command::new(build.emulator);
    emulator.args(["-cpu", "max"]).arg(&program).arg(LEVEL.to_string());
    let output = output_of(&mut emulator, "qemu-user", &framed(&pieces));
    let line = output.iter().position(|&byte| byte == b'\n').unwrap();
    assert_eq!(String::from_utf8_lossy(&output[..line]), build.says);
    let expected = framed(&by_the_crate(&pieces));
    let differs = output[line + 1..].iter().zip(&expected).position(|(one, other)| one != other);
    assert_eq!((output.len() - line - 1, differs), (expected.len(), None), "length, and the first byte that differs");
}

const AVX2: Build =
    Build { flags: &["-mavx2"], says: "matchfinder_init_avx2 matchfinder_rebase_avx2 unaligned=1", ..X86_64 };
const PLAIN_C: Build =
    Build { flags: &["-include", "plain_c.h"], says: "matchfinder_init matchfinder_rebase unaligned=1", ..X86_64 };
const ALIGNED: Build = Build {
    flags: &["-include", "plain_c.h", "-mstrict-align"],
    says: "matchfinder_init matchfinder_rebase unaligned=0",
    ..AARCH64
};

tests! {
    x86_64_with_sse2 => holds(&X86_64);
    x86_64_with_avx2 => holds(&AVX2);
    x86_64_with_plain_c => holds(&PLAIN_C);
    aarch64_with_neon => holds(&AARCH64);
    aarch64_with_plain_c_on_aligned_words => holds(&ALIGNED);
}

#[test]
fn the_pieces_are_those_of_the_archive() {
    let (_packer, artifact) = pack_all(tree(1).root(), 2);
    let packed = compressed_data(&artifact);
    let mut compared = 0;
    for (name, data) in corpus().iter().filter(|(_, data)| data.len() <= CHUNK_BYTES) {
        let piece = by_the_crate(std::slice::from_ref(data)).remove(0);
        if piece.len() < data.len() {
            assert!(packed[name] == piece, "{name} is compressed in another way");
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} files were compared");
}

fn compressed_data(artifact: &Artifact) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(File::open(&artifact.path).unwrap()).unwrap();
    let mut entry = |place| {
        let mut entry = archive.by_index_raw(place).unwrap();
        let mut data = Vec::new();
        entry.read_to_end(&mut data).unwrap();
        (entry.name().unwrap().into_owned(), data)
    };
    (0..artifact.entries.len()).map(&mut entry).collect()
}
