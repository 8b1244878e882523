//! Progress of an apply, and its interruption.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
#[cfg(feature = "aws")]
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::apply::{Outcome, Progress, WhyNot};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::plan::Step;
use crate::report;
use crate::spec::EnvironmentInfo;
use crate::state::AccountId;
#[cfg(feature = "aws")]
use crate::state::ResourceId;

/// Set by the first SIGINT or SIGTERM; a second one ends the process at once.
///
/// # Errors
/// When the system does not let us listen to signals.
pub fn on_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let interrupted = Arc::new(AtomicBool::new(false));
    for (signal, code) in [(SIGINT, 130), (SIGTERM, 143)] {
        // In this order: the second signal finds the flag set and ends the process.
        signal_hook::flag::register_conditional_shutdown(signal, code, interrupted.clone())
            .and_then(|_| signal_hook::flag::register(signal, interrupted.clone()))
            .map_err(|error| Failure::error(format!("cannot listen to signals: {error}")))?;
    }
    Ok(interrupted)
}

/// A line for whatever takes AWS more than a moment, now and then.
#[cfg(feature = "aws")]
#[derive(Default)]
pub struct WaitLines {
    said: Mutex<BTreeMap<ResourceId, Duration>>,
}

/// Between two lines about one resource.
#[cfg(feature = "aws")]
const WAIT_LINE_EVERY: Duration = Duration::from_secs(30);

#[cfg(feature = "aws")]
impl crate::account::aws::WaitListener for WaitLines {
    fn waits(&self, what: &ResourceId, status: &str, waited: Duration) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let last = said.get(what).copied().filter(|last| *last <= waited).unwrap_or_default();
        if waited >= last + WAIT_LINE_EVERY {
            said.insert(what.clone(), waited);
            let seconds = waited.as_secs();
            let line = format!("waiting: {} is {status} for {seconds} s", what.address());
            anstream::eprintln!("{}", report::harmless(&line));
        }
    }
}

/// A bar on a terminal, a line a step in a log.
pub struct StepProgress<'a> {
    steps: &'a [Step],
    /// What to call the environments of accounts, if there are several.
    homes: BTreeMap<AccountId, String>,
    bar: Option<ProgressBar>,
    output: &'a Output,
    /// How many have ended: held while that is said, so that numbers come in order.
    ended: Mutex<usize>,
}

impl<'a> StepProgress<'a> {
    /// For these steps, of these environments.
    pub fn new(steps: &'a [Step], environments: &[EnvironmentInfo], output: &'a Output) -> Self {
        let mut homes: BTreeMap<AccountId, String> = BTreeMap::new();
        for EnvironmentInfo { name, account, .. } in environments {
            let known = homes.entry(account.clone()).or_default();
            let comma = if known.is_empty() { "" } else { ", " };
            known.push_str(&format!("{comma}{name}"));
        }
        if homes.len() < 2 {
            homes.clear();
        }
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(steps.len() as u64), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { steps, homes, bar, output, ended: Mutex::default() }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&self, step: usize) -> String {
        let Some(step) = self.steps.get(step) else { return String::new() };
        let line = report::operation_line(&step.operation);
        match self.homes.get(&step.operation.target.account) {
            Some(home) => format!("{home}: {line}"),
            None => line,
        }
    }
}

impl Progress for StepProgress<'_> {
    fn begun(&self, step: usize) {
        if let Some(bar) = &self.bar {
            bar.set_message(self.line(step));
        }
    }

    fn ended(&self, step: usize, outcome: &Outcome) {
        let word = match outcome {
            Outcome::Done => "done",
            Outcome::Failed(_) => "FAILED",
            Outcome::Unknown(_) => "UNKNOWN",
            Outcome::NotStarted(WhyNot::Requires(_) | WhyNot::Interrupted | WhyNot::CredentialsGone) => {
                "not done"
            }
        };
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        *ended += 1;
        let line = format!("[{ended}/{}] {word}: {}", self.steps.len(), self.line(step));
        match &self.bar {
            Some(bar) if *outcome == Outcome::Done => bar.inc(1),
            Some(bar) => bar.println(line),
            None => self.output.say(&line),
        }
    }

    fn stopping(&self) {
        let line = "interrupted: nothing new is begun, what is under way is let finish";
        match &self.bar {
            Some(bar) => bar.println(line),
            None => self.output.say(line),
        }
    }
}
