//! Makes much data of a few bytes, so that short inputs reach windows, blocks and chunks.

/// No data grows beyond this: several windows and blocks.
pub const MAX_BYTES: usize = 400_000;
/// An instruction: what to do, and two arguments.
const INSTRUCTION_BYTES: usize = 5;

/// Carries out each instruction of `input`; what remains stands as it is.
pub fn grown(input: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    let instructions = input.chunks_exact(INSTRUCTION_BYTES);
    let rest = instructions.remainder();
    for instruction in instructions {
        let count = usize::from(u16::from_le_bytes([instruction[1], instruction[2]]));
        let argument = u16::from_le_bytes([instruction[3], instruction[4]]);
        extend(&mut data, instruction[0], count, argument);
        data.truncate(MAX_BYTES);
    }
    data.extend_from_slice(rest);
    data
}

fn extend(data: &mut Vec<u8>, what: u8, count: usize, argument: u16) {
    let [low, high] = argument.to_le_bytes();
    match what % 5 {
        0 => data.extend_from_slice(&[low, high]),
        1 => data.resize(data.len() + count, low),
        2 => noise(data, count, u32::from(argument)),
        3 => text(data, count, u32::from(argument)),
        _ => copy(data, count, usize::from(argument) + 1),
    }
}

/// The numbers of a linear congruential generator.
fn numbers(mut state: u32) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(state.to_le_bytes()[3])
    })
}

fn noise(data: &mut Vec<u8>, count: usize, seed: u32) {
    data.extend(numbers(seed).take(count));
}

/// Few symbols, some much rarer than others.
fn text(data: &mut Vec<u8>, count: usize, seed: u32) {
    let spread = numbers(seed).zip(numbers(seed ^ 0xffff));
    data.extend(spread.map(|(one, other)| one.leading_zeros().to_le_bytes()[0] * 16 + other % 4).take(count));
}

/// Repeats what stands at this distance; it may overlap with what it makes.
fn copy(data: &mut Vec<u8>, count: usize, distance: usize) {
    if let Some(begin) = data.len().checked_sub(distance) {
        for place in begin..begin + count {
            data.push(data[place]);
        }
    }
}
