//! Settings: the order of sources, what a stage overrides, and invalid values.

mod archive;
mod base;
mod image;
mod preview;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sls_release::error::{Failure, Kind, Location};
use sls_release::model::{
    ApiKey, ApiName, CodeSource, Common, FunctionKey, FunctionSettings, Overrides, Redeploy, Settings, SettingsInput,
    SmokeTarget, Source,
};
use sls_release::settings::{SettingsFile, parse_duration, read, resolve};

const FULL: &str = include_str!("../../fixtures/settings/full.toml");
const SMALL: &str = "[functions.hello]\nsource = \"lambda\"\n";

fn file(text: &str) -> SettingsFile {
    SettingsFile { path: PathBuf::from("sls-release.toml"), text: text.to_owned(), locks: Vec::new() }
}

/// What is given besides the settings file.
#[derive(Clone, Default)]
struct Given {
    common: Common,
    only: Vec<FunctionKey>,
    out_dir: Option<PathBuf>,
    is_stage_optional: bool,
    is_bucket_optional: bool,
    pull_request: Option<u64>,
}

impl Given {
    fn input(&self) -> SettingsInput<'_> {
        SettingsInput {
            only: &self.only,
            out_dir: self.out_dir.as_deref(),
            is_stage_optional: self.is_stage_optional,
            is_bucket_optional: self.is_bucket_optional,
            pull_request: self.pull_request,
            ..SettingsInput::new(&self.common)
        }
    }
}

fn stage(name: &str) -> Given {
    let overrides = Overrides { stage: Some(name.to_owned()), ..Overrides::default() };
    Given { common: Common { overrides, commit: Some("c0ffee".to_owned()), ..Common::default() }, ..Given::default() }
}

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn settings(given: &Given, text: &str) -> Settings {
    resolve(&given.input(), &file(text)).unwrap()
}

fn refusal(given: &Given, text: &str) -> Failure {
    let failure = resolve(&given.input(), &file(text)).unwrap_err();
    assert_eq!(failure.kind, Kind::Usage);
    failure
}

/// Returns the message for this file with `--stage dev`.
fn refused(text: &str) -> String {
    refusal(&stage("dev"), text).to_string()
}

fn function<'a>(settings: &'a Settings, key: &str) -> &'a FunctionSettings {
    &settings.functions[&FunctionKey::new(key)]
}

fn in_file(line: usize, column: usize) -> Source {
    Source::File(Location { file: "sls-release.toml".into(), line, column })
}

#[test]
fn every_key_of_the_full_file_is_read() {
    let full = settings(&stage("dev"), FULL);
    insta::assert_json_snapshot!("full_dev", full);
    let smoke = &full.smoke[0];
    assert_eq!(smoke.headers["X-Expected-Commit"], "c0ffee");
    assert_eq!(smoke.body.as_deref().unwrap(), r#"{"stage": "dev"}"#);
}

#[test]
fn a_key_of_kms_needs_encryption_by_kms() {
    let artifacts = |lines: &str| format!("[artifacts]\nbucket='acme'\n{lines}{SMALL}");
    insta::assert_snapshot!(refused(&artifacts("kms_key='alias/acme'\n")), @r#"sls-release.toml:3:1: [artifacts] has a `kms_key` without encryption by KMS: S3 takes a key only with `encryption = "aws:kms"` or `"aws:kms:dsse"`; set `encryption` to one of them, or remove `kms_key`"#);
    insta::assert_snapshot!(refused(&artifacts("encryption='AES256'\nkms_key='alias/acme'\n")), @r#"sls-release.toml:4:1: [artifacts] has a `kms_key` without encryption by KMS: S3 takes a key only with `encryption = "aws:kms"` or `"aws:kms:dsse"`; set `encryption` to one of them, or remove `kms_key`"#);
    insta::assert_snapshot!(refused(&artifacts("encryption='kms'\nkms_key='alias/acme'\n")), @r#"sls-release.toml:3:12: invalid `encryption` "kms" in [artifacts]: S3 knows no other kind of encryption; write "AES256" or "aws:kms" or "aws:kms:dsse""#);
    insta::assert_snapshot!(refused(&artifacts("encryption='aws:kms'\nkms_key='a key'\n")), @r#"sls-release.toml:4:9: invalid key of KMS `a key`: its ARN, its id, or `alias/` and a name are expected; write another value"#);
    let text = artifacts("encryption='AES256'\n")
        + "[stages.dev.artifacts]\nencryption='aws:kms:dsse'\nkms_key='alias/acme'\n";
    let of = |name: &str| settings(&stage(name), &text).artifacts.unwrap().encryption.unwrap();
    assert_eq!((of("dev").kind.as_str(), of("dev").kms_key.as_deref()), ("aws:kms:dsse", Some("alias/acme")));
    assert_eq!((of("other").kind.as_str(), of("other").kms_key), ("AES256", None));
}

#[test]
fn a_stage_overrides_the_file() {
    let prod = settings(&stage("prod"), FULL);
    assert_eq!(prod.region.unwrap().value.as_str(), "eu-central-1");
    assert_eq!(prod.wait_timeout, Duration::from_mins(10));
    assert_eq!(prod.out_dir, Path::new("target/prod"));
    let store = prod.artifacts.unwrap();
    assert_eq!((store.bucket.value.as_str(), store.prefix.as_str()), ("acme-artifacts-prod", "live"));
    let api = &prod.apis[&ApiKey::new("public")];
    assert_eq!(api.api.value, ApiName::Name("hello-api".into()), "the other way to find an API replaces the first");
    assert_eq!(api.redeploy, Redeploy::Always);
    let smoke = &prod.smoke[0];
    assert_eq!(smoke.target, SmokeTarget::Url("https://api.acme.example/hello".into()));
    assert_eq!((smoke.hits, smoke.method.as_str()), (5, "POST"));
    assert_eq!(smoke.headers["Accept"], "text/plain");
    assert_eq!(smoke.headers["X-Expected-Commit"], "c0ffee", "tables merge");
}

#[test]
fn a_list_is_replaced_and_an_alias_can_be_removed() {
    let text = "[functions.hello]\nsource='a'\nexclude=['x']\nalias='live'\n\
                [stages.dev.functions.hello]\nexclude=['y', 'z']\nalias=false\n";
    let dev = settings(&stage("dev"), text);
    let exclude: Vec<&str> = function(&dev, "hello").exclude.iter().map(|glob| glob.value.as_str()).collect();
    assert_eq!(exclude, ["y", "z"]);
    assert_eq!((&function(&dev, "hello").alias, function(&dev, "hello").latest_on_purpose), (&None, true));
    let other = settings(&stage("other"), text);
    assert_eq!(function(&other, "hello").alias.as_ref().unwrap().value.as_str(), "live");
    assert!(!function(&other, "hello").latest_on_purpose);
    let silent = settings(&stage("dev"), "[functions.hello]\nsource='a'\n");
    assert!(!function(&silent, "hello").latest_on_purpose, "to leave it out says nothing");
}

#[test]
fn a_stage_may_choose_the_other_smoke_target() {
    let text = "[functions.a]\nsource='a'\n[apis.x]\nid='x'\n[smoke]\nurl='https://a.example'\n\
                [stages.dev.smoke]\npath='/'\n";
    let target = settings(&stage("dev"), text).smoke.remove(0).target;
    assert_eq!(target, SmokeTarget::Path { api: ApiKey::new("x"), path: "/".into() });
}

#[test]
fn a_stage_may_have_a_function_of_its_own() {
    let text = format!("{SMALL}[stages.dev.functions.extra]\nsource='e'\n");
    assert_eq!(settings(&stage("dev"), &text).functions.len(), 2);
    assert_eq!(settings(&stage("other"), &text).functions.len(), 1);
}

#[test]
fn a_flag_overrides_the_environment_the_stage_and_the_file() {
    let text = format!(
        "region='eu-file-1'\nwait_timeout='1s'\nout_dir='file'\nstage='file'\n[artifacts]\nbucket='in-file'\n\
         {SMALL}[stages.flag]\nregion='eu-stage-1'\nwait_timeout='2s'\nout_dir='stage'\n\
         [stages.flag.artifacts]\nbucket='in-stage'\n"
    );
    let effective = |given: &Given| {
        let settings = settings(given, &text);
        let (region, bucket) = (settings.region.unwrap(), settings.artifacts.unwrap().bucket);
        assert_eq!(std::mem::discriminant(&region.source), std::mem::discriminant(&bucket.source));
        format!(
            "{} {} {} {:?} {}",
            settings.stage,
            region.value,
            bucket.value,
            settings.wait_timeout,
            settings.out_dir.display()
        )
    };
    let mut given = Given::default();
    assert_eq!(effective(&given), "file eu-file-1 in-file 1s file");
    given.common.environment = environment(&[("SLS_RELEASE_STAGE", "flag")]);
    assert_eq!(effective(&given), "flag eu-stage-1 in-stage 2s stage");
    given.common.environment.extend(environment(&[
        ("SLS_RELEASE_STAGE", "environment"),
        ("SLS_RELEASE_REGION", "eu-environment-1"),
        ("SLS_RELEASE_BUCKET", "in-environment"),
        ("SLS_RELEASE_WAIT_TIMEOUT", "3s"),
        ("SLS_RELEASE_OUT_DIR", "environment"),
    ]));
    assert_eq!(effective(&given), "environment eu-environment-1 in-environment 3s environment");
    given.common.overrides = Overrides {
        stage: Some("flag".into()),
        region: Some("eu-flag-1".into()),
        bucket: Some("in-flag".into()),
        wait_timeout: Some(Duration::from_secs(4)),
        images: Vec::new(),
    };
    given.out_dir = Some("flag".into());
    assert_eq!(effective(&given), "flag eu-flag-1 in-flag 4s flag");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let mut given = stage("dev");
    given.common.environment = environment(&[("SLS_RELEASE_REGION", "")]);
    let text = format!("region='eu-west-1'\n{SMALL}");
    assert_eq!(settings(&given, &text).region.unwrap().source, in_file(1, 8));
}

#[test]
fn every_value_knows_where_it_came_from() {
    let mut given = stage("dev");
    given.common.overrides.bucket = Some("from-flag".into());
    given.common.environment = environment(&[("SLS_RELEASE_REGION", "eu-west-1")]);
    let dev = settings(&given, "# é\n[functions.hello]\n\"source\" = 'lambda'\n[apis.x]\nid = 'y'\n");
    assert_eq!(dev.artifacts.unwrap().bucket.source, Source::Flag("--bucket".into()));
    assert_eq!(dev.region.unwrap().source, Source::Environment("SLS_RELEASE_REGION".into()));
    let hello = &dev.functions[&FunctionKey::new("hello")];
    assert_eq!(hello.source.source, in_file(3, 12));
    assert_eq!(hello.name.source, in_file(2, 12), "the key is the name");
    assert_eq!(hello.include[0].source, Source::Default);
    assert_eq!(dev.apis[&ApiKey::new("x")].stage.source, Source::Default);
}

#[test]
fn a_column_counts_characters() {
    insta::assert_snapshot!(refused("region = 'é'; [x]"), @r"sls-release.toml:1:13: this is not valid TOML: unexpected key or value, expected newline, `#`; correct this line; see https://toml.io for the syntax");
    insta::assert_snapshot!(refused("artifacts = { prefix = 'ü', buckt = 'b' }\n[functions.a]\nsource='a'"), @r"
    sls-release.toml:1:24: invalid prefix `ü`: letters, digits and `!-_.*'()` are allowed, in parts between single slashes, none of them `.` or `..`; write another value
    sls-release.toml:1:29: unknown key `buckt` in [artifacts]: this table has no setting with this name; did you mean `bucket`?
    ");
}

#[test]
fn settings_have_defaults() {
    let dev = settings(&stage("dev"), &format!("{SMALL}[apis.x]\nid='y'\n[smoke]\npath='/'\n"));
    assert_eq!(dev.wait_timeout, Duration::from_mins(5));
    assert_eq!(dev.out_dir, Path::new("target/sls-release"));
    assert!(dev.region.is_none() && dev.artifacts.is_none());
    assert_eq!(function(&dev, "hello").include[0].value, "**");
    assert_eq!(dev.apis[&ApiKey::new("x")].stage.value.as_str(), "dev");
    let smoke = &dev.smoke[0];
    assert_eq!((smoke.method.as_str(), smoke.status, smoke.hits), ("GET", 200, 3));
    assert_eq!(smoke.timeout, Duration::from_secs(30));
}

#[test]
fn paths_are_relative_to_the_file() {
    let text = SMALL.to_owned();
    let file = SettingsFile { path: "app/release.toml".into(), text, locks: Vec::new() };
    let mut given = stage("dev");
    let dev = resolve(&given.input(), &file).unwrap();
    assert_eq!(function(&dev, "hello").source.value, CodeSource::Path("app/lambda".into()));
    assert_eq!(dev.out_dir, Path::new("app/target/sls-release"));
    given.out_dir = Some("here".into());
    assert_eq!(resolve(&given.input(), &file).unwrap().out_dir, Path::new("here"));
}

#[test]
fn chosen_functions_are_sorted_and_unique() {
    let text = "[functions.a]\nsource='a'\n[functions.b]\nsource='b'\n[functions.c]\nsource='c'\n";
    let chosen = |only: &[&str]| {
        let given = Given { only: only.iter().copied().map(FunctionKey::new).collect(), ..stage("dev") };
        settings(&given, text).chosen.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(chosen(&[]), ["a", "b", "c"]);
    assert_eq!(chosen(&["c", "a", "c"]), ["a", "c"]);
}

#[test]
fn an_unknown_function_is_refused() {
    let only = |key: &str| Given { only: vec![FunctionKey::new(key)], ..stage("dev") };
    insta::assert_snapshot!(refusal(&only("helo"), SMALL), @r"unknown function `helo` (from `--function`); did you mean `hello`?");
    insta::assert_snapshot!(refusal(&only("x"), SMALL), @r"unknown function `x` (from `--function`); known: `hello`");
}

#[test]
fn other_braces_stay_in_the_smoke_test() {
    let text = format!(
        "{SMALL}[apis.x]\nid='y'\n[smoke]\npath='/{{name}}/{{stage}}/{{Stage}}/{{/{{commit}}'\ncontains='{{{{stage}}}}'\n"
    );
    let smoke = settings(&stage("dev"), &text).smoke.remove(0);
    assert_eq!(smoke.target, SmokeTarget::Path { api: ApiKey::new("x"), path: "/{name}/dev/{Stage}/{/c0ffee".into() });
    assert_eq!(smoke.contains.unwrap(), "{dev}");
}

#[test]
fn an_unknown_placeholder_is_refused() {
    insta::assert_snapshot!(refused("[functions.a]\nsource='{pr}'\nname='x-{commit}'\nalias='{stag}'"), @r"
    sls-release.toml:2:8: unknown placeholder `{pr}`; known here is `{stage}`
    sls-release.toml:3:6: unknown placeholder `{commit}`; known here is `{stage}`
    sls-release.toml:4:7: unknown placeholder `{stag}`; known here is `{stage}`
    ");
}

#[test]
fn an_unknown_commit_is_refused_only_if_it_is_used() {
    let mut given = stage("dev");
    given.common.commit = None;
    assert!(resolve(&given.input(), &file(SMALL)).is_ok());
    let text = format!("{SMALL}[smoke]\nurl='https://a.example'\ncontains='{{commit}}'");
    insta::assert_snapshot!(refusal(&given, &text), @r"sls-release.toml:5:10: the commit for `{commit}` is not known; set SLS_RELEASE_COMMIT, or run in a Git checkout");
}

#[test]
fn an_invalid_commit_is_refused_only_if_it_is_used() {
    let text = format!("{SMALL}[smoke]\nurl='https://a.example'\ncontains='{{commit}}'");
    let of = |commit: &str| {
        let mut given = stage("dev");
        given.common.commit = Some(commit.to_owned());
        given
    };
    insta::assert_snapshot!(refusal(&of("a\u{1b}[2J"), &text), @r"sls-release.toml:5:10: the commit cannot replace `{commit}`: it holds the control character `\u{1b}`; set SLS_RELEASE_COMMIT to the commit's name, such as `git rev-parse HEAD` prints it");
    insta::assert_snapshot!(refusal(&of(&"é".repeat(201)), &text), @r"sls-release.toml:5:10: the commit cannot replace `{commit}`: it has 201 characters; 200 are allowed; set SLS_RELEASE_COMMIT to the commit's name, such as `git rev-parse HEAD` prints it");
    assert_eq!(settings(&of(&"é".repeat(200)), &text).smoke.remove(0).contains.unwrap(), "é".repeat(200));
    assert!(resolve(&of("a\nb").input(), &file(SMALL)).is_ok());
}

/// Returns what `package` asks for, without a stage.
fn without_stage() -> Given {
    Given { is_stage_optional: true, is_bucket_optional: true, ..Given::default() }
}

#[test]
fn package_needs_no_stage_if_no_source_does() {
    let text = "[artifacts]\nbucket='acme-{stage}'\nprefix='p/{stage}'\n\
                [functions.hello]\nsource='lambda'\nname='hello-{stage}'\nalias='{stage}'\n\
                [apis.public]\nname='api-{stage}'\n[smoke]\npath='/{stage}'\ncontains='{commit}'\n\
                [stages.prod.functions.hello]\nsource='prod'\n";
    let none = settings(&without_stage(), text);
    assert_eq!(none.stage.as_str(), "{stage}");
    let hello = function(&none, "hello");
    assert_eq!(hello.source.value, CodeSource::Path("lambda".into()));
    assert_eq!((hello.name.value.as_str(), hello.alias.as_ref().unwrap().value.as_str()), ("hello-{stage}", "{stage}"));
    assert_eq!(none.apis[&ApiKey::new("public")].stage.value.as_str(), "{stage}");
    assert_eq!(none.smoke[0].contains.as_deref().unwrap(), "{commit}");
    let prod = Given { common: stage("prod").common, ..without_stage() };
    assert_eq!(function(&settings(&prod, text), "hello").source.value, CodeSource::Path("prod".into()));
}

#[test]
fn a_verb_that_uploads_nothing_needs_no_bucket() {
    let text = format!("[artifacts]\nprefix='p'\n{SMALL}");
    assert!(settings(&without_stage(), &text).artifacts.is_none());
    assert!(refused(&text).contains("`bucket`"), "{}", refused(&text));
}

#[test]
fn package_needs_a_stage_if_a_source_does() {
    let refused = |text: &str| refusal(&without_stage(), text);
    insta::assert_snapshot!(refused("[functions.hello]\nsource='build/{stage}'\n"), @r"sls-release.toml:2:8: no stage was given: `build/{stage}` needs one; pass `--stage`, for example `--stage dev`, or set SLS_RELEASE_STAGE");
    insta::assert_snapshot!(refused("[functions.hello]\nsource='a'\nname='{pr}-{stage}'\nalias='a b'\n"), @r"
    sls-release.toml:3:6: unknown placeholder `{pr}`; known here is `{stage}`
    sls-release.toml:4:7: invalid alias `a b`: 1 to 128 letters, digits, `_` and `-` are allowed, not digits alone; `alias = false` means none; write another value
    ");
}

#[test]
fn invalid_toml_is_refused() {
    insta::assert_snapshot!(refused("[functions.hello\nsource = 'a'"), @r"sls-release.toml:1:17: this is not valid TOML: unclosed table, expected `]`; correct this line; see https://toml.io for the syntax");
    insta::assert_snapshot!(refused("region = 'a'\nregion = 'b'\n"), @r"sls-release.toml:2:1: this is not valid TOML: the key `region` is defined twice; keep one of them");
    insta::assert_snapshot!(refused(&format!("{SMALL}{SMALL}")), @r"sls-release.toml:3:12: this is not valid TOML: the key `hello` is defined twice; keep one of them");
}

#[test]
fn an_unknown_key_is_refused_at_every_level() {
    let text = "regoin='x'\n[function.a]\n[artifacts]\nbukcet='b'\nwhatever=1\n[functions.hello]\nsorce='lambda'\n\
                [apis.x]\nident='y'\n[smoke]\nurls='u'\n[stages.prod]\nstage='x'\n[stages.prod.functions.hello]\nnam='y'";
    insta::assert_snapshot!(refused(text), @r"
    sls-release.toml:1:1: unknown key `regoin`: this table has no setting with this name; did you mean `region`?
    sls-release.toml:2:2: unknown key `function`: this table has no setting with this name; did you mean `functions`?
    sls-release.toml:4:1: unknown key `bukcet` in [artifacts]: this table has no setting with this name; did you mean `bucket`?
    sls-release.toml:5:1: unknown key `whatever` in [artifacts]: this table has no setting with this name; known: `bucket`, `prefix`, `owner`, `encryption`, `kms_key`
    sls-release.toml:7:1: unknown key `sorce` in [functions.hello]: this table has no setting with this name; did you mean `source`?
    sls-release.toml:9:1: unknown key `ident` in [apis.x]: this table has no setting with this name; known: `type`, `id`, `name`, `stage`, `redeploy`
    sls-release.toml:11:1: unknown key `urls` in [smoke]: this table has no setting with this name; did you mean `url`?
    sls-release.toml:13:1: unknown key `stage` in [stages.prod]: this table has no setting with this name; known: `region`, `wait_timeout`, `out_dir`, `artifacts`, `functions`, `apis`, `smoke`, `preview`
    sls-release.toml:15:1: unknown key `nam` in [stages.prod.functions.hello]: this table has no setting with this name; did you mean `name`?
    ");
}

#[test]
fn a_wrong_type_is_refused() {
    let text = "region=1\nwait_timeout=30\nartifacts='b'\n[functions.hello]\nsource=['a']\ninclude='**'\n\
                exclude=[1, 'a', true]\nalias=true\n[apis]\nx=1.5\n[smoke]\nurl='https://a.example'\nstatus='200'\n\
                hits=0\nheaders={ X-Token = 1234 }\nbody=2020-01-01\n[stages]\nprod='x'";
    insta::assert_snapshot!(refused(text), @r#"
    sls-release.toml:1:8: invalid `region`: expected a string, found an integer; write a string
    sls-release.toml:2:14: invalid `wait_timeout`: expected a duration, for example "30s", found an integer; write a duration, for example "30s"
    sls-release.toml:3:11: invalid `artifacts`: expected a table, found a string; write a table
    sls-release.toml:5:8: invalid `source` in [functions.hello]: expected a string, found a list; write a string
    sls-release.toml:6:9: invalid `include` in [functions.hello]: expected a list of strings, found a string; write a list of strings
    sls-release.toml:7:10: invalid `exclude` in [functions.hello]: expected a list of strings, found an integer; write a list of strings
    sls-release.toml:7:18: invalid `exclude` in [functions.hello]: expected a list of strings, found `true`; write a list of strings
    sls-release.toml:8:7: invalid `alias` in [functions.hello]: expected a string or `false`, found `true`; write a string or `false`
    sls-release.toml:10:3: invalid `x` in [apis]: expected a table, found a float; write a table
    sls-release.toml:13:8: invalid `status` in [smoke]: expected an integer from 100 to 599, found a string; write an integer from 100 to 599
    sls-release.toml:14:6: invalid `hits` in [smoke]: expected an integer from 1 to 1000, found `0`; write an integer from 1 to 1000
    sls-release.toml:15:21: invalid `X-Token` in [smoke.headers]: expected a string, found an integer; write a string
    sls-release.toml:16:6: invalid `body` in [smoke]: expected a string, found a date; write a string
    sls-release.toml:18:6: invalid `prod` in [stages]: expected a table, found a string; write a table
    "#);
}

#[test]
fn numbers_have_limits() {
    let text = "[functions.a]\nsource='a'\n[smoke]\nurl='https://a.example'\nstatus=99\nhits=99999999999999999999";
    insta::assert_snapshot!(refused(text), @r"
    sls-release.toml:5:8: invalid `status` in [smoke]: expected an integer from 100 to 599, found `99`; write an integer from 100 to 599
    sls-release.toml:6:6: invalid `hits` in [smoke]: expected an integer from 1 to 1000, found a number beyond 64 bits; write an integer from 1 to 1000
    ");
}

#[test]
fn an_unknown_choice_is_refused() {
    let text = "[functions.a]\nsource='a'\narchive='tar'\n[apis.x]\ntype='websocket'\nid='y'\nredeploy='sometimes'";
    insta::assert_snapshot!(refused(text), @r#"
    sls-release.toml:3:9: invalid `archive` "tar" in [functions.a]: this version supports no other format; write "compact" or "archive-file"
    sls-release.toml:5:6: invalid `type` "websocket" in [apis.x]: API Gateway's other kind, WebSocket APIs, is not supported; write "rest" or "http"
    sls-release.toml:7:10: invalid `redeploy` "sometimes" in [apis.x]; write "changed" or "always" or "never"
    "#);
}

#[test]
fn a_missing_key_is_refused() {
    insta::assert_snapshot!(refused("[artifacts]\n[functions.a]\n[apis.x]\n[smoke]\n"), @r#"
    sls-release.toml:1:1: [artifacts] has no `bucket`; add it, for example `bucket = "my-artifacts"`
    sls-release.toml:2:1: [functions.a] has no `source`; add it, for example `source = "lambda"`
    sls-release.toml:3:1: [apis.x] has neither `id` nor `name`: exactly one of them is required; add one of them, for example `id = "a1b2c3d4e5"`
    sls-release.toml:4:1: [smoke] has neither `path` nor `url`: exactly one of them is required; add one of them, for example `path = "/"`
    "#);
    insta::assert_snapshot!(refused("[functions.a]\nsource='a'\n[apis.x]\nname='n'\nid='i'\n[smoke]\nurl='u'\npath='/'"), @r"
    sls-release.toml:5:1: [apis.x] has both `id` and `name`; keep one of them
    sls-release.toml:8:1: [smoke] has both `path` and `url`; keep one of them
    ");
}

#[test]
fn a_missing_key_is_refused_beside_an_unknown_one_in_another_table() {
    let text = "regoin='x'\n[artifacts]\nbukcet='b'\n[functions.a]\nname='a'\n[functions.b]\nsorce='b'\n\
                [apis.x]\nredeploy='never'\n[stages.dev.apis.y]\nident='y'\n[smoke]\npath='/'\nhit=3\n";
    insta::assert_snapshot!(refused(text), @r#"
    sls-release.toml:1:1: unknown key `regoin`: this table has no setting with this name; did you mean `region`?
    sls-release.toml:3:1: unknown key `bukcet` in [artifacts]: this table has no setting with this name; did you mean `bucket`?
    sls-release.toml:4:1: [functions.a] has no `source`; add it, for example `source = "lambda"`
    sls-release.toml:7:1: unknown key `sorce` in [functions.b]: this table has no setting with this name; did you mean `source`?
    sls-release.toml:8:1: [apis.x] has neither `id` nor `name`: exactly one of them is required; add one of them, for example `id = "a1b2c3d4e5"`
    sls-release.toml:11:1: unknown key `ident` in [stages.dev.apis.y]: this table has no setting with this name; known: `type`, `id`, `name`, `stage`, `redeploy`
    sls-release.toml:14:1: unknown key `hit` in [smoke]: this table has no setting with this name; did you mean `hits`?
    "#);
}

#[test]
fn nothing_to_release_is_refused() {
    insta::assert_snapshot!(refused(""), @r"sls-release.toml:1:1: there is no function and no API to release; add a `[functions.<key>]` or an `[apis.<key>]` table");
    insta::assert_snapshot!(refused("region='eu-west-1'\n[functions]\n[stages.prod.functions.a]\nsource='a'"), @r"sls-release.toml:1:1: there is no function and no API to release; add a `[functions.<key>]` or an `[apis.<key>]` table");
}

#[test]
fn a_bad_name_is_refused() {
    let text = "region='Frankfurt'\nstage='fine'\n[artifacts]\nbucket='Acme'\nprefix='/a//b/'\nowner='12345'\n\
                [functions.a]\nsource=''\nname='arn:aws:lambda'\nalias='42'\n[functions.'b c']\nsource='b'\n\
                [functions.d]\nsource='d'\nalias=''\n[apis.x]\nid='a/b'\nstage='a b'\n[apis.y]\nname=''\n\
                [smoke]\nurl='ftp://x'\nmethod='get'\ncontains=''\nheaders={ 'a b' = 'c', d = \"e\\n\" }\n[stages.'a b']";
    insta::assert_snapshot!(refused(text), @r"
    sls-release.toml:1:8: invalid region `Frankfurt`: a region's code is expected, for example `eu-central-1`; write another value
    sls-release.toml:4:8: invalid bucket name `Acme`: 3 to 63 lower-case letters, digits, dots and dashes are allowed, with a letter or digit at both ends; write another value
    sls-release.toml:5:8: invalid prefix `a//b`: letters, digits and `!-_.*'()` are allowed, in parts between single slashes, none of them `.` or `..`; write another value
    sls-release.toml:6:7: invalid owner `12345`: the twelve digits of an AWS account are expected; write another value
    sls-release.toml:8:8: invalid source ``: a folder, a file or a `.zip` is expected; write another value
    sls-release.toml:9:6: invalid function name `arn:aws:lambda`: 1 to 64 letters, digits, `_` and `-` are allowed: the name alone, without account and version; write another value
    sls-release.toml:10:7: invalid alias `42`: 1 to 128 letters, digits, `_` and `-` are allowed, not digits alone; `alias = false` means none; write another value
    sls-release.toml:11:12: invalid key `b c` in [functions]: letters, digits, `_` and `-` are allowed; rename it
    sls-release.toml:15:7: invalid alias ``: 1 to 128 letters, digits, `_` and `-` are allowed, not digits alone; `alias = false` means none; write another value
    sls-release.toml:17:4: invalid API id `a/b`: letters, digits, `_` and `-` are allowed; write another value
    sls-release.toml:18:7: invalid stage name `a b`: 1 to 128 letters, digits, `_` and `-` are allowed, and `$default`; write another value
    sls-release.toml:20:6: invalid API name ``: it is empty; write another value
    sls-release.toml:22:5: invalid url `ftp://x`: it must begin with `https://` or `http://`, name a host, and contain no space; write another value
    sls-release.toml:23:8: invalid method `get`: an HTTP method in capitals is expected, for example `GET`; write another value
    sls-release.toml:24:10: invalid contains ``: it must not be empty; write another value
    sls-release.toml:25:11: invalid header name `a b` in [smoke.headers]: letters, digits and ``!#$%&'*+-.^_`|~`` are allowed; rename it
    sls-release.toml:25:28: the value of header `d` holds a control character; remove it, also from the variable that it may come from
    sls-release.toml:26:9: invalid stage name `a b` in [stages]: 1 to 128 letters, digits, `_` and `-` are allowed; rename it
    ");
}

#[test]
fn outer_slashes_of_a_prefix_are_removed() {
    let text = format!("[artifacts]\nbucket='acme'\nprefix='/a/{{stage}}//'\n{SMALL}");
    assert_eq!(settings(&stage("dev"), &text).artifacts.unwrap().prefix, "a/dev");
}

#[test]
fn a_bad_flag_or_variable_is_named() {
    let mut given = stage("dev");
    given.common.overrides.bucket = Some("NO".into());
    given.common.environment =
        environment(&[("SLS_RELEASE_REGION", "here"), ("SLS_RELEASE_WAIT_TIMEOUT", "5 minutes")]);
    insta::assert_snapshot!(refusal(&given, SMALL), @r"
    invalid region `here` (from `SLS_RELEASE_REGION`): a region's code is expected, for example `eu-central-1`; set `SLS_RELEASE_REGION` to another value
    invalid bucket name `NO` (from `--bucket`): 3 to 63 lower-case letters, digits, dots and dashes are allowed, with a letter or digit at both ends; pass another value with `--bucket`
    invalid duration `5 minutes` (from `SLS_RELEASE_WAIT_TIMEOUT`): a whole number and `ms`, `s`, `m` or `h` are expected, for example `30s`; set `SLS_RELEASE_WAIT_TIMEOUT` to another value
    ");
}

#[test]
fn a_stage_is_needed_and_must_be_one() {
    insta::assert_snapshot!(refusal(&Given::default(), SMALL), @r"no stage was given; pass `--stage`, for example `--stage dev`, or set SLS_RELEASE_STAGE or the action's input `stage`");
    insta::assert_snapshot!(refusal(&stage("a b"), SMALL), @r"invalid stage name `a b` (from `--stage`): 1 to 128 letters, digits, `_` and `-` are allowed; pass another value with `--stage`");
    insta::assert_snapshot!(refusal(&stage(""), SMALL), @r"invalid stage name `` (from `--stage`): 1 to 128 letters, digits, `_` and `-` are allowed; pass another value with `--stage`");
    insta::assert_snapshot!(refusal(&stage("dev"), &format!("stge='x'\n{SMALL}")), @r"sls-release.toml:1:1: unknown key `stge`: this table has no setting with this name; did you mean `stage`?");
}

#[test]
fn a_stage_that_is_probably_a_typo_is_refused() {
    let text = format!("{SMALL}[stages.prod]\n[stages.qa]\n");
    insta::assert_snapshot!(refusal(&stage("prd"), &text), @r"unknown stage `prd` (from `--stage`): the settings file declares a stage with a similar name, but not this one; did you mean `prod`? If not, declare it: `[stages.prd]`");
    insta::assert_snapshot!(refusal(&Given::default(), &format!("stage='pord'\n{text}")), @r"sls-release.toml:1:7: unknown stage `pord`: the settings file declares a stage with a similar name, but not this one; did you mean `prod`? If not, declare it: `[stages.pord]`");
    for name in ["prod", "qa", "pr-42", "ci", "d"] {
        assert_eq!(settings(&stage(name), &text).stage.as_str(), name);
    }
}

#[test]
fn two_functions_must_not_share_a_name() {
    insta::assert_snapshot!(
        refused("[functions.b]\nsource='b'\nname='x-{stage}'\n[functions.a]\nsource='a'\nname='x-dev'\n"),
        @r"sls-release.toml:6:6: function `a` is `x-dev` in Lambda, and so is `b`: line 3 and line 6 name the same function; give one of them another `name`"
    );
}

#[test]
fn the_api_of_the_smoke_test_must_be_known() {
    let refused = |apis: &str, smoke: &str| refused(&format!("{SMALL}{apis}[smoke]\npath='/'\n{smoke}"));
    let two = "[apis.public]\nid='a'\n[apis.inner]\nid='b'\n";
    insta::assert_snapshot!(refused(two, ""), @r#"sls-release.toml:7:1: [smoke] does not say which API its `path` is on: there are `inner`, `public`; add it, such as `api = "inner"`"#);
    insta::assert_snapshot!(refused(two, "api='publc'"), @r"sls-release.toml:9:5: unknown API `publc` in [smoke]; did you mean `public`?");
    insta::assert_snapshot!(refused("", "api='public'"), @r"sls-release.toml:5:5: unknown API `public` in [smoke]; known: none");
}

/// Without an API, or where the settings say so.
#[test]
fn a_smoke_path_may_be_on_the_url_of_a_function() {
    let target = |more: &str, smoke: &str| {
        let settings = settings(&stage("dev"), &format!("{SMALL}{more}[smoke]\npath='/'\n{smoke}"));
        (settings.smoke[0].target.clone(), settings.smoke[0].function.clone().map(|key| key.to_string()))
    };
    let on = |function: &str| {
        let target = SmokeTarget::FunctionUrl { function: FunctionKey::new(function), path: "/".into() };
        (target, Some(function.to_owned()))
    };
    let second = "[functions.worker]\nsource='worker'\n";
    assert_eq!(target("", ""), on("hello"));
    assert_eq!(target(second, "function='worker'"), on("worker"));
    assert_eq!(target("[apis.x]\nid='a'\n", "api=false"), on("hello"));
    let of_api = target("[apis.x]\nid='a'\n", "function='hello'");
    assert_eq!(of_api.0, SmokeTarget::Path { api: ApiKey::new("x"), path: "/".into() });
    insta::assert_snapshot!(refused(&format!("{SMALL}{second}[smoke]\npath='/'\n")), @r#"sls-release.toml:5:1: [smoke] does not say which function it is for; add it, such as `function = "hello"`"#);
    insta::assert_snapshot!(refused(&format!("{SMALL}[smoke]\npath='/'\napi=true\n")), @"sls-release.toml:5:5: invalid `api` in [smoke]: expected a string or `false`, found `true`; write a string or `false`");
}

#[test]
fn a_smoke_path_begins_with_a_slash_and_a_url_has_no_api() {
    let apis = "[apis.x]\nid='a'\n";
    insta::assert_snapshot!(refused(&format!("{SMALL}{apis}[smoke]\npath='hello'")), @r"sls-release.toml:6:6: invalid path `hello`: it must begin with `/` and contain no space; write another value");
    insta::assert_snapshot!(refused(&format!("{SMALL}{apis}[smoke]\nurl='https://a.example'\napi='x'")), @r"sls-release.toml:7:1: [smoke] has both `url` and `api`: a `url` is whole, and belongs to no API; drop `api`, or use `path`");
}

#[test]
fn an_invalid_value_in_another_stage_is_reported() {
    insta::assert_snapshot!(refused(&format!("{SMALL}[stages.prod]\nwait_timeout='5 min'\n")), @r#"sls-release.toml:4:14: invalid `wait_timeout` "5 min" in [stages.prod]: a whole number and `ms`, `s`, `m` or `h` are expected, for example `30s`; write it like `30s`, `500ms` or `5m`"#);
}

#[test]
fn durations_have_a_unit() {
    let good = [("100ms", 100), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000)];
    for (text, milliseconds) in good {
        assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
    }
    for text in
        ["", "5", "s", "5 s", "-5s", "1.5s", "5S", "0s", "5m30s", "99999999999999999999s", "18446744073709551615h"]
    {
        assert!(parse_duration(text).is_err(), "{text}");
    }
}

#[test]
fn the_nearest_file_above_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a/b");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(folder.path().join("sls-release.toml"), "outer").unwrap();
    assert_eq!(read(None, &inner).unwrap().text, "outer");
    std::fs::write(folder.path().join("a/sls-release.toml"), "inner").unwrap();
    let found = read(None, &inner).unwrap();
    assert_eq!((found.text.as_str(), found.path), ("inner", folder.path().join("a/sls-release.toml")));
}

#[test]
fn with_config_no_other_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sls-release.toml"), "found").unwrap();
    std::fs::write(folder.path().join("other.toml"), "named").unwrap();
    let config = |name: &str| folder.path().join(name);
    assert_eq!(read(Some(&config("other.toml")), folder.path()).unwrap().text, "named");
    let missing = read(Some(&config("none.toml")), folder.path()).unwrap_err();
    let missing = missing.to_string();
    assert!(missing.contains("none.toml` does not exist") && missing.contains("`--config`"), "{missing}");
}

#[test]
fn a_file_that_cannot_be_read_comes_with_a_fix() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str| {
        let failure = read(Some(&folder.path().join(name)), folder.path()).unwrap_err();
        assert_eq!(failure.kind, Kind::Usage);
        failure.to_string().replace(&folder.path().display().to_string(), "here")
    };
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    std::fs::write(folder.path().join("latin-1"), b"# a\n# Gr\xfc\xdfe\n").unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    insta::assert_snapshot!(refused("folder"), @r"failed to read the settings file `here/folder`: it is a folder; pass the file itself with `--config`");
    insta::assert_snapshot!(refused("latin-1"), @r"here/latin-1:2:5: failed to read the settings file `here/latin-1`: the byte 0xFC here is not UTF-8; save it as UTF-8");
    insta::assert_snapshot!(refused("file/below"), @r"failed to read the settings file `here/file/below`: Not a directory (os error 20); make it readable, or pass another file with `--config`");
}

#[test]
fn a_missing_file_is_reported_with_a_minimal_example() {
    let folder = tempfile::tempdir().unwrap();
    let failure = read(None, folder.path()).unwrap_err();
    assert_eq!(failure.kind, Kind::Usage);
    let (_, example) = failure.problems[0].fix.split_once("\n\n").unwrap();
    assert_eq!(settings(&stage("dev"), example).functions.len(), 1);
}

/// Returns the keys of a table, as the message for an unknown key lists them.
fn known_keys(table: &str) -> Vec<String> {
    let failure = refusal(&stage("dev"), &format!("{table}\nzzzzzzzzzzzz = 1\n"));
    let fix = failure.problems.iter().find(|problem| problem.what.contains("zzzzzzzzzzzz")).unwrap().fix.clone();
    fix.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_reference_and_the_full_file_contain_every_key() {
    let reference = include_str!("../../docs/settings.md");
    for table in ["", "[artifacts]", "[functions.a]", "[apis.a]", "[smoke]", "[preview]", "[stages.dev]"] {
        let keys = known_keys(table);
        assert!(keys.len() >= 3, "{table}: {keys:?}");
        for key in keys {
            assert!(reference.contains(&format!("`{key}`")) || reference.contains(&format!("`[{key}")), "{key}");
            let written = FULL.lines().any(|line| {
                line.split([' ', '=']).next() == Some(&key)
                    || line.trim_start_matches('[').starts_with(key.as_str()) && line.starts_with('[')
                    || line.ends_with(&format!(".{key}]]"))
            });
            assert!(written, "{key}");
        }
    }
}
