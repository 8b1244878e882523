//! Which of two documents allows more, over all requests.
//!
//! Each document alone: what it allows and does not deny itself. What others say of the same request is not looked
//! at.

use std::collections::BTreeSet;

use super::prove::{Answer, Formula, Frame, Prover, Reason, RuleId, Witness};
use super::request::{Context, Others};
use super::rule::Rules;
use crate::policy::Effect;

/// How two documents stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The second, held against the first.
    pub relation: Relation,
    /// What the second allows and the first does not.
    pub gained: Option<Gap>,
    /// What the first allows and the second does not.
    pub lost: Option<Gap>,
    /// Why it is not known, if so.
    pub reason: Option<Reason>,
}

/// How the second document stands to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// They allow the same.
    Equivalent,
    /// It allows less, and nothing else.
    Narrower,
    /// It allows all that the first does, and more.
    Broader,
    /// Each allows what the other does not.
    Incomparable,
    /// It is not known.
    Unknown,
}

/// A request that one document allows and the other does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The request.
    pub witness: Witness,
    /// The number of the statement that allows it, from 0.
    pub statement: usize,
}

impl Relation {
    /// As JSON has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equivalent => "equivalent",
            Self::Narrower => "narrower",
            Self::Broader => "broader",
            Self::Incomparable => "incomparable",
            Self::Unknown => "unknown",
        }
    }
}

/// Compares two documents of one kind. Principals of `accounts` may be taken for examples.
pub fn compare(found: &Rules, wanted: &Rules, accounts: BTreeSet<String>) -> Comparison {
    let context = Context::new(Others::Unknown);
    let mut prover = Prover::new(Frame { caller: None, context, accounts, resource: None, actions: None });
    let found = Side::new(found, &mut prover);
    let wanted = Side::new(wanted, &mut prover);
    let gained = wanted.beyond(&found, &mut prover);
    let lost = found.beyond(&wanted, &mut prover);
    let relation = match (&gained, &lost) {
        (Ok(None), Ok(None)) => Relation::Equivalent,
        (Ok(None), Ok(Some(_))) => Relation::Narrower,
        (Ok(Some(_)), Ok(None)) => Relation::Broader,
        (Ok(Some(_)), Ok(Some(_))) => Relation::Incomparable,
        (Err(_), _) | (_, Err(_)) => Relation::Unknown,
    };
    let reason = gained.as_ref().err().or(lost.as_ref().err()).cloned();
    Comparison { relation, gained: gained.unwrap_or_default(), lost: lost.unwrap_or_default(), reason }
}

/// One document in a prover.
struct Side {
    /// Its statements that allow, with their numbers.
    allows: Vec<(usize, RuleId)>,
    denies: Vec<RuleId>,
}

impl Side {
    fn new(rules: &Rules, prover: &mut Prover) -> Self {
        let mut side = Self { allows: vec![], denies: vec![] };
        for (number, rule) in rules.rules.iter().enumerate() {
            let id = prover.add(rule);
            match rule.effect {
                Effect::Allow => side.allows.push((number, id)),
                Effect::Deny => side.denies.push(id),
            }
        }
        side
    }

    fn allowed(&self) -> Formula {
        let allows = Formula::rules(self.allows.iter().map(|(_, id)| *id));
        allows.except(Formula::rules(self.denies.iter().copied()))
    }

    /// A request that this one allows and the other does not.
    fn beyond(&self, other: &Self, prover: &mut Prover) -> Result<Option<Gap>, Reason> {
        match prover.find(&self.allowed().except(other.allowed())) {
            Answer::Nothing => Ok(None),
            Answer::Unknown(reason) => Err(reason),
            Answer::Found(witness) => {
                let allowing = self.allows.iter().find(|(_, id)| witness.within.contains(id));
                let statement = allowing.map_or(0, |(number, _)| *number);
                Ok(Some(Gap { witness: *witness, statement }))
            }
        }
    }
}
