//! Statements that nearly allow a request: of its action, but of another resource or another principal.

use super::decide::Source;
use super::landscape::Explained;
use super::rule::Rule;
use super::truth::Truth;
use crate::policy::Effect;

/// A statement that would allow a request if it said a little more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    /// Where it stands.
    pub source: Source,
    /// Its number there, from 0.
    pub number: usize,
    /// What does not fit.
    pub misses: Misses,
}

/// What of a statement does not fit a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misses {
    /// It is of other resources.
    Resource,
    /// It names others.
    Principal,
}

/// How far a policy of a resource is from letting somebody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// No statement that allows names who asks.
    NotNamed,
    /// They are named, but not for this action.
    OtherActions,
    /// They are named for this action, but on other resources.
    OtherResources,
    /// Only a condition is in the way, or not known to be met.
    Condition,
}

/// The statements that miss a request by one thing, in their order.
pub fn near(explained: &Explained<'_>) -> Vec<Near> {
    let gathered = &explained.gathered;
    let of_identity = (0..gathered.policies.identity.len()).map(Source::Identity);
    let of_boundary = (0..gathered.policies.boundary.as_ref().map_or(0, Vec::len)).map(Source::Boundary);
    let mut found = vec![];
    for source in of_identity.chain(of_boundary).chain([Source::Resource]) {
        let Some(rules) = gathered.policies.rules(source) else { continue };
        for (number, rule) in rules.rules.iter().enumerate() {
            found.extend(misses(explained, rule).map(|misses| Near { source, number, misses }));
        }
    }
    found
}

fn misses(explained: &Explained<'_>, rule: &Rule) -> Option<Misses> {
    let request = &explained.request;
    if rule.effect != Effect::Allow || !rule.covers_action(&request.action.to_ascii_lowercase()) {
        return None;
    }
    let named = rule.covers_caller(&request.caller).is_some();
    match (named, rule.covers_resource(&request.resource, &request.context)) {
        (true, Truth::No) => Some(Misses::Resource),
        (false, Truth::Yes | Truth::Unknown) => Some(Misses::Principal),
        (true, Truth::Yes | Truth::Unknown) | (false, Truth::No) => None,
    }
}

/// How far the resource's policy is from letting the caller in; none if there is no such policy.
pub fn reach(explained: &Explained<'_>) -> Option<Reach> {
    let request = &explained.request;
    let action = request.action.to_ascii_lowercase();
    let rules = explained.gathered.policies.resource?;
    let of_rule = |rule: &Rule| {
        if rule.effect != Effect::Allow || rule.covers_caller(&request.caller).is_none() {
            Reach::NotNamed
        } else if !rule.covers_action(&action) {
            Reach::OtherActions
        } else if rule.covers_resource(&request.resource, &request.context) == Truth::No {
            Reach::OtherResources
        } else {
            Reach::Condition
        }
    };
    Some(rules.rules.iter().map(of_rule).max().unwrap_or(Reach::NotNamed))
}
