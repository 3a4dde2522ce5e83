//! `[preview]`.

use sls_release::model::{FunctionKey, PreviewLimits, PreviewRole, WhenFull};

use super::{Given, refusal, settings, stage};

const FUNCTION: &str = "[functions.hello]\nsource='lambda'\n";

fn of_42() -> Given {
    Given { pull_request: Some(42), ..stage("dev") }
}

#[test]
fn the_environment_of_a_preview_names_its_pull_request() {
    let text = format!(
        "{FUNCTION}[preview]\nshare_role=true\n[preview.environment]\nTABLE_NAME='t-{{stage}}-{{pr}}'\nJSON='{{\"a\":1}}'\n\
         [preview.functions.hello.environment]\nQUEUE='q-{{pr}}'\n"
    );
    let preview = settings(&of_42(), &text).preview.unwrap();
    assert_eq!(preview.role, PreviewRole::Shared);
    assert_eq!(preview.environment["TABLE_NAME"].reveal(), "t-dev-42");
    assert_eq!(preview.environment["JSON"].reveal(), "{\"a\":1}");
    assert_eq!(preview.functions[&FunctionKey::new("hello")]["QUEUE"].reveal(), "q-42");
    assert!(!format!("{preview:?}").contains("t-dev-42"), "a value is never shown");
}

#[test]
fn what_is_wrong_with_a_preview_is_told_at_once() {
    let wrong = format!(
        "{FUNCTION}[preview]\nrole='admin'\nservice='a b'\nrepository='hello'\n\
         [preview.functions.helo.environment]\n1A='x'\n"
    );
    insta::assert_snapshot!(refusal(&of_42(), &wrong), @r#"
    sls-release.toml:4:6: invalid role `admin`: the ARN of a role is expected, for example `arn:aws:iam::123456789012:role/preview`; write another value
    sls-release.toml:5:9: invalid service `a b`: 1 to 64 letters, digits, `_`, `.` and `-` are allowed, in parts between single slashes; write another value
    sls-release.toml:6:12: invalid repository `hello`: the owner and the name are expected, for example `acme/hello`; write another value
    sls-release.toml:7:20: unknown function `helo` in [preview.functions]; did you mean `hello`?
    sls-release.toml:8:1: invalid environment variable `1A` in [preview.functions.helo.environment]: at least two characters, a letter first, then letters, digits and `_` are allowed; rename it
    "#);
    insta::assert_snapshot!(refusal(&of_42(), &format!("{FUNCTION}[preview]\nshare_role=false\n")), @r#"sls-release.toml:3:1: [preview] has neither `role` nor `share_role = true`: a preview runs code that was not reviewed yet: with the role of the function that is copied, it may do to the stage's data whatever that function may; add the ARN of a role that may do less, as `role`, or `share_role = true`"#);
    let both = format!("{FUNCTION}[preview]\nshare_role=true\nrole='arn:aws:iam::123456789012:role/a'\n");
    insta::assert_snapshot!(refusal(&of_42(), &both), @r#"sls-release.toml:5:6: [preview] has both `role` and `share_role`; keep one of them"#);
}

#[test]
fn the_limits_of_previews_have_defaults() {
    let preview =
        |more: &str| settings(&of_42(), &format!("{FUNCTION}[preview]\nshare_role=true\n{more}")).preview.unwrap();
    let limits = PreviewLimits { max_previews: None, when_full: WhenFull::Refuse, log_retention_days: 14 };
    assert_eq!(preview("").limits, limits);
    let limits = PreviewLimits { max_previews: Some(3), when_full: WhenFull::ReplaceOldest, log_retention_days: 30 };
    assert_eq!(preview("max_previews=3\nwhen_full='replace-oldest'\nlog_retention_days=30\n").limits, limits);
}

#[test]
fn limits_that_aws_does_not_know_are_refused() {
    let wrong =
        format!("{FUNCTION}[preview]\nshare_role=true\nmax_previews=601\nwhen_full='newest'\nlog_retention_days=10\n");
    insta::assert_snapshot!(refusal(&of_42(), &wrong), @r#"
    sls-release.toml:5:14: invalid `max_previews` in [preview]: expected an integer from 1 to 600, found `601`; write an integer from 1 to 600
    sls-release.toml:6:11: invalid `when_full` "newest" in [preview]; write "refuse" or "replace-oldest"
    sls-release.toml:7:20: invalid `log_retention_days` 10 in [preview]: CloudWatch keeps logs for one of these numbers of days: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653; write one of these numbers
    "#);
}

#[test]
fn a_strategy_of_an_old_file_is_refused_with_the_reason() {
    let old = format!(
        "{FUNCTION}[preview]\nstrategy='stage'\nshare_role=true\nlatest_unused=true\n\
         [stages.dev.preview]\nstrategy='copy'\n[stages.dev.smoke]\nstrategy='copy'\n"
    );
    insta::assert_snapshot!(refusal(&of_42(), &old), @r#"
    sls-release.toml:4:1: unknown key `strategy` in [preview]: the strategy "stage" was removed because it put a pull request's code into $LATEST of the stage's functions, from where `terraform apply` can release it; remove `strategy`: a preview is always a copy (docs/previews.md)
    sls-release.toml:6:1: unknown key `latest_unused` in [preview]: the strategy "stage" was removed because it put a pull request's code into $LATEST of the stage's functions, from where `terraform apply` can release it; remove `latest_unused`: a preview is always a copy (docs/previews.md)
    sls-release.toml:8:1: unknown key `strategy` in [stages.dev.preview]: the strategy "stage" was removed because it put a pull request's code into $LATEST of the stage's functions, from where `terraform apply` can release it; remove `strategy`: a preview is always a copy (docs/previews.md)
    sls-release.toml:10:1: unknown key `strategy` in [stages.dev.smoke]: this table has no setting with this name; known: `function`, `path`, `url`, `api`, `method`, `headers`, `body`, `invoke`, `before`, `sign`, `tenant`, `status`, `contains`, `hits`, `timeout`
    "#);
}

#[test]
fn tags_are_those_that_aws_takes_and_none_of_ours() {
    let preview = format!("{FUNCTION}[preview]\nshare_role=true\n[preview.tags]\n");
    let tags =
        settings(&of_42(), &format!("{preview}team='shop'\n'cost:center'='{{stage}}-{{pr}}'\n")).preview.unwrap().tags;
    assert_eq!((tags["team"].as_str(), tags["cost:center"].as_str()), ("shop", "dev-42"));
    let wrong = format!("{preview}'sls-release:repository'='other/one'\nowner='a, b'\n'aws:x'='y'\n");
    insta::assert_snapshot!(refusal(&of_42(), &wrong), @r"
    sls-release.toml:6:1: invalid tag `sls-release:repository` in [preview.tags]: 1 to 128 letters, digits, spaces and `_.:/=+-@` are allowed, not beginning with `aws:` or `sls-release:`; rename it
    sls-release.toml:7:7: invalid value of a tag `a, b`: 256 letters, digits, spaces and `_.:/=+-@` at most are allowed; write another value
    sls-release.toml:8:1: invalid tag `aws:x` in [preview.tags]: 1 to 128 letters, digits, spaces and `_.:/=+-@` are allowed, not beginning with `aws:` or `sls-release:`; rename it
    ");
}
