//! Two states compared: everybody's policies, then the policies of resources, then what is said of it.

use std::collections::BTreeSet;

use super::actions::Universe;
use super::area::Area;
use super::assume;
use super::escalation::{Asker, Needed, opened, ways};
use super::fold::{Fold, Part};
use super::gain::{Gain, gains};
use super::heirs::{Changes, heirs};
use super::holders::{Class, Hand, classes, context, denied_by_buckets, hand, is_of_caller, named_in, pool};
use super::pool::{Entry, Pool, Side};
use super::resource;
use super::settle::Judge;
use super::{AccessDelta, Limit};
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::principal::{Caller, Named};
use crate::policy::{Effect, Element};
use crate::state::ResourceId;

/// Who gains and who loses what from one state to another.
pub fn delta(before: &Landscape<'_>, after: &Landscape<'_>) -> AccessDelta {
    let mut universe = universe(before, after);
    let (mut old, mut new) = (Side::new(before), Side::new(after));
    let mut fold = Fold::new(before, after);
    let all = classes(before, after);
    let needed = Needed::new(&universe);
    for class in all.iter().filter(|class| class.moved) {
        of_class(class, (&mut old, &mut new), &mut universe, &needed, &mut fold);
    }
    let mut changed = resource::changed(&old, &new);
    let mut named_after = None;
    for document in &changed {
        for mut found in resource::outside(document, &mut old, &mut new, &mut universe) {
            // Another account's own identities need its leave as well.
            if let Named::Caller(caller) = &found.named
                && after.identity_of(caller).or_else(|| before.identity_of(caller)).is_some()
            {
                let limit = Limit::AsFarAs("its own policies allow it".to_owned());
                for gain in found.gained.iter_mut().chain(&mut found.lost) {
                    gain.limits.push(limit.clone());
                }
            }
            // Who may act as a role can do what the role can. What a service runs does what the role is for.
            let is_service = matches!(found.named, Named::Caller(Caller::Service(_)));
            if let DocumentId::Trust(role) = document
                && after.caller(role).is_some()
                && !found.gained.is_empty()
                && !fold.knows(role, is_service)
            {
                let named = named_after.get_or_insert_with(|| named_in(after));
                let hand = hand(after, role, named);
                fold.can(role, all_of(role, &hand, &mut new, &mut universe), &universe);
            }
            fold.outside(document, found);
        }
        fold.denials(resource::denials(document, &mut old, &mut new, &mut universe));
    }
    for assumed in assume::assumed(&mut old, &mut new, &all, &changed, &mut universe) {
        fold.assumed(assumed);
    }
    let changes = Changes { classes: &all, changed: &changed, gaining: fold.gaining(&universe) };
    let found = heirs(changes, (&mut old, &mut new), &mut universe, &needed);
    fold.heirs(found);
    for class in all.iter().filter(|class| class.moved) {
        changed.extend(moved(class, before, after));
    }
    fold.finish(changed, &all, &universe)
}

/// All that somebody can do.
fn all_of(who: &ResourceId, hand: &Hand, side: &mut Side<'_>, universe: &mut Universe) -> Vec<Gain> {
    let caller = side.landscape.caller(who);
    let mut pool = pool(side, hand, caller.as_ref(), universe);
    if let Some(caller) = &caller {
        pool.denies.extend(denied_by_buckets(side, [&pool, &pool], caller, universe));
    }
    let known = caller.as_ref().map(|caller| context(side.landscape, caller));
    gains(&Pool::default(), &pool, universe, &mut Judge::new(caller, known))
}

/// Every document of a class.
pub(super) fn documents(class: &Class) -> impl Iterator<Item = &DocumentId> {
    let hands = [&class.before, &class.after].into_iter();
    hands.flat_map(|hand| hand.held.iter().map(|(_, document)| document).chain(&hand.boundary))
}

/// The documents of a class that change, come or go.
fn moved(class: &Class, before: &Landscape<'_>, after: &Landscape<'_>) -> Vec<DocumentId> {
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
    universe: &mut Universe,
    needed: &Needed,
    fold: &mut Fold<'_>,
) {
    let Some(first) = class.members.first() else { return };
    let caller = new.landscape.caller(first).or_else(|| old.landscape.caller(first));
    let mut from = pool(old, &class.before, caller.as_ref(), universe);
    let mut to = pool(new, &class.after, caller.as_ref(), universe);
    if let Some(caller) = &caller {
        // What buckets deny is told of once, for everybody.
        let denies = denied_by_buckets(new, [&from, &to], caller, universe);
        if class.members.len() > 1 && denies.iter().any(is_personal) {
            for member in &class.members {
                let Class { before, after, moved, members: _ } = class;
                let (before, after, moved) = (before.clone(), after.clone(), *moved);
                let one = Class { before, after, moved, members: vec![member.clone()] };
                of_class(&one, (&mut *old, &mut *new), universe, needed, fold);
            }
            return;
        }
        from.denies.extend(denies.iter().cloned());
        to.denies.extend(denies);
    }
    let known = caller.as_ref().map(|caller| context(new.landscape, caller));
    let mut judge = Judge::new(caller.clone(), known);
    let mut gained = gains(&from, &to, universe, &mut judge);
    let mut lost = gains(&to, &from, universe, &mut judge);
    gained.retain_mut(|gain| is_let_in(class, new.landscape, gain, universe));
    lost.retain_mut(|gain| is_let_in(class, old.landscape, gain, universe));
    fold.class(class, Part::Gained, gained, universe);
    fold.class(class, Part::Lost, lost, universe);
    let (before, after) =
        (Asker { who: first, landscape: old.landscape }, Asker { who: first, landscape: new.landscape });
    let (had, has) = (ways(&from, before, universe, needed), ways(&to, after, universe, needed));
    for opened in opened(&had, &has) {
        fold.escalation(class, opened);
    }
}

/// Whether the policy of another account's bucket lets anybody of a class in, as far as it is known: leave of one's own
/// account is not enough there.
fn is_let_in(class: &Class, landscape: &Landscape<'_>, gain: &mut Gain, universe: &Universe) -> bool {
    let Area::Of(named) = &gain.area else { return true };
    let bucket = named.bucket().and_then(|name| landscape.resource_of(&format!("arn:aws:s3:::{name}")));
    let Some(bucket) = bucket else { return true };
    let mut members = class.members.iter().filter(|member| member.account != bucket.account).peekable();
    if members.peek().is_none() {
        return true;
    }
    let actions: Vec<String> = gain
        .actions
        .iter()
        .filter_map(|number| universe.action(*number))
        .map(|action| action.full_name().to_ascii_lowercase())
        .collect();
    let rules = landscape.rules(&DocumentId::Bucket(bucket.clone())).map_or(&[][..], |rules| &rules.rules);
    let let_in = members.filter_map(|member| landscape.caller(member)).any(|caller| {
        rules.iter().any(|rule| {
            rule.effect == Effect::Allow
                && rule.covers_caller(&caller).is_some()
                && (actions.is_empty() || actions.iter().any(|action| rule.covers_action(action)))
        })
    });
    gain.limits.push(Limit::AsFarAs(format!("the policy of {} lets them in", bucket.address())));
    let_in
}

/// Whether a Deny may be another for each caller of an account.
fn is_personal(deny: &Entry<'_>) -> bool {
    let rule = deny.statement.rule;
    let everyone = matches!(&rule.principals, Some(Element::Is(named)) if named.contains(&Named::Everyone));
    let by_key = rule.comparisons.iter().any(|comparison| is_of_caller(&comparison.key));
    !everyone || by_key
}
