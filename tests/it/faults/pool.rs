//! The stacks of all tests of a kind: to build one takes longer than to try a case.

use std::ops::Deref;
use std::sync::{Condvar, Mutex};
use std::thread;

use super::scene::{Kind, Scene};

/// Stacks of a kind: most of the time of a case is spent waiting.
pub(super) const STACKS: usize = 4;

static POOLS: [Pool; 4] = [const { Pool::new() }; 4];

struct Pool {
    stacks: Mutex<Stacks>,
    returned: Condvar,
}

struct Stacks {
    free: Vec<Scene>,
    /// The free ones and those that are borrowed.
    all: usize,
}

/// A stack that nobody else uses meanwhile. One that a test panicked with is never lent again.
pub(super) struct Borrowed {
    pool: &'static Pool,
    scene: Option<Scene>,
}

/// Waits for a free stack of this kind, or builds one.
pub(super) fn borrow(kind: Kind) -> Borrowed {
    let pool = &POOLS[kind as usize];
    let mut borrowed = Borrowed { pool, scene: pool.free() };
    borrowed.scene.get_or_insert_with(|| Scene::build(kind));
    borrowed
}

impl Pool {
    const fn new() -> Self {
        Self { stacks: Mutex::new(Stacks { free: Vec::new(), all: 0 }), returned: Condvar::new() }
    }

    /// A free one; `None` where one may be built.
    fn free(&self) -> Option<Scene> {
        let stacks = self.stacks.lock().unwrap();
        let none = |stacks: &mut Stacks| stacks.free.is_empty() && stacks.all == STACKS;
        let mut stacks = self.returned.wait_while(stacks, none).unwrap();
        let scene = stacks.free.pop();
        stacks.all += usize::from(scene.is_none());
        scene
    }
}

impl Deref for Borrowed {
    type Target = Scene;

    fn deref(&self) -> &Scene {
        self.scene.as_ref().expect("it is there until it is returned")
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let mut stacks = self.pool.stacks.lock().unwrap();
        match self.scene.take().filter(|_| !thread::panicking()) {
            Some(scene) => stacks.free.push(scene),
            None => stacks.all -= 1,
        }
        self.pool.returned.notify_one();
    }
}
