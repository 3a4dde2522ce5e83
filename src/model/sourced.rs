//! A value of the settings and where it came from.

use serde::Serialize;

use crate::error::Location;

/// Where a value came from; precedence is in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A flag, such as `--stage`.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// The settings file.
    File(Location),
    /// The default: it is not set anywhere.
    Default,
}

/// A value with its source, so that an error can point at the line to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it was set.
    pub source: Source,
}

impl<T> Sourced<T> {
    /// Returns a value that is not set anywhere.
    pub fn default_of(value: T) -> Self {
        Self { value, source: Source::Default }
    }

    /// Returns the place in the settings file, if it was set there.
    pub fn location(&self) -> Option<Location> {
        if let Source::File(location) = &self.source { Some(location.clone()) } else { None }
    }

    /// Changes the value, and keeps the source.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { value: change(self.value), source: self.source }
    }
}
