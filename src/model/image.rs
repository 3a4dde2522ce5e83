//! Container images in Amazon ECR.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccountId, Region, Sha256};

/// The URI of an image in a private repository: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello:live`, or the same
/// with a digest, `…/hello@sha256:…`. The end of the host depends on the partition.
///
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html>
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct ImageUri(String);

/// How an image of a repository is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageReference {
    /// By a name that may be moved to another image.
    Tag(String),
    /// By the SHA-256 of its manifest.
    Digest(Sha256),
}

impl ImageUri {
    /// Parses a URI; `None` where it names no image of a private repository. Without a tag it is `latest`. Where it has both
    /// a tag and a digest, the digest counts. A FIPS endpoint, which Lambda does not support, is none.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/images-create.html>
    pub fn parse(text: &str) -> Option<Self> {
        let (host, path) = text.split_once('/')?;
        let (account, rest) = host.split_once(".dkr.ecr.")?;
        let (region, suffix) = rest.split_once('.')?;
        let is_word = |text: &str, more: &[u8]| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
        };
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let (name, digest) = path.split_once('@').map_or((path, None), |(name, digest)| (name, Some(digest)));
        let (repository, tag) = name.split_once(':').unwrap_or((name, "latest"));
        let reference = match digest {
            Some(digest) => ImageReference::Digest(Sha256::from_hex(digest.strip_prefix("sha256:")?)?),
            None => ImageReference::Tag(tag.to_owned()),
        };
        let is_named = is_account && is_word(region, b"-") && is_word(suffix, b".-");
        let is_image = is_word(repository, b"._-/") && is_word(tag, b"._-") && tag.len() <= 128;
        (is_named && is_image).then(|| Self(format!("{host}/{repository}{reference}")))
    }

    /// The host; and the path below it.
    fn parts(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or_default()
    }

    /// The registry: an account.
    pub fn account(&self) -> AccountId {
        AccountId::new(self.parts().0.split('.').next().unwrap_or_default())
    }

    /// The registry's region.
    pub fn region(&self) -> Region {
        Region::new(self.parts().0.split('.').nth(3).unwrap_or_default())
    }

    /// The repository's name, which may have slashes.
    pub fn repository(&self) -> &str {
        self.parts().1.split([':', '@']).next().unwrap_or_default()
    }

    /// How the image is named.
    pub fn reference(&self) -> ImageReference {
        let tag = || self.0.rsplit(':').next().unwrap_or_default().to_owned();
        self.digest().map_or_else(|| ImageReference::Tag(tag()), ImageReference::Digest)
    }

    /// The digest, where the image is named by it.
    pub fn digest(&self) -> Option<Sha256> {
        Sha256::from_hex(self.0.split_once("@sha256:")?.1)
    }

    /// The image of this digest in the same repository.
    #[must_use]
    pub fn with_digest(&self, digest: Sha256) -> Self {
        let (host, repository) = (self.parts().0, self.repository());
        Self(format!("{host}/{repository}{}", ImageReference::Digest(digest)))
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, ":{tag}"),
            Self::Digest(digest) => write!(f, "@sha256:{}", digest.hex()),
        }
    }
}

/// `sha256:` and the first twelve digits, as Docker shows images.
pub fn short_digest(digest: &Sha256) -> String {
    let hex = digest.hex();
    format!("sha256:{}", hex.get(..12).unwrap_or(&hex))
}

impl fmt::Display for ImageUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ImageUri> for String {
    fn from(uri: ImageUri) -> Self {
        uri.0
    }
}

impl TryFrom<String> for ImageUri {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no image of a private repository of Amazon ECR"))
    }
}

/// The image that a function is to run, as far as it was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedImage {
    /// As the settings name it.
    pub named: ImageUri,
    /// What ECR has of it; `None` where a digest names it and the function runs it already, since then ECR is not asked.
    pub manifest: Option<ObservedManifest>,
    /// Whether ECR still has the image that the function runs; `None` where nothing changes.
    #[serde(default)]
    pub has_live: Option<bool>,
}

impl ObservedImage {
    /// The digest of the image that Lambda would run; `None` where there is none that it takes.
    pub fn digest(&self) -> Option<Sha256> {
        match &self.manifest {
            Some(ObservedManifest::Image { digest }) => Some(*digest),
            Some(ObservedManifest::Index { .. } | ObservedManifest::Absent) => None,
            None => self.named.digest(),
        }
    }
}

/// What ECR has under the name of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservedManifest {
    /// One image.
    Image {
        /// The SHA-256 of its manifest.
        digest: Sha256,
    },
    /// A list of images for several platforms, or of an image and what attests it: `linux/arm64` with the manifest's digest.
    Index {
        /// Those of a known platform.
        platforms: Vec<(String, Sha256)>,
    },
    /// Nothing, or no repository.
    Absent,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4";

    #[test]
    fn images_of_every_partition_are_read_and_shown_as_they_are() {
        let by_digest = format!("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/hello@{DIGEST}");
        for text in [
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello:1.2_3-rc",
            "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/hello:latest",
            "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu/hello:latest",
            &by_digest,
        ] {
            assert_eq!(ImageUri::parse(text).unwrap().to_string(), text);
        }
        let uri = ImageUri::parse(&by_digest).unwrap();
        assert_eq!((uri.account().as_str(), uri.region().as_str()), ("123456789012", "cn-north-1"));
        assert_eq!((uri.repository(), uri.digest().is_some()), ("team/hello", true));
        let both = format!("123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello:v1@{DIGEST}");
        assert_eq!(ImageUri::parse(&both).unwrap().digest(), uri.digest(), "the digest counts");
        let untagged = ImageUri::parse("123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello").unwrap();
        assert_eq!(untagged.reference(), ImageReference::Tag("latest".to_owned()));
    }

    #[test]
    fn what_lambda_cannot_run_is_no_image() {
        for text in [
            "",
            "hello:latest",
            "public.ecr.aws/lambda/python:3.13",
            "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/hello:latest",
            "12345678901.dkr.ecr.us-east-1.amazonaws.com/hello:latest",
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/",
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/hello:",
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/hello@sha256:12",
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/he llo:latest",
            "https://123456789012.dkr.ecr.us-east-1.amazonaws.com/hello:latest",
        ] {
            assert_eq!(ImageUri::parse(text), None, "{text}");
        }
    }
}
