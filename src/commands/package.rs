//! `sls-release package`.

use super::{pack, read_settings};
use crate::error::Failure;
use crate::model::Request;
use crate::report::Reporter;
use crate::world::Cancellation;

/// Builds the archives and says what they are; asks AWS nothing.
pub fn package(request: &Request, cancel: &Cancellation, out: &Reporter) -> Result<(), Failure> {
    let settings = read_settings(request)?;
    pack(request, &settings, cancel, out)?;
    out.package_result();
    Ok(())
}
