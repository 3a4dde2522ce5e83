//! Explains the first difference of two archives.

use std::fmt::Write;
use std::io::Cursor;

use zip::ZipArchive;

use super::compare::{assert_same, file};
use super::events::{Blocks, Field};

/// The fields of a record: name and size of each.
type Layout = &'static [(&'static str, usize)];

/// What a local header has between its signature and its name, and a central header as well.
const COMMON: Layout = &[
    ("version needed", 2),
    ("flags", 2),
    ("method", 2),
    ("time", 2),
    ("date", 2),
    ("CRC", 4),
    ("compressed size", 4),
    ("size", 4),
    ("length of the name", 2),
    ("length of the extra field", 2),
];
const NAME: Layout = &[("name or extra field", 0)];
const LOCAL: &[Layout] = &[&[("signature", 4)], COMMON, NAME];
const DESCRIPTOR: &[Layout] = &[&[("signature", 4), ("CRC", 4), ("compressed size", 4), ("size", 4)]];
const CENTRAL: &[Layout] = &[
    &[("signature", 4), ("version made by", 2)],
    COMMON,
    &[("length of the comment", 2), ("disk", 2), ("internal attributes", 2), ("external attributes", 4), ("offset", 4)],
    NAME,
];

/// Describes the first difference.
pub(crate) fn explain(ours: &[u8], theirs: &[u8]) -> String {
    let (our_entries, their_entries) = (entries(ours), entries(theirs));
    for (our, their) in our_entries.iter().zip(&their_entries) {
        if our.name != their.name {
            return format!("entry `{}`, expected `{}`", our.name, their.name);
        }
        let found = record("local header", LOCAL, our.local, their.local)
            .or_else(|| stream(our.data, their.data))
            .or_else(|| record("data descriptor", DESCRIPTOR, our.descriptor, their.descriptor))
            .or_else(|| record("central header", CENTRAL, our.central, their.central));
        if let Some(found) = found {
            return format!("`{}`: {found}", our.name);
        }
    }
    if our_entries.len() != their_entries.len() {
        return format!("{} entries, expected {}", our_entries.len(), their_entries.len());
    }
    let at = ours.iter().zip(theirs).position(|(our, their)| our != their);
    format!("the archives differ after their entries, at byte {at:?}; {} bytes, expected {}", ours.len(), theirs.len())
}

/// The parts of an entry.
struct Parts<'a> {
    name: String,
    local: &'a [u8],
    data: &'a [u8],
    descriptor: &'a [u8],
    central: &'a [u8],
}

fn entries(bytes: &[u8]) -> Vec<Parts<'_>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let (count, number) = (archive.len(), |number: u64| usize::try_from(number).unwrap());
    let mut entry = |place| {
        let entry = archive.by_index_raw(place).unwrap();
        let (local, begin) = (number(entry.header_start()), number(entry.data_start().unwrap()));
        let (end, central) = (begin + number(entry.compressed_size()), number(entry.central_header_start()));
        let name = entry.name().unwrap().into_owned();
        let variable = bytes[central + 28..central + 34].chunks(2).map(|field| number(little_endian(field)));
        let central_end = central + 46 + variable.sum::<usize>();
        let (local, central) = (&bytes[local..begin], &bytes[central..central_end]);
        Parts { name, local, data: &bytes[begin..end], descriptor: &bytes[end..end + 16], central }
    };
    (0..count).map(&mut entry).collect()
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Describes the first field that differs.
fn record(what: &str, layout: &[Layout], ours: &[u8], theirs: &[u8]) -> Option<String> {
    let at = ours.iter().zip(theirs).position(|(our, their)| our != their);
    let at = at.or_else(|| (ours.len() != theirs.len()).then(|| ours.len().min(theirs.len())))?;
    let mut begin = 0;
    for &(name, bytes) in layout.iter().copied().flatten() {
        let end = if bytes == 0 { ours.len().min(theirs.len()) } else { begin + bytes };
        if at < end {
            let value = |record: &[u8]| little_endian(&record[begin..begin + bytes]);
            return Some(format!("{what}: {name} is {:#x}, expected {:#x}", value(ours), value(theirs)));
        }
        begin = end;
    }
    Some(format!("{what}: {} bytes, expected {}", ours.len(), theirs.len()))
}

/// Describes the first field of a DEFLATE stream that differs, and its block.
pub(crate) fn stream(ours: &[u8], theirs: &[u8]) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let (mut our_blocks, mut their_blocks) = (Blocks::new(ours), Blocks::new(theirs));
    for block in 0.. {
        match (our_blocks.next(), their_blocks.next()) {
            (Some(our), Some(their)) if our == their => {}
            (Some(our), Some(their)) => return Some(format!("block {block}: {}", fields(&our, &their))),
            (None, None) => break,
            (our, _) => {
                return Some(format!("block {block}: only {} has it", if our.is_some() { "ours" } else { "theirs" }));
            }
        }
    }
    Some("the streams have equal fields and differ only in unused bits".to_owned())
}

fn fields(ours: &[Field], theirs: &[Field]) -> String {
    let at = ours.iter().zip(theirs).take_while(|(our, their)| our == their).count();
    let tokens = ours[..at].iter().filter(|(_, event)| event.is_token()).count();
    let mut text = String::new();
    if let Some((_, header)) = ours.first().filter(|_| at > 0) {
        write!(text, "{header}; ").unwrap();
    }
    let describe =
        |field: Option<&Field>| field.map_or("nothing".to_owned(), |(bit, event)| format!("{event} (bit {bit})"));
    write!(text, "field {at}, token {tokens}: {}, expected {}", describe(ours.get(at)), describe(theirs.get(at)))
        .unwrap();
    text
}

/// Returns the correct stream of a file.
fn deflate(bytes: &[u8]) -> Vec<u8> {
    let same = assert_same("one file", vec![file("a", bytes.to_owned())]);
    entries(&std::fs::read(same.path()).unwrap())[0].data.to_owned()
}

#[test]
fn a_changed_literal_is_named() {
    let stream_of = deflate(b"hello");
    let mut changed = stream_of.clone();
    // The second literal begins at bit 11; its code's last bit is bit 18.
    changed[2] ^= 0b100;
    assert_eq!(
        stream(&changed, &stream_of).unwrap(),
        "block 0: a fixed block, final bit 0; field 2, token 1: literal 0x64 (bit 11), expected literal 0x65 (bit 11)"
    );
    assert_eq!(stream(&stream_of, &stream_of), None);
}

#[test]
fn a_changed_match_is_named() {
    let (ours, theirs) = (deflate(b"abcdefgabcdefg"), deflate(b"abcdefgabcdefx"));
    let text = stream(&ours, &theirs).unwrap();
    assert!(
        text.contains("field 8, token 7: a match of 7 bytes, 7 back (bit 59), expected a match of 6 bytes"),
        "{text}"
    );
}

#[test]
fn a_changed_header_is_named() {
    let letters: Vec<u8> = (0..3000_usize).map(|place| b"abcdefgh"[place * place % 61 % 8]).collect();
    let stream_of = deflate(&letters);
    let mut changed = stream_of.clone();
    assert_eq!(stream_of[0] & 7, 0b100, "a dynamic block");
    changed[1] ^= 1;
    let text = stream(&changed, &stream_of).unwrap();
    assert!(text.starts_with("block 0: a dynamic block, final bit 0; field 2, token 0: "), "{text}");
    assert!(text.contains("distance codes (bit 8), expected "), "{text}");
    let mut changed = stream_of;
    changed[0] ^= 1;
    let text = stream(&changed, &deflate(b"x")).unwrap();
    assert!(text.starts_with("block 0: field 0, token 0: a dynamic block, final bit 1 (bit 0), expected "), "{text}");
}

#[test]
fn a_changed_record_is_named() {
    let same = assert_same("one file", vec![file("a", b"hello".to_vec())]);
    let archive = std::fs::read(same.path()).unwrap();
    let changed = |at: usize| {
        let mut changed = archive.clone();
        changed[at] ^= 1;
        explain(&changed, &archive)
    };
    assert_eq!(changed(10), "`a`: local header: time is 0x1, expected 0x0");
    let central = archive.len() - 22 - 47;
    assert_eq!(changed(central + 5), "`a`: central header: version made by is 0x214, expected 0x314");
    assert_eq!(changed(central - 1), "`a`: data descriptor: size is 0x1000005, expected 0x5");
}
