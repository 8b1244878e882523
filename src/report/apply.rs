//! What became of an apply, as plain data.

use serde::Serialize;

use super::FORMAT_VERSION;
use super::drift::Finding;
use super::plan::NotChecked;
use super::said::{self, Said};
use super::words;
use crate::account::Unreached;
use crate::apply::{Journal, Outcome, WhyNot};
use crate::plan::Plan;
use crate::state::Unread;

/// What became of an apply. This is the documented JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ApplyReport {
    /// 1.
    pub format_version: u32,
    /// Counts.
    pub summary: ApplySummary,
    /// What became of each step, in the plan's order.
    pub steps: Vec<ApplyStep>,
    /// What is still not as declared after a last look at the account.
    pub remaining: Vec<Finding>,
    /// What that look could not read, so that nobody knows whether it is as declared.
    pub not_checked: Vec<Said>,
    /// What to do now.
    pub next: Vec<String>,
}

/// How far an apply came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ApplySummary {
    /// Steps done.
    pub done: usize,
    /// Steps refused.
    pub failed: usize,
    /// Steps not begun.
    pub not_started: usize,
    /// Steps whose answer was lost.
    pub unknown: usize,
}

/// What became of a step, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepResult {
    /// Done.
    Done,
    /// Refused, and not done.
    Failed,
    /// Not begun.
    NotStarted,
    /// It may or may not be done.
    Unknown,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApplyStep {
    /// Its place in the plan, from 0.
    pub step: usize,
    /// What it works on: `role/GlueEtl`.
    pub address: String,
    /// The account it is in.
    pub account: String,
    /// What it does, in words.
    pub text: String,
    /// What became of it.
    pub result: StepResult,
    /// Why, if it was not done.
    pub reason: Option<String>,
    /// The step, by its place, that it waited for in vain.
    pub waited_for: Option<usize>,
}

impl ApplyReport {
    /// The report of a journal, and of what a last look at the account found and could not read.
    pub fn new(plan: &Plan, journal: &Journal, remaining: Vec<Finding>, unread: &[Unread]) -> Self {
        let mut summary = ApplySummary::default();
        let mut expired = false;
        let mut interrupted = false;
        let steps = plan.steps.iter().enumerate().map(|(step, planned)| {
            let never = Outcome::NotStarted(WhyNot::Interrupted);
            let outcome = journal.outcomes.get(step).unwrap_or(&never);
            let (result, reason, waited_for) = match outcome {
                Outcome::Done => (StepResult::Done, None, None),
                Outcome::Failed(refusal) => (StepResult::Failed, Some(refusal.to_string()), None),
                Outcome::Unknown(refusal) => (StepResult::Unknown, Some(refusal.to_string()), None),
                Outcome::NotStarted(WhyNot::Requires(other)) => {
                    let text = plan.steps.get(*other).map(|s| words::operation_line(&s.operation));
                    let reason = format!("waits for: {}", text.unwrap_or_default());
                    (StepResult::NotStarted, Some(reason), Some(*other))
                }
                Outcome::NotStarted(WhyNot::Interrupted) => {
                    interrupted = true;
                    (StepResult::NotStarted, Some(String::from("interrupted")), None)
                }
                Outcome::NotStarted(WhyNot::CredentialsGone) => {
                    expired = true;
                    (StepResult::NotStarted, Some(String::from("credentials are no longer valid")), None)
                }
            };
            match result {
                StepResult::Done => summary.done += 1,
                StepResult::Failed => summary.failed += 1,
                StepResult::NotStarted => summary.not_started += 1,
                StepResult::Unknown => summary.unknown += 1,
            }
            ApplyStep {
                step,
                address: planned.operation.target.address(),
                account: planned.operation.target.account.to_string(),
                text: words::operation_line(&planned.operation),
                result,
                reason,
                waited_for,
            }
        });
        let steps: Vec<ApplyStep> = steps.collect();
        let drift = remaining.iter().any(|finding| finding.drift);
        let mut next = vec![];
        if expired {
            next.push(String::from("sign in again: the credentials ran out on the way"));
        }
        if summary.failed > 0 {
            next.push(format!("see to what was refused ({})", words::count(summary.failed, "operation")));
        }
        if interrupted || expired || summary.done < steps.len() || drift {
            next.push(String::from("run `hatrack apply` again: it reads the account and plans what is left"));
        }
        let not_checked = unread.iter().map(said::unread).collect();
        Self { format_version: FORMAT_VERSION, summary, steps, remaining, not_checked, next }
    }

    /// With the environments whose accounts the last look did not reach.
    #[must_use]
    pub fn without(mut self, unreached: &[Unreached]) -> Self {
        self.not_checked.extend(unreached.iter().map(|unreached| {
            let line = NotChecked::of(unreached);
            Said { code: String::from("unreached"), address: None, text: line.line(), help: line.help }
        }));
        self
    }

    /// Whether everything was done and the account is known to be as declared.
    pub fn is_complete(&self) -> bool {
        self.summary.done == self.steps.len()
            && !self.remaining.iter().any(|finding| finding.drift)
            && self.not_checked.is_empty()
    }
}
