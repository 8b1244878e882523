//! Who of the estate gains or loses by what buckets deny: those who may, but for that.
//!
//! Not everybody is looked at for each bucket: those whose statements say the same about it are one.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::actions::{Number, Universe, either, meet};
use super::area::Area;
use super::cross::is_let_in;
use super::denial::Moved;
use super::gain::{Gain, gains};
use super::holders::{Class, Hand, context, hand, is_personal, named_in, pool};
use super::pool::{Entry, Pool, Side};
use super::settle::Judge;
use super::{Test, Who, wall};
use crate::access::landscape::DocumentId;
use crate::access::principal::{Caller, Cover};
use crate::access::request::Context;
use crate::state::{AccountId, ResourceId};

/// Both states.
pub(super) type Sides<'a, 'l> = [&'a mut Side<'l>; 2];

/// What a statement says of some resources, by number.
type Said = BTreeSet<(bool, usize)>;

/// A user or role.
struct Person {
    id: ResourceId,
    hands: [Hand; 2],
    caller: Caller,
    contexts: [Context; 2],
    /// What its statements say of buckets that they do not name.
    wild: [usize; 2],
    /// And of those that they do.
    named: BTreeMap<String, [Said; 2]>,
    /// Whether that depends on who it is.
    personal: bool,
}

/// A document, as far as it is about buckets.
#[derive(Clone, Default)]
struct Touch {
    wild: BTreeSet<usize>,
    named: BTreeMap<String, BTreeSet<usize>>,
    personal: bool,
}

/// Numbers for what is the same.
struct Numbers<K>(BTreeMap<K, usize>);

impl<K: Ord> Numbers<K> {
    fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn of(&mut self, key: K) -> usize {
        let next = self.0.len();
        *self.0.entry(key).or_insert(next)
    }
}

/// A statement on one of its resources: whether it allows, where its actions are in memory, the resource, and when.
type Content = (bool, usize, Area, BTreeSet<Test>);

/// Finds out who gains or loses by what moved, and notes it there.
pub(super) fn find<'l>(
    moved: &mut BTreeMap<DocumentId, Vec<Moved>>,
    sides: Sides<'_, 'l>,
    universe: &mut Universe,
) {
    let all = moved.values().flatten().fold(vec![], |all, one| either(&all, &one.actions));
    let [old, new] = sides;
    let people = people([&mut *old, &mut *new], &all, universe);
    for (document, moved) in moved {
        let DocumentId::Bucket(bucket) = document else { continue };
        let entries = [old.entries(document, None, universe), new.entries(document, None, universe)];
        for (group, own) in alike(&people, bucket, &entries) {
            let Some(first) = group.first() else { continue };
            let [was_held, is_held] = &first.hands;
            let class = Class {
                before: unnamed(was_held),
                after: unnamed(is_held),
                moved: true,
                members: vec![first.id.clone()],
            };
            let [was, is] = own;
            let mut from = around(pool(old, &class.before, Some(&first.caller), universe), moved);
            let mut to = around(pool(new, &class.after, Some(&first.caller), universe), moved);
            was.into_iter().for_each(|entry| from.add(entry));
            is.into_iter().for_each(|entry| to.add(entry));
            let [_, known] = &first.contexts;
            let mut judge = Judge::new(Some(first.caller.clone()), Some(known.clone()));
            let gained = gains(&from, &to, universe, &mut judge);
            let lost = gains(&to, &from, universe, &mut judge);
            for (comes, side, found) in [(false, &mut *new, gained), (true, &mut *old, lost)] {
                for mut gain in found {
                    if is_let_in(&class, side, &mut gain, universe) {
                        note(moved, comes, &gain, &group);
                    }
                }
            }
        }
    }
}

/// Notes a gain, or a loss, with the denials that it comes of.
fn note(moved: &mut [Moved], comes: bool, gain: &Gain, group: &[&Person]) {
    for one in moved.iter_mut().filter(|one| one.comes == comes && gain.because.contains(&one.route)) {
        let areas = one.areas.iter().any(|area| area.overlaps(&gain.area));
        if areas && meet(&one.actions, &gain.actions) {
            let ids = group.iter().map(|person| person.id.clone());
            if gain.doubt.is_none() { one.affected.extend(ids) } else { one.perhaps.extend(ids) }
        }
    }
}

/// Those of whom the same is to be said about a bucket, with what its policy says to them.
fn alike<'p, 'l>(
    people: &'p [Person],
    bucket: &ResourceId,
    entries: &[Vec<Entry<'l>>; 2],
) -> Vec<(Vec<&'p Person>, [Vec<Entry<'l>>; 2])> {
    let denies = || entries.iter().flatten().filter(|entry| !entry.allows());
    let gives = entries.iter().flatten().any(Entry::allows);
    let personal = gives || denies().any(wall::is_personal);
    let mut by_account: BTreeMap<&AccountId, [Vec<Entry<'l>>; 2]> = BTreeMap::new();
    let mut found: BTreeMap<_, (Vec<&'p Person>, [Vec<Entry<'l>>; 2])> = BTreeMap::new();
    for person in people {
        let none = [Said::new(), Said::new()];
        let named = person.named.get(&bucket.name).unwrap_or(&none);
        let silent = person.wild == [0, 0] && *named == none;
        if silent && !gives {
            continue;
        }
        let own = match by_account.get(&person.id.account).filter(|_| !personal) {
            Some(known) => known.clone(),
            None => [0, 1].map(|side| own(person, side, bucket, entries)),
        };
        if !personal {
            by_account.entry(&person.id.account).or_insert_with(|| own.clone());
        }
        let said = own
            .each_ref()
            .map(|own| own.iter().map(|entry| (entry.route.number, entry.tests.clone())).collect::<Vec<_>>());
        let key = (
            &person.id.account,
            person.wild,
            person.hands.each_ref().map(|hand| hand.boundary.is_some()),
            named.clone(),
            said,
            person.personal.then_some(&person.id),
        );
        found.entry(key).or_insert_with(|| (vec![], own)).0.push(person);
    }
    found.into_values().collect()
}

/// What the policy of a bucket says to somebody: what it denies, and what it allows by itself.
fn own<'l>(
    person: &Person,
    side: usize,
    bucket: &ResourceId,
    entries: &[Vec<Entry<'l>>; 2],
) -> Vec<Entry<'l>> {
    let (Some(entries), Some(context)) = (entries.get(side), person.contexts.get(side)) else {
        return vec![];
    };
    let by_itself = |entry: &Entry<'_>| {
        let cover = entry.statement.rule.covers_caller(&person.caller);
        person.id.account == bucket.account && matches!(cover, Some(Cover::Direct | Cover::Behind))
    };
    let counts = entries.iter().filter(|entry| !entry.allows() || by_itself(entry));
    counts.filter_map(|entry| entry.for_caller(&person.caller, context)).collect()
}

/// Without what policies of resources say, which is looked at by itself.
fn unnamed(hand: &Hand) -> Hand {
    Hand { named_in: BTreeSet::new(), ..hand.clone() }
}

/// The statements that have to do with what moved; what they allow on that alone where it is more.
fn around<'l>(pool: Pool<'l>, moved: &[Moved]) -> Pool<'l> {
    let areas: BTreeSet<&Area> = moved.iter().flat_map(|one| &one.areas).collect();
    let actions = moved.iter().fold(vec![], |all, one| either(&all, &one.actions));
    let near = |entry: &Entry<'l>| {
        meet(&actions, &entry.statement.actions) && areas.iter().any(|area| entry.overlaps(area))
    };
    let narrowed = |entry: Entry<'l>| {
        let mut less: BTreeSet<Area> = BTreeSet::new();
        for own in &entry.statement.areas {
            let touched = areas.iter().filter(|area| own.overlaps(area));
            less.extend(touched.map(|area| if own.covers(area) { (*area).clone() } else { own.clone() }));
        }
        let statement = Rc::new(entry.statement.on(less.into_iter().collect()));
        Entry { statement, ..entry }
    };
    let some = |entries: Vec<Entry<'l>>| entries.into_iter().filter(|entry| near(entry)).collect();
    let Pool { allows, denies, boundary } = pool;
    let allows = allows.into_iter().filter(|entry| near(entry)).map(narrowed).collect();
    Pool { allows, denies: some(denies), boundary: boundary.map(some) }
}

/// Every user and role that is there before or after.
fn people(sides: Sides<'_, '_>, actions: &[Number], universe: &mut Universe) -> Vec<Person> {
    let [old, new] = sides;
    let named = [named_in(old.landscape), named_in(new.landscape)];
    let ids: BTreeSet<&ResourceId> = old.landscape.identities().chain(new.landscape.identities()).collect();
    let (mut contents, mut sets) = (Numbers::new(), Numbers::new());
    // Who says nothing of buckets that it does not name has number 0.
    sets.of(Said::new());
    let mut touches: [BTreeMap<DocumentId, Touch>; 2] = [BTreeMap::new(), BTreeMap::new()];
    let mut people = vec![];
    for id in ids {
        let Some(caller) = new.landscape.caller(id).or_else(|| old.landscape.caller(id)) else { continue };
        let [named_old, named_new] = &named;
        let hands = [hand(old.landscape, id, named_old), hand(new.landscape, id, named_new)];
        let contexts = [context(old.landscape, &caller), context(new.landscape, &caller)];
        let mut person = Person {
            id: id.clone(),
            hands: hands.clone(),
            caller,
            contexts,
            wild: [0, 0],
            named: BTreeMap::new(),
            personal: false,
        };
        for (place, (side, hand)) in [&mut *old, &mut *new].into_iter().zip(&hands).enumerate() {
            let Some(known) = touches.get_mut(place) else { continue };
            let mut wild = Said::new();
            let held = hand.held.iter().map(|(_, document)| (false, document));
            for (limits, document) in held.chain(hand.boundary.iter().map(|document| (true, document))) {
                let touch = known
                    .entry(document.clone())
                    .or_insert_with(|| touch(side, document, actions, &mut contents, universe));
                wild.extend(touch.wild.iter().map(|number| (limits, *number)));
                for (bucket, numbers) in &touch.named {
                    let both = person.named.entry(bucket.clone()).or_default();
                    let said = both.get_mut(place).into_iter();
                    said.for_each(|said| said.extend(numbers.iter().map(|number| (limits, *number))));
                }
                person.personal |= touch.personal;
            }
            let number = sets.of(wild);
            person.wild.get_mut(place).into_iter().for_each(|wild| *wild = number);
        }
        people.push(person);
    }
    people
}

/// What a document says of buckets with some actions.
fn touch(
    side: &mut Side<'_>,
    document: &DocumentId,
    actions: &[Number],
    contents: &mut Numbers<Content>,
    universe: &mut Universe,
) -> Touch {
    let mut touch = Touch::default();
    for entry in side.entries(document, None, universe) {
        let statement = &entry.statement;
        if !meet(actions, &statement.actions) {
            continue;
        }
        let place = Rc::as_ptr(&statement.actions).addr();
        for area in &statement.areas {
            if matches!(area, Area::Of(named) if named.is_elsewhere()) {
                continue;
            }
            let number = contents.of((entry.allows(), place, area.clone(), statement.tests.clone()));
            match area.bucket() {
                Some(bucket) => drop(touch.named.entry(bucket.to_owned()).or_default().insert(number)),
                None => drop(touch.wild.insert(number)),
            }
            touch.personal |= is_personal(statement.rule);
        }
    }
    touch
}

/// Some users and roles, those of a group together where all of it is among them.
pub(super) fn grouped(
    mut ids: BTreeSet<ResourceId>,
    members: &BTreeMap<ResourceId, BTreeSet<ResourceId>>,
) -> Vec<Who> {
    let mut found = vec![];
    for (group, users) in members.iter().filter(|(_, users)| users.len() > 1) {
        if users.is_subset(&ids) {
            ids.retain(|id| !users.contains(id));
            let users = users.iter().cloned().collect();
            found.push(Who::Members { group: group.clone(), users, others: vec![] });
        }
    }
    if !ids.is_empty() {
        found.push(Who::Identities(ids.into_iter().collect()));
    }
    found
}
