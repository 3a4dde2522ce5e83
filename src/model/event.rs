//! What a run tells while it goes on.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

/// A part of a run, in the order in which they follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Archives are made.
    Pack,
    /// AWS is asked what there is.
    Look,
    /// Archives go into the bucket.
    Upload,
    /// Functions are made, updated and published.
    Functions,
    /// APIs are made and deployed, stages and permissions changed.
    Api,
    /// The endpoint is asked.
    Prove,
    /// Something failed, and what was changed is put back.
    PutBack,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Pack => "pack",
            Phase::Look => "look",
            Phase::Upload => "upload",
            Phase::Functions => "functions",
            Phase::Api => "API",
            Phase::Prove => "prove",
            Phase::PutBack => "put back",
        })
    }
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

/// Something that happened while a command runs; for the live display and the log.
#[derive(Clone, Debug)]
pub enum Event {
    /// A part of the run began, and the one before ended.
    Began(Phase),
    /// Packing of `what` began; it will read `bytes`.
    PackStarted {
        /// The function.
        what: String,
        /// Bytes to read.
        bytes: u64,
    },
    /// `bytes` more of `what` were read and compressed.
    Packed {
        /// The function.
        what: String,
        /// Since the last such event.
        bytes: u64,
    },
    /// `what` is packed: `bytes` of zip.
    PackFinished {
        /// The function.
        what: String,
        /// Size of the zip.
        bytes: u64,
    },
    /// Upload of `what` began; it will send `bytes`.
    UploadStarted {
        /// The artifact's key.
        what: String,
        /// Bytes to send.
        bytes: u64,
    },
    /// `bytes` more of `what` were sent.
    Uploaded {
        /// The artifact's key.
        what: String,
        /// Since the last such event.
        bytes: u64,
    },
    /// `what` is in the bucket.
    UploadFinished {
        /// The artifact's key.
        what: String,
    },
    /// `what` is awaited, for `waited` so far.
    Waiting {
        /// What is awaited, in words: "version 4 of hello-dev".
        what: String,
        /// Since the wait began.
        waited: Duration,
        /// How often it was tried, or looked for, by now.
        tries: u32,
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
    /// What GitHub could not be told, in words: it makes no run worse, unless that is wished for.
    Untold(String),
}

/// Hears events; implementations must be quick, since packing calls them from its threads.
pub trait Listener: Send + Sync {
    /// Takes one event.
    fn hear(&self, event: Event);
}

/// A listener that ignores everything.
pub struct Silent;

impl Listener for Silent {
    fn hear(&self, _event: Event) {}
}
