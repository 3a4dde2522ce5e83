//! All integration tests in one binary, so that it links once.

#[cfg(test)]
mod emulator;
#[cfg(test)]
mod local_aws;
#[cfg(test)]
mod put_back;
#[cfg(test)]
mod support;
