//! Users, roles and groups whose policies differ, those with the same policies together.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::Universe;
use super::pool::{Entry, Pool, Side, is_holder};
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::pattern::{ArnPattern, Variable};
use crate::access::powers::{METHODS, On};
use crate::access::principal::{Caller, Named};
use crate::access::request::{Context, Others};
use crate::access::rule::{Rule, Rules};
use crate::policy::{Effect, Element, Statement};
use crate::state::{Kind, ResourceId};

/// What somebody holds: documents, each with the group it comes by.
pub(super) type Holding = BTreeSet<(Option<ResourceId>, DocumentId)>;

/// What decides about somebody on one side.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hand {
    pub held: Holding,
    pub boundary: Option<DocumentId>,
    /// Policies of resources that name them.
    pub named_in: BTreeSet<DocumentId>,
}

/// Everybody with the same two hands.
#[derive(Debug)]
pub(super) struct Class {
    pub before: Hand,
    pub after: Hand,
    /// Whether its policies differ.
    pub moved: bool,
    /// At least one.
    pub members: Vec<ResourceId>,
}

/// Whom the policies of resources name, by side: whoever the state has.
pub(super) type NamedIn = BTreeMap<ResourceId, BTreeSet<DocumentId>>;

/// The policies of resources by the identities in the same account that they name.
pub(super) fn named_in(landscape: &Landscape<'_>) -> NamedIn {
    let mut named: NamedIn = BTreeMap::new();
    for document in landscape.documents() {
        let (DocumentId::Bucket(of) | DocumentId::Trust(of)) = document else { continue };
        for caller in landscape.rules(document).into_iter().flat_map(callers) {
            if let Some(id) = landscape.identity_of(caller).filter(|id| id.account == of.account) {
                named.entry(id.clone()).or_default().insert(document.clone());
            }
        }
    }
    named
}

fn callers(rules: &Rules) -> impl Iterator<Item = &Caller> {
    let allows = rules.rules.iter().filter(|rule| rule.effect == Effect::Allow);
    allows
        .flat_map(|rule| match &rule.principals {
            Some(Element::Is(named)) => named.as_slice(),
            Some(Element::IsNot(_)) | None => &[],
        })
        .filter_map(|named| match named {
            Named::Caller(caller) => Some(caller),
            Named::Everyone | Named::Account(_) | Named::Nobody(_) => None,
        })
}

pub(super) fn hand(landscape: &Landscape<'_>, id: &ResourceId, named: &NamedIn) -> Hand {
    let by = |holder: ResourceId| (holder != *id).then_some(holder);
    Hand {
        held: landscape.held(id).into_iter().map(|held| (by(held.holder), held.document)).collect(),
        boundary: landscape.boundary(id).map(|held| held.document),
        named_in: named.get(id).cloned().unwrap_or_default(),
    }
}

/// What those of a class have in common: whether it differs, both hands, who it is if that counts, and the account.
type Alike<'a> = (bool, Hand, Hand, Option<&'a ResourceId>, &'a str);

/// Everybody in two states, in classes. Groups are among them if nobody is in them.
pub(super) fn classes(before: &Landscape<'_>, after: &Landscape<'_>) -> Vec<Class> {
    let (named_before, named_after) = (named_in(before), named_in(after));
    let (all_before, all_after) = (&before.state().resources, &after.state().resources);
    let ids: BTreeSet<&ResourceId> =
        all_before.keys().chain(all_after.keys()).filter(|id| is_holder(id)).collect();
    let inhabited: BTreeSet<&ResourceId> = [before, after]
        .into_iter()
        .flat_map(|side| side.identities().flat_map(move |user| side.groups(user)))
        .collect();
    let mut same: BTreeMap<DocumentId, bool> = BTreeMap::new();
    let mut is_same = |document: &DocumentId| {
        *same.entry(document.clone()).or_insert_with(|| before.document(document) == after.document(document))
    };
    let mut personal: BTreeMap<DocumentId, bool> = BTreeMap::new();
    let mut classes: BTreeMap<Alike<'_>, Vec<ResourceId>> = BTreeMap::new();
    for id in ids {
        if id.kind == Kind::Group && inhabited.contains(id) {
            continue;
        }
        let (old, new) = (hand(before, id, &named_before), hand(after, id, &named_after));
        let documents = || old.held.iter().chain(&new.held).map(|(_, document)| document);
        let documents = || {
            documents().chain(&old.boundary).chain(&new.boundary).chain(&old.named_in).chain(&new.named_in)
        };
        let moved = old != new || !documents().all(&mut is_same);
        let mut of_itself = |document: &DocumentId| {
            *personal.entry(document.clone()).or_insert_with(|| {
                [before, after].into_iter().any(|side| {
                    let rules = side.rules(document).into_iter().flat_map(|rules| &rules.rules);
                    let statements = side.document(document).into_iter().flat_map(|d| &d.statements);
                    rules.zip(statements).any(|(rule, text)| is_personal(rule) || names_somebody(rule, text))
                })
            })
        };
        let own = documents().any(&mut of_itself) || !old.named_in.is_empty() || !new.named_in.is_empty();
        let key = (moved, old, new, own.then_some(id), id.account.as_str());
        classes.entry(key).or_default().push(id.clone());
    }
    let classes = classes.into_iter();
    classes.map(|((moved, before, after, ..), members)| Class { before, after, moved, members }).collect()
}

/// Whether what a statement says depends on who holds it.
pub(super) fn is_personal(rule: &Rule) -> bool {
    let of_caller = |variable: &Variable| is_of_caller(&variable.key);
    let patterns = rule.resources.iter().flat_map(Element::value);
    let mut variables = patterns.flat_map(ArnPattern::variables);
    variables.any(of_caller)
        || rule.comparisons.iter().any(|comparison| {
            is_of_caller(&comparison.key)
                || comparison.values.iter().flat_map(|value| value.variables()).any(of_caller)
        })
}

/// Whether a condition key, in small letters, may have another value for each caller of an account.
pub(super) fn is_of_caller(key: &str) -> bool {
    let same = ["aws:principalaccount", "aws:principalisawsservice", "aws:principalorgid"].contains(&key);
    (key.starts_with("aws:principal") && !same) || key.starts_with("aws:user")
}

/// Whether it is about IAM's own: what one may do to oneself depends on who that is.
fn names_somebody(rule: &Rule, statement: &Statement) -> bool {
    let named = |text: &String| [":user/", ":group/", ":role/"].iter().any(|kind| text.contains(kind));
    let of_iam = METHODS
        .iter()
        .flat_map(|method| method.needs)
        .filter(|need| need.action.starts_with("iam:") && !matches!(need.on, On::PassedTo(_)));
    let mut actions: Vec<String> = of_iam.map(|need| need.action.to_ascii_lowercase()).collect();
    actions.dedup();
    rule.effect == Effect::Allow
        && statement.resource.iter().flat_map(Element::value).any(named)
        && actions.iter().any(|action| rule.covers_action(action))
}

/// The policies of a hand made into one pool, as they are for a member of the class.
pub(super) fn pool<'l>(
    side: &mut Side<'l>,
    hand: &Hand,
    caller: Option<&Caller>,
    universe: &mut Universe,
) -> Pool<'l> {
    let mut pool = Pool::default();
    let context = caller.map(|caller| context(side.landscape, caller));
    let ours = |entry: Entry<'l>| match (caller, &context) {
        (Some(caller), Some(context)) => entry.for_caller(caller, context),
        _ => Some(entry),
    };
    for (group, document) in &hand.held {
        for entry in side.entries(document, group.as_ref(), universe).into_iter().filter_map(ours) {
            pool.add(entry);
        }
    }
    if let Some(document) = &hand.boundary {
        let entries = side.entries(document, None, universe);
        let (allows, denies): (Vec<_>, Vec<_>) =
            entries.into_iter().filter_map(ours).partition(Entry::allows);
        pool.denies.extend(denies);
        pool.boundary = Some(allows);
    }
    if let (Some(caller), Some(_)) = (caller, &context) {
        let names = |entry: &Entry<'_>| {
            let rule = entry.statement.rule;
            let listed = matches!(&rule.principals, Some(Element::Is(named))
                if named.iter().any(|named| matches!(named, Named::Caller(own) if own == caller)));
            entry.allows() && listed
        };
        for document in &hand.named_in {
            let entries = side.entries(document, None, universe).into_iter();
            pool.allows.extend(entries.filter(names).filter_map(ours));
        }
    }
    pool
}

pub(super) fn context(landscape: &Landscape<'_>, caller: &Caller) -> Context {
    let mut context = Context::new(Others::Unknown);
    landscape.describe(caller, &mut context);
    caller.describe(&mut context);
    context
}
