//! Attempts of foreign text to break out of the place where it is written.

use sls_release::error::{Kind, Location, Problem};
use sls_release::report::escape::{
    command_data, command_property, fenced, html, json, markdown, markdown_code, markdown_link, terminal,
};
use sls_release::report::{Format, Verbosity, github};

use super::told;

const HOSTILE: &str = "a\n::set-output name=x::y\r\n\u{1b}[31mred\u{1b}[0m ##[error]no \u{202e}txt `code` \
                       <script>alert(1)</script> @everyone #12 [link](https://evil.example) | 100% $x$";

#[test]
fn a_terminal_gets_one_line_without_commands() {
    assert_eq!(terminal("red\u{1b}[1;31mred\u{1b}[0m"), "redred");
    assert_eq!(terminal("a\nb\r\nc\u{2028}d\te"), "a b c d e");
    assert_eq!(terminal("exe.\u{202e}gpj\u{200b}\u{feff}\u{7}\u{9b}\u{7f}"), "exe.gpj");
    assert_eq!(terminal("\u{1b}]0;title\u{7}x"), "]0;titlex");
    assert_eq!(terminal("\u{1b}[12"), "[12", "an unfinished sequence hides nothing");
    assert_eq!(terminal("  ::error::x"), "  : :error::x");
    assert_eq!(terminal("x ##[add-mask]y"), "x # #[add-mask]y");
    assert_eq!(terminal("Grüße, 世界 🚀"), "Grüße, 世界 🚀");
}

#[test]
fn a_sequence_inside_a_sequence_leaves_no_sequence() {
    assert_eq!(terminal("\u{1b}[\u{1b}[31m31mx"), "[31mx");
    assert_eq!(terminal("\u{1b}[3\u{200b}1mx"), "[31mx");
    assert_eq!(terminal("#\u{200b}#[error]"), "# #[error]");
    assert_eq!(terminal("\u{200b}::error::"), ": :error::");
}

#[test]
fn a_workflow_command_keeps_its_data_and_its_properties() {
    assert_eq!(command_data("50%\na\r\nb%0A"), "50%25%0Aa%0Ab%250A");
    assert_eq!(command_property("a,b:c\nd%"), "a%2Cb%3Ac%0Ad%25");
    assert!(!command_data(HOSTILE).contains(['\n', '\r', '\u{1b}']));
}

#[test]
fn markdown_gets_text_alone() {
    assert_eq!(markdown("<b>&*_`"), "&lt;b&gt;&amp;\\*\\_\\`");
    assert_eq!(markdown("@everyone"), "@<!-- -->everyone");
    assert_eq!(markdown("#12 $x$"), "#<!-- -->12 <span>$</span>x<span>$</span>");
    assert_eq!(markdown("![i](http://x)"), "\\!\\[i\\]\\(http\\://x\\)");
    assert_eq!(markdown("a|b\n- c"), "a\\|b - c");
    assert_eq!(markdown("- a"), "\\- a");
    assert_eq!(markdown("1. a 1.5"), "1\\. a 1.5");
    assert_eq!(markdown("www.x.y"), "www\\.x.y");
    assert_eq!(markdown("    see gh-12, high-5"), "see gh-<!-- -->12, high-5");
}

#[test]
fn html_gets_text_alone() {
    assert_eq!(html("a_b </summary>@x\n\n"), "a_b &lt;/summary&gt;@<!-- -->x  ");
    assert_eq!(html("GH-12"), "GH-<!-- -->12");
}

#[test]
fn a_code_span_is_fenced_by_more_backticks_than_it_holds() {
    assert_eq!(markdown_code("aws s3 ls"), "` aws s3 ls `");
    assert_eq!(markdown_code("a``b`c"), "``` a``b`c ```");
    assert_eq!(markdown_code("a\n\n# b"), "` a  # b `");
    assert_eq!(markdown_code(""), "");
}

#[test]
fn only_a_plain_url_becomes_a_link() {
    assert_eq!(markdown_link("https://a.example/dev"), "<https://a.example/dev>");
    assert_eq!(markdown_link("http://127.0.0.1:4566/r/_user_request_"), "<http://127.0.0.1:4566/r/_user_request_>");
    assert_eq!(markdown_link("https://a.example/>x"), "https\\://a.example/&gt;x");
    assert_eq!(markdown_link("javascript:alert(1)"), "javascript:alert\\(1\\)");
}

#[test]
fn json_keeps_its_values_and_hides_nothing() {
    let value = serde_json::Value::from(format!("{HOSTILE}\u{9b}\u{7f}\u{e0041}"));
    let written = json(&serde_json::to_string_pretty(&value).unwrap());
    assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), value);
    assert!(!written.contains("##["));
    assert!(!written.contains(['\u{202e}', '\u{9b}', '\u{7f}', '\u{e0041}']));
}

#[test]
fn an_output_cannot_end_itself() {
    assert_eq!(github::output("plan", "{}\n", "E0F").unwrap(), "plan<<E0F\n{}\n\nE0F\n");
    assert!(github::output("plan", "x\nE0F\nchanged=true", "E0F").is_err());
}

#[test]
fn a_hostile_failure_stays_inside_every_format() {
    let at = Location { file: "a,b:c\n.toml".into(), line: 1, column: 2 };
    let problem = Problem::new(HOSTILE).why(HOSTILE).fix(HOSTILE).at(Some(at));
    let failure = problem.into_failure(Kind::Refused);
    for format in [Format::Human, Format::Github, Format::Json] {
        let told = told(format, Verbosity::Normal, |reporter| reporter.failure(&failure));
        let log = told.stdout.clone() + &told.stderr;
        assert!(!log.contains(['\u{1b}', '\u{202e}']));
        assert!(!log.lines().any(|line| line.trim_start().starts_with("::set-output")));
        let summary_is_text = ["<script>", "@everyone", "](", "\n::"].iter().all(|it| !told.summary.contains(it));
        assert!(summary_is_text, "{}", told.summary);
    }
    let told = told(Format::Github, Verbosity::Normal, |reporter| reporter.failure(&failure));
    let error = told.stdout.lines().next().unwrap();
    assert!(error.starts_with("::error file=a%2Cb%3Ac%0A.toml,line=1,col=2,title=sls-release::a%0A::set-output"));
}

/// Whatever has the shape of a credential, wherever it is written.
#[test]
fn credentials_are_hidden_by_their_shape() {
    let token = format!("ghp_{}", "a1B2".repeat(9));
    let cases = [
        ("key AKIAIOSFODNN7EXAMPLE is invalid".to_owned(), "key *** is invalid"),
        (format!("token {token}."), "token ***."),
        ("jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.sig-nature end".to_owned(), "jwt *** end"),
        (
            "GET /code?X-Amz-Credential=a%2Fb&X-Amz-Signature=0f1e&X-Amz-Date=1".to_owned(),
            "GET /code?X-Amz-Credential=***&X-Amz-Signature=***&X-Amz-Date=1",
        ),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG".to_owned(), "aws_secret_access_key = ***"),
        (r#"{"SessionToken": "IQoJb3JpZ2lu"}"#.to_owned(), r#"{"SessionToken": "***"}"#),
        (
            "InvalidSignatureException: Signature expired: 2026".to_owned(),
            "InvalidSignatureException: Signature expired: 2026",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!((terminal(&text).as_str(), json(&text).as_str()), (expected, expected));
        assert_eq!(fenced(&text), expected);
    }
}
