//! Asking again. The SDK's own retries are off, because it cannot know which calls may be repeated: here a
//! lost answer to a change is settled by reading, never by blindly changing twice.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::client::Link;
use super::error::{Fault, Sort};

/// How long anything is tried: what Terraform's providers found to be enough for IAM and S3.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// A connection that cannot even be made is not tried for long: most often the address is wrong.
const UNSENT_MAX: u32 = 4;
/// Failures without an AWS error, from an endpoint that is not AWS: most often a call it does not implement.
const SILENT_MAX: u32 = 2;
/// Answers that cannot be read; more of them would not be better.
const UNREADABLE_MAX: u32 = 4;

/// Refusals that a change waits out, because something it needs was changed a moment ago.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lag {
    /// What it names may not be visible yet.
    pub(super) absent: bool,
    /// What was taken off it may still seem to be there.
    pub(super) in_use: bool,
}

/// The pauses between attempts.
struct Pace {
    deadline: Instant,
    pause: Duration,
    unsent: u32,
    silent: u32,
    unreadable: u32,
}

impl Pace {
    fn start() -> Self {
        Self { deadline: Instant::now() + PATIENCE, pause: PAUSE_FIRST, unsent: 0, silent: 0, unreadable: 0 }
    }

    /// Whether there is another attempt after this fault; waits for its moment.
    async fn again(&mut self, link: &Link, fault: &Fault) -> Result<bool, Fault> {
        self.unsent += u32::from(fault.sort == Sort::Unsent);
        self.silent += u32::from(fault.sort == Sort::Silent);
        self.unreadable += u32::from(fault.sort == Sort::Lost && fault.code.starts_with('2'));
        let hopeless = self.unsent >= UNSENT_MAX
            || self.unreadable >= UNREADABLE_MAX
            || (self.silent >= SILENT_MAX && link.has_own_endpoint());
        if hopeless || Instant::now() + self.pause > self.deadline {
            return Ok(false);
        }
        tracing::info!("{} ({}): asking again", fault.code, fault.message);
        link.rest(jittered(self.pause)).await?;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        Ok(true)
    }
}

/// Between half and all of the time, so that parallel callers do not come back together.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0_u8; 1];
    let share = if getrandom::fill(&mut byte).is_ok() { f64::from(byte[0]) / 255.0 } else { 0.5 };
    pause.mul_f64(0.5 + share / 2.0)
}

tokio::task_local! {
    /// Set within a call that has its turn: what it asks on the way is part of it, and must not wait for its own end.
    static UNDER_WAY: ();
}

impl Link {
    /// Makes a call when it is its turn: all accounts of a run share the number of calls under way.
    async fn turn<T>(&self, call: &impl AsyncFn() -> T) -> T {
        if UNDER_WAY.try_with(|()| ()).is_ok() {
            return call().await;
        }
        let _turn = self.calls.acquire().await; // Nobody closes it.
        UNDER_WAY.scope((), call()).await
    }

    /// Waits, unless the person interrupts.
    pub(super) async fn rest(&self, time: Duration) -> Result<(), Fault> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if self.interrupted.load(Ordering::Relaxed) {
                return Err(Fault::new(Sort::Interrupted, "Interrupted", "interrupted"));
            }
            tokio::time::sleep((end - Instant::now()).min(Duration::from_millis(100))).await;
        }
        Ok(())
    }

    /// Asks a question until it is answered; asking twice harms nobody.
    pub(super) async fn ask<T>(&self, call: impl AsyncFn() -> Result<T, Fault>) -> Result<T, Fault> {
        let mut pace = Pace::start();
        loop {
            let fault = match self.turn(&call).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            let worth_asking_again = matches!(
                fault.sort,
                Sort::Throttled | Sort::Unsettled | Sort::Lost | Sort::Silent | Sort::Unsent
            );
            if !worth_asking_again || !pace.again(self, &fault).await? {
                return Err(fault);
            }
        }
    }

    /// Waits until a question about something just made is no longer answered with "no such thing".
    pub(super) async fn visible<T>(&self, call: impl AsyncFn() -> Result<T, Fault>) -> Result<T, Fault> {
        let mut pace = Pace::start();
        loop {
            match self.ask(&call).await {
                Err(fault) if fault.sort == Sort::Absent => {
                    if !pace.again(self, &fault).await? {
                        return Err(fault);
                    }
                }
                answer => return answer,
            }
        }
    }

    /// Changes something, once. `done` reads whether the change is there, and settles every lost answer.
    ///
    /// Guarantees: after an answer was lost, the call is made again only when a reading says that the change
    /// is not there. "It exists" is accepted only after an own lost call, and only if `done` finds it as
    /// wanted.
    pub(super) async fn tell(
        &self,
        lag: Lag,
        call: impl AsyncFn() -> Result<(), Fault>,
        done: impl AsyncFn() -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        let mut pace = Pace::start();
        let mut lost: Option<Fault> = None;
        loop {
            let Err(fault) = self.turn(&call).await else { return Ok(()) };
            let again = match fault.sort {
                Sort::Lost | Sort::Silent => {
                    lost = Some(fault.clone());
                    true
                }
                Sort::Throttled | Sort::Unsettled | Sort::Unsent => true,
                // AWS's own policies are there or not; no wait brings one about.
                Sort::Absent => lag.absent && !fault.message.contains(":iam::aws:policy/"),
                Sort::InUse => lag.in_use,
                _ => false,
            };
            if lost.is_some() && self.ask(&done).await.unwrap_or(false) {
                return Ok(());
            }
            if !again {
                return Err(fault);
            }
            let go_on = pace.again(self, &fault).await;
            if lost.is_some() {
                // A second look after the pause: what was changed may only have become visible now.
                match self.ask(&done).await {
                    Ok(true) => return Ok(()),
                    Ok(false) if matches!(go_on, Ok(true)) => continue,
                    Ok(false) if fault.sort == Sort::Silent => return Err(fault),
                    _ => {}
                }
            }
            match (go_on, lost.take()) {
                (Ok(true), None) => {}
                (Ok(false), None) => return Err(fault),
                (Err(interrupted), None) => return Err(interrupted),
                (_, Some(lost)) => return Err(Fault { sort: Sort::Lost, ..lost }),
            }
        }
    }

    /// Changes something by a call that may be repeated: the second time finds it done and changes nothing.
    pub(super) async fn put(&self, lag: Lag, call: impl AsyncFn() -> Result<(), Fault>) -> Result<(), Fault> {
        self.tell(lag, call, async || Ok(false)).await
    }

    /// Takes something away; what is already gone is done.
    pub(super) async fn take(
        &self,
        lag: Lag,
        call: impl AsyncFn() -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        match self.put(lag, call).await {
            Err(fault) if fault.sort == Sort::Absent => Ok(()),
            result => result,
        }
    }
}
