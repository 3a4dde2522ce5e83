//! Names at the border of AWS, each its own type, so that two of them cannot be swapped.

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
            /// Takes the name as it stands.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The name as AWS or the settings write it.
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
    /// A published Lambda version: a number, or `$LATEST` where AWS says so.
    Version;
    /// The id of a REST API.
    RestApiId;
    /// The id of a deployment of a REST API.
    DeploymentId;
    /// What Lambda compares before it writes; changes with each change of its resource.
    RevisionId;
    /// An S3 bucket.
    BucketName;
    /// A key in an S3 bucket.
    ObjectKey;
    /// An AWS region, `eu-central-1`.
    Region;
    /// The twelve digits of an AWS account.
    AccountId;
}
