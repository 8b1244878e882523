//! Two states compared: everybody's policies, then the policies of resources, then what is said of it.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::Universe;
use super::assume;
use super::denial::{Moved, moved};
use super::escalation::{Asker, Needed, opened, ways};
use super::fold::{Fold, Part};
use super::gain::{Gain, gains};
use super::heirs::{Changes, heirs};
use super::holders::{Class, Hand, classes, context, hand, named_in, pool};
use super::pool::{Entry, Pool, Side};
use super::resource;
use super::settle::Judge;
use super::wall::{Walls, about, is_personal};
use super::{AccessDelta, affected, cross};
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::principal::{Caller, Named};
use crate::policy::{Document, Element};
use crate::state::{AccountId, ResourceId};

/// Who gains and who loses what from one state to another.
pub fn delta(before: &Landscape<'_>, after: &Landscape<'_>) -> AccessDelta {
    delta_among(before, after, &BTreeSet::new())
}

/// The same, if more accounts are ours than the states have: they are nobody outside.
pub fn delta_among(before: &Landscape<'_>, after: &Landscape<'_>, ours: &BTreeSet<AccountId>) -> AccessDelta {
    let mut universe = universe(before, after);
    let (mut old, mut new) = (Side::new(before), Side::new(after));
    let mut fold = Fold::new(before, after, ours);
    let all = classes(before, after);
    let needed = Needed::new(&universe);
    let walls = [Walls::new(&mut old, &mut universe), Walls::new(&mut new, &mut universe)];
    for class in all.iter().filter(|class| class.moved) {
        of_class(class, (&mut old, &mut new), &walls, &mut universe, &needed, &mut fold);
    }
    let mut changed = resource::changed(&old, &new);
    let mut named_after = None;
    let mut denials: BTreeMap<DocumentId, Vec<Moved>> = BTreeMap::new();
    for document in &changed {
        for mut found in resource::outside(document, &mut old, &mut new, &mut universe) {
            cross::own_leg(&mut found, document, [&mut old, &mut new], ours, &mut universe, &mut fold);
            // Who may act as a role can do what the role can. What a service runs does what the role is for.
            let is_service = matches!(found.named, Named::Caller(Caller::Service(_)));
            if let DocumentId::Trust(role) = document
                && after.caller(role).is_some()
                && !found.gained.is_empty()
                && !fold.knows(role, is_service)
            {
                let named = named_after.get_or_insert_with(|| named_in(after));
                let hand = hand(after, role, named);
                let [_, wall] = &walls;
                fold.can(role, all_of(role, &hand, &mut new, wall, &mut universe), &universe);
            }
            fold.outside(document, found);
        }
        let moved = moved(document, &mut old, &mut new, &mut universe);
        if !moved.is_empty() {
            denials.insert(document.clone(), moved);
        }
    }
    if !denials.is_empty() {
        affected::find(&mut denials, [&mut old, &mut new], &mut universe);
    }
    fold.denials(denials.into_values().flatten(), &universe);
    for assumed in assume::assumed(&mut old, &mut new, &all, &changed, &mut universe) {
        fold.assumed(assumed);
    }
    let changes = Changes { classes: &all, changed: &changed, gaining: fold.gaining(&universe) };
    let found = heirs(changes, (&mut old, &mut new), &mut universe, &needed);
    fold.heirs(found);
    // What a bucket denies from the start is told of with what others gain there.
    let there = |id: &ResourceId| [before, after].iter().all(|side| side.state().resources.contains_key(id));
    let denies =
        |id: &DocumentId| [before, after].iter().filter_map(|side| side.document(id)).any(Document::denies);
    changed.retain(|id| resource::resource_of(id).is_none_or(there) || !denies(id));
    for class in all.iter().filter(|class| class.moved) {
        changed.extend(touched(class, before, after));
    }
    fold.finish(changed, &all, &universe)
}

/// All that somebody can do.
fn all_of<'l>(
    who: &ResourceId,
    hand: &Hand,
    side: &mut Side<'l>,
    walls: &Walls<'l>,
    universe: &mut Universe,
) -> Vec<Gain> {
    let caller = side.landscape.caller(who);
    let mut pool = pool(side, hand, caller.as_ref(), universe);
    let known = caller.as_ref().map(|caller| context(side.landscape, caller));
    if let (Some(caller), Some(known)) = (&caller, &known) {
        let denied = walls.around([&pool, &pool]);
        pool.denies.extend(about(&denied, caller, known));
    }
    gains(&Pool::default(), &pool, universe, &mut Judge::new(caller, known))
}

/// Every document of a class.
pub(super) fn documents(class: &Class) -> impl Iterator<Item = &DocumentId> {
    let hands = [&class.before, &class.after].into_iter();
    hands.flat_map(|hand| hand.held.iter().map(|(_, document)| document).chain(&hand.boundary))
}

/// The documents of a class that change, come or go.
fn touched(class: &Class, before: &Landscape<'_>, after: &Landscape<'_>) -> Vec<DocumentId> {
    let (old, new) = (&class.before, &class.after);
    let differs = |id: &&DocumentId| {
        let on = |hand: &Hand| {
            hand.held.iter().any(|(_, held)| held == *id) || hand.boundary.as_ref() == Some(*id)
        };
        match (before.document(id), after.document(id)) {
            (Some(was), Some(is)) => (on(old) || on(new)) && was != is,
            // What only denies changes what others give, and a boundary what all give.
            (Some(one), None) | (None, Some(one)) => {
                let limits = [old, new].iter().any(|hand| hand.boundary.as_ref() == Some(*id));
                on(old) != on(new) && !limits && !one.denies()
            }
            (None, None) => false,
        }
    };
    documents(class).filter(differs).cloned().collect()
}

fn universe(before: &Landscape<'_>, after: &Landscape<'_>) -> Universe {
    let sides = [before, after];
    let documents: BTreeSet<(bool, &DocumentId)> = sides
        .iter()
        .enumerate()
        .flat_map(|(number, side)| side.documents().map(move |id| (number == 1, id)))
        .collect();
    let documents = documents
        .into_iter()
        .filter_map(|(is_after, id)| if is_after { after.document(id) } else { before.document(id) });
    let statements = documents.flat_map(|document| &document.statements);
    Universe::new(statements.map(|statement| -> &Element<_> { &statement.action }))
}

fn of_class<'l>(
    class: &Class,
    (old, new): (&mut Side<'l>, &mut Side<'l>),
    walls: &[Walls<'l>; 2],
    universe: &mut Universe,
    needed: &Needed,
    fold: &mut Fold<'_>,
) {
    let Some(first) = class.members.first() else { return };
    let caller = new.landscape.caller(first).or_else(|| old.landscape.caller(first));
    let from = pool(old, &class.before, caller.as_ref(), universe);
    let to = pool(new, &class.after, caller.as_ref(), universe);
    // What buckets deny is told of once, for everybody: what is gained is held against what they deny now, and what is
    // lost against what they did.
    let denied = walls.each_ref().map(|walls| walls.around([&from, &to]));
    for (members, denied) in apart(class, denied, [&*old, &*new]) {
        let class =
            Class { before: class.before.clone(), after: class.after.clone(), moved: class.moved, members };
        let known = caller.as_ref().map(|caller| context(new.landscape, caller));
        let mut judge = Judge::new(caller.clone(), known);
        let with = |pool: &Pool<'l>, denied: &[Entry<'l>]| {
            let mut pool = pool.clone();
            pool.denies.extend(denied.iter().cloned());
            pool
        };
        let [were, are] = &denied;
        let (from_now, to_now) = (with(&from, are), with(&to, are));
        let mut gained = gains(&from_now, &to_now, universe, &mut judge);
        let mut lost = gains(&with(&to, were), &with(&from, were), universe, &mut judge);
        gained.retain_mut(|gain| cross::is_let_in(&class, new, gain, universe));
        lost.retain_mut(|gain| cross::is_let_in(&class, old, gain, universe));
        fold.class(&class, Part::Gained, gained, universe);
        fold.class(&class, Part::Lost, lost, universe);
        let (before, after) =
            (Asker { who: first, landscape: old.landscape }, Asker { who: first, landscape: new.landscape });
        let (had, has) = (ways(&from_now, before, universe, needed), ways(&to_now, after, universe, needed));
        for opened in opened(&had, &has) {
            fold.escalation(&class, opened);
        }
    }
}

/// Those of a class to whom the same is denied, each with what that is.
fn apart<'l>(
    class: &Class,
    denied: [Vec<Entry<'l>>; 2],
    sides: [&Side<'l>; 2],
) -> Vec<(Vec<ResourceId>, [Vec<Entry<'l>>; 2])> {
    let personal = denied.iter().flatten().any(is_personal);
    let mut found: Vec<(Vec<ResourceId>, [Vec<Entry<'l>>; 2])> = vec![];
    let [old, new] = sides.map(|side| side.landscape);
    for member in &class.members {
        if let (Some((members, _)), false) = (found.first_mut(), personal) {
            members.push(member.clone());
            continue;
        }
        let caller = new.caller(member).or_else(|| old.caller(member));
        let own = match &caller {
            Some(caller) => {
                let [was, is] = &denied;
                [about(was, caller, &context(old, caller)), about(is, caller, &context(new, caller))]
            }
            // A group in which nobody is.
            None => [vec![], vec![]],
        };
        let told = |denied: &[Vec<Entry<'l>>; 2]| {
            let told = |entry: &Entry<'l>| (entry.route.clone(), entry.tests.clone());
            denied.each_ref().map(|entries| entries.iter().map(told).collect::<Vec<_>>())
        };
        match found.iter_mut().find(|(_, other)| told(other) == told(&own)) {
            Some((members, _)) => members.push(member.clone()),
            None => found.push((vec![member.clone()], own)),
        }
    }
    found
}
