//! The configuration of a Lambda function.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Secret;

/// The parts of a function's configuration that a preview copies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FunctionConfiguration {
    /// `python3.13`.
    pub runtime: Option<String>,
    /// `app.handler`.
    pub handler: Option<String>,
    /// `x86_64` or `arm64`.
    pub architecture: Option<String>,
    /// The ARN of its role.
    pub role: String,
    /// `MemorySize`, in MiB.
    pub memory_mib: Option<i32>,
    /// `Timeout`, in seconds.
    pub timeout_seconds: Option<i32>,
    /// `EphemeralStorage`, in MiB.
    pub ephemeral_mib: Option<i32>,
    /// `TracingConfig.Mode`, such as `Active`; `None`: `PassThrough`, the default.
    pub tracing: Option<String>,
    /// How it logs.
    pub logging: Logging,
    /// The ARNs of its layer versions, in order.
    pub layers: Vec<String>,
    /// Subnet ids; empty outside of a VPC.
    pub subnets: BTreeSet<String>,
    /// Security group ids.
    pub security_groups: BTreeSet<String>,
    /// `Ipv6AllowedForDualStack`: it may call out by IPv6 from its subnets.
    pub ipv6_allowed: bool,
    /// The environment variables, which are never printed.
    pub environment: BTreeMap<String, Secret>,
    /// The customer managed key that encrypts the environment, if there is one.
    pub kms_key: Option<String>,
    /// How its container image is started; `None` for a zip.
    pub image: Option<ImageConfiguration>,
}

/// What a function says instead of its image: `ImageConfig`. What is empty is the image's own.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_ImageConfig.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ImageConfiguration {
    /// `EntryPoint`.
    pub entry_point: Vec<String>,
    /// `Command`.
    pub command: Vec<String>,
    /// `WorkingDirectory`.
    pub working_directory: Option<String>,
}

/// How a function logs: `LoggingConfig`, without the log group.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Logging {
    /// `LogFormat`, such as `JSON`; `None`: `Text`, the default.
    pub format: Option<String>,
    /// `ApplicationLogLevel`; only with the format `JSON`.
    pub application_level: Option<String>,
    /// `SystemLogLevel`; only with the format `JSON`.
    pub system_level: Option<String>,
}
