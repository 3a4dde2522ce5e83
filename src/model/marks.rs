//! The marks by which this program finds its own things again: tags, descriptions, object keys, statement ids, names.
//!
//! They are a published format: things that older versions made carry them too.

use std::collections::BTreeMap;

use super::{ApiKey, FunctionKey, FunctionName, ObjectKey, PreviewId, RestApiId, RunId, Sha256, StageName};

/// The tag of a preview's repository.
pub const REPOSITORY: &str = "sls-release:repository";
/// The tag of the pull request's number.
pub const PULL_REQUEST: &str = "sls-release:pull-request";
/// The tag of the service.
pub const SERVICE: &str = "sls-release:service";
/// The tag of the API's key in the settings; APIs only.
pub const API: &str = "sls-release:api";
/// The tag of the part's own name: a copy of the tags on something else does not fit it.
pub const NAME: &str = "sls-release:name";
/// The tag of what the part is a copy of: a function's ARN, or an API's id and stage. Log groups are copies of nothing.
pub const ORIGINAL: &str = "sls-release:original";
/// The tag of the run that made it, so that a run that fails deletes only what it made itself.
pub const RUN: &str = "sls-release:run";
/// The tag of the last run that wrote to the API, in RFC 3339; APIs only, since Lambda returns when a function changed.
pub const UPDATED: &str = "sls-release:updated";

/// The metadata of an object that holds the digest of its contents, in hex: `x-amz-meta-sls-release-contents`.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>
pub const CONTENTS: &str = "sls-release-contents";

/// The metadata of an object that holds the commit of the release that uploaded it.
pub const COMMIT: &str = "sls-release-commit";

/// The name of a preview's stage, and the ending of its functions' names, before the pull request's number.
const PREVIEW: &str = "pr-";

/// How the description of a deployment of ours begins.
const DEPLOYMENT: &str = "sls-release: definition ";

/// The most characters of a statement's id.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
const STATEMENT_ID: usize = 100;

/// The most characters of a tag's value, and the characters beside letters and digits that Lambda, API Gateway and
/// CloudWatch all take.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html>,
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html>
const TAG_VALUE: (usize, &str) = (256, " _.:/=+-@");
/// The most characters of a tag's key.
const TAG_KEY: usize = 128;
/// How the keys of this program's own tags begin.
const OWN: &str = "sls-release:";
/// How the value of a tag begins that holds the digest of a name.
const DIGEST: &str = "sha256:";

/// The most characters of a service's name, which `settings/names.rs` checks.
pub const SERVICE_LENGTH: usize = 64;

/// The characters of a service's name that a comment's marker keeps.
const MARKER: usize = 256;
/// The second line of a comment about a run that failed or was refused.
const FAILED: &str = "<!-- sls-release-outcome:failed -->";

impl PreviewId {
    /// The preview that these tags name; `None` where one of the three is missing.
    pub fn of_tags(tags: &BTreeMap<String, String>) -> Option<Self> {
        Some(Self {
            repository: tags.get(REPOSITORY)?.clone(),
            number: tags.get(PULL_REQUEST)?.parse().ok()?,
            service: tags.get(SERVICE)?.clone(),
        })
    }

    /// The tags of the part of this name that a run makes for it, as a copy of `original`; log groups are copies of
    /// nothing.
    pub fn tags(&self, run: &RunId, name: &str, original: Option<&str>) -> BTreeMap<String, String> {
        let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let original = original.map(|original| tag(ORIGINAL, original));
        let tags = [
            tag(REPOSITORY, &self.repository),
            tag(PULL_REQUEST, &self.number.to_string()),
            tag(SERVICE, &self.service),
            tag(NAME, &name_tag(name)),
            tag(RUN, run.as_str()),
        ];
        tags.into_iter().chain(original).collect()
    }

    /// `pr-42`.
    pub fn stage(&self) -> StageName {
        StageName::new(format!("{PREVIEW}{}", self.number))
    }

    /// `hello-pr-42`.
    pub fn function_name(&self, copied: &FunctionName) -> FunctionName {
        FunctionName::new(format!("{copied}-{}", self.stage()))
    }

    /// `hello-api-pr-42`.
    pub fn api_name(&self, copied: &str) -> String {
        format!("{copied}-{}", self.stage())
    }
}

/// Whether users may tag a preview with this key: one that AWS takes, and neither AWS's own nor this program's.
pub fn is_tag_key(key: &str) -> bool {
    (1..=TAG_KEY).contains(&key.len())
        && is_of_tags(key)
        && !key.to_ascii_lowercase().starts_with("aws:")
        && !key.starts_with(OWN)
}

/// Whether AWS takes this value of a tag.
pub fn is_tag_value(value: &str) -> bool {
    value.len() <= TAG_VALUE.0 && is_of_tags(value)
}

/// Whether the text is as Lambda, API Gateway and CloudWatch all take it in tags.
fn is_of_tags(text: &str) -> bool {
    let special = TAG_VALUE.1.as_bytes();
    text.trim() == text && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || special.contains(&byte))
}

/// The value of the tag of a name: the name, or its digest where a tag cannot hold it. The name of an API may be any text.
fn name_tag(name: &str) -> String {
    if is_tag_value(name) && !name.starts_with(DIGEST) && !name.starts_with("aws:") {
        return name.to_owned();
    }
    format!("{DIGEST}{}", Sha256::of(name.as_bytes()).hex())
}

/// The value of the tag of what a preview's API is a copy of: `a1b2c3d4e5/dev`.
pub fn api_original(id: &RestApiId, stage: &StageName) -> String {
    format!("{id}/{stage}")
}

/// Whether this may be the value of that tag.
fn is_api_original(text: &str) -> bool {
    let is_word =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    text.split_once('/').is_some_and(|(id, stage)| is_word(id) && is_word(stage))
}

/// What carries tags, by what the tags have to match.
#[derive(Clone, Copy, Debug)]
pub enum Carrier<'a> {
    /// A function.
    Function {
        /// Its name.
        name: &'a str,
        /// Its ARN.
        arn: &'a str,
    },
    /// A REST API.
    Api {
        /// Its name.
        name: &'a str,
    },
    /// A log group.
    LogGroup {
        /// Its name.
        name: &'a str,
    },
}

/// What the tags of something say that carries those of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The preview.
    pub preview: PreviewId,
    /// What it is a copy of; `None` for a log group.
    pub original: Option<String>,
    /// The key of the API that it is a copy of; `None` for anything else.
    pub api: Option<ApiKey>,
    name: Option<String>,
}

impl Marks {
    /// Reads tags; `None` where they name no preview.
    pub fn of_tags(tags: &BTreeMap<String, String>) -> Option<Self> {
        let tag = |name: &str| tags.get(name).cloned();
        let preview = PreviewId::of_tags(tags)?;
        Some(Self { preview, original: tag(ORIGINAL), api: tag(API).map(ApiKey::new), name: tag(NAME) })
    }

    /// Returns in words why these tags were not made for what carries them; `None` where they were. Tags get elsewhere
    /// when people copy them, or by Terraform's `default_tags`.
    pub fn mismatch(&self, carrier: Carrier<'_>) -> Option<String> {
        let (Carrier::Function { name, .. } | Carrier::Api { name } | Carrier::LogGroup { name }) = carrier;
        match &self.name {
            None => return Some(absent(NAME)),
            Some(tagged) if *tagged != name_tag(name) => {
                return Some(format!(
                    "its tag `{NAME}` is `{tagged}`: it was renamed, or its tags were copied from there"
                ));
            }
            Some(_) => {}
        }
        match (carrier, &self.original) {
            (Carrier::LogGroup { .. }, _) => None,
            (_, None) => Some(absent(ORIGINAL)),
            (Carrier::Function { arn, .. }, Some(original)) => {
                let is_copy = arn == format!("{original}-{}", self.preview.stage());
                (!is_copy).then(|| format!("its tag `{ORIGINAL}` is `{original}`, whose copy has another ARN"))
            }
            (Carrier::Api { .. }, Some(_)) if self.api.is_none() => Some(absent(API)),
            (Carrier::Api { .. }, Some(original)) if !is_api_original(original) => {
                Some(format!("its tag `{ORIGINAL}` is `{original}`, which is no API and its stage"))
            }
            // The API that it is a copy of may have another name by now, or be gone.
            (Carrier::Api { name }, Some(_)) => {
                let ending = format!("-{}", self.preview.stage());
                (!name.ends_with(&ending)).then(|| format!("its name does not end with `{ending}`"))
            }
        }
    }
}

fn absent(tag: &str) -> String {
    format!("it has no tag `{tag}`: its tags were copied in part, or an early version of sls-release made it")
}

/// The default service of a settings file in this folder of a repository, such as `services/hello`; `None` for the top
/// folder. What a service's name cannot hold is replaced, and a digest keeps such folders apart.
pub fn service_of_folder(folder: &str) -> Option<String> {
    if folder.is_empty() {
        return None;
    }
    let is_taken = |character: char| character.is_ascii_alphanumeric() || "_.-/".contains(character);
    if folder.len() <= SERVICE_LENGTH && folder.chars().all(is_taken) {
        return Some(folder.to_owned());
    }
    let digest = &Sha256::of(folder.as_bytes()).hex()[..8];
    let kept = folder.chars().take(SERVICE_LENGTH - 1 - digest.len());
    let kept: String = kept.map(|character| if is_taken(character) { character } else { '-' }).collect();
    Some(format!("{kept}-{digest}"))
}

/// The pull request whose preview a function may belong to by its name; its tags decide.
pub fn pull_request_of(name: &FunctionName) -> Option<u64> {
    let (_, number) = name.as_str().rsplit_once(&format!("-{PREVIEW}"))?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

/// The log group that Lambda writes to for a function.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html>
pub fn log_group(function: &FunctionName) -> String {
    format!("/aws/lambda/{function}")
}

/// The ARN of a function's log group, from the function's own.
pub fn log_group_arn(function_arn: &str, function: &FunctionName) -> String {
    let parts: Vec<&str> = function_arn.split(':').collect();
    let part = |number: usize| parts.get(number).copied().unwrap_or_default();
    format!("arn:{}:logs:{}:{}:log-group:{}", part(1), part(3), part(4), log_group(function))
}

/// The description of a run's deployment of this definition.
pub fn deployment_description(definition: &Sha256, run: &RunId) -> String {
    format!("{DEPLOYMENT}{} run {run}", definition.base64())
}

/// The definition's digest in a deployment's description; `None` where the deployment is not ours.
pub fn definition_in(description: &str) -> Option<Sha256> {
    let (digest, _) = description.strip_prefix(DEPLOYMENT)?.split_once(' ')?;
    Sha256::from_base64(digest)
}

/// The id of the statement that lets an API's stage invoke a function; without a stage, all of the API. A stage whose
/// name would make it too long, or is `$default`, which no id may hold, is named by its digest.
pub fn statement_id(api: &RestApiId, stage: Option<&StageName>) -> String {
    let Some(stage) = stage else { return format!("sls-release-{api}") };
    let id = format!("sls-release-{api}-{stage}");
    if id.len() <= STATEMENT_ID && !stage.as_str().starts_with('$') {
        return id;
    }
    format!("sls-release-{api}-{}", &Sha256::of(stage.as_str().as_bytes()).hex()[..32])
}

/// The id of the statement that lets an authorizer of an API invoke a function.
pub fn authorizer_statement_id(api: &RestApiId, authorizer: &str) -> String {
    format!("sls-release-authorizer-{api}-{authorizer}")
}

/// The key of an artifact, or of kept live code: `<prefix>/<function>/<sha256>.zip`.
pub fn object_key(prefix: &str, function: &FunctionKey, sha256: &Sha256) -> ObjectKey {
    key(prefix, &format!("{function}/{}.zip", sha256.hex()))
}

/// The key of a preview's artifact, apart from those of releases: `<prefix>/previews/<function>/<sha256>.zip`.
pub fn preview_object_key(prefix: &str, function: &FunctionKey, sha256: &Sha256) -> ObjectKey {
    key(prefix, &format!("previews/{function}/{}.zip", sha256.hex()))
}

fn key(prefix: &str, name: &str) -> ObjectKey {
    ObjectKey::new(if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") })
}

/// The first line of the comment about a service's preview, which no reader sees. What could end an HTML comment is
/// encoded as in a URL.
pub fn marker(service: &str) -> String {
    format!("<!-- sls-release:{} -->", encoded(service))
}

/// The first line of the comment about the releases of a service to a stage. It is a comment of its own, because the
/// closing of a pull request and the release of what it was merged into happen at the same time.
pub fn release_marker(service: &str, stage: &str) -> String {
    format!("<!-- sls-release-to:{}:{} -->", encoded(stage), encoded(service))
}

/// The first line of the comment about the plans of a service for a stage.
pub fn plan_marker(service: &str, stage: &str) -> String {
    format!("<!-- sls-release-plan:{}:{} -->", encoded(stage), encoded(service))
}

/// Returns the second line of a comment: how the run ended, for the next run to read; GitHub does not show it.
pub fn outcome_marker(has_failed: bool) -> &'static str {
    if has_failed { FAILED } else { "<!-- sls-release-outcome:ok -->" }
}

/// Returns whether a comment is about a run that failed, by its second line; false for a comment without that line.
pub fn tells_failure(body: &str) -> bool {
    body.lines().nth(1).is_some_and(|line| line.trim_end() == FAILED)
}

fn encoded(name: &str) -> String {
    let mut encoded = String::new();
    for character in name.chars().take(MARKER) {
        if character.is_ascii_alphanumeric() || "-._/ ".contains(character) {
            encoded.push(character);
        } else {
            encoded.extend(character.to_string().bytes().map(|byte| format!("%{byte:02X}")));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn id() -> PreviewId {
        PreviewId { repository: "acme/hello".into(), number: 42, service: "hello".into() }
    }

    const HELLO: &str = "arn:aws:lambda:us-east-1:123456789012:function:hello-dev";

    const FUNCTION: Carrier<'_> = Carrier::Function {
        name: "hello-dev-pr-42",
        arn: "arn:aws:lambda:us-east-1:123456789012:function:hello-dev-pr-42",
    };
    const API_OF_PREVIEW: Carrier<'_> = Carrier::Api { name: "shop-pr-42" };
    const GROUP: Carrier<'_> = Carrier::LogGroup { name: "/aws/lambda/hello-dev-pr-42" };

    fn tags(name: &str, original: Option<&str>) -> BTreeMap<String, String> {
        id().tags(&RunId::new("5f2c"), name, original)
    }

    fn tags_of_api(name: &str) -> BTreeMap<String, String> {
        let mut tags = tags(name, Some("a1b2c3d4e5/dev"));
        tags.insert(API.to_owned(), "public".to_owned());
        tags
    }

    #[test]
    fn tags_name_their_preview() {
        let tags = tags("hello-dev-pr-42", Some(HELLO));
        assert_eq!(PreviewId::of_tags(&tags), Some(id()));
        assert_eq!(tags[RUN], "5f2c");
        for missing in [REPOSITORY, PULL_REQUEST, SERVICE] {
            let mut some = tags.clone();
            some.remove(missing);
            assert_eq!(PreviewId::of_tags(&some), None, "{missing}");
        }
    }

    #[test]
    fn tags_fit_only_what_they_were_made_for() {
        let of_function = tags("hello-dev-pr-42", Some(HELLO));
        let of_api = tags_of_api("shop-pr-42");
        let of_group = tags("/aws/lambda/hello-dev-pr-42", None);
        let mismatch = |tags: &BTreeMap<String, String>, of: Carrier<'_>| Marks::of_tags(tags).unwrap().mismatch(of);
        for (tags, of) in [(&of_function, FUNCTION), (&of_api, API_OF_PREVIEW), (&of_group, GROUP)] {
            assert_eq!(mismatch(tags, of), None, "{of:?}");
        }
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:prod-pr-42";
        for (tags, of) in [
            (&of_function, Carrier::Function { name: "prod-pr-42", arn }),
            (&of_api, Carrier::Api { name: "production" }),
            (&of_group, Carrier::LogGroup { name: "/aws/lambda/prod-pr-42" }),
        ] {
            let why = mismatch(tags, of).unwrap();
            assert!(why.contains("its tag `sls-release:name` is"), "{of:?}: {why}");
        }
        let foreign = |name: &str, original: &str| {
            let mut tags = tags(name, Some(original));
            tags.insert(API.to_owned(), "public".to_owned());
            mismatch(&tags, Carrier::Api { name })
        };
        assert!(foreign("production", "a1b2c3d4e5/dev").unwrap().contains("does not end with `-pr-42`"));
        assert!(foreign("shop-pr-42", HELLO).unwrap().contains("no API and its stage"));
        assert_eq!(foreign("shop-pr-42", "f6g7h8i9j0/v1"), None);
        let elsewhere = tags("hello-dev-pr-42", Some("arn:aws:lambda:eu-west-1:123456789012:function:hello-dev"));
        let why = mismatch(&elsewhere, FUNCTION).unwrap();
        assert!(why.contains("eu-west-1"), "{why}");
    }

    #[test]
    fn a_part_without_the_tags_of_its_origin_is_doubtful() {
        let of_both = &[NAME, ORIGINAL][..];
        for (of, tags, all) in [
            (FUNCTION, tags("hello-dev-pr-42", Some(HELLO)), of_both),
            (API_OF_PREVIEW, tags_of_api("shop-pr-42"), &[NAME, ORIGINAL, API]),
        ] {
            for missing in all.iter().copied() {
                let mut some = tags.clone();
                some.remove(missing);
                let why = Marks::of_tags(&some).unwrap().mismatch(of).unwrap();
                assert!(why.contains(&format!("no tag `{missing}`")), "{of:?}: {why}");
            }
        }
    }

    /// An API's name may be any text, and a tag's value may not.
    #[test]
    fn each_name_has_a_tag_that_aws_takes() {
        assert_eq!(name_tag("Hello API: dev"), "Hello API: dev");
        let long = "x".repeat(257);
        let others = ["My API (dev)", "Größe", " hello", "aws:hello", "sha256:hello", "a\tb", long.as_str()];
        let tags = others.map(name_tag);
        assert!(tags.iter().all(|tag| tag.len() == "sha256:".len() + 64 && tag.starts_with("sha256:")), "{tags:?}");
        assert_eq!(tags.iter().collect::<BTreeSet<_>>().len(), others.len());
        let marks = Marks::of_tags(&tags_of_api("My API (dev)-pr-42"));
        assert_eq!(marks.unwrap().mismatch(Carrier::Api { name: "My API (dev)-pr-42" }), None);
    }

    /// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
    #[test]
    fn tags_are_within_the_limits_of_aws() {
        let longest = PreviewId {
            repository: format!("{}/{}", "o".repeat(39), "r".repeat(100)),
            number: u64::MAX,
            service: "s".repeat(SERVICE_LENGTH),
        };
        let function = format!("arn:aws-us-gov:lambda:us-gov-east-1:123456789012:function:{}", "f".repeat(64));
        let tags = longest.tags(&RunId::new("5f2c5f2c5f2c5f2c"), &"n".repeat(1024), Some(&function));
        assert!(tags.len() + 2 <= 50, "an API has two more: {tags:?}");
        for (name, value) in tags {
            let fits = name.len() <= 128 && value.len() <= 256 && !value.is_empty();
            assert!(
                fits && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _.:/=+-@".contains(&byte)),
                "{value}"
            );
        }
    }

    #[test]
    fn a_folder_names_its_service() {
        assert_eq!(service_of_folder(""), None);
        assert_eq!(service_of_folder("services/hello").as_deref(), Some("services/hello"));
        let replaced = ["my services/hello", "my-services/hello+", &"x".repeat(65), &"x".repeat(66)].map(|folder| {
            let service = service_of_folder(folder).unwrap();
            assert!(service.len() <= SERVICE_LENGTH, "{service}");
            service
        });
        assert!(replaced[0].starts_with("my-services/hello-"), "{replaced:?}");
        assert_eq!(replaced.iter().collect::<BTreeSet<_>>().len(), 4, "{replaced:?}");
    }

    #[test]
    fn a_name_leads_to_its_pull_request() {
        let name = id().function_name(&FunctionName::new("hello-dev"));
        assert_eq!((name.as_str(), pull_request_of(&name)), ("hello-dev-pr-42", Some(42)));
        for other in ["hello-dev", "hello-pr-", "hello-pr-4x", "pr-42"] {
            assert_eq!(pull_request_of(&FunctionName::new(other)), None, "{other}");
        }
    }

    #[test]
    fn a_description_gives_its_digest_back() {
        let definition = Sha256::of(b"definition");
        let description = deployment_description(&definition, &RunId::new("5f2c"));
        assert_eq!(definition_in(&description), Some(definition));
        for other in ["", "Managed by Terraform", "sls-release: definition", "sls-release: definition x run 1"] {
            assert_eq!(definition_in(other), None, "{other}");
        }
        assert_eq!(definition_in(&format!("copy of {description}")), None);
    }

    #[test]
    fn a_statement_id_is_never_too_long() {
        let api = RestApiId::new("a1b2c3d4e5");
        assert_eq!(statement_id(&api, None), "sls-release-a1b2c3d4e5");
        assert_eq!(statement_id(&api, Some(&StageName::new("dev"))), "sls-release-a1b2c3d4e5-dev");
        let (one, other) = (StageName::new("x".repeat(100)), StageName::new("y".repeat(100)));
        let ids = [&one, &other].map(|stage| statement_id(&api, Some(stage)));
        assert!(ids.iter().all(|id| id.len() <= STATEMENT_ID) && ids[0] != ids[1], "{ids:?}");
    }

    #[test]
    fn objects_of_previews_lie_apart() {
        let (function, digest) = (FunctionKey::new("hello"), Sha256::of(b""));
        let hex = digest.hex();
        assert_eq!(object_key("", &function, &digest).as_str(), format!("hello/{hex}.zip"));
        assert_eq!(object_key("acme", &function, &digest).as_str(), format!("acme/hello/{hex}.zip"));
        assert_eq!(preview_object_key("acme", &function, &digest).as_str(), format!("acme/previews/hello/{hex}.zip"));
    }

    #[test]
    fn a_log_group_belongs_to_its_function() {
        let name = FunctionName::new("hello");
        let arn = log_group_arn("arn:aws-cn:lambda:cn-north-1:123456789012:function:hello", &name);
        assert_eq!(arn, "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/aws/lambda/hello");
    }

    #[test]
    fn no_name_ends_a_marker() {
        assert_eq!(marker("a --> b"), "<!-- sls-release:a --%3E b -->");
        assert_ne!(release_marker("a", "b:c"), release_marker("c:a", "b"));
    }
}
