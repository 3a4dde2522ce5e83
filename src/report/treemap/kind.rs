//! The kinds of files that the picture distinguishes by colour.

/// A kind of file, and how its files are drawn.
pub(super) struct Kind {
    /// The class in the style sheet.
    pub(super) class: &'static str,
    /// The label in the legend.
    pub(super) words: &'static str,
    /// The colour in the light theme, and that in the dark theme.
    pub(super) colours: [&'static str; 2],
    /// The extensions of its files' names.
    extensions: &'static str,
}

/// All kinds: those with extensions, and [`OTHER`].
pub(super) const KINDS: [Kind; 7] = [
    kind(
        "code",
        "code",
        ["#a9cbf7", "#24507f"],
        "js mjs cjs ts mts cts jsx tsx py rb php sh lua pl java go rs c h sql",
    ),
    kind("binary", "binaries", ["#f7b89c", "#7d3c22"], "so node dylib dll exe a wasm pyc class jar bin"),
    kind("data", "data", ["#b5e3c4", "#235f3d"], "json yaml yml toml xml csv tsv parquet db sqlite ini pem dat gz zip"),
    kind("text", "text", ["#d9cdf2", "#4c3d78"], "md txt rst html htm pdf"),
    kind("media", "media", ["#fae19b", "#6a5513"], "png jpg jpeg gif svg webp ico woff woff2 ttf otf css mp3 mp4"),
    // No runtime needs source maps.
    kind("map", "source maps", ["#f3b6cf", "#77304f"], "map"),
    OTHER,
];

/// Files without a known extension.
pub(super) const OTHER: Kind = kind("other", "other", ["#d9d9d9", "#474747"], "");

const fn kind(class: &'static str, words: &'static str, colours: [&'static str; 2], extensions: &'static str) -> Kind {
    Kind { class, words, colours, extensions }
}

impl Kind {
    /// Returns the kind of a file by its name's extension.
    pub(super) fn of(name: &str) -> Self {
        let base = name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let is_binary = base == "bootstrap" || base.contains(".so.");
        let extension = if is_binary { "so" } else { base.rsplit_once('.').map_or("", |(_, extension)| extension) };
        let has_extension = |kind: &Kind| kind.extensions.split(' ').any(|known| known == extension);
        KINDS.into_iter().find(has_extension).unwrap_or(OTHER)
    }
}
