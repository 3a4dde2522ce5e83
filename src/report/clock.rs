//! Measures how long each phase of a run takes.

use std::time::Duration;

use crate::model::{Phase, PhaseTime};

/// Records when each phase of a run began. The next phase ends the previous one.
pub(super) struct Clock {
    /// Returns the time since a fixed start.
    now: Box<dyn Fn() -> Duration + Send + Sync>,
    began: Vec<(Phase, Duration)>,
}

impl Clock {
    pub(super) fn new(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { now: Box::new(now), began: Vec::new() }
    }

    pub(super) fn began(&mut self, phase: Phase) {
        self.began.push((phase, (self.now)()));
    }

    /// Returns the duration of each phase so far, in the order in which they began.
    ///
    /// The durations of a phase that began twice are added. Phases under a millisecond are left out.
    pub(super) fn times(&self) -> Vec<PhaseTime> {
        let ends = self.began.iter().skip(1).map(|(_, at)| *at).chain([(self.now)()]);
        let mut times: Vec<PhaseTime> = Vec::new();
        for ((phase, began), end) in self.began.iter().zip(ends) {
            let duration = end.saturating_sub(*began);
            match times.iter_mut().find(|time| time.phase == *phase) {
                Some(time) => time.duration += duration,
                None => times.push(PhaseTime { phase: *phase, duration }),
            }
        }
        times.retain(|time| time.duration.as_millis() > 0);
        times
    }
}
