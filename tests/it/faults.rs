//! Whatever goes wrong at whatever call, a release ends with everything released or everything as it was. `previews.rs` does the
//! same for previews.
//!
//! Each test counts the calls of a clean release, and then lets every one of them go wrong in turn: a write in every
//! way, another call in one of them.

mod answers;
mod failing;
mod killed;
mod other_endpoints;
mod previews;
mod probe;
mod putting_back;
mod races;
mod scene;
pub(crate) mod signals;
mod sweep;
mod url_previews;
