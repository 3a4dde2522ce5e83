//! The bytes of `archive_file`: the same as Go's `archive/zip`, of which Terraform's provider is made, writes them.

mod compare;
mod data;
mod events;
mod explain;
mod generated;
pub(crate) mod go;
mod headers;
pub(crate) mod installed;
pub(crate) mod oracle;
mod real;
mod round_trip;
#[cfg(unix)]
mod walks;
