//! What the policies of buckets and roles deny from now on, or no longer: the difference alone, since what another
//! statement denied or goes on denying does not move.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::{Number, Universe, both, either, split, without};
use super::area::Area;
use super::gain::applicable;
use super::pool::{Entry, Side};
use super::resource::{in_account, resource_of};
use super::{Limit, Route, Test};
use crate::access::landscape::DocumentId;
use crate::access::principal::Named;
use crate::policy::Element;
use crate::state::ResourceId;

/// Something that a statement denies from now on, or no longer.
#[derive(Debug)]
pub(super) struct Moved {
    pub comes: bool,
    pub to: Vec<Named>,
    pub spares: Vec<Named>,
    pub actions: Vec<Number>,
    pub areas: Vec<Area>,
    pub except: Vec<String>,
    pub limits: Vec<Limit>,
    pub tests: Vec<Test>,
    pub route: Route,
    /// Who gains or loses by it, and of whom that could not be decided.
    pub affected: BTreeSet<ResourceId>,
    pub perhaps: BTreeSet<ResourceId>,
}

/// What another statement says of some of the actions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Note {
    /// It denies them there as well.
    Except(String),
    /// It denies them as well, not always.
    Limit(Limit),
    /// It denies them as well, but not to these.
    Only(Vec<Named>),
}

/// What a document denies from now on, or no longer, on a resource that is there before and after.
pub(super) fn moved(
    document: &DocumentId,
    before: &mut Side<'_>,
    after: &mut Side<'_>,
    universe: &mut Universe,
) -> Vec<Moved> {
    let Some(id) = resource_of(document) else { return vec![] };
    let there = |side: &Side<'_>| side.landscape.state().resources.contains_key(id);
    if !there(before) || !there(after) {
        return vec![];
    }
    let old = before.entries(document, None, universe);
    let new = after.entries(document, None, universe);
    let mut found = vec![];
    for (comes, own, others) in [(false, &old, &new), (true, &new, &old)] {
        for deny in own.iter().filter(|entry| !entry.allows()) {
            found.extend(of_statement(deny, others, comes, universe));
        }
    }
    found
}

/// What of a Deny the other state's statements do not deny.
fn of_statement(deny: &Entry<'_>, others: &[Entry<'_>], comes: bool, universe: &Universe) -> Vec<Moved> {
    let mut parts: BTreeMap<BTreeSet<Note>, (Vec<Number>, Vec<Area>)> = BTreeMap::new();
    for area in &deny.statement.areas {
        let mut actions = applicable(&deny.statement.actions, area, universe);
        let mut notes: Vec<(Vec<Number>, Note)> = vec![];
        for other in others.iter().filter(|other| !other.allows()) {
            let Some(spared) = spared(other, deny) else { continue };
            let touched: Vec<&Area> = other.statement.touched(area);
            let hits = both(&actions, &other.statement.actions);
            if hits.is_empty() || touched.is_empty() {
                continue;
            }
            let whole = touched.iter().any(|own| own.covers(area));
            let rest: Vec<Test> = other.tests.difference(&deny.tests).cloned().collect();
            let texts = touched.iter().flat_map(|own| own.texts());
            match (whole, rest.is_empty(), spared.is_empty()) {
                (true, true, true) => actions = without(&actions, &hits),
                (true, true, false) => notes.push((hits, Note::Only(spared))),
                (true, false, true) => notes.push((hits, Note::Limit(Limit::NotWhile(rest)))),
                (false, true, true) => {
                    notes.extend(texts.map(|text| (hits.clone(), Note::Except(text))));
                }
                (false, false, true) => {
                    notes.push((hits, Note::Limit(Limit::On(texts.collect(), rest))));
                }
                // Too much for few words: what moves is told of as more than it is.
                (_, _, false) => {}
            }
        }
        for (notes, actions) in split(actions, &notes).into_iter().filter(|(_, actions)| !actions.is_empty())
        {
            let notes = notes.into_iter().cloned().collect();
            let (all, areas) = parts.entry(notes).or_default();
            *all = either(all, &actions);
            areas.push(area.clone());
        }
    }
    parts
        .into_iter()
        .map(|(notes, (actions, areas))| moved_part(deny, comes, notes, actions, areas))
        .collect()
}

fn moved_part(
    deny: &Entry<'_>,
    comes: bool,
    notes: BTreeSet<Note>,
    actions: Vec<Number>,
    areas: Vec<Area>,
) -> Moved {
    let (mut to, spares) = match &deny.statement.rule.principals {
        Some(Element::Is(named)) if !named.contains(&Named::Everyone) => (named.clone(), vec![]),
        Some(Element::IsNot(named)) => (vec![], named.clone()),
        Some(Element::Is(_)) | None => (vec![], vec![]),
    };
    let (mut except, mut limits) = (vec![], vec![]);
    for note in notes {
        match note {
            Note::Except(text) => except.push(text),
            Note::Limit(limit) => limits.push(limit),
            Note::Only(named) => to = named,
        }
    }
    Moved {
        comes,
        to,
        spares,
        actions,
        areas,
        except,
        limits,
        tests: deny.tests.iter().cloned().collect(),
        route: deny.route.clone(),
        affected: BTreeSet::new(),
        perhaps: BTreeSet::new(),
    }
}

/// Whom a statement spares of those whom another denies something; none if it may be about others altogether.
fn spared(by: &Entry<'_>, of: &Entry<'_>) -> Option<Vec<Named>> {
    let everyone = |principals: &Option<Element<Vec<Named>>>| match principals {
        None => true,
        Some(Element::Is(named)) => named.contains(&Named::Everyone),
        Some(Element::IsNot(_)) => false,
    };
    let (own, theirs) = (&by.statement.rule.principals, &of.statement.rule.principals);
    if everyone(own) || own == theirs {
        return Some(vec![]);
    }
    match (own, theirs) {
        (Some(Element::IsNot(spared)), _) if everyone(theirs) => Some(spared.clone()),
        (Some(Element::Is(own)), Some(Element::Is(theirs))) => {
            let covered = |named: &Named| own.iter().any(|own| own == named || in_account(own, named));
            theirs.iter().all(covered).then(Vec::new)
        }
        _ => None,
    }
}
