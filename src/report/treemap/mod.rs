//! Draws a picture of an archive: an SVG in which each file's rectangle is as large as its size in the zip.
//!
//! <https://www.w3.org/TR/SVG2/>

mod kind;
mod layout;
mod tree;

use std::collections::BTreeMap;

use self::kind::{KINDS, Kind};
use self::layout::{Rect, float, squarified};
use self::tree::{Node, NodeKind};
use super::{escape, units};
use crate::model::Artifact;

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 800.0;

/// The area of the files. The title is above it, the legend below.
const MAP: Rect = Rect { x: 8.0, y: 36.0, width: WIDTH - 16.0, height: HEIGHT - 76.0 };

/// Smaller files of a folder are drawn as one rectangle.
const SMALLEST_AREA: f64 = 8.0;

/// The margin around the contents of a folder, and the height of its name.
const MARGIN: f64 = 2.0;
const STRIP: f64 = 14.0;

/// The average width of a label's letter, rounded up.
const LETTER: f64 = 6.7;

/// A name that would be cut to fewer letters is not shown.
const MIN_LETTERS: usize = 5;

/// Returns the picture as SVG. The same archive gives the same bytes.
pub(crate) fn picture(artifact: &Artifact) -> String {
    let root = Node::root(&artifact.entries);
    let mut svg = Svg { pieces: Vec::new(), total: root.weight() };
    svg.folder_contents(&root, MAP);
    let title = title(artifact);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n<title>{title}</title>\n\
         <style>\n{}</style>\n<rect class=\"page\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
         <text class=\"title\" x=\"8\" y=\"24\">{title}</text>\n{}{}</svg>\n",
        style(),
        svg.pieces.concat(),
        legend(artifact)
    )
}

fn title(artifact: &Artifact) -> String {
    let (zipped, unzipped) = (units::bytes(artifact.zipped_bytes), units::bytes(artifact.unzipped_bytes));
    let files = units::counted(artifact.entries.len(), "file");
    escape::xml(&format!("{}: {zipped} zipped, {unzipped} unzipped, {files}", artifact.function))
}

fn style() -> String {
    let colours = |theme: usize| {
        let rule = |kind: &Kind| format!(".{}{{fill:{}}}", kind.class, kind.colours[theme]);
        KINDS.iter().map(rule).collect::<String>()
    };
    format!(
        "text{{font:11px sans-serif;fill:#1b1b1b;pointer-events:none}}.title{{font-size:16px}}\n\
         rect{{stroke:#fff}}.page{{fill:#fff;stroke:none}}.folder{{fill:#f1f1f1;stroke:#8a8a8a}}\n{}\n\
         @media (prefers-color-scheme:dark){{\n\
         text{{fill:#f2f2f2}}rect{{stroke:#16181c}}.page{{fill:#16181c}}.folder{{fill:#24272d;stroke:#767b84}}\n{}\n}}\n",
        colours(0),
        colours(1)
    )
}

/// Returns the legend: the kinds of files in the archive with their sizes.
fn legend(artifact: &Artifact) -> String {
    let (mut x, y) = (MAP.x, HEIGHT - 26.0);
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in &artifact.entries {
        *sizes.entry(Kind::of(&entry.name).class).or_default() += entry.compressed_bytes;
    }
    let mut pieces = String::new();
    for kind in KINDS.iter().filter(|kind| sizes.contains_key(kind.class)) {
        let words = format!("{} {}", kind.words, units::bytes(sizes[kind.class]));
        pieces += &rect(kind.class, Rect { x, y, width: 12.0, height: 12.0 }, "");
        pieces += &label(x + 17.0, y + 10.0, &words);
        x += 37.0 + LETTER * float(words.chars().count() as u64);
    }
    pieces
}

fn rect(class: &str, at: Rect, title: &str) -> String {
    let Rect { x, y, width, height } = at;
    let title = if title.is_empty() { String::new() } else { format!("<title>{}</title>", escape::xml(title)) };
    format!(
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">{title}</rect>\n"
    )
}

fn label(x: f64, y: f64, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>\n", escape::xml(text))
}

struct Svg {
    pieces: Vec<String>,
    /// The weight of all files.
    total: u64,
}

impl Svg {
    fn folder_contents(&mut self, folder: &Node, within: Rect) {
        let NodeKind::Folder(nodes) = &folder.kind else { return };
        let area_of_one = within.area() / float(folder.weight());
        let large = nodes.partition_point(|node| float(node.weight()) * area_of_one >= SMALLEST_AREA);
        let (large, small) = nodes.split_at(large);
        let rest = (!small.is_empty()).then(|| Node::rest(&folder.path, small));
        let mut shown: Vec<&Node> = large.iter().chain(&rest).collect();
        shown.sort_by_key(|node| std::cmp::Reverse(node.weight()));
        let weights: Vec<u64> = shown.iter().map(|node| node.weight()).collect();
        for (node, rect) in shown.into_iter().zip(squarified(&weights, within)) {
            self.node(node, rect);
        }
    }

    fn node(&mut self, node: &Node, rect: Rect) {
        match &node.kind {
            NodeKind::File(kind) => self.leaf(node, rect, kind.class),
            NodeKind::Folder(_) => self.folder(node, rect),
        }
    }

    fn leaf(&mut self, node: &Node, at: Rect, class: &str) {
        self.rect(node, at, class);
        self.label(&node.name, at);
    }

    /// Draws a folder, with its name if it fits.
    fn folder(&mut self, node: &Node, at: Rect) {
        self.rect(node, at, "folder");
        let is_named = at.width > 5.0 * LETTER && at.height > 2.0 * STRIP;
        if is_named {
            self.label(&node.name, at);
        }
        let inside = at.inside(MARGIN, if is_named { STRIP } else { 0.0 });
        if inside.area() >= SMALLEST_AREA {
            self.folder_contents(node, inside);
        }
    }

    fn rect(&mut self, node: &Node, at: Rect, class: &str) {
        let (zipped, unzipped) = (units::bytes(node.compressed_bytes), units::bytes(node.bytes));
        let per_mille = node.weight().saturating_mul(1000) / self.total.max(1);
        let files = match node.kind {
            NodeKind::Folder(_) => format!(", {}", units::counted(node.files, "file")),
            NodeKind::File(_) => String::new(),
        };
        let share = format!("{}.{} %", per_mille / 10, per_mille % 10);
        let title = format!("{}: {zipped} zipped, {unzipped} unzipped, {share}{files}", node.path);
        self.pieces.push(rect(class, at, &title));
    }

    /// Writes as much of the text as fits.
    fn label(&mut self, text: &str, at: Rect) {
        let fits = |letters: usize| float(letters as u64) * LETTER + 6.0 <= at.width;
        let length = text.chars().count();
        let letters = (0..=length).rev().find(|&letters| fits(letters)).unwrap_or(0);
        if at.height < STRIP || letters < length.min(MIN_LETTERS) {
            return;
        }
        let cut = || text.chars().take(letters - 1).chain(['…']).collect();
        let shown: String = if letters < length { cut() } else { text.to_owned() };
        self.pieces.push(label(at.x + 3.0, at.y + 11.0, &shown));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Entry, FunctionKey, Sha256};

    fn artifact(files: &[(&str, u64)]) -> Artifact {
        let entry = |(name, bytes): &(&str, u64)| Entry {
            name: (*name).to_owned(),
            bytes: bytes * 3,
            compressed_bytes: *bytes,
            mode: 0o644,
            is_link: false,
            crc32: 0,
        };
        let sha256 = Sha256::of(b"");
        Artifact {
            function: FunctionKey::new("hello"),
            path: "hello.zip".into(),
            sha256,
            md5: None,
            checksum_sha256: sha256.base64(),
            zipped_bytes: 1000,
            unzipped_bytes: 3000,
            entries: files.iter().map(entry).collect(),
            binaries: Vec::new(),
        }
    }

    #[test]
    fn foreign_names_are_escaped() {
        let svg = picture(&artifact(&[("<script>alert(\"1\")</script>&.js", 900), ("b\u{202e}.py", 100)]));
        assert!(!svg.contains("<script>") && !svg.contains('\u{202e}'), "{svg}");
        assert!(svg.contains("&lt;script&gt;alert(&quot;1&quot;)"), "{svg}");
    }

    #[test]
    fn each_file_has_its_title_and_small_ones_share_one() {
        let mut files = vec![("lib/large.js", 1_000_000), ("app.py", 500_000)];
        let names: Vec<String> = (0..1000).map(|number| format!("tiny/{number}.json")).collect();
        files.extend(names.iter().map(|name| (name.as_str(), 10)));
        let svg = picture(&artifact(&files));
        for title in ["lib/large.js: 976.5 KiB zipped", "app.py: 488.2 KiB zipped", "tiny/: 1000 small files"] {
            assert!(svg.contains(title), "{title}: {svg}");
        }
        assert!(!svg.contains("tiny/7.json"), "{svg}");
    }

    #[test]
    fn an_archive_of_one_empty_file_is_a_picture_too() {
        let svg = picture(&artifact(&[("empty", 0)]));
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{svg}");
    }
}
