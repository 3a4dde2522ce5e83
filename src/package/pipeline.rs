//! Runs jobs on several threads and hands their results over in order, a bounded number at a time.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// More threads need more memory but save hardly any time.
const MAX_THREADS: usize = 16;
/// How many results per thread may wait for their turn.
const WINDOW_PER_THREAD: usize = 2;

/// Returns the number of threads to use; 0 means one per core.
pub(super) fn threads(wanted: usize) -> usize {
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    let wanted = if wanted == 0 { cores() } else { wanted };
    wanted.min(MAX_THREADS)
}

/// Runs `work` for each job on `threads` threads and hands the results to `take` in the order of the jobs.
///
/// Each thread has its own `worker`. The first error of `take` ends the run early.
pub(super) fn in_order<J: Sync, W, R: Send, E>(
    jobs: &[J],
    threads: usize,
    worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &J) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    thread::scope(|scope| {
        let (given, queue) = channel();
        // Only the threads keep the queue, so that it ends with them if all of them panic.
        let queue = Arc::new(Mutex::new(queue));
        for queue in vec![queue; threads.min(jobs.len())] {
            let (worker, work) = (&worker, &work);
            scope.spawn(move || {
                let mut worker = worker();
                while let Some((job, result)) = next(&queue) {
                    // After an error of `take`, nothing receives the result.
                    result.send(work(&mut worker, job)).ok();
                }
            });
        }
        let (mut jobs, mut pending) = (jobs.iter(), VecDeque::new());
        loop {
            for job in jobs.by_ref().take(threads * WINDOW_PER_THREAD - pending.len()) {
                let (result, to_come) = sync_channel(1);
                given.send((job, result)).ok();
                pending.push_back(to_come);
            }
            match pending.pop_front().map(|result: Receiver<R>| result.recv()) {
                Some(Ok(result)) => take(result)?,
                // There are no more jobs, or a thread panicked, and the scope panics too.
                None | Some(Err(_)) => return Ok(()),
            }
        }
    })
}

/// Returns the next job and where its result goes; `None` once all are done or the run has ended.
fn next<'a, J, R>(queue: &Mutex<Receiver<(&'a J, SyncSender<R>)>>) -> Option<(&'a J, SyncSender<R>)> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn results_come_in_order_and_few_at_a_time() {
        let jobs: Vec<u64> = (0..500).collect();
        let (results, mut taken) = (AtomicUsize::new(0), Vec::new());
        let work = |(): &mut (), job: &u64| {
            thread::sleep(std::time::Duration::from_micros(job * 7919 % 300));
            results.fetch_add(1, Ordering::SeqCst);
            *job
        };
        let take = |job| {
            let ahead = results.load(Ordering::SeqCst) - taken.len();
            assert!(ahead <= 4 * WINDOW_PER_THREAD + 1, "{ahead} results at once");
            taken.push(job);
            Ok::<(), ()>(())
        };
        in_order(&jobs, 4, || (), work, take).unwrap();
        assert_eq!(taken, jobs);
    }

    #[test]
    fn an_error_ends_the_run_early() {
        let jobs = vec![(); 1000];
        let (results, mut taken) = (AtomicUsize::new(0), 0);
        let work = |(): &mut (), (): &()| results.fetch_add(1, Ordering::SeqCst);
        let take = |_| {
            taken += 1;
            if taken == 5 { Err("enough") } else { Ok(()) }
        };
        assert_eq!(in_order(&jobs, 3, || (), work, take), Err("enough"));
        assert!(results.load(Ordering::SeqCst) < 20);
    }

    #[test]
    fn no_jobs_are_no_results() {
        let jobs: [u8; 0] = [];
        assert_eq!(in_order(&jobs, 2, || (), |(), _| (), |()| Err("a result")), Ok(()));
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_surfaces() {
        let jobs = [0, 1, 2, 3];
        let work = |(): &mut (), job: &i32| assert!(*job != 2, "job 2");
        let _: Result<(), ()> = in_order(&jobs, 2, || (), work, |()| Ok(()));
    }
}
