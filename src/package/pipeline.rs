//! Runs jobs on several threads and hands their results over in order, a bounded number at a time.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Results that may wait for their turn, for each thread.
const WINDOW_PER_THREAD: usize = 2;

/// Runs `work` for each job on `threads` threads, each with its own `worker`, and hands the
/// results to `take` in the order of the jobs. Ends early with the first error of `take`.
pub(super) fn in_order<J: Sync, W, R: Send, E>(
    jobs: &[J],
    threads: usize,
    worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &J) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let queue = Queue::new(jobs.len(), threads * WINDOW_PER_THREAD);
    thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            scope.spawn(|| {
                let _closing = CloseOnPanic(&queue);
                let mut worker = worker();
                while let Some(place) = queue.next() {
                    queue.put(place, work(&mut worker, &jobs[place]));
                }
            });
        }
        let _closing = CloseOnPanic(&queue);
        let result = std::iter::from_fn(|| queue.take()).try_for_each(&mut take);
        queue.close();
        result
    })
}

/// Jobs are known by their places.
struct Queue<R> {
    jobs: usize,
    window: usize,
    state: Mutex<State<R>>,
    changed: Condvar,
}

struct State<R> {
    /// Jobs that were given to threads: all places below.
    given: usize,
    /// Results that were taken: all places below.
    taken: usize,
    done: BTreeMap<usize, R>,
    closed: bool,
}

impl<R> Queue<R> {
    fn new(jobs: usize, window: usize) -> Self {
        let state = State { given: 0, taken: 0, done: BTreeMap::new(), closed: false };
        Self { jobs, window, state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        // A thread that panics closes the queue: what it left behind is not used.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, until: impl Fn(&State<R>) -> bool) -> MutexGuard<'_, State<R>> {
        self.changed.wait_while(self.lock(), |state| !until(state)).unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; waits while too many results are waiting.
    fn next(&self) -> Option<usize> {
        let ready = |state: &State<R>| state.closed || state.given == self.jobs;
        let mut state = self.wait(|state| ready(state) || state.given < state.taken + self.window);
        if ready(&state) {
            return None;
        }
        state.given += 1;
        Some(state.given - 1)
    }

    fn put(&self, place: usize, result: R) {
        self.lock().done.insert(place, result);
        self.changed.notify_all();
    }

    /// The next result, in the order of the jobs.
    fn take(&self) -> Option<R> {
        let over = |state: &State<R>| state.closed || state.taken == self.jobs;
        let mut state = self.wait(|state| over(state) || state.done.contains_key(&state.taken));
        let place = state.taken;
        let result = state.done.remove(&place)?;
        state.taken += 1;
        self.changed.notify_all();
        Some(result)
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}

/// Lets the other threads end, so that the panic is seen and nobody waits forever.
struct CloseOnPanic<'a, R>(&'a Queue<R>);

impl<R> Drop for CloseOnPanic<'_, R> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn results_come_in_order_and_few_at_a_time() {
        let jobs: Vec<u64> = (0..500).collect();
        let (made, mut taken) = (AtomicUsize::new(0), Vec::new());
        let work = |(): &mut (), job: &u64| {
            thread::sleep(std::time::Duration::from_micros(job * 7919 % 300));
            made.fetch_add(1, Ordering::SeqCst);
            *job
        };
        in_order(
            &jobs,
            4,
            || (),
            work,
            |job| {
                let ahead = made.load(Ordering::SeqCst) - taken.len();
                assert!(ahead <= 4 * WINDOW_PER_THREAD + 1, "{ahead} results at once");
                taken.push(job);
                Ok::<(), ()>(())
            },
        )
        .unwrap();
        assert_eq!(taken, jobs);
    }

    #[test]
    fn an_error_ends_it_early() {
        let jobs = vec![(); 1000];
        let (made, mut taken) = (AtomicUsize::new(0), 0);
        let work = |(): &mut (), (): &()| made.fetch_add(1, Ordering::SeqCst);
        let result = in_order(
            &jobs,
            3,
            || (),
            work,
            |_| {
                taken += 1;
                if taken == 5 { Err("enough") } else { Ok(()) }
            },
        );
        assert_eq!(result, Err("enough"));
        assert!(made.load(Ordering::SeqCst) < 20);
    }

    #[test]
    fn no_jobs_are_no_results() {
        let jobs: [u8; 0] = [];
        assert_eq!(in_order(&jobs, 2, || (), |(), _| (), |()| Err("a result")), Ok(()));
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_is_seen() {
        let jobs = [0, 1, 2, 3];
        let work = |(): &mut (), job: &i32| assert!(*job != 2, "job 2");
        let _: Result<(), ()> = in_order(&jobs, 2, || (), work, |()| Ok(()));
    }
}
