//! The rules for names, mostly those of AWS, so that invalid names are reported before the first request.

use crate::model::marks::{self, SERVICE_LENGTH};

/// A rule for a name.
pub(super) struct Rule {
    /// The kind of name, to follow "invalid".
    pub(super) what: &'static str,
    /// Describes what is allowed.
    pub(super) allowed: &'static str,
    pub(super) holds: fn(&str) -> bool,
}

/// The key of a `[functions.<key>]` or `[apis.<key>]` table.
pub(super) const KEY: Rule =
    Rule { what: "key", allowed: "letters, digits, `_` and `-` are allowed", holds: |name| is_word(name, 128) };

/// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html>
pub(super) const STAGE: Rule = Rule {
    what: "stage name",
    allowed: "1 to 128 letters, digits, `_` and `-` are allowed",
    holds: |name| is_word(name, 128),
};

/// The stage of an API; an HTTP API may have the one that is served without a path.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html>
pub(super) const API_STAGE: Rule = Rule {
    what: "stage name",
    allowed: "1 to 128 letters, digits, `_` and `-` are allowed, and `$default`",
    holds: |name| is_word(name, 128) || name == "$default",
};

/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
pub(super) const FUNCTION: Rule = Rule {
    what: "function name",
    allowed: "1 to 64 letters, digits, `_` and `-` are allowed: the name alone, without account and version",
    holds: |name| is_word(name, 64),
};

/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>
pub(super) const ALIAS: Rule = Rule {
    what: "alias",
    allowed: "1 to 128 letters, digits, `_` and `-` are allowed, not digits alone; `alias = false` means none",
    holds: |name| is_word(name, 128) && !name.bytes().all(|byte| byte.is_ascii_digit()),
};

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub(super) const BUCKET: Rule = Rule {
    what: "bucket name",
    allowed: "3 to 63 lower-case letters, digits, dots and dashes are allowed, with a letter or digit at both ends",
    holds: is_bucket,
};

/// The characters that S3 calls safe in a key:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
pub(super) const PREFIX: Rule = Rule {
    what: "prefix",
    allowed: "letters, digits and `!-_.*'()` are allowed, in parts between single slashes, none of them `.` or `..`",
    holds: is_prefix,
};

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
pub(super) const OBJECT_KEY: Rule = Rule {
    what: "object key",
    allowed: "1 to 1024 bytes are allowed, without control characters and without a slash at the beginning",
    holds: |key| (1..=1024).contains(&key.len()) && !key.starts_with('/') && !key.contains(char::is_control),
};

/// Region codes like `eu-central-1`:
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
pub(super) const REGION: Rule =
    Rule { what: "region", allowed: "a region's code is expected, for example `eu-central-1`", holds: is_region };

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>
pub(super) const OWNER: Rule = Rule {
    what: "owner",
    allowed: "the twelve digits of an AWS account are expected",
    holds: |name| name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()),
};

/// The key of a tag. The characters are those that Lambda, API Gateway and CloudWatch all take.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html>
pub(super) const TAG: Rule = Rule {
    what: "tag",
    allowed: "1 to 128 letters, digits, spaces and `_.:/=+-@` are allowed, not beginning with `aws:` or `sls-release:`",
    holds: marks::is_tag_key,
};

/// The value of a tag.
pub(super) const TAG_VALUE: Rule = Rule {
    what: "value of a tag",
    allowed: "256 letters, digits, spaces and `_.:/=+-@` at most are allowed",
    holds: marks::is_tag_value,
};

/// A key of KMS: its id, its ARN, or an alias.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>
pub(super) const KMS_KEY: Rule = Rule {
    what: "key of KMS",
    allowed: "its ARN, its id, or `alias/` and a name are expected",
    holds: |name| !name.is_empty() && is_made_of(name, ":/_-"),
};

/// <https://docs.aws.amazon.com/apigateway/latest/api/API_RestApi.html>
pub(super) const API_ID: Rule =
    Rule { what: "API id", allowed: "letters, digits, `_` and `-` are allowed", holds: |name| is_word(name, 128) };

/// <https://docs.aws.amazon.com/apigateway/latest/api/API_RestApi.html>
pub(super) const API_NAME: Rule = Rule { what: "API name", allowed: "it is empty", holds: |name| !name.is_empty() };

/// A path.
pub(super) const SOURCE: Rule = Rule {
    what: "source",
    allowed: "a folder, a file or a `.zip` is expected",
    holds: |name| !name.is_empty() && !name.contains('\0'),
};

/// The name of a file in an archive.
pub(super) const ENTRY: Rule = Rule {
    what: "filename",
    allowed: "1 to 65,535 bytes without a slash at either end are allowed, in parts that are not `.` or `..`",
    holds: is_entry,
};

/// An HTTP method; every registered one is in capitals. <https://www.rfc-editor.org/rfc/rfc9110#section-9.1>
pub(super) const METHOD: Rule = Rule {
    what: "method",
    allowed: "an HTTP method in capitals is expected, for example `GET`",
    holds: |name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-'),
};

/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.1>
pub(super) const HEADER: Rule = Rule {
    what: "header name",
    allowed: "letters, digits and ``!#$%&'*+-.^_`|~`` are allowed",
    holds: |name| !name.is_empty() && is_made_of(name, "!#$%&'*+-.^_`|~"),
};

/// A path on an API's stage.
pub(super) const SMOKE_PATH: Rule = Rule {
    what: "path",
    allowed: "it must begin with `/` and contain no space",
    holds: |path| path.starts_with('/') && !has_space(path),
};

/// A complete URL.
pub(super) const SMOKE_URL: Rule = Rule {
    what: "url",
    allowed: "it must begin with `https://` or `http://`, name a host, and contain no space",
    holds: |url| {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) && !has_space(url)
    },
};

/// Text that a good answer contains. An empty text is refused, because every answer contains it.
pub(super) const CONTAINS: Rule =
    Rule { what: "contains", allowed: "it must not be empty", holds: |text| !text.is_empty() };

/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
pub(super) const TENANT: Rule = Rule {
    what: "tenant",
    allowed: "1 to 256 letters, digits, spaces and `._:/=+-@` are allowed",
    holds: |name| (1..=256).contains(&name.len()) && is_made_of(name, "._:/=+-@ "),
};

/// Text that may be anything.
pub(super) const ANY_TEXT: Rule = Rule { what: "text", allowed: "everything is allowed", holds: |_| true };

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
pub(super) const ROLE: Rule = Rule {
    what: "role",
    allowed: "the ARN of a role is expected, for example `arn:aws:iam::123456789012:role/preview`",
    holds: |arn| {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        matches!(parts.as_slice(), ["arn", _, "iam", "", account, name]
            if (OWNER.holds)(account) && name.strip_prefix("role/").is_some_and(|name| !name.is_empty()))
    },
};

/// The characters that a tag may contain: <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
pub(super) const SERVICE: Rule = Rule {
    what: "service",
    allowed: "1 to 64 letters, digits, `_`, `.` and `-` are allowed, in parts between single slashes",
    holds: |name| {
        let is_name = (1..=SERVICE_LENGTH).contains(&name.len()) && is_made_of(name, "_.-/");
        is_name && name.split('/').all(|part| !part.is_empty())
    },
};

/// GitHub's `owner/name`.
pub(super) const REPOSITORY: Rule = Rule {
    what: "repository",
    allowed: "the owner and the name are expected, for example `acme/hello`",
    holds: |name| name.split_once('/').is_some_and(|(owner, name)| is_part(owner, 100) && is_part(name, 100)),
};

/// <https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html>
pub(super) const VARIABLE: Rule = Rule {
    what: "environment variable",
    allowed: "at least two characters, a letter first, then letters, digits and `_` are allowed",
    holds: |name| {
        name.len() > 1 && name.starts_with(|first: char| first.is_ascii_alphabetic()) && is_made_of(name, "_")
    },
};

/// Returns whether a name consists of letters, digits and these other characters.
fn is_made_of(name: &str, other: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || other.as_bytes().contains(&byte))
}

fn is_part(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.len()) && is_made_of(name, "_.-")
}

fn is_word(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.len()) && is_made_of(name, "_-")
}

fn is_lower_case(name: &str, other: &str) -> bool {
    is_made_of(name, other) && !name.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn is_bucket(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && is_lower_case(name, ".-")
        && !name.starts_with(['.', '-'])
        && !name.ends_with(['.', '-'])
        && !name.contains("..")
}

fn is_prefix(prefix: &str) -> bool {
    prefix.is_empty() || (are_parts(prefix) && is_made_of(prefix, "/!-_.*'()"))
}

fn is_entry(name: &str) -> bool {
    u16::try_from(name.len()).is_ok() && !name.contains('\0') && are_parts(name)
}

/// Returns whether single slashes separate the parts of a path, and none is `.` or `..`.
fn are_parts(path: &str) -> bool {
    path.split('/').all(|part| !["", ".", ".."].contains(&part))
}

fn is_region(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.contains('-') && is_lower_case(name, "-")
}

fn has_space(text: &str) -> bool {
    text.chars().any(|char| char.is_whitespace() || char.is_control())
}
