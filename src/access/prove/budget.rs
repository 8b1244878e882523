//! What a proof may cost, in steps and not in time, so that the same question has the same answer everywhere.

use std::fmt;

/// Boxes looked at for one question. Pairs of policies of sixty statements take some hundreds.
pub const NODES_MAX: u64 = 100_000;

/// States of automata visited for one question. What needs more asks for texts that contain a dozen texts in any
/// order.
pub const STATES_MAX: u64 = 500_000;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// More than [`NODES_MAX`].
    Nodes,
    /// More than [`STATES_MAX`].
    States,
    /// It depends on the text of a policy variable, by its key, in a way that no one value decides.
    Variable(String),
    /// A key is compared in ways that are not looked at together: text and number, several numbers.
    Comparisons(String),
    /// A pattern covers some accounts by a part of their number.
    Account(String),
    /// The request found is none when it is evaluated: a mistake of hatrack.
    Internal(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nodes => write!(f, "too complex: more than {NODES_MAX} combinations of statements"),
            Self::States => {
                write!(f, "too complex: patterns overlap in more than {STATES_MAX} ways")
            }
            Self::Variable(key) => write!(f, "it depends on what `${{{key}}}` stands for"),
            Self::Comparisons(key) => {
                write!(f, "`{key}` is compared in ways that are not understood together")
            }
            Self::Account(pattern) => write!(f, "`{pattern}` covers accounts by a part of their number"),
            Self::Internal(what) => write!(f, "internal: {what}"),
        }
    }
}

/// What is left of them.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    nodes: u64,
    states: u64,
}

impl Budget {
    /// All of it.
    pub fn new() -> Self {
        Self { nodes: NODES_MAX, states: STATES_MAX }
    }

    /// One box more.
    ///
    /// # Errors
    /// It is spent.
    pub fn node(&mut self) -> Result<(), Reason> {
        self.nodes = self.nodes.checked_sub(1).ok_or(Reason::Nodes)?;
        Ok(())
    }

    /// Some states more.
    ///
    /// # Errors
    /// It is spent.
    pub fn states(&mut self, states: u64) -> Result<(), Reason> {
        self.states = self.states.checked_sub(states).ok_or(Reason::States)?;
        Ok(())
    }
}
