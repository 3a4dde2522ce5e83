//! The settings of a function's source and archive.

use std::path::Path;

use sls_release::model::{ArchiveFileSettings, ArchiveFormat, CodeSource, ExcludesMatching, FileMode, Flavour, Source};
use sls_release::settings::{LockFile, SettingsFile, read, resolve};

use super::{file, function, refused, settings, stage};

fn archive_file(text: &str) -> ArchiveFileSettings {
    of_file(&file(text))
}

fn of_file(file: &SettingsFile) -> ArchiveFileSettings {
    let settings = resolve(&stage("dev").input(), file).unwrap();
    match &function(&settings, "a").archive {
        ArchiveFormat::ArchiveFile(archive) => archive.clone(),
        ArchiveFormat::Compact => panic!("it is compact"),
    }
}

const ARCHIVE_FILE: &str = "[functions.a]\nsource = 'a'\narchive = 'archive-file'\n";

#[test]
fn archive_file_has_the_defaults_of_terraform() {
    let expected = ArchiveFileSettings {
        flavour: Flavour::Go1_21,
        is_assumed: true,
        excludes: Vec::new(),
        matching: ExcludesMatching::Doublestar,
        exclude_symlink_directories: false,
        output_file_mode: None,
    };
    assert_eq!(archive_file(ARCHIVE_FILE), expected);
    let mode = archive_file(&format!("{ARCHIVE_FILE}output_file_mode = '0o750'"));
    assert_eq!(mode.output_file_mode, Some(FileMode::new(0o750)));
    let empty = archive_file(&format!("{ARCHIVE_FILE}output_file_mode = ''"));
    assert_eq!(empty.output_file_mode, None, "in Terraform, too, an empty mode counts as not set");
}

#[test]
fn a_source_is_a_path_a_file_or_content() {
    let source = |text: &str| function(&settings(&stage("dev"), text), "a").source.value.clone();
    let of = |lines: &str| source(&format!("[functions.a]\narchive = 'archive-file'\n{lines}"));
    assert_eq!(of("source = 'lambda'"), CodeSource::Path("lambda".into()));
    assert_eq!(of("source_file = 'x.zip'"), CodeSource::SourceFile("x.zip".into()));
    let sources = "sources = [{ filename = 'b/c', content = 'two' }, { filename = 'a', content = '' }]";
    let expected = [("a", ""), ("b/c", "two")].map(|(name, content)| (name.to_owned(), content.to_owned()));
    assert_eq!(of(sources), CodeSource::Sources(expected.into()));
    let staged = "source = 'lambda'\n[stages.dev.functions.a]\nsource_file = 'one.py'";
    assert_eq!(of(staged), CodeSource::SourceFile("one.py".into()));
}

#[test]
fn the_lock_file_names_the_release_of_the_provider() {
    let lock = |version: &str| LockFile {
        path: "infra/.terraform.lock.hcl".into(),
        text: format!("provider \"registry.terraform.io/hashicorp/archive\" {{\n  version = \"{version}\"\n}}\n"),
    };
    let with_lock = |version: &str| SettingsFile { locks: vec![lock(version)], ..file(ARCHIVE_FILE) };
    let archive = of_file(&with_lock("2.7.1"));
    assert_eq!((archive.matching, archive.is_assumed), (ExcludesMatching::Doublestar, false));
    insta::assert_snapshot!(resolve(&stage("dev").input(), &with_lock("2.9.0")).unwrap_err(), @r#"infra/.terraform.lock.hcl:2:13: the archives of hashicorp/archive 2.9.0 are not supported: only those of 2.5.0 to 2.8.1 are known; set `flavour` if `package --compare` with an archive that Terraform made shows the same bytes; or set `archive = "compact"`"#);
    let text = format!("{ARCHIVE_FILE}flavour = 'go1.21-1.26'");
    let old = SettingsFile { locks: vec![lock("2.4.2")], ..file(&text) };
    assert_eq!(of_file(&old).matching, ExcludesMatching::Exact);
    let said =
        SettingsFile { locks: vec![lock("2.9.0")], ..file(&format!("{ARCHIVE_FILE}provider_version = '2.8.0'")) };
    assert_eq!(of_file(&said).matching, ExcludesMatching::Doublestar);
    let compact = SettingsFile { locks: vec![lock("2.9.0")], ..file("[functions.a]\nsource = 'a'\n") };
    resolve(&stage("dev").input(), &compact).unwrap();
}

#[test]
fn lock_files_are_read_beside_the_settings_and_in_infra_and_terraform() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::create_dir(at.join("infra")).unwrap();
    std::fs::write(at.join("infra/.terraform.lock.hcl"), "# empty\n").unwrap();
    std::fs::write(at.join("sls-release.toml"), ARCHIVE_FILE).unwrap();
    let read = read(None, at).unwrap();
    let paths: Vec<&Path> = read.locks.iter().map(|lock| lock.path.strip_prefix(at).unwrap()).collect();
    assert_eq!(paths, [Path::new("infra/.terraform.lock.hcl")]);
}

#[test]
fn keys_of_the_other_format_are_refused() {
    insta::assert_snapshot!(refused("[functions.a]\nsource='a'\nexcludes=['x']\noutput_file_mode='0644'\n[functions.b]\nsource_file='b'\n"), @r#"
    sls-release.toml:3:1: `excludes` in [functions.a] does not apply to this `archive` format: only archive-file has it, as in Terraform; remove it, or set `archive = "archive-file"`
    sls-release.toml:4:1: `output_file_mode` in [functions.a] does not apply to this `archive` format: only archive-file has it, as in Terraform; remove it, or set `archive = "archive-file"`
    sls-release.toml:6:1: `source_file` in [functions.b] does not apply to this `archive` format: only archive-file has it, as in Terraform; remove it, or set `archive = "archive-file"`
    "#);
    insta::assert_snapshot!(refused("[functions.a]\nsource='a'\narchive='archive-file'\ninclude=['x']\nexclude=['y']\n"), @r#"
    sls-release.toml:4:1: `include` in [functions.a] does not apply to this `archive` format: archive-file has Terraform's `excludes` instead; remove it, or set `archive = "compact"`
    sls-release.toml:5:1: `exclude` in [functions.a] does not apply to this `archive` format: archive-file has Terraform's `excludes` instead; remove it, or set `archive = "compact"`
    "#);
}

#[test]
fn invalid_values_are_refused() {
    let text = "[functions.a]\nsource='a'\narchive='archive-file'\noutput_file_mode='rw'\nflavour='go1.27'\n\
                provider_version='2.7'\nexcludes='x'\nexclude_symlink_directories='yes'\n";
    insta::assert_snapshot!(refused(text), @r#"
    sls-release.toml:4:18: invalid `output_file_mode` `rw`: it is not a number; write it in octal: "0644"
    sls-release.toml:5:9: unknown flavour `go1.27`: only these encoders are supported: go1.21-1.26; known: `go1.21-1.26`
    sls-release.toml:6:18: invalid `provider_version` `2.7`: a release of hashicorp/archive is expected; write all three numbers, for example "2.7.1"
    sls-release.toml:7:10: invalid `excludes` in [functions.a]: expected a list of strings, found a string; write a list of strings
    sls-release.toml:8:29: invalid `exclude_symlink_directories` in [functions.a]: expected `true` or `false`, found a string; write `true` or `false`
    "#);
    insta::assert_snapshot!(refused("[functions.a]\nsource='a'\narchive='archive-file'\noutput_file_mode='6444'\n"), @r#"sls-release.toml:4:18: invalid `output_file_mode` `6444`: without a leading 0 it is decimal, and then it is more than 0o7777; write it in octal: "0644""#);
    let sources = "[functions.a]\narchive='archive-file'\nsources=[{filename='x',content=''},{filename='x',content=''},\
                   {filename='/y',content=''},{content=''}]\n[functions.b]\narchive='archive-file'\nsources=[]\n\
                   [functions.c]\narchive='archive-file'\nsource='c'\nsource_file='c'\n";
    insta::assert_snapshot!(refused(sources), @r#"
    sls-release.toml:3:46: `x` is twice in `sources` of [functions.a]: names in an archive are unique; keep one of them
    sls-release.toml:3:72: invalid filename `/y`: 1 to 65,535 bytes without a slash at either end are allowed, in parts that are not `.` or `..`; write another value
    sls-release.toml:3:89: an entry of `sources` in [functions.a] has no `filename`; add it
    sls-release.toml:6:9: `sources` of [functions.b] is empty; add an entry with `filename` and `content`
    sls-release.toml:10:1: [functions.c] has both `source` and `source_file`; keep one of them
    "#);
}

#[test]
fn keys_of_terraform_have_a_hint() {
    let text = "[functions.a]\nsource_dir='a'\noutput_path='b'\narchive='archive-file'\n";
    let refused = refused(text);
    assert!(refused.contains("use `source`, which is Terraform's `source_dir`"), "{refused}");
    assert!(refused.contains("`--out-dir` sets its folder"), "{refused}");
}

#[test]
fn the_location_of_a_source_is_kept() {
    let text = "[functions.a]\narchive = 'archive-file'\n[[functions.a.sources]]\nfilename = 'x'\ncontent = ''\n";
    let settings = settings(&stage("dev"), text);
    assert!(matches!(&function(&settings, "a").source.source, Source::File(at) if at.line == 3));
}
