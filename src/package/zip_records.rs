//! The parts of a zip archive's records that both formats have in common.
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>

pub(super) const LOCAL_HEADER: u32 = 0x0403_4b50;
pub(super) const DATA_DESCRIPTOR: u32 = 0x0807_4b50;
pub(super) const CENTRAL_HEADER: u32 = 0x0201_4b50;
pub(super) const END: u32 = 0x0605_4b50;
const END_ZIP64: u32 = 0x0606_4b50;
const LOCATOR_ZIP64: u32 = 0x0706_4b50;

/// Version 2.0 of the specification: folders and DEFLATE.
pub(super) const VERSION: u16 = 20;
/// Version 4.5: zip64.
pub(super) const VERSION_ZIP64: u16 = 45;
/// Host system Unix, which defines the meaning of the external attributes.
pub(super) const UNIX: u16 = 3 << 8;
pub(super) const DEFLATED: u16 = 8;
/// Bit 11: the name is UTF-8.
pub(super) const UTF8: u16 = 1 << 11;
/// `S_IFREG` in the mode that Unix keeps in the upper half of the external attributes.
pub(super) const REGULAR_FILE: u32 = 0o100_000;

/// `S_IFLNK`, in the same place: the entry's data is the path that a link leads to.
pub(super) const LINK: u32 = 0o120_000;
/// The bits of a mode that say what kind of file it is.
pub(super) const FILE_TYPE: u32 = 0o170_000;

/// Bytes of a little-endian record.
#[derive(Default)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Bytes {
    pub(super) fn u16(&mut self, value: u16) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Appends a value in 32 bits, capped at `u32::MAX`, which refers to a 64-bit zip64 field.
    pub(super) fn small(&mut self, value: u64) -> &mut Self {
        self.u32(u32::try_from(value).unwrap_or(u32::MAX))
    }

    /// Appends the zip64 records at the end of an archive, with the version of the program that made it.
    pub(super) fn end_zip64(&mut self, made_by: u16, entries: u64, directory_offset: u64, directory_bytes: u64) {
        // The size of the record does not count its first 12 bytes.
        self.u32(END_ZIP64).u64(44).u16(made_by).u16(VERSION_ZIP64).u32(0).u32(0);
        self.u64(entries).u64(entries).u64(directory_bytes).u64(directory_offset);
        self.u32(LOCATOR_ZIP64).u32(0).u64(directory_offset + directory_bytes).u32(1);
    }
}
