//! Pictures of what people see on a pull request, by Chromium, on a desktop and on a phone, light and dark.
//!
//! With `UPDATE_IMAGES=1` they go to `docs/images`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use sls_release::model::Outcome;
use sls_release::report::{End, Format, Reporter, Sinks, Verbosity};
use tempfile::TempDir;

use super::run::{beside, output_of};
use crate::report::{comment, previews, rendered};

/// The names of screens and their widths.
const SCREENS: [(&str, u32); 2] = [("desktop", 1012), ("phone", 390)];
const THEMES: [&str; 2] = ["light", "dark"];
/// The most bytes of a picture, so that the page that shows it loads quickly.
const BYTES: usize = 100_000;

/// Tells the size of the page, and what does not fit into its place, in the title.
const MEASURE: &str = "<script>addEventListener('load', () => {
  const wide = [...document.querySelectorAll('body, body *')].filter(it =>
    getComputedStyle(it).display !== 'inline' && it.scrollWidth > it.clientWidth + 1 && it.clientWidth > 0)
  const height = Math.ceil(document.body.getBoundingClientRect().height)
  document.title = JSON.stringify({ width: document.body.scrollWidth, height, wide: wide.map(it => it.tagName) })
})</script>";

#[derive(Deserialize)]
struct Measured {
    width: u32,
    height: u32,
    wide: Vec<String>,
}

/// What is shown, with a name and the words above it.
fn shown() -> Vec<(&'static str, &'static str, String)> {
    let bot = "<b>github-actions</b> commented";
    let up = comment::comment(End::Preview(&previews::up()));
    let failed = comment::comment(End::Preview(&previews::not_put_back()));
    let texts = [up, failed, summary(&previews::released())];
    let named = [("comment", bot), ("failed", bot), ("summary", "<b>release to dev</b> summary")];
    let pages = rendered::rendered(&texts).into_iter().zip(named);
    pages.map(|(page, (name, title))| (name, title, page.html)).collect()
}

fn summary(outcome: &Outcome) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("summary");
    let sinks = Sinks { github_summary: Some(file.clone()), ..crate::report::sinks(std::io::sink(), std::io::sink()) };
    let reporter =
        Reporter::new(Format::Github, Verbosity::Quiet, sinks).with_clock(previews::clock(previews::READINGS));
    previews::told_on_the_way(&reporter);
    reporter.end(End::Outcome(outcome));
    fs::read_to_string(file).unwrap()
}

/// Debian's, or the one of GitHub's images; both draw alike.
fn browser() -> &'static str {
    let is_there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    ["chromium", "google-chrome"].into_iter().find(is_there).expect("neither chromium nor google-chrome is installed")
}

/// A browser with nothing but a folder of its own.
struct Browser {
    folder: TempDir,
}

impl Browser {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Writes a page of this width: a window of Chromium is never narrower than 500 pixels.
    fn page(&self, width: u32, theme: &str, title: &str, html: &str) -> PathBuf {
        let css = fs::read_to_string(beside("page.css")).unwrap();
        let head = format!("<meta charset=\"utf-8\"><title></title><style>{css}</style>{MEASURE}");
        let body = format!("<main><header>{title}</header><article>{html}</article></main>");
        let path = self.folder.path().join(format!("{theme}.html"));
        fs::write(
            &path,
            format!("<!doctype html><html class=\"{theme}\"><head>{head}</head><body style=\"width: {width}px\">{body}</body></html>"),
        )
        .unwrap();
        path
    }

    fn run(&self, page: &Path, (width, height): (u32, u32), arguments: &[String]) -> String {
        let mut command = Command::new(browser());
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
        command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
        command.args(["--hide-scrollbars", "--force-device-scale-factor=2"]).args(arguments);
        command.arg(format!("--user-data-dir={}", self.folder.path().join("profile").display()));
        command.arg(format!("--window-size={width},{height}")).arg(format!("file://{}", page.display()));
        String::from_utf8(output_of(&mut command, "chromium", b"")).unwrap()
    }

    fn measured(&self, page: &Path, width: u32) -> Measured {
        let document = self.run(page, (width, 800), &["--dump-dom".to_owned()]);
        let title = document.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
        serde_json::from_str(title.expect("a title")).unwrap_or_else(|error| panic!("{error}: {document}"))
    }

    /// A picture with few colours, which is much smaller.
    fn picture(&self, page: &Path, size: (u32, u32)) -> Vec<u8> {
        let (file, small) = (self.folder.path().join("picture.png"), self.folder.path().join("small.png"));
        self.run(page, size, &[format!("--screenshot={}", file.display())]);
        let mut quantize = Command::new("pngquant");
        quantize.args(["--force", "--strip", "--speed", "1", "--output"]).arg(&small).args(["48", "--"]).arg(&file);
        output_of(&mut quantize, "pngquant", b"");
        fs::read(small).unwrap()
    }
}

/// The width and the height, from the header of a PNG: <https://www.w3.org/TR/png/#11IHDR>.
fn size_of(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn nothing_is_wider_than_its_screen_and_pictures_are_small() {
    let (browser, images) = (Browser::new(), Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images"));
    for (name, title, html) in shown() {
        for (screen, width) in SCREENS {
            let measured = browser.measured(&browser.page(width, "light", title, &html), width);
            assert_eq!((measured.width, measured.wide), (width, vec![]), "{name} on a {screen}");
            for theme in THEMES {
                let png = browser.picture(&browser.page(width, theme, title, &html), (width, measured.height));
                assert_eq!(size_of(&png), (2 * width, 2 * measured.height), "{name} on a {screen}");
                assert!(png.len() < BYTES, "{name} on a {screen}, {theme}: {} bytes", png.len());
                if std::env::var_os("UPDATE_IMAGES").is_some() {
                    fs::create_dir_all(&images).unwrap();
                    fs::write(images.join(format!("{name}-{screen}-{theme}.png")), png).unwrap();
                }
            }
        }
    }
}

#[test]
fn every_picture_that_is_shown_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let named: Vec<&str> = readme.split("docs/images/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(!named.is_empty(), "the README shows a picture");
    for name in named {
        assert!(root.join("docs/images").join(name).is_file(), "{name}");
    }
}
