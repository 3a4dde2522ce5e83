//! One test binary, so that it links once.

mod api_definition;
mod plan;
mod settings;
