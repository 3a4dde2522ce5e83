//! Reads a DEFLATE stream field by field, to find the first difference of two. <https://www.rfc-editor.org/rfc/rfc1951>

use std::fmt;

/// The meaning of a field of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The header of a block.
    Header { last: bool, form: &'static str },
    /// The number of bytes of a stored block.
    StoredBytes(usize),
    /// A byte of a stored block.
    StoredByte(u8),
    /// The number of lengths of a kind.
    Count { of: &'static str, count: usize },
    /// The length of the code for a code length.
    LengthOfLength { symbol: usize, bits: usize },
    /// A length, or a run of lengths, of the literal/length and distance codes.
    Lengths { from: usize, bits: usize, times: usize, symbol: usize },
    /// A literal byte.
    Literal(u8),
    /// A match of earlier bytes.
    Match { length: usize, distance: usize },
    /// The end of a block.
    End,
    /// Malformed data.
    Malformed(&'static str),
}

impl Event {
    /// Returns whether the field encodes bytes of the file.
    pub(crate) fn is_token(&self) -> bool {
        matches!(self, Event::StoredByte(_) | Event::Literal(_) | Event::Match { .. })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Header { last, form } => write!(f, "a {form} block, final bit {}", u8::from(*last)),
            Event::StoredBytes(bytes) => write!(f, "{bytes} stored bytes"),
            Event::StoredByte(byte) => write!(f, "stored byte {byte:#04x}"),
            Event::Count { of, count } => write!(f, "{count} {of}"),
            Event::LengthOfLength { symbol, bits } => write!(f, "code length code {symbol} has {bits} bits"),
            Event::Lengths { from, bits, times: 1, .. } if *from < LITERALS => {
                write!(f, "literal {from} has {bits} bits")
            }
            Event::Lengths { from, bits, times, symbol } => {
                write!(f, "code lengths {from} and on have {bits} bits, {times} times, by code {symbol}")
            }
            Event::Literal(byte) => write!(f, "literal {byte:#04x}"),
            Event::Match { length, distance } => write!(f, "a match of {length} bytes, {distance} back"),
            Event::End => write!(f, "the end of the block"),
            Event::Malformed(what) => write!(f, "malformed: {what}"),
        }
    }
}

/// The first bit of a field, and its meaning.
pub(crate) type Field = (usize, Event);

const LITERALS: usize = 256;
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTHS: [usize; 29] =
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];

/// Reads one block after another.
pub(crate) struct Blocks<'a> {
    stream: &'a [u8],
    bit: usize,
    over: bool,
}

/// An error that ends the stream.
struct Malformed(&'static str);

type Read<T> = Result<T, Malformed>;

impl<'a> Blocks<'a> {
    pub(crate) fn new(stream: &'a [u8]) -> Self {
        Self { stream, bit: 0, over: false }
    }

    fn take(&mut self, count: usize) -> Read<usize> {
        let mut value = 0;
        for place in 0..count {
            let byte = self.stream.get(self.bit / 8).ok_or(Malformed("the stream ends too early"))?;
            value |= usize::from(byte >> (self.bit % 8) & 1) << place;
            self.bit += 1;
        }
        Ok(value)
    }

    fn block(&mut self, fields: &mut Vec<Field>) -> Read<()> {
        let begin = self.bit;
        let last = self.take(1)? == 1;
        self.over = last;
        let form = ["stored", "fixed", "dynamic", "reserved"][self.take(2)?];
        fields.push((begin, Event::Header { last, form }));
        match form {
            "stored" => self.stored(fields),
            "fixed" => {
                let literals: Vec<_> = [(144, 8), (112, 9), (24, 7), (8, 8)].iter().flat_map(repeat).collect();
                self.tokens(&Code::new(&literals), &Code::new(&[5; 30]), fields)
            }
            "dynamic" => {
                let (literals, distances) = self.codes(fields)?;
                self.tokens(&literals, &distances, fields)
            }
            _ => Err(Malformed("an unknown form of block")),
        }
    }

    fn stored(&mut self, fields: &mut Vec<Field>) -> Read<()> {
        self.bit = self.bit.next_multiple_of(8);
        let (begin, bytes) = (self.bit, self.take(16)?);
        fields.push((begin, Event::StoredBytes(bytes)));
        if self.take(16)? != bytes ^ 0xffff {
            return Err(Malformed("the length of a stored block and its complement do not agree"));
        }
        for _ in 0..bytes {
            let begin = self.bit;
            let byte = u8::try_from(self.take(8)?).unwrap();
            fields.push((begin, Event::StoredByte(byte)));
        }
        Ok(())
    }

    fn count(&mut self, of: &'static str, bits: usize, least: usize, fields: &mut Vec<Field>) -> Read<usize> {
        let begin = self.bit;
        let count = least + self.take(bits)?;
        fields.push((begin, Event::Count { of, count }));
        Ok(count)
    }

    fn codes(&mut self, fields: &mut Vec<Field>) -> Read<(Code, Code)> {
        let literals = self.count("literal/length codes", 5, 257, fields)?;
        let distances = self.count("distance codes", 5, 1, fields)?;
        let sent = self.count("code length codes", 4, 4, fields)?;
        let mut lengths = [0; 19];
        for &symbol in &ORDER[..sent] {
            let begin = self.bit;
            lengths[symbol] = self.take(3)?;
            fields.push((begin, Event::LengthOfLength { symbol, bits: lengths[symbol] }));
        }
        let (code, mut lengths) = (Code::new(&lengths), Vec::new());
        while lengths.len() < literals + distances {
            let (begin, symbol) = (self.bit, self.symbol(&code)?);
            let (bits, times) = match symbol {
                16 => (*lengths.last().ok_or(Malformed("a repeat without a previous length"))?, 3 + self.take(2)?),
                17 => (0, 3 + self.take(3)?),
                18 => (0, 11 + self.take(7)?),
                bits => (bits, 1),
            };
            fields.push((begin, Event::Lengths { from: lengths.len(), bits, times, symbol }));
            lengths.extend(vec![bits; times]);
        }
        let (literals, distances) = lengths.split_at(literals);
        Ok((Code::new(literals), Code::new(distances)))
    }

    fn tokens(&mut self, literals: &Code, distances: &Code, fields: &mut Vec<Field>) -> Read<()> {
        loop {
            let begin = self.bit;
            match self.symbol(literals)? {
                256 => {
                    fields.push((begin, Event::End));
                    return Ok(());
                }
                byte if byte < LITERALS => fields.push((begin, Event::Literal(u8::try_from(byte).unwrap()))),
                symbol => {
                    let length = self.length(symbol - 257)?;
                    let distance = self.distance(distances)?;
                    fields.push((begin, Event::Match { length, distance }));
                }
            }
        }
    }

    fn length(&mut self, slot: usize) -> Read<usize> {
        let first = *LENGTHS.get(slot).ok_or(Malformed("a length code that does not exist"))?;
        let extra_bits = if (8..28).contains(&slot) { (slot - 4) / 4 } else { 0 };
        Ok(first + self.take(extra_bits)?)
    }

    fn distance(&mut self, code: &Code) -> Read<usize> {
        let slot = self.symbol(code)?;
        let extra_bits = (slot / 2).saturating_sub(1);
        let first = if slot < 2 { slot + 1 } else { ((2 + slot % 2) << extra_bits) + 1 };
        Ok(first + self.take(extra_bits)?)
    }

    fn symbol(&mut self, code: &Code) -> Read<usize> {
        let mut bits = 0;
        for length in 1..=15 {
            bits = bits << 1 | self.take(1)?;
            let (first, symbols) = &code.of_length[length];
            if let Some(&symbol) = bits.checked_sub(*first).and_then(|place: usize| symbols.get(place)) {
                return Ok(symbol);
            }
        }
        Err(Malformed("bits that are not a code"))
    }
}

impl Iterator for Blocks<'_> {
    type Item = Vec<Field>;

    /// Returns the fields of the next block.
    fn next(&mut self) -> Option<Vec<Field>> {
        if self.over {
            return None;
        }
        let mut fields = Vec::new();
        if let Err(Malformed(what)) = self.block(&mut fields) {
            self.over = true;
            fields.push((self.bit, Event::Malformed(what)));
        }
        Some(fields)
    }
}

fn repeat(&(times, bits): &(usize, usize)) -> Vec<usize> {
    vec![bits; times]
}

/// For each length, its first code and its symbols.
struct Code {
    of_length: [(usize, Vec<usize>); 16],
}

impl Code {
    fn new(lengths: &[usize]) -> Self {
        let mut of_length: [(usize, Vec<usize>); 16] = Default::default();
        let mut first = 0;
        for length in 1..16 {
            first = (first + of_length[length - 1].1.len()) << 1;
            let symbols = (0..lengths.len()).filter(|&symbol| lengths[symbol] == length).collect();
            of_length[length] = (first, symbols);
        }
        Self { of_length }
    }
}
