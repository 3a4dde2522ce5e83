//! What kind of file a name stands for: its colour.

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Source code, and what is made of it to be read by an interpreter.
    Code,
    /// Machine code, byte code, archives of it.
    Binary,
    /// Data and settings.
    Data,
    /// Text for people.
    Text,
    /// Pictures, fonts, styles.
    Media,
    /// Source maps, which no runtime needs.
    SourceMap,
    /// All else.
    Other,
}

impl Kind {
    pub(super) const ALL: [Kind; 7] =
        [Kind::Code, Kind::Binary, Kind::Data, Kind::Text, Kind::Media, Kind::SourceMap, Kind::Other];

    /// By the ending of its name.
    pub(super) fn of(name: &str) -> Self {
        let base = name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        if base == "bootstrap" || base.contains(".so.") {
            return Kind::Binary;
        }
        match base.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" | "jsx" | "tsx" | "py" | "rb" | "php" | "sh" | "lua" | "pl"
            | "java" | "go" | "rs" | "c" | "h" | "sql" => Kind::Code,
            "so" | "node" | "dylib" | "dll" | "exe" | "a" | "wasm" | "pyc" | "class" | "jar" | "bin" => Kind::Binary,
            "json" | "yaml" | "yml" | "toml" | "xml" | "csv" | "tsv" | "parquet" | "db" | "sqlite" | "ini" | "pem"
            | "dat" | "gz" | "zip" => Kind::Data,
            "md" | "txt" | "rst" | "html" | "htm" | "pdf" => Kind::Text,
            "png" | "jpg" | "jpeg" | "gif" | "svg" | "webp" | "ico" | "woff" | "woff2" | "ttf" | "otf" | "css"
            | "mp3" | "mp4" => Kind::Media,
            "map" => Kind::SourceMap,
            _ => Kind::Other,
        }
    }

    /// In the legend.
    pub(super) fn words(self) -> &'static str {
        match self {
            Kind::Code => "code",
            Kind::Binary => "binaries",
            Kind::Data => "data",
            Kind::Text => "text",
            Kind::Media => "media",
            Kind::SourceMap => "source maps",
            Kind::Other => "other",
        }
    }

    /// In the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Kind::Code => "code",
            Kind::Binary => "binary",
            Kind::Data => "data",
            Kind::Text => "text",
            Kind::Media => "media",
            Kind::SourceMap => "map",
            Kind::Other => "other",
        }
    }
}
