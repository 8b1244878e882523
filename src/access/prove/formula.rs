//! What is asked: which requests, as a combination of rules.

use super::RuleId;

/// Some requests, told by the rules that they lie in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Formula {
    /// Every request, or none.
    Constant(bool),
    /// Those that a rule covers, whatever its effect.
    Rule(RuleId),
    /// Those in all of them.
    All(Vec<Formula>),
    /// Those in any of them.
    Any(Vec<Formula>),
    /// All others.
    Not(Box<Formula>),
}

impl Formula {
    /// Those in all of them.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = vec![];
        for part in parts {
            match part {
                Self::Constant(true) => {}
                Self::Constant(false) => return Self::Constant(false),
                Self::All(parts) => all.extend(parts),
                part => all.push(part),
            }
        }
        match <[Self; 1]>::try_from(all) {
            Ok([one]) => one,
            Err(all) if all.is_empty() => Self::Constant(true),
            Err(all) => Self::All(all),
        }
    }

    /// Those in any of them.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut any = vec![];
        for part in parts {
            match part {
                Self::Constant(false) => {}
                Self::Constant(true) => return Self::Constant(true),
                Self::Any(parts) => any.extend(parts),
                part => any.push(part),
            }
        }
        match <[Self; 1]>::try_from(any) {
            Ok([one]) => one,
            Err(any) if any.is_empty() => Self::Constant(false),
            Err(any) => Self::Any(any),
        }
    }

    /// Those that any of these rules covers.
    pub fn rules(rules: impl IntoIterator<Item = RuleId>) -> Self {
        Self::any(rules.into_iter().map(Self::Rule))
    }

    /// Those in this one and not in the other.
    #[must_use]
    pub fn except(self, other: Self) -> Self {
        Self::all([self, !other])
    }

    /// Whether a request lies in it, told which rules it lies in.
    pub fn holds(&self, within: &impl Fn(RuleId) -> bool) -> bool {
        match self {
            Self::Constant(truth) => *truth,
            Self::Rule(rule) => within(*rule),
            Self::All(parts) => parts.iter().all(|part| part.holds(within)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(within)),
            Self::Not(part) => !part.holds(within),
        }
    }

    /// The same with some rules known to cover every request, or none.
    pub fn given(&self, known: &impl Fn(RuleId) -> Option<bool>) -> Self {
        match self {
            Self::Constant(truth) => Self::Constant(*truth),
            Self::Rule(rule) => known(*rule).map_or(Self::Rule(*rule), Self::Constant),
            Self::All(parts) => Self::all(parts.iter().map(|part| part.given(known))),
            Self::Any(parts) => Self::any(parts.iter().map(|part| part.given(known))),
            Self::Not(part) => !part.given(known),
        }
    }

    /// The same with `Not` before rules only.
    pub fn normal(&self) -> Self {
        self.pushed(true)
    }

    fn pushed(&self, positive: bool) -> Self {
        match self {
            Self::Constant(truth) => Self::Constant(*truth == positive),
            Self::Rule(_) if positive => self.clone(),
            Self::Rule(_) => Self::Not(Box::new(self.clone())),
            Self::Not(part) => part.pushed(!positive),
            Self::All(parts) if positive => Self::all(parts.iter().map(|part| part.pushed(true))),
            Self::All(parts) => Self::any(parts.iter().map(|part| part.pushed(false))),
            Self::Any(parts) if positive => Self::any(parts.iter().map(|part| part.pushed(true))),
            Self::Any(parts) => Self::all(parts.iter().map(|part| part.pushed(false))),
        }
    }

    /// The rules that a request is to lie in, or in some of; of a formula with `Not` before rules only.
    pub fn positive(&self, rules: &mut Vec<RuleId>) {
        match self {
            Self::Constant(_) | Self::Not(_) => {}
            Self::Rule(rule) => rules.push(*rule),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.positive(rules)),
        }
    }

    /// The rules in it.
    pub fn mentioned(&self, rules: &mut Vec<RuleId>) {
        match self {
            Self::Constant(_) => {}
            Self::Rule(rule) => rules.push(*rule),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.mentioned(rules)),
            Self::Not(part) => part.mentioned(rules),
        }
    }
}

impl std::ops::Not for Formula {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Constant(truth) => Self::Constant(!truth),
            Self::Not(part) => *part,
            part => Self::Not(Box::new(part)),
        }
    }
}
