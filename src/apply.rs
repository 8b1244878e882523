//! Plan × account → journal. Makes no choices: it performs steps as the plan's order allows, side by side.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::account::Account;
use crate::plan::{Stage, Step};
use crate::state::{Refusal, ResourceId};

/// What became of each step, in the plan's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// One for each step.
    pub outcomes: Vec<Outcome>,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Refused, and not done.
    Failed(Refusal),
    /// Not begun.
    NotStarted(WhyNot),
    /// The answer was lost: it may or may not be done.
    Unknown(Refusal),
}

/// Why a step was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// A step it requires, by its place, was not done.
    Requires(usize),
    /// The run was interrupted.
    Interrupted,
    /// The caller's credentials are no longer valid.
    CredentialsGone,
}

impl Journal {
    /// Whether every step was done.
    pub fn is_complete(&self) -> bool {
        self.outcomes.iter().all(|outcome| *outcome == Outcome::Done)
    }
}

/// Hears of each step as it begins and ends. Called from several threads.
pub trait Progress: Sync {
    /// A step begins.
    fn begun(&self, step: usize);
    /// A step has ended.
    fn ended(&self, step: usize, outcome: &Outcome);
    /// The run was interrupted: nothing new begins. Said once.
    fn stopping(&self);
}

#[derive(Clone, PartialEq)]
enum Place {
    Waiting,
    Running,
    Ended(Outcome),
}

struct Board<'a> {
    steps: &'a [Step],
    places: Vec<Place>,
    /// All before this have ended.
    first_open: usize,
    busy: BTreeSet<&'a ResourceId>,
    stop: Option<WhyNot>,
}

/// Performs the steps.
///
/// Flow: a step begins when all it requires are done, no other step works on the same resource, and, if it gives
/// access, everything earlier that takes access has ended. At most `parallelism` run at once.
///
/// Guarantees: a step whose requirement was not done is not begun. When `interrupted` is set nothing new is begun and
/// what runs is let finish.
pub fn execute(
    steps: &[Step],
    account: &dyn Account,
    parallelism: usize,
    interrupted: &AtomicBool,
    progress: &dyn Progress,
) -> Journal {
    let board = Mutex::new(Board {
        steps,
        places: vec![Place::Waiting; steps.len()],
        first_open: 0,
        busy: BTreeSet::new(),
        stop: None,
    });
    let changed = Condvar::new();
    std::thread::scope(|scope| {
        for _ in 0..parallelism.clamp(1, steps.len().max(1)) {
            scope.spawn(|| work(&board, &changed, account, interrupted, progress));
        }
    });
    let board = board.into_inner().unwrap_or_else(PoisonError::into_inner);
    let outcomes = board.places.into_iter().map(|place| match place {
        Place::Ended(outcome) => outcome,
        Place::Waiting | Place::Running => Outcome::NotStarted(WhyNot::Interrupted),
    });
    Journal { outcomes: outcomes.collect() }
}

fn work<'a>(
    board: &Mutex<Board<'a>>,
    changed: &Condvar,
    account: &dyn Account,
    interrupted: &AtomicBool,
    progress: &dyn Progress,
) {
    let mut locked = lock(board);
    loop {
        if interrupted.load(Ordering::SeqCst) && locked.stop.is_none() {
            locked.stop = Some(WhyNot::Interrupted);
            progress.stopping();
        }
        match locked.next() {
            Next::Nothing => {
                changed.notify_all();
                return;
            }
            Next::Wait => {
                let patience = std::time::Duration::from_millis(100); // to notice an interruption
                let waited = changed.wait_timeout(locked, patience);
                locked = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            Next::Begin(i, step) => {
                drop(locked);
                progress.begun(i);
                tracing::debug!("step {} begins: {:?}", i + 1, step.operation.target);
                let outcome = match account.perform(&step.operation) {
                    Ok(()) => Outcome::Done,
                    Err(Refusal::Interrupted) => Outcome::NotStarted(WhyNot::Interrupted),
                    Err(refusal @ Refusal::Lost { .. }) => Outcome::Unknown(refusal),
                    Err(refusal) => Outcome::Failed(refusal),
                };
                progress.ended(i, &outcome);
                locked = lock(board);
                if let Outcome::Failed(Refusal::Expired { .. }) = outcome {
                    locked.stop = Some(WhyNot::CredentialsGone);
                }
                locked.busy.remove(&step.operation.target);
                locked.put(i, Place::Ended(outcome));
                changed.notify_all();
            }
        }
    }
}

fn lock<'b, 'a>(board: &'b Mutex<Board<'a>>) -> MutexGuard<'b, Board<'a>> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Next<'a> {
    Begin(usize, &'a Step),
    Wait,
    Nothing,
}

impl<'a> Board<'a> {
    fn put(&mut self, i: usize, place: Place) {
        if let Some(there) = self.places.get_mut(i) {
            *there = place;
        }
    }

    /// The first step that may begin; on the way, steps that never can are ended.
    fn next(&mut self) -> Next<'a> {
        let steps = self.steps;
        let (mut open, mut taking) = (false, false);
        for (i, step) in steps.iter().enumerate().skip(self.first_open) {
            match self.places.get(i) {
                Some(Place::Ended(_)) | None => {
                    if i == self.first_open {
                        self.first_open += 1;
                    }
                    continue;
                }
                Some(Place::Running) => {
                    open = true;
                    taking |= step.stage == Stage::Take;
                    continue;
                }
                Some(Place::Waiting) => {}
            }
            if let Some(why) = self.stop {
                self.put(i, Place::Ended(Outcome::NotStarted(why)));
                continue;
            }
            let place = |r: &usize| self.places.get(*r);
            if let Some(&failed) = step
                .requires
                .iter()
                .find(|r| matches!(place(r), Some(Place::Ended(outcome)) if *outcome != Outcome::Done))
            {
                self.put(i, Place::Ended(Outcome::NotStarted(WhyNot::Requires(failed))));
                continue;
            }
            let ready = step.requires.iter().all(|r| matches!(place(r), Some(Place::Ended(_))))
                && !self.busy.contains(&step.operation.target)
                && !(step.stage == Stage::Give && taking);
            if ready {
                self.busy.insert(&step.operation.target);
                self.put(i, Place::Running);
                return Next::Begin(i, step);
            }
            open = true;
            taking |= step.stage == Stage::Take;
        }
        if open { Next::Wait } else { Next::Nothing }
    }
}
