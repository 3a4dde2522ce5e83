//! The bytes of `archive_file` equal those of Go's `archive/zip`, which Terraform's provider uses.

mod compare;
mod data;
mod events;
mod explain;
mod generated;
pub(crate) mod go;
mod headers;
pub(crate) mod installed;
mod layouts;
pub(crate) mod oracle;
mod real;
mod round_trip;
mod walks;
