//! The settings of a pull request: what of its own file counts, and what is ignored.

use sls_release::model::{BaseSettings, CodeSource, FunctionKey};
use sls_release::settings::ignored;

use super::{Given, file, function, refusal, settings, stage};

const BASE: &str = "\
region = 'us-east-1'
[artifacts]
bucket = 'acme-artifacts'
[functions.hello]
source = 'lambda'
exclude = ['tests/**']
name = 'hello-{stage}'
[apis.public]
id = 'a1b2c3d4e5'
[smoke]
path = '/hello'
[preview]
role = 'arn:aws:iam::123456789012:role/preview'
[preview.environment]
TABLE_NAME = 'hello-{pr}'
[stages.dev.functions.hello]
source = 'dev'
[stages.dev.artifacts]
prefix = 'dev'
";

fn base_of(text: &str) -> BaseSettings {
    BaseSettings { shown: "main:sls-release.toml".into(), text: text.to_owned() }
}

fn with_base(text: &str) -> Given {
    let mut given = stage("dev");
    given.common.base = Some(base_of(text));
    given
}

fn ignored_of(own: &str) -> Vec<String> {
    ignored_beside(BASE, own)
}

fn ignored_beside(base: &str, own: &str) -> Vec<String> {
    ignored(Some(&base_of(base)), &file(own)).unwrap()
}

#[test]
fn the_same_file_is_ignored_in_nothing() {
    assert_eq!(ignored_of(BASE), Vec::<String>::new());
    assert_eq!(ignored_of(&format!("# another word\n{BASE}\n")), Vec::<String>::new());
    assert_eq!(ignored(None, &file("anything = 1")).unwrap(), Vec::<String>::new(), "there is no base");
}

#[test]
fn a_pull_request_says_which_files_are_packed_and_what_is_asked() {
    let own = BASE.replace("'tests/**'", "'docs/**'").replace("source = 'dev'", "source = 'src'\ninclude = ['*.py']");
    let own = own.replace("'/hello'", "'/hi'\nstatus = 201") + "[stages.dev.smoke]\nhits = 7\n";
    assert_eq!(ignored_of(&own), Vec::<String>::new());
    let settings = settings(&with_base(BASE), &own);
    let hello = function(&settings, "hello");
    assert_eq!(hello.source.value, CodeSource::Path("src".into()));
    assert_eq!(hello.source.location().unwrap().file.to_str(), Some("sls-release.toml"));
    assert_eq!((hello.exclude[0].value.as_str(), hello.include[0].value.as_str()), ("docs/**", "*.py"));
    let smoke = &settings.smoke[0];
    assert_eq!((smoke.status, smoke.hits), (201, 7));
}

#[test]
fn what_it_leaves_out_of_its_own_is_left_out() {
    let own = BASE.replace("exclude = ['tests/**']\n", "").replace("[smoke]\npath = '/hello'\n", "");
    assert_eq!(ignored_of(&own), Vec::<String>::new());
    let settings = settings(&with_base(BASE), &own);
    assert!(settings.smoke.is_empty() && function(&settings, "hello").exclude.is_empty());
}

#[test]
fn everything_else_is_the_base_branchs() {
    let own = "\
region = 'eu-central-1'
wait_timeout = '1h'
[artifacts]
bucket = 'others'
prefix = 'hello-prod'
[functions.hello]
source = 'lambda'
key = 'others.zip'
name = 'payments-{stage}'
alias = 'live'
[functions.admin]
image = '123456789012.dkr.ecr.us-east-1.amazonaws.com/others:latest'
[apis.public]
name = 'payments'
[preview]
share_role = true
[preview.environment]
TABLE_NAME = 'secret'
OTHER = 'secret'
[stages.dev.functions.hello]
source = 'dev'
[stages.prod.smoke]
path = '/'
";
    let ignored: Vec<_> = ignored_of(own)
        .into_iter()
        .map(|it| it.replace("the base branch, whose settings count until this is merged", "…"))
        .collect();
    insta::assert_snapshot!(ignored.join("\n"), @r"
    sls-release.toml:1:1: `region` differs from …
    sls-release.toml:2:1: `wait_timeout` is not on …
    sls-release.toml:4:1: `bucket` of [artifacts] differs from …
    sls-release.toml:5:1: `prefix` of [artifacts] is not on …
    sls-release.toml:8:1: `key` of [functions.hello] is not on …
    sls-release.toml:9:1: `name` of [functions.hello] differs from …
    sls-release.toml:10:1: `alias` of [functions.hello] is not on …
    sls-release.toml:11:12: `admin` of [functions] is not on …
    sls-release.toml:13:1: `id` of [apis.public] is missing here, but not on …
    sls-release.toml:14:1: `name` of [apis.public] is not on …
    sls-release.toml:15:1: `role` of [preview] is missing here, but not on …
    sls-release.toml:16:1: `share_role` of [preview] is not on …
    sls-release.toml:18:1: `TABLE_NAME` of [preview.environment] differs from …
    sls-release.toml:19:1: `OTHER` of [preview.environment] is not on …
    sls-release.toml:20:9: `artifacts` of [stages.dev] is missing here, but not on …
    sls-release.toml:22:9: `prod` of [stages] is not on …
    ");
    let settings = settings(&with_base(BASE), own);
    assert_eq!(settings.region.as_ref().unwrap().value.as_str(), "us-east-1");
    let store = settings.artifacts.as_ref().unwrap();
    assert_eq!((store.bucket.value.as_str(), store.prefix.as_str()), ("acme-artifacts", "dev"));
    assert_eq!(settings.functions.keys().collect::<Vec<_>>(), [&FunctionKey::new("hello")]);
    assert_eq!(function(&settings, "hello").name.value.as_str(), "hello-dev");
    assert!(!ignored_of(own).concat().contains("secret"), "a value may be secret");
}

#[test]
fn an_unknown_key_of_a_pull_request_is_ignored_and_one_of_the_base_is_an_error() {
    assert_eq!(ignored_of(&format!("buckets = 1\n{BASE}")).len(), 1);
    settings(&with_base(BASE), &format!("buckets = 1\n{BASE}"));
    let refused = refusal(&with_base(&format!("buckets = 1\n{BASE}")), BASE).to_string();
    assert!(refused.starts_with("main:sls-release.toml:1:1: unknown key `buckets`"), "{refused}");
    let refused = refusal(&with_base(BASE), &BASE.replace("'tests/**'", "1")).to_string();
    assert!(refused.starts_with("sls-release.toml:6:12: invalid `exclude`"), "{refused}");
    let refused = refusal(&with_base(BASE), "[functions").to_string();
    assert!(refused.starts_with("sls-release.toml:1:11: this is not valid TOML"), "{refused}");
}

/// An address or an event of its own choosing, or what the runner knows.
#[test]
fn a_smoke_test_of_its_own_reaches_no_further() {
    let base = format!("{BASE}[smoke.headers]\nX-Key = '{{env.KEY}}'\n");
    let own = |smoke: &str| base.replace("[smoke]\npath = '/hello'\n", smoke);
    let cases = [
        ("[smoke]\nurl = 'https://elsewhere.example/{env.KEY}'\n", "url"),
        ("[smoke]\npath = '/hello'\nbefore = true\n", "before"),
        ("[smoke]\npath = '/hello'\nsign = true\n", "sign"),
        ("[smoke]\npath = '/hello'\ntenant = 'other'\n", "tenant"),
        ("[smoke]\npath = '/hello?key={env.KEY}'\n", "path"),
        ("[[smoke]]\ninvoke = 'event.json'\nfunction = 'hello'\n", "invoke"),
    ];
    for (smoke, key) in cases {
        let text = if smoke.starts_with("[[") { BASE.replace("[smoke]\npath = '/hello'\n", smoke) } else { own(smoke) };
        let ignored = ignored_beside(&base, &text);
        assert!(
            ignored.iter().any(|line| line.contains(&format!("`{key}`")) && line.contains("reaches further")),
            "{key}: {ignored:?}"
        );
    }
    assert_eq!(ignored_beside(&base, &own("[smoke]\npath = '/other'\nstatus = 204\n")), Vec::<String>::new());
}

/// They say where code goes, and with which key.
#[test]
fn encryption_is_the_base_branchs() {
    let own = BASE.replace(
        "bucket = 'acme-artifacts'\n",
        "bucket = 'acme-artifacts'\nencryption = 'aws:kms'\nkms_key = 'alias/own'\n",
    );
    assert_eq!(ignored_of(&own).len(), 2, "{:?}", ignored_of(&own));
    assert_eq!(settings(&with_base(BASE), &own).artifacts.unwrap().encryption, None);
}
