//! What an identity can certainly do: what its documents allow, less what they deny, within its boundary.
//!
//! Small and careful: what is not certain counts as not allowed, so that nothing is said of it.

use std::collections::BTreeSet;

use super::cover::{ROLES, Target, both, covers_action, is_every_action, is_star, reaches, resources, spans};
use super::subject::Identity;
use crate::policy::condition::{Operator, Test};
use crate::policy::{Document, Effect, Folded, Statement, Written, WrittenStatement, covers, glob};

/// Everything that decides what an identity can do.
#[derive(Clone, Debug)]
pub(super) struct Reach<'i> {
    documents: Vec<(usize, &'i Written)>,
    boundary: Option<&'i Document>,
    account: Option<&'i str>,
}

/// One allowance of an action that nothing takes away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// In which of the identity's documents.
    pub(super) held: usize,
    /// The statement's place there.
    pub(super) statement: String,
    /// The resource pattern's place there.
    pub(super) pointer: String,
    /// On what: a pattern.
    pub(super) pattern: String,
    /// The services that a role may be passed to, as patterns; none if to any.
    pub(super) services: Option<BTreeSet<String>>,
}

/// What the conditions of a statement do to what it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// Nothing: at most they say when, or from where.
    Open,
    /// Roles may be passed to these services only.
    Services(BTreeSet<String>),
    /// Something else is narrowed.
    Narrow,
}

/// Condition keys that say when, from where or how somebody asks, and nothing of what he asks for.
const CIRCUMSTANCES: [&str; 17] = [
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "aws:sourceip",
    "aws:vpcsourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourcevpcarn",
    "aws:currenttime",
    "aws:epochtime",
    "aws:tokenissuetime",
    "aws:securetransport",
    "aws:useragent",
    "aws:referer",
    "aws:requestedregion",
    "aws:viaawsservice",
    "aws:principalorgid",
    "aws:principalaccount",
];

const PASSED_TO: &str = "iam:PassedToService";

impl<'i> Reach<'i> {
    /// Of an identity, all its documents together.
    pub(super) fn of(identity: &'i Identity<'_>) -> Self {
        Self {
            documents: identity.held.iter().map(|held| &held.written).enumerate().collect(),
            boundary: identity.boundary,
            account: identity.home.account.as_ref().map(crate::state::AccountId::as_str),
        }
    }

    /// Of somebody who holds one document only.
    pub(super) fn of_document(written: &'i Written, account: Option<&'i str>) -> Self {
        Self { documents: vec![(0, written)], boundary: None, account }
    }

    /// Of the same identity, if it had only some of its documents.
    pub(super) fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let mut less = self.clone();
        less.documents.retain(|(number, _)| keep(*number));
        less
    }

    /// The account, if it is known.
    pub(super) fn account(&self) -> Option<&'i str> {
        self.account
    }

    /// Whether a statement gives it everything, with rights to give rights still among it.
    pub(super) fn is_administrator(&self) -> bool {
        let everything =
            |s: &Statement| s.effect == Effect::Allow && is_everything(s) && guard_of(s) == Guard::Open;
        self.statements().any(|(_, s)| everything(&s.statement))
            && self.grants("iam:AttachRolePolicy", ROLES).iter().any(|grant| grant.spans(ROLES, self.account))
    }

    /// Every certain allowance of an action on resources of a target.
    pub(super) fn grants(&self, action: &str, target: Target) -> Vec<Grant> {
        let allows = self.statements().filter(|(_, s)| s.allows() && covers_action(&s.statement, action));
        allows.flat_map(|(held, s)| self.of_statement(held, s, action, target)).collect()
    }

    fn statements(&self) -> impl Iterator<Item = (usize, &'i WrittenStatement)> + '_ {
        self.documents.iter().flat_map(|(number, w)| w.statements.iter().map(|s| (*number, s)))
    }

    fn of_statement(&self, held: usize, s: &WrittenStatement, action: &str, target: Target) -> Vec<Grant> {
        let services = match guard_of(&s.statement) {
            Guard::Open => None,
            Guard::Services(services) => Some(services),
            Guard::Narrow => return vec![],
        };
        let (named, is_not) = resources(&s.statement);
        let spots: Vec<(&str, &str)> = if is_not {
            let left_out = named.iter().any(|pattern| spans(pattern, target, None));
            if left_out { vec![] } else { vec![("*", s.pointer.as_str())] }
        } else {
            s.resources.iter().map(|spot| (spot.text.as_str(), spot.pointer.as_str())).collect()
        };
        let grant = |(pattern, pointer): (&str, &str)| Grant {
            held,
            statement: s.pointer.clone(),
            pointer: pointer.to_owned(),
            pattern: pattern.to_owned(),
            services: services.clone(),
        };
        let reached = spots.into_iter().filter(|(pattern, _)| reaches(pattern, target, None)).map(grant);
        let kept = reached.flat_map(|grant| self.after_denies(grant, action, target));
        kept.flat_map(|grant| self.within_boundary(grant, action, target)).collect()
    }

    fn after_denies(&self, grant: Grant, action: &str, target: Target) -> Vec<Grant> {
        let denies = self.statements().map(|(_, s)| &s.statement).filter(|s| s.effect == Effect::Deny);
        denies.fold(vec![grant], |grants, deny| {
            grants.into_iter().flat_map(|grant| after_deny(grant, deny, action, target)).collect()
        })
    }

    fn within_boundary(&self, grant: Grant, action: &str, target: Target) -> Vec<Grant> {
        let Some(boundary) = self.boundary else { return vec![grant] };
        let allows =
            boundary.statements.iter().filter(|s| s.effect == Effect::Allow && covers_action(s, action));
        let mut kept: Vec<Grant> = allows.flat_map(|allow| narrowed(&grant, allow)).collect();
        for deny in boundary.statements.iter().filter(|s| s.effect == Effect::Deny) {
            kept = kept.into_iter().flat_map(|grant| after_deny(grant, deny, action, target)).collect();
        }
        kept
    }
}

impl Grant {
    /// Whether it covers every resource of a target in an account.
    pub(super) fn spans(&self, target: Target, account: Option<&str>) -> bool {
        spans(&self.pattern, target, account)
    }

    /// Whether a role may be passed to a service.
    pub(super) fn passes_to(&self, service: &str) -> bool {
        let names = |pattern: &String| glob(pattern, service) || glob(pattern, &format!("{service}.cn"));
        self.services.as_ref().is_none_or(|services| services.iter().any(names))
    }
}

/// Whether a statement covers every action on every resource.
pub(super) fn is_everything(statement: &Statement) -> bool {
    let every = |action: &Folded| is_every_action(action.as_str());
    let (named, is_not) = resources(statement);
    !statement.action.is_not()
        && !is_not
        && statement.action.value().iter().any(every)
        && named.iter().any(|pattern| is_star(pattern))
}

/// What the conditions of a statement do to what it covers.
pub(super) fn guard_of(statement: &Statement) -> Guard {
    let mut guard = Guard::Open;
    let tests = statement.conditions.iter().flat_map(|(word, keys)| keys.iter().map(move |k| (word, k)));
    for (word, (key, values)) in tests {
        let Some(operator) = Operator::parse(word) else { return Guard::Narrow };
        if is_circumstance(key) || is_vacuous(operator, values) {
            continue;
        }
        if !key.as_str().eq_ignore_ascii_case(PASSED_TO) || !is_equality(operator.test) {
            return Guard::Narrow;
        }
        guard = Guard::Services(match guard {
            Guard::Services(other) => common(&other, values),
            Guard::Open | Guard::Narrow => values.clone(),
        });
    }
    guard
}

/// Whether the conditions of a statement leave open which resources it is about.
pub(super) fn leaves_resources_open(statement: &Statement) -> bool {
    let mut tests = statement.conditions.iter().flat_map(|(word, keys)| keys.iter().map(move |k| (word, k)));
    tests.all(|(word, (key, values))| {
        let of_asking = OF_ASKING.iter().any(|begin| {
            key.as_str().get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin))
        });
        let by_service = ["aws:viaawsservice", "aws:calledvia"]
            .iter()
            .any(|key_of_service| key.as_str().to_ascii_lowercase().starts_with(key_of_service));
        !by_service && (of_asking || is_circumstance(key))
            || Operator::parse(word).is_some_and(|operator| is_vacuous(operator, values))
    })
}

/// Beginnings of further condition keys that say who asks and how, and nothing of the resource.
const OF_ASKING: [&str; 6] =
    ["aws:Principal", "aws:userid", "aws:username", PASSED_TO, "s3:TlsVersion", "s3:signatureversion"];

fn is_circumstance(key: &Folded) -> bool {
    CIRCUMSTANCES.iter().any(|known| key.as_str().eq_ignore_ascii_case(known))
}

fn is_equality(test: Test) -> bool {
    matches!(test, Test::StringEquals | Test::StringLike | Test::StringEqualsIgnoreCase)
}

/// A comparison that every value passes.
fn is_vacuous(operator: Operator, values: &BTreeSet<String>) -> bool {
    matches!(operator.test, Test::StringLike | Test::ArnLike | Test::ArnEquals)
        && values.iter().any(|value| is_star(value))
}

fn common(one: &BTreeSet<String>, other: &BTreeSet<String>) -> BTreeSet<String> {
    let pairs = one.iter().flat_map(|a| other.iter().filter_map(|b| both(a, b)));
    pairs.map(str::to_owned).collect()
}

/// Whether a Deny holds only at times: it has conditions, and all of them are circumstances.
fn only_at_times(deny: &Statement) -> bool {
    let mut keys = deny.conditions.values().flat_map(|keys| keys.keys()).peekable();
    keys.peek().is_some() && keys.all(is_circumstance)
}

/// What is left of a grant beside a Deny.
fn after_deny(grant: Grant, deny: &Statement, action: &str, target: Target) -> Vec<Grant> {
    if !covers_action(deny, action) || only_at_times(deny) {
        return vec![grant];
    }
    let (named, is_not) = resources(deny);
    if is_not {
        let left: Vec<&str> = named.iter().filter_map(|pattern| both(&grant.pattern, pattern)).collect();
        return left.iter().map(|p| Grant { pattern: (*p).to_owned(), ..grant.clone() }).collect();
    }
    let gone = |pattern: &&str| {
        covers(pattern, &grant.pattern) || (spans(pattern, target, None) && !is_star(pattern))
    };
    if !named.iter().any(gone) {
        return vec![grant];
    }
    match services_left(deny) {
        Some(left) => {
            let services = match &grant.services {
                Some(services) => common(services, left),
                None => left.clone(),
            };
            if services.is_empty() { vec![] } else { vec![Grant { services: Some(services), ..grant }] }
        }
        // Under other conditions it is not certain what is left.
        None => vec![],
    }
}

/// The services that a Deny of passing roles to all others leaves.
fn services_left(deny: &Statement) -> Option<&BTreeSet<String>> {
    let mut tests = deny.conditions.iter().flat_map(|(word, keys)| keys.iter().map(move |k| (word, k)));
    let (word, (key, values)) = tests.next()?;
    let negated = matches!(Operator::parse(word)?.test, Test::StringNotEquals | Test::StringNotLike);
    (negated && tests.next().is_none() && key.as_str().eq_ignore_ascii_case(PASSED_TO)).then_some(values)
}

/// What an Allow of a boundary leaves of a grant.
fn narrowed(grant: &Grant, allow: &Statement) -> Vec<Grant> {
    let services = match (guard_of(allow), &grant.services) {
        (Guard::Narrow, _) => return vec![],
        (Guard::Open, services) => services.clone(),
        (Guard::Services(within), None) => Some(within),
        (Guard::Services(within), Some(services)) => Some(common(&within, services)),
    };
    if services.as_ref().is_some_and(BTreeSet::is_empty) {
        return vec![];
    }
    let (named, is_not) = resources(allow);
    if is_not {
        let touched = named.iter().any(|pattern| both(pattern, &grant.pattern).is_some());
        return if touched { vec![] } else { vec![Grant { services, ..grant.clone() }] };
    }
    let shared = named.iter().filter_map(|pattern| both(pattern, &grant.pattern));
    shared.map(|p| Grant { pattern: p.to_owned(), services: services.clone(), ..grant.clone() }).collect()
}
