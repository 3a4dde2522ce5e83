//! A stream whose end was opened goes on with another one.
//!
//! The first byte says what is joined: any bytes, which are seldom a stream, or what libdeflate makes of grown data.

#![no_main]

use libdeflater::{CompressionLvl, Compressor};
use libfuzzer_sys::fuzz_target;
use sls_release_fuzz::compact::open_end;
use sls_release_fuzz::data::{MAX_BYTES, grown};
use sls_release_fuzz::inflate::inflate;

const END: &[u8] = b"the end, the end, the end";

fuzz_target!(|input: &[u8]| {
    match input.split_first() {
        Some((255, stream)) => join_any(stream),
        Some((level, instructions)) => join_libdeflate(i32::from(level % 13), &grown(instructions)),
        None => {}
    }
});

/// Whatever an inflater takes can be joined, and what it refuses does no harm.
fn join_any(stream: &[u8]) {
    let Some(data) = inflate(stream, MAX_BYTES) else {
        // A reason, or a stream that only this reader takes: the inflater also looks at distances.
        let _ = open_end(&mut stream.to_owned(), 0);
        return;
    };
    join(stream.to_owned(), &data);
    assert!(open_end(&mut stream.to_owned(), data.len() as u64 + 1).is_err(), "another length");
}

fn join_libdeflate(level: i32, data: &[u8]) {
    join(deflate(level, data), data);
}

fn join(mut stream: Vec<u8>, data: &[u8]) {
    assert_eq!(open_end(&mut stream, data.len() as u64), Ok(()));
    assert!(inflate(&stream, data.len()).is_none(), "the stream still ends");
    stream.extend(deflate(6, END));
    let expected = [data, END].concat();
    assert!(inflate(&stream, expected.len()) == Some(expected), "the joined stream inflates to other bytes");
}

fn deflate(level: i32, data: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::new(level).expect("a level from 0 to 12"));
    let mut stream = vec![0; compressor.deflate_compress_bound(data.len())];
    let bytes = compressor.deflate_compress(data, &mut stream).expect("the bound is enough");
    stream.truncate(bytes);
    stream
}
