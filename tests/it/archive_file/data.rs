//! Random bytes of several kinds.

use crate::package::support::Numbers;

/// The number of kinds.
pub(crate) const KINDS: u64 = 9;

/// Returns bytes of one kind.
pub(crate) fn data(kind: u64, bytes: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut data = match kind % KINDS {
        0 => numbers.noise(bytes),
        1 => vec![byte(256, numbers); bytes],
        2 => few_symbols(bytes, numbers),
        3 => geometric(bytes, numbers),
        4 => gaussian(bytes, numbers),
        5 => periods(bytes, numbers),
        6 => copies(bytes, numbers),
        7 => numbers.text(bytes),
        _ => mixed(bytes, numbers),
    };
    data.truncate(bytes);
    data
}

fn below(limit: usize, numbers: &mut Numbers) -> usize {
    usize::try_from(numbers.below(limit as u64)).unwrap()
}

fn byte(limit: u64, numbers: &mut Numbers) -> u8 {
    u8::try_from(numbers.below(limit)).unwrap()
}

fn few_symbols(bytes: usize, numbers: &mut Numbers) -> Vec<u8> {
    let symbols = 2 + numbers.below(6);
    (0..bytes).map(|_| b'a' + byte(symbols, numbers)).collect()
}

/// Returns symbols with a geometric distribution.
fn geometric(bytes: usize, numbers: &mut Numbers) -> Vec<u8> {
    let odds = 2 + numbers.below(40);
    let draw = |_| (0..255).take_while(|_| numbers.below(odds) > 0).last().map_or(0, |last| last + 1);
    (0..bytes).map(draw).collect()
}

/// Returns symbols with roughly a normal distribution.
fn gaussian(bytes: usize, numbers: &mut Numbers) -> Vec<u8> {
    let width = 1 + numbers.below(31);
    (0..bytes).map(|_| 64 + (0..8).map(|_| byte(width, numbers) / 2).sum::<u8>()).collect()
}

/// Returns noise with a short period at each multiple of 65,536.
fn periods(bytes: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut data = numbers.noise(bytes);
    for begin in (0..bytes).step_by(65_536) {
        let (period, length) = (1 + below(300, numbers), below(70_000, numbers));
        for place in begin + period..bytes.min(begin + length) {
            data[place] = data[place - period];
        }
    }
    data
}

/// Returns copies of near bytes and of bytes beyond the window, with some noise between them.
fn copies(bytes: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut data = Vec::with_capacity(bytes + 400);
    while data.len() < bytes {
        let noise = below(12, numbers);
        data.extend(numbers.noise(noise));
        let limit = if numbers.below(3) == 0 { 300 } else { 33_500 };
        let distance = (1 + below(limit, numbers)).min(data.len());
        for _ in 0..below(if numbers.below(8) == 0 { 400 } else { 24 }, numbers) * usize::from(distance > 0) {
            data.push(data[data.len() - distance]);
        }
    }
    data
}

/// Returns stretches of the other kinds.
fn mixed(bytes: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut mixed = Vec::with_capacity(bytes + 20_000);
    while mixed.len() < bytes {
        let (kind, length) = (numbers.below(KINDS - 1), 1 + below(20_000, numbers));
        mixed.extend(data(kind, length, numbers));
    }
    mixed
}
