//! What became of a plan's steps.

use crate::state::Refusal;

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
