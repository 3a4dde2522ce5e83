//! Stacks that many cases use one after another. A case begins with what the one before it left.
//!
//! A test that needs a stack as Terraform leaves it builds one with [`super::Stack::build`]. That takes less than a tenth of
//! a second of CPU, and a reset would have to make most of it again: function, version, alias, policy, API, deployment.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex};
use std::thread;

/// Stacks of a shape: most of the time of a case is spent waiting.
const STACKS: usize = 6;

/// A stack with what its cases need beside it.
pub(crate) trait Lendable: Send + Sync + Sized + 'static {
    /// What tells one such stack from another.
    type Shape: Copy + Ord + Send + Sync + 'static;

    /// The static that holds all stacks of this type.
    fn pool() -> &'static Pool<Self>;

    /// Builds one.
    fn build(shape: Self::Shape) -> Self;

    /// Takes back what a case left that went wrong.
    fn heal(&self);
}

/// The stacks of one type.
pub(crate) struct Pool<S: Lendable> {
    lots: Mutex<BTreeMap<S::Shape, Lot<S>>>,
    returned: Condvar,
}

/// The stacks of one shape.
struct Lot<S> {
    free: Vec<S>,
    /// The free ones and those that are lent.
    all: usize,
}

/// A stack that no other test uses meanwhile. It is never lent again where its test panics.
pub(crate) struct Lent<S: Lendable> {
    shape: S::Shape,
    stack: Option<S>,
}

/// Lends a free stack of this shape, or builds one; waits while there are as many as there may be.
pub(crate) fn lend<S: Lendable>(shape: S::Shape) -> Lent<S> {
    let mut lent = Lent { shape, stack: S::pool().free(shape) };
    lent.stack.get_or_insert_with(|| S::build(shape));
    lent
}

impl<S: Lendable> Pool<S> {
    /// Without a stack.
    pub(crate) const fn new() -> Self {
        Self { lots: Mutex::new(BTreeMap::new()), returned: Condvar::new() }
    }

    /// A free one; `None` where one may be built.
    fn free(&self, shape: S::Shape) -> Option<S> {
        let none = |lots: &mut BTreeMap<_, Lot<S>>| {
            lots.get(&shape).is_some_and(|lot| lot.free.is_empty() && lot.all == STACKS)
        };
        let mut lots = self.returned.wait_while(self.lots.lock().unwrap(), none).unwrap();
        let lot = lots.entry(shape).or_insert(Lot { free: Vec::new(), all: 0 });
        let stack = lot.free.pop();
        lot.all += usize::from(stack.is_none());
        stack
    }

    fn take_back(&self, shape: S::Shape, stack: Option<S>) {
        let mut lots = self.lots.lock().unwrap();
        let lot = lots.get_mut(&shape).expect("it was lent");
        match stack {
            Some(stack) => lot.free.push(stack),
            None => lot.all -= 1,
        }
        self.returned.notify_all();
    }
}

impl<S: Lendable> Deref for Lent<S> {
    type Target = S;

    fn deref(&self) -> &S {
        self.stack.as_ref().expect("it is there until it is returned")
    }
}

impl<S: Lendable> Drop for Lent<S> {
    fn drop(&mut self) {
        let stack = self.stack.take().filter(|_| !thread::panicking());
        S::pool().take_back(self.shape, stack);
    }
}

/// Asks a stack of this shape for the cases, and tries each on whichever stack is free. Shows everything that went wrong
/// at the end.
#[track_caller]
pub(crate) fn sweep<S: Lendable, C: Clone + Debug + Send>(
    shape: S::Shape,
    cases: impl FnOnce(&S) -> Vec<C>,
    attempt: impl Fn(&S, &C) -> Result<(), String> + Sync,
) {
    let mut cases = cases(&lend(shape));
    assert!(cases.len() > 3, "there is something to try: {cases:?}");
    cases.reverse();
    let (cases, problems) = (Mutex::new(cases), Mutex::new(Vec::new()));
    let lane = || {
        loop {
            let Some(case) = cases.lock().unwrap().pop() else { return };
            let stack = lend::<S>(shape);
            let tried = catch_unwind(AssertUnwindSafe(|| attempt(&stack, &case)));
            if let Err(problem) = tried.unwrap_or_else(|panic| Err(words(&*panic))) {
                problems.lock().unwrap().push(format!("{case:?}: {problem}"));
                stack.heal();
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..STACKS {
            scope.spawn(lane);
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{} cases went wrong:\n{}", problems.len(), problems.join("\n\n"));
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}
