//! Native code in an archive, and what it was built for.

use sls_release::model::{Artifact, BuiltFor};

use super::support::{Tree, pack_all};

/// Returns the head of a 64-bit ELF library for the processor of this number.
fn elf(machine: u8) -> Vec<u8> {
    let mut head = b"\x7fELF\x02\x01\x01".to_vec();
    head.resize(64, 0);
    (head[16], head[18]) = (3, machine);
    head
}

fn found(artifact: &Artifact) -> Vec<(&str, BuiltFor)> {
    artifact.binaries.iter().map(|binary| (binary.name.as_str(), binary.built_for)).collect()
}

#[test]
fn native_code_is_found_by_name_and_first_bytes() {
    let tree = Tree::new();
    tree.write("bootstrap", &elf(0x3e));
    tree.write("PIL/_imaging.cpython-312-darwin.so", b"\xcf\xfa\xed\xfe rest");
    tree.write("numpy/core/_x.cpython-311-x86_64-linux-gnu.so", &elf(0x3e));
    tree.write("numpy.libs/libgfortran.so.5.0.0", &elf(0xb7));
    tree.write("win/x.pyd", b"MZ rest");
    tree.write("bin/tool", &elf(0xb7));
    tree.set_mode("bin/tool", 0o755);
    for other in ["data", "node_modules/a/prebuilds/darwin-x64/a.node", "docs/elf.md"] {
        tree.write(other, &elf(0x3e));
    }
    tree.write("script.so", b"INPUT(libc.so.6)");
    let (_packer, artifact) = pack_all(tree.root(), 1);
    let expected = [
        ("PIL/_imaging.cpython-312-darwin.so", BuiltFor::MacOs),
        ("bin/tool", BuiltFor::Arm64),
        ("bootstrap", BuiltFor::X86_64),
        ("numpy.libs/libgfortran.so.5.0.0", BuiltFor::Arm64),
        ("numpy/core/_x.cpython-311-x86_64-linux-gnu.so", BuiltFor::X86_64),
        ("win/x.pyd", BuiltFor::Windows),
    ];
    assert_eq!(found(&artifact), expected);
}
