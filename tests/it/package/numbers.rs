//! Reproducible random data.

/// A linear congruential generator.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    pub(crate) fn noise(&mut self, bytes: usize) -> Vec<u8> {
        (0..bytes).map(|_| u8::try_from(self.below(256)).unwrap()).collect()
    }

    /// Returns words and lines that are about as compressible as code.
    pub(crate) fn text(&mut self, bytes: usize) -> Vec<u8> {
        const WORDS: [&str; 12] =
            ["const ", "await ", "handler", "(event)", " => {\n", "}\n", "return ", "JSON.", "parse", "  ", ";\n", "x"];
        let mut text = Vec::with_capacity(bytes + 24);
        while text.len() < bytes {
            let place = usize::try_from(self.below(12)).unwrap();
            text.extend(WORDS[place].as_bytes());
            if self.below(4) == 0 {
                text.extend(self.below(100_000).to_string().as_bytes());
            }
        }
        text.truncate(bytes);
        text
    }
}
