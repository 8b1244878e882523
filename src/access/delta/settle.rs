//! Questions that comparing patterns does not decide, put to the prover.

use super::actions::{Number, Universe};
use super::area::Area;
use super::pool::{Entry, Pool};

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Something is allowed that was not.
    Gained,
    /// Nothing is.
    Same,
    /// Nobody knows, and why.
    Unknown(String),
}

/// Whoever answers such questions.
pub(super) struct Judge<'c> {
    pub caller: Option<&'c crate::access::principal::Caller>,
}

impl Judge<'_> {
    /// What of some actions, under a statement on some resources, `to` allows and `from` does not.
    pub(super) fn settle(
        &mut self,
        _from: &Pool<'_>,
        _to: &Pool<'_>,
        _entry: &Entry<'_>,
        _area: &Area,
        actions: &[Number],
        _universe: &Universe,
    ) -> Vec<(Vec<Number>, Verdict)> {
        if actions.is_empty() {
            return vec![];
        }
        vec![(actions.to_vec(), Verdict::Unknown("policies overlap".to_owned()))]
    }
}
