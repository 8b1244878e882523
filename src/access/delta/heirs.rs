//! Who can become a role already that gains, and ways that open or close because a role lets a service be it, or no longer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::actions::Universe;
use super::area::{Area, Named as NamedArea};
use super::assume::{Leave, assumable, leave, may_assume};
use super::escalation::{Asker, Needed, Opened, Ways, opened, ways};
use super::holders::{Class, pool};
use super::pool::Side;
use super::{Rank, Route};
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::powers::Method;
use crate::state::{AccountId, Kind, ResourceId};

/// What is known before.
pub(super) struct Changes<'a> {
    /// Everybody.
    pub classes: &'a [Class],
    /// The policies of resources that change.
    pub changed: &'a BTreeSet<DocumentId>,
    /// The roles that gain.
    pub gaining: BTreeMap<ResourceId, Gaining>,
}

/// What a role gains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gaining {
    pub everything: bool,
    pub rank: Rank,
}

/// Who can become which roles already, told by all but who.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HeirKey {
    pub gaining: Gaining,
    pub via: Vec<ResourceId>,
    pub roles: BTreeSet<ResourceId>,
    pub keys: BTreeSet<String>,
    pub gains: Vec<&'static str>,
    pub routes: Vec<Route>,
}

/// What was found.
#[derive(Default)]
pub(super) struct Heirs {
    pub heirs: BTreeMap<HeirKey, (Vec<&'static Method>, BTreeSet<ResourceId>)>,
    /// Ways that were there and now lead to more: by trust if what is passed is not new.
    pub opened: Vec<(Vec<ResourceId>, Opened, BTreeSet<ResourceId>)>,
    pub closed: BTreeMap<(Route, BTreeSet<ResourceId>), BTreeSet<ResourceId>>,
}

/// A class, and the ways that were and are open to it.
struct Hands<'a, 'l> {
    class: &'a Class,
    first: &'a ResourceId,
    had: Ways<'l>,
    has: Ways<'l>,
}

impl Hands<'_, '_> {
    /// Whoever can do everything gains nothing by a role.
    fn is_administrator(&self) -> bool {
        self.had.administrator.is_some() || self.has.administrator.is_some()
    }
}

/// Who gains with others, and what opens and closes with trust policies.
pub(super) fn heirs<'l>(
    changes: Changes<'_>,
    (old, new): (&mut Side<'l>, &mut Side<'l>),
    universe: &mut Universe,
    needed: &Needed,
) -> Heirs {
    let Changes { classes, changed, gaining } = changes;
    let mut found = Heirs::default();
    let trusts: BTreeSet<&ResourceId> = changed
        .iter()
        .filter_map(|document| match document {
            DocumentId::Trust(role) => Some(role),
            DocumentId::Bucket(_)
            | DocumentId::Inline(..)
            | DocumentId::Customer(_)
            | DocumentId::Aws(..) => None,
        })
        .collect();
    if gaining.is_empty() && trusts.is_empty() && !classes.iter().any(|class| class.moved) {
        return found;
    }
    let mut all = vec![];
    for class in classes {
        let Some(first) = class.members.first() else { continue };
        let mut of = |side: &mut Side<'l>, hand| {
            let asker = Asker { who: first, landscape: side.landscape };
            let caller = side.landscape.caller(first);
            let pool = pool(side, hand, caller.as_ref(), universe);
            ways(&pool, asker, universe, needed)
        };
        let (had, has) = (of(old, &class.before), of(new, &class.after));
        all.push(Hands { class, first, had, has });
    }
    let sides = (old.landscape, new.landscape);
    // Roles are passed on within an account; an estate has hundreds of them.
    let mut of_account: BTreeMap<&AccountId, BTreeSet<&ResourceId>> = BTreeMap::new();
    for role in trusts {
        of_account.entry(&role.account).or_default().insert(role);
    }
    let none = BTreeSet::new();
    for hands in all.iter().filter(|hands| !hands.is_administrator()) {
        let trusts = of_account.get(&hands.first.account).unwrap_or(&none);
        by_trust(hands, trusts, sides, &mut found);
        closes(hands, trusts, sides, &mut found);
        // What becomes possible with what is new, for those whose own policies are as they were.
        if !hands.class.moved {
            for opened in opened(&hands.had, &hands.has) {
                found.opened.push((vec![], opened, hands.class.members.iter().cloned().collect()));
            }
        }
    }
    if !gaining.is_empty() {
        let mut search = Search::new(&all, (old, new), universe);
        for (role, of_role) in gaining {
            search.of(&role, of_role);
        }
        search.finish(&mut found);
    }
    found
}

/// The roles that a statement passes, and how.
type Passing = (Area, Route, Vec<&'static str>);

/// Ways that were there, to roles that only now let a service be them.
fn by_trust(
    hands: &Hands<'_, '_>,
    trusts: &BTreeSet<&ResourceId>,
    (before, after): (&Landscape<'_>, &Landscape<'_>),
    found: &mut Heirs,
) {
    let Hands { class, first, had, has } = hands;
    let (old, new) = (Asker { who: first, landscape: before }, Asker { who: first, landscape: after });
    let mut opened: BTreeMap<Passing, (Vec<&'static Method>, Vec<ResourceId>)> = BTreeMap::new();
    for role in trusts {
        // What is passed anew was told of with the statement that passes it.
        let Some((methods, area, route)) = has.passes(role, new, |key| had.has(key)) else { continue };
        if had.passes(role, old, |_| true).is_some() {
            continue;
        }
        let gains = methods.iter().map(|method| method.gain).collect();
        let (_, roles) = opened.entry((area, route, gains)).or_insert_with(|| (methods, vec![]));
        roles.push((*role).clone());
    }
    for ((area, route, _), (methods, roles)) in opened {
        let targets = BTreeSet::new();
        let opened = Opened { administrator: false, roles: Some(area), targets, methods, route };
        found.opened.push((roles, opened, class.members.iter().cloned().collect()));
    }
}

/// Roles that could be become by passing them on, and no longer can, though they are there.
fn closes(
    hands: &Hands<'_, '_>,
    trusts: &BTreeSet<&ResourceId>,
    (before, after): (&Landscape<'_>, &Landscape<'_>),
    found: &mut Heirs,
) {
    let Hands { class, first, had, has } = hands;
    if !had.leads_to_roles() || !after.state().resources.contains_key(*first) {
        return;
    }
    let (old, new) = (Asker { who: first, landscape: before }, Asker { who: first, landscape: after });
    let own = before.state().of_account(&first.account).map(|(id, _)| id);
    let roles = own.filter(|id| id.kind == Kind::Role && (class.moved || trusts.contains(id)));
    let mut closed: BTreeMap<Route, BTreeSet<ResourceId>> = BTreeMap::new();
    for role in roles.filter(|role| after.state().resources.contains_key(*role)) {
        if let Some((_, _, route)) = had.passes(role, old, |_| true)
            && has.passes(role, new, |_| true).is_none()
        {
            closed.entry(route).or_default().insert(role.clone());
        }
    }
    for (route, roles) in closed {
        found.closed.entry((route, roles)).or_default().extend(class.members.iter().cloned());
    }
}

/// How somebody becomes a role already.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    keys: BTreeSet<String>,
    gains: Vec<&'static str>,
    routes: Vec<Route>,
}

/// Somebody who can become a role in one step.
struct Taker {
    /// The number of their class, if all of it can.
    place: Option<usize>,
    step: Step,
    methods: Vec<&'static Method>,
    members: Vec<ResourceId>,
}

/// What they gain, by way of which roles, how they become the first, and who they are.
type Line = (Gaining, Vec<ResourceId>, Step, Vec<ResourceId>);

/// Backwards from roles that gain to whoever can become them, one after the other.
struct Search<'s, 'a, 'l> {
    all: &'s [Hands<'a, 'l>],
    /// The places in it of each account's.
    of_account: BTreeMap<&'a AccountId, Vec<usize>>,
    /// The place of whose policies somebody has.
    class_of: BTreeMap<&'a ResourceId, usize>,
    /// Who can do everything.
    administrators: BTreeSet<&'a ResourceId>,
    before: &'l Landscape<'l>,
    after: &'l Landscape<'l>,
    /// Roles that can be assumed: their ARNs, and whom their trust policies name.
    assumable: BTreeMap<&'l ResourceId, (String, BTreeSet<&'l ResourceId>)>,
    /// What identities' own policies let them assume.
    assuming: Vec<(&'l ResourceId, BTreeSet<Area>)>,
    heirs: BTreeMap<Line, (Vec<&'static Method>, BTreeSet<ResourceId>)>,
    /// Who can become a role in one step.
    known: BTreeMap<ResourceId, Rc<[Taker]>>,
}

impl<'s, 'a, 'l> Search<'s, 'a, 'l> {
    fn new(
        all: &'s [Hands<'a, 'l>],
        (old, new): (&mut Side<'l>, &mut Side<'l>),
        universe: &mut Universe,
    ) -> Self {
        let (before, after) = (old.landscape, new.landscape);
        let administrators = all.iter().filter(|hands| hands.is_administrator());
        let mut assuming = vec![];
        for who in after.identities() {
            let areas = may_assume(new, who, universe);
            if !areas.is_empty() {
                assuming.push((who, areas));
            }
        }
        let mut of_account: BTreeMap<&AccountId, Vec<usize>> = BTreeMap::new();
        let mut class_of = BTreeMap::new();
        for (place, hands) in all.iter().enumerate() {
            of_account.entry(&hands.first.account).or_default().push(place);
            for member in &hands.class.members {
                class_of.entry(member).or_insert(place);
            }
        }
        Self {
            all,
            of_account,
            class_of,
            administrators: administrators.flat_map(|hands| &hands.class.members).collect(),
            before,
            after,
            assumable: assumable(after).into_iter().map(|(id, arn, named)| (id, (arn, named))).collect(),
            assuming,
            heirs: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// Everybody who can become a role on both sides.
    fn of(&mut self, role: &ResourceId, gaining: Gaining) {
        // Roles with the same policies gain the same.
        let peers = self.class_of.get(role).and_then(|place| self.all.get(*place));
        let peers = peers.map(|hands| &hands.class.members);
        let mut seen: BTreeSet<ResourceId> = peers.into_iter().flatten().chain([role]).cloned().collect();
        let mut taken = vec![false; self.all.len()];
        let mut open: VecDeque<(ResourceId, Vec<ResourceId>)> = VecDeque::from([(role.clone(), vec![])]);
        while let Some((target, via)) = open.pop_front() {
            for Taker { place, step, methods, members } in self.takers(&target).iter() {
                // A class is asked about once, however many of its members there are.
                if let Some(taken) = place.and_then(|place| taken.get_mut(place))
                    && std::mem::replace(taken, true)
                {
                    continue;
                }
                let fresh: Vec<ResourceId> =
                    members.iter().filter(|who| seen.insert((*who).clone())).cloned().collect();
                if fresh.is_empty() {
                    continue;
                }
                let roles = fresh.iter().filter(|who| who.kind == Kind::Role);
                open.extend(roles.map(|who| (who.clone(), [vec![who.clone()], via.clone()].concat())));
                let key = (gaining, via.clone(), step.clone(), fresh);
                let (_, roles) = self.heirs.entry(key).or_insert_with(|| (methods.clone(), BTreeSet::new()));
                roles.insert(role.clone());
            }
        }
    }

    /// Who can become a role in one step: worked out once for each, since many roles lead to it.
    fn takers(&mut self, role: &ResourceId) -> Rc<[Taker]> {
        if let Some(known) = self.known.get(role) {
            return Rc::clone(known);
        }
        let found: Rc<[Taker]> = self.found(role).into();
        self.known.insert(role.clone(), Rc::clone(&found));
        found
    }

    fn found(&self, role: &ResourceId) -> Vec<Taker> {
        let mut found = vec![];
        // Nobody passes on a role of another account, nor changes one.
        for &place in self.of_account.get(&role.account).into_iter().flatten() {
            let Some(hands) = self.all.get(place).filter(|hands| !hands.is_administrator()) else { continue };
            let Hands { class, first, had, has } = hands;
            // One asks for a role by another, not for oneself.
            let who = if *first == role { class.members.get(1).unwrap_or(first) } else { first };
            let (old, new) = (Asker { who, landscape: self.before }, Asker { who, landscape: self.after });
            let passes =
                has.passes(role, new, |_| true).filter(|_| had.passes(role, old, |_| true).is_some());
            let enters = || has.enters(role, |key| had.has(key));
            let (methods, route) = match (passes, enters()) {
                (Some((methods, _, route)), _) => (methods, route),
                (None, Some((method, route))) => (vec![method], route),
                (None, None) => continue,
            };
            let gains = methods.iter().map(|method| method.gain).collect();
            let step = Step { keys: BTreeSet::new(), gains, routes: vec![route] };
            found.push(Taker { place: Some(place), step, methods, members: class.members.clone() });
        }
        let Some((arn, named)) = self.assumable.get(role) else { return found };
        let area = Area::Of(NamedArea::new(arn));
        let asking = self.assuming.iter().filter(|(_, areas)| areas.iter().any(|own| own.overlaps(&area)));
        let asking: BTreeSet<&ResourceId> =
            asking.map(|(who, _)| *who).chain(named.iter().copied()).collect();
        let mut by_step: BTreeMap<Step, Vec<ResourceId>> = BTreeMap::new();
        for who in asking.into_iter().filter(|who| *who != role && !self.administrators.contains(who)) {
            let Leave { can, keys, routes } = leave(self.after, who, role);
            if can && leave(self.before, who, role).can {
                by_step.entry(Step { keys, gains: vec![], routes }).or_default().push(who.clone());
            }
        }
        let assuming = by_step.into_iter();
        found.extend(assuming.map(|(step, members)| Taker { place: None, step, methods: vec![], members }));
        found
    }

    fn finish(self, found: &mut Heirs) {
        for ((gaining, via, Step { keys, gains, routes }, members), (methods, roles)) in self.heirs {
            let key = HeirKey { gaining, via, roles, keys, gains, routes };
            let (_, all) = found.heirs.entry(key).or_insert_with(|| (methods, BTreeSet::new()));
            all.extend(members);
        }
    }
}
