//! Finds native code in an archive, and what it was built for.

use std::path::Path;

use super::advice::{has_ending, is_program};
use super::heads::Heads;
use crate::model::{Binary, BuiltFor, Entry};

/// The header of an ELF file up to the processor.
const HEAD_BYTES: u64 = 20;

/// Returns the programs and libraries of native code among the entries of the archive at `path`.
///
/// Only files whose names are usual for such code are read. Folders named `prebuilds` hold code for several systems, of
/// which Node.js takes the right one: <https://github.com/prebuild/node-gyp-build>.
pub(super) fn binaries(path: &Path, entries: &[Entry]) -> Vec<Binary> {
    let mut heads = Heads::new(path);
    let found = entries.iter().filter(|entry| !entry.is_link && may_be_native(entry)).filter_map(|entry| {
        let built_for = built_for(&heads.of(entry, HEAD_BYTES)?)?;
        Some(Binary { name: entry.name.clone(), built_for })
    });
    found.collect()
}

fn may_be_native(entry: &Entry) -> bool {
    let (folder, name) = entry.name.rsplit_once('/').unwrap_or(("", &entry.name));
    let is_library = ["so", "pyd", "dylib", "node"].iter().any(|ending| has_ending(name, ending));
    let is_program = is_program(entry) || name == "bootstrap";
    (is_library || is_program || name.contains(".so.")) && folder.split('/').all(|folder| folder != "prebuilds")
}

/// Returns what a file was built for, by its first bytes; `None` if it is no native code.
///
/// <https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>
fn built_for(head: &[u8]) -> Option<BuiltFor> {
    match head {
        [0x7f, b'E', b'L', b'F', ..] => Some(processor(head)),
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => Some(BuiltFor::MacOs),
        [b'M', b'Z', ..] => Some(BuiltFor::Windows),
        _ => None,
    }
}

/// Returns the processor of an ELF file. Lambda's processors are 64-bit and little-endian.
fn processor(head: &[u8]) -> BuiltFor {
    match (head.get(4..6), head.get(18..20)) {
        (Some([2, 1]), Some([0x3e, 0])) => BuiltFor::X86_64,
        (Some([2, 1]), Some([0xb7, 0])) => BuiltFor::Arm64,
        _ => BuiltFor::OtherProcessor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_code_is_known_by_its_first_bytes() {
        let elf = |class: u8, machine: u8| {
            let mut head = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\0\0".to_vec();
            (head[4], head[18]) = (class, machine);
            built_for(&head)
        };
        assert_eq!(elf(2, 0x3e), Some(BuiltFor::X86_64));
        assert_eq!(elf(2, 0xb7), Some(BuiltFor::Arm64));
        assert_eq!(elf(1, 0x28), Some(BuiltFor::OtherProcessor));
        assert_eq!(built_for(b"\xcf\xfa\xed\xfe\x07"), Some(BuiltFor::MacOs));
        assert_eq!(built_for(b"MZ\x90"), Some(BuiltFor::Windows));
        assert_eq!(built_for(b"\x7fELF"), Some(BuiltFor::OtherProcessor));
        assert_eq!(built_for(b"#!/bin/sh"), None);
    }
}
