//! The events of a run.

use std::time::Duration;

use derive_more::Display;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of a run, in the order in which they follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Archives are made.
    #[display("pack")]
    Pack,
    /// AWS is asked what there is.
    #[display("look")]
    Look,
    /// Archives go into the bucket.
    #[display("upload")]
    Upload,
    /// Functions are made, updated and published.
    #[display("functions")]
    Functions,
    /// APIs are made and deployed, stages and permissions changed.
    #[display("API")]
    Api,
    /// The endpoint is asked.
    #[display("prove")]
    Prove,
    /// Something failed, and what was changed is put back.
    #[display("put back")]
    PutBack,
    /// Previews are deleted.
    #[display("delete")]
    Delete,
}

/// How long a part of a run took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PhaseTime {
    /// Which.
    pub phase: Phase,
    /// In milliseconds.
    #[serde(rename = "duration_ms", serialize_with = "super::outcome::milliseconds")]
    #[schemars(with = "u64")]
    pub duration: Duration,
}

/// A kind of work that is measured in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// A function's files are read and compressed.
    Pack,
    /// A zip is sent to the bucket.
    Upload,
}

/// An amount of work.
#[derive(Clone, Debug)]
pub struct Amount {
    /// The kind of work.
    pub work: Work,
    /// The function, or the artifact's key.
    pub what: String,
    /// The number of bytes.
    pub bytes: u64,
}

/// Something that happened while a command runs; for the live display and the log.
#[derive(Clone, Debug)]
pub enum Event {
    /// A part of the run began, and the one before ended.
    Began(Phase),
    /// Work began; so many bytes are to be read or sent.
    Started(Amount),
    /// So many bytes more were read and compressed, or sent.
    Advanced(Amount),
    /// Work is done; its zip has so many bytes.
    Finished(Amount),
    /// `what` is awaited, for `waited` so far.
    Waiting {
        /// What is awaited, in words: "version 4 of hello-dev".
        what: String,
        /// Since the wait began.
        waited: Duration,
        /// How often it was tried, or looked for, by now.
        tries: u32,
        /// What the last look showed, in words; empty where nothing is to be seen.
        seen: String,
    },
    /// The wait for `what` is over, well or not.
    WaitFinished {
        /// As in [`Event::Waiting`].
        what: String,
    },
    /// A step of the plan is done, in words.
    Done(String),
    /// Something of the run is being put back, in words.
    PuttingBack(String),
    /// Something the user should know, in words.
    Warning(String),
    /// A report to GitHub that failed, in words. It fails the run only with `strict-report`.
    NotReported(String),
}

/// Receives events. Implementations must be quick, since packing calls them from its threads.
pub trait Listener: Send + Sync {
    /// Takes one event.
    fn hear(&self, event: Event);
}

/// A listener that ignores everything.
pub struct Silent;

impl Listener for Silent {
    fn hear(&self, _event: Event) {}
}
