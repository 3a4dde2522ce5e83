//! Names that AWS uses, each with its own type, so that they cannot be mixed up.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the name without checking it.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// Returns the name as AWS or the settings write it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )*};
}

names! {
    /// An environment: `dev`, `prod`.
    StageName;
    /// The key of a `[functions.<key>]` table.
    FunctionKey;
    /// The key of an `[apis.<key>]` table.
    ApiKey;
    /// A Lambda function's name, without account and region.
    FunctionName;
    /// A Lambda alias.
    AliasName;
    /// A published Lambda version: a number, or `$LATEST` if AWS returns that.
    Version;
    /// The id of a REST API.
    RestApiId;
    /// The id of a deployment of a REST API.
    DeploymentId;
    /// A revision id, which changes with each change of the resource. Lambda compares it before a write.
    RevisionId;
    /// An S3 bucket.
    BucketName;
    /// A key in an S3 bucket.
    ObjectKey;
    /// An AWS region, `eu-central-1`.
    Region;
    /// The twelve digits of an AWS account.
    AccountId;
    /// The id of a run: sixteen hex digits.
    RunId;
}

impl Version {
    /// `$LATEST`.
    pub fn latest() -> Self {
        Self::new("$LATEST")
    }

    /// Returns `version 4`, or `$LATEST`.
    pub fn in_words(&self) -> String {
        if self.0.starts_with('$') { self.0.clone() } else { format!("version {self}") }
    }
}

/// The partitions of AWS other than `aws`: how the names of their regions begin, and the suffix of their hosts. The SDK
/// keeps the same table to itself; a test compares the two.
///
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "amazonaws.com.cn"),
    ("us-gov-", "amazonaws.com"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
];

impl Region {
    /// Returns the host of a REST API: `a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com`.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html>
    pub fn host_of_api(&self, id: &RestApiId) -> String {
        format!("{id}.execute-api.{self}.{}", self.host_suffix())
    }

    /// Returns the page of CloudWatch that shows a log group, or `None` in an isolated partition, whose console is not
    /// public. The page's own escapes are those of a URL, with a dollar sign for each percent sign.
    ///
    /// <https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/console-help-gsg.html>
    pub fn page_of_logs(&self, group: &str) -> Option<String> {
        let host = match self.host_suffix() {
            "amazonaws.com" if self.as_str().starts_with("us-gov-") => "console.amazonaws-us-gov.com".to_owned(),
            "amazonaws.com" => format!("{self}.console.aws.amazon.com"),
            "amazonaws.com.cn" => "console.amazonaws.cn".to_owned(),
            "amazonaws.eu" => "console.amazonaws-eusc.eu".to_owned(),
            _ => return None,
        };
        let group = group.replace('/', "$252F").replace('#', "$2523");
        Some(format!("https://{host}/cloudwatch/home?region={self}#logsV2:log-groups/log-group/{group}"))
    }

    /// Returns the end of every host of AWS in this region's partition.
    fn host_suffix(&self) -> &'static str {
        let partition = PARTITIONS.iter().find(|(start, _)| self.as_str().starts_with(start));
        partition.map_or("amazonaws.com", |(_, suffix)| suffix)
    }
}
