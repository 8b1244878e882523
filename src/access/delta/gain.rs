//! What one set of policies allows and another does not, statement by statement.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::{Number, Universe, both, contains, either, meet, without};
use super::area::{Area, Named};
use super::pool::{Entry, Pool};
use super::settle::{Judge, Verdict};
use super::{Limit, Route, Test};
use crate::policy::{AccessWord, could_be_on};

/// Some access that one set of policies gives and another does not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gain {
    pub route: Route,
    pub word: AccessWord,
    pub area: Area,
    pub actions: Vec<Number>,
    pub limits: Vec<Limit>,
    pub except: Vec<String>,
    /// What keeps the first set from it, if it is a Deny or a boundary.
    pub because: Vec<Route>,
    pub doubt: Option<String>,
}

/// What `to` allows and `from` does not.
pub(super) fn gains(from: &Pool<'_>, to: &Pool<'_>, universe: &Universe, judge: &mut Judge) -> Vec<Gain> {
    let between = Between::new(from, to);
    let mut gains = vec![];
    for entry in &to.allows {
        // What is as it was, under the same limits, is no gain.
        if between.steady() && from.allows.iter().any(|before| entry.within(before)) {
            continue;
        }
        for area in &entry.statement.areas {
            between.area(entry, area, universe, judge, &mut gains);
        }
    }
    gains
}

/// Two sets of policies.
struct Between<'p, 'l> {
    from: &'p Pool<'l>,
    to: &'p Pool<'l>,
    /// What only the first denies.
    dropped: Vec<&'p Entry<'l>>,
    /// Whether the boundary of the first may keep something from it that the second's does not.
    bounded: bool,
}

/// What is known of a statement on some resources so far.
struct Found {
    actions: Vec<Number>,
    uncertain: Vec<Number>,
    limits: BTreeSet<Limit>,
    except: BTreeSet<String>,
    because: BTreeSet<Route>,
}

impl<'p, 'l> Between<'p, 'l> {
    fn new(from: &'p Pool<'l>, to: &'p Pool<'l>) -> Self {
        let kept = |deny: &&Entry<'_>| to.denies.iter().any(|other| deny.within(other));
        let dropped = from.denies.iter().filter(|deny| !kept(deny)).collect();
        let bounded = from.boundary.as_ref().is_some_and(|own| {
            let Some(theirs) = &to.boundary else { return true };
            !theirs.iter().all(|allow| own.iter().any(|other| allow.within(other)))
        });
        Self { from, to, dropped, bounded }
    }

    /// Whether the first allows all that it names itself, as far as the second does.
    fn steady(&self) -> bool {
        self.dropped.is_empty() && !self.bounded
    }

    fn area(
        &self,
        entry: &Entry<'l>,
        area: &Area,
        universe: &Universe,
        judge: &mut Judge,
        gains: &mut Vec<Gain>,
    ) {
        let actions = applicable(&entry.statement.actions, area, universe);
        let mut found = Found {
            actions,
            uncertain: vec![],
            limits: BTreeSet::new(),
            except: BTreeSet::new(),
            because: BTreeSet::new(),
        };
        if !entry.tests.is_empty() {
            found.limits.insert(Limit::OnlyIf(entry.tests.iter().cloned().collect()));
        }
        self.had(entry, area, &mut found);
        if found.actions.is_empty() {
            return;
        }
        self.denied(entry, area, &mut found);
        self.within_boundary(entry, area, &mut found);
        let Found { actions, uncertain, limits, except, because } = found;
        let uncertain = both(&uncertain, &actions);
        let certain = without(&actions, &uncertain);
        let mut of = |actions: Vec<Number>, doubt: Option<String>| {
            let mut words: BTreeMap<AccessWord, Vec<Number>> = BTreeMap::new();
            for number in actions {
                words.entry(universe.word(number)).or_default().push(number);
            }
            gains.extend(words.into_iter().map(|(word, actions)| Gain {
                route: entry.route.clone(),
                word,
                area: area.clone(),
                actions,
                limits: limits.iter().cloned().collect(),
                except: except.iter().cloned().collect(),
                because: because.iter().cloned().collect(),
                doubt: doubt.clone(),
            }));
        };
        let mut settled = certain;
        let mut doubts: BTreeMap<String, Vec<Number>> = BTreeMap::new();
        for (actions, verdict) in judge.settle(self.from, self.to, entry, area, &uncertain, universe) {
            match verdict {
                Verdict::Gained => settled = either(&settled, &actions),
                Verdict::Same => {}
                Verdict::Unknown(why) => doubts.entry(why).or_default().extend(actions),
            }
        }
        of(settled, None);
        for (why, mut actions) in doubts {
            actions.sort_unstable();
            of(actions, Some(why));
        }
    }

    /// Takes out what the first set allows as well.
    fn had(&self, entry: &Entry<'l>, area: &Area, found: &mut Found) {
        for before in &self.from.allows {
            if !meet(&found.actions, &before.statement.actions) || !before.overlaps(area) {
                continue;
            }
            let hits = both(&found.actions, &before.statement.actions);
            if !(before.covers(area) && before.tests.is_subset(&entry.tests)) {
                if contains(&hits, &found.actions) {
                    found.limits.extend(other_than(before, area));
                }
                found.uncertain = either(&found.uncertain, &hits);
                continue;
            }
            let mut blocked = vec![];
            for deny in self.dropped.iter().filter(|deny| deny.overlaps(area)) {
                let denied = both(&hits, &deny.statement.actions);
                if denied.is_empty() {
                    continue;
                }
                found.because.insert(deny.route.clone());
                let own_keys: BTreeSet<&str> = entry.tests.iter().map(|test| test.key.as_str()).collect();
                let apart = deny.tests.iter().all(|test| !own_keys.contains(test.key.as_str()));
                let free =
                    self.to.denies.iter().all(|other| !other.overlaps(area)) && self.to.boundary.is_none();
                if !deny.tests.is_empty() {
                    found.limits.insert(Limit::OnlyIf(deny.tests.iter().cloned().collect()));
                }
                if !(apart && free || deny.tests.is_empty() && deny.covers(area)) {
                    found.uncertain = either(&found.uncertain, &denied);
                }
                blocked = either(&blocked, &denied);
            }
            if self.bounded {
                let boundary = self.from.boundary.iter().flatten();
                let open = boundary.filter(|b| b.covers(area) && b.tests.is_subset(&entry.tests));
                let open = open.fold(vec![], |open, b| either(&open, &both(&hits, &b.statement.actions)));
                let shut = without(&hits, &open);
                let touched = self.from.boundary.iter().flatten().filter(|b| b.overlaps(area));
                let touched = touched.fold(vec![], |all, b| either(&all, &both(&shut, &b.statement.actions)));
                found.uncertain = either(&found.uncertain, &touched);
                blocked = either(&blocked, &shut);
            }
            found.actions = without(&found.actions, &without(&hits, &blocked));
        }
    }

    /// Takes out what the second set denies.
    fn denied(&self, entry: &Entry<'l>, area: &Area, found: &mut Found) {
        let mut by_key: BTreeMap<String, Test> =
            entry.tests.iter().map(|test| (test.key.clone(), test.clone())).collect();
        for deny in self.to.denies.iter().filter(|deny| deny.overlaps(area)) {
            let hits = both(&found.actions, &deny.statement.actions);
            if hits.is_empty() {
                continue;
            }
            if deny.covers(area) && deny.tests.is_subset(&entry.tests) {
                found.actions = without(&found.actions, &hits);
                continue;
            }
            if deny.tests.is_empty() {
                let touched = deny.statement.areas.iter().filter(|own| own.overlaps(area));
                found.except.extend(touched.flat_map(|own| match own {
                    Area::Of(named) => vec![named.text.clone()],
                    Area::AllBut(not) => not.iter().map(|n| format!("all but {}", n.text)).collect(),
                }));
                // What is denied under no condition and within the pattern leaves the rest of it.
                if !leaves_something(deny, area) {
                    found.uncertain = either(&found.uncertain, &hits);
                }
                continue;
            }
            found.limits.insert(Limit::NotWhile(deny.tests.iter().cloned().collect()));
            let clash = |test: &Test| by_key.get(&test.key).is_some_and(|other| other != test);
            if deny.tests.iter().any(|test| clash(test) || is_of_caller(&test.key)) {
                found.uncertain = either(&found.uncertain, &hits);
            }
            by_key.extend(deny.tests.iter().map(|test| (test.key.clone(), test.clone())));
        }
    }

    /// Takes out what the second set's boundary does not let through.
    fn within_boundary(&self, entry: &Entry<'l>, area: &Area, found: &mut Found) {
        let Some(boundary) = &self.to.boundary else { return };
        let (mut open, mut touched) = (vec![], vec![]);
        for allow in boundary.iter().filter(|allow| allow.overlaps(area)) {
            let hits = both(&found.actions, &allow.statement.actions);
            touched = either(&touched, &hits);
            if allow.covers(area) && allow.tests.is_subset(&entry.tests) {
                open = either(&open, &hits);
            }
        }
        let free = if entry.direct { found.actions.clone() } else { touched };
        found.actions = both(&found.actions, &free);
        if !entry.direct {
            found.uncertain = either(&found.uncertain, &without(&found.actions, &open));
        }
    }
}

/// What of some resources another statement allows anyway, as far as it can be said briefly.
fn other_than(before: &Entry<'_>, area: &Area) -> Vec<Limit> {
    let tests: Vec<Test> = before.tests.iter().cloned().collect();
    if before.covers(area) {
        return vec![Limit::OtherThan(None, tests)];
    }
    let within = before.statement.areas.iter().filter_map(|own| match (own, area) {
        (Area::Of(own), Area::Of(named)) if named.covers(own) => Some(own.text.clone()),
        _ => None,
    });
    let within: Vec<String> = within.take(TOLD_MAX + 1).collect();
    if within.len() > TOLD_MAX {
        return vec![];
    }
    within.into_iter().map(|pattern| Limit::OtherThan(Some(pattern), tests.clone())).collect()
}

/// Patterns of one statement that are told one by one.
const TOLD_MAX: usize = 3;

/// Whether a Deny is about one resource, or less than the pattern's fixed beginning leaves open.
fn leaves_something(deny: &Entry<'_>, area: &Area) -> bool {
    let (Area::Of(named), [Area::Of(denied)]) = (area, deny.statement.areas.as_slice()) else { return false };
    !named.is_exact() && (denied.is_exact() || named.covers(denied)) && !denied.covers(named)
}

/// What is fixed by who asks, so that it cannot be chosen.
fn is_of_caller(key: &str) -> bool {
    key.starts_with("aws:principal") || ["aws:username", "aws:userid", "aws:resourceaccount"].contains(&key)
}

/// Of some actions those that can be on some resources.
pub(super) fn applicable(actions: &[Number], area: &Area, universe: &Universe) -> Vec<Number> {
    let Area::Of(Named { text, .. }) = area else { return actions.to_vec() };
    if area.is_everything() {
        return actions.to_vec();
    }
    let mut known: BTreeMap<(&str, Vec<&str>), bool> = BTreeMap::new();
    let fits = |number: &&Number| {
        let Some(action) = universe.action(**number) else { return true };
        let types = action.resources.iter().map(|resource| resource.name).collect();
        *known.entry((action.service, types)).or_insert_with(|| could_be_on(action, text))
    };
    actions.iter().filter(fits).copied().collect()
}
