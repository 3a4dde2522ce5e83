//! How long each part of a run took.

use std::time::{Duration, Instant};

use crate::model::{Phase, PhaseTime};

/// Where the time comes from: how long ago something began that every reading shares.
pub(super) type Now = Box<dyn Fn() -> Duration + Send + Sync>;

/// The time since now.
pub(super) fn since_now() -> Now {
    let start = Instant::now();
    Box::new(move || start.elapsed())
}

/// Remembers when each part of a run began; the next one ends it.
pub(super) struct Clock {
    now: Now,
    began: Vec<(Phase, Duration)>,
}

impl Clock {
    pub(super) fn new(now: Now) -> Self {
        Self { now, began: Vec::new() }
    }

    pub(super) fn began(&mut self, phase: Phase) {
        self.began.push((phase, (self.now)()));
    }

    /// What each part took until now, in the order in which they began; what began twice, once. Parts that took no
    /// millisecond are left out.
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
