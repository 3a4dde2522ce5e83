//! How a function runs, beside its code.

use std::collections::{BTreeMap, BTreeSet};

use super::Secret;

/// What of a function's configuration a preview copies.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// ARNs with versions, in order.
    pub layers: Vec<String>,
    /// Ids; none: outside of a VPC.
    pub subnets: BTreeSet<String>,
    /// Ids.
    pub security_groups: BTreeSet<String>,
    /// Never printed.
    pub environment: BTreeMap<String, Secret>,
    /// The key that its environment is encrypted with, where that is a customer's own.
    pub kms_key: Option<String>,
}
