//! What one set of policies allows and another does not, statement by statement.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::{Number, Universe, both, contains, either, meet, split, without};
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
    /// The other side's statements, where it takes two accounts.
    pub with: Vec<Route>,
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
    /// What is to be said of some of the actions.
    notes: Vec<(Vec<Number>, Note)>,
}

/// Something to be said of some actions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Note {
    Limit(Limit),
    Except(String),
    Because(Route),
}

impl Found {
    fn note(&mut self, actions: &[Number], note: Note) {
        self.notes.push((actions.to_vec(), note));
    }
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
        let mut found = Found { actions, uncertain: vec![], notes: vec![] };
        if !entry.tests.is_empty() {
            let all = found.actions.clone();
            found.note(&all, Note::Limit(Limit::OnlyIf(entry.tests.iter().cloned().collect())));
        }
        self.had(entry, area, &mut found);
        if found.actions.is_empty() {
            return;
        }
        self.denied(entry, area, universe, &mut found);
        self.within_boundary(entry, area, &mut found);
        let uncertain = both(&found.uncertain, &found.actions);
        let certain = without(&found.actions, &uncertain);
        let mut of = |actions: Vec<Number>, doubt: Option<String>| {
            let mut words: BTreeMap<AccessWord, Vec<Number>> = BTreeMap::new();
            for number in actions {
                words.entry(universe.word(number)).or_default().push(number);
            }
            for (word, actions) in words {
                let parts = split(actions, &found.notes).into_iter();
                gains.extend(parts.map(|(notes, actions)| gain(entry, area, word, actions, &notes, &doubt)));
            }
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
                    for limit in other_than(before, area) {
                        found.note(&hits, Note::Limit(limit));
                    }
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
                found.note(&denied, Note::Because(deny.route.clone()));
                let own_keys: BTreeSet<&str> = entry.tests.iter().map(|test| test.key.as_str()).collect();
                let apart = deny.tests.iter().all(|test| !own_keys.contains(test.key.as_str()));
                let free =
                    self.to.denies.iter().all(|other| !other.overlaps(area)) && self.to.boundary.is_none();
                if !deny.tests.is_empty() {
                    let limit = Limit::OnlyIf(deny.tests.iter().cloned().collect());
                    found.note(&denied, Note::Limit(limit));
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
    fn denied(&self, entry: &Entry<'l>, area: &Area, universe: &Universe, found: &mut Found) {
        let mut by_key: BTreeMap<String, Test> =
            entry.tests.iter().map(|test| (test.key.clone(), test.clone())).collect();
        for deny in &self.to.denies {
            if !meet(&found.actions, &deny.statement.actions) {
                continue;
            }
            let touched: Vec<&Area> = deny.statement.touched(area);
            if touched.is_empty() {
                continue;
            }
            let hits = both(&found.actions, &deny.statement.actions);
            if touched.iter().any(|own| own.covers(area)) {
                if deny.tests.is_subset(&entry.tests) {
                    found.actions = without(&found.actions, &hits);
                    continue;
                }
                found.note(&hits, Note::Limit(Limit::NotWhile(deny.tests.iter().cloned().collect())));
                let clash = |test: &Test| by_key.get(&test.key).is_some_and(|other| other != test);
                if deny.tests.iter().any(|test| clash(test) || is_of_caller(&test.key)) {
                    found.uncertain = either(&found.uncertain, &hits);
                }
                by_key.extend(deny.tests.iter().map(|test| (test.key.clone(), test.clone())));
                continue;
            }
            // Of the actions only some can be on what is denied.
            let hits = on_some(&hits, &touched, universe);
            if hits.is_empty() {
                continue;
            }
            let rest: BTreeSet<Test> = deny.tests.difference(&entry.tests).cloned().collect();
            let texts = || touched.iter().flat_map(|own| own.texts());
            if rest.is_empty() {
                for text in texts() {
                    found.note(&hits, Note::Except(text));
                }
            } else {
                let all = touched.len() == deny.statement.areas.len();
                let texts = if all { deny.statement.texts.clone() } else { texts().collect() };
                found.note(&hits, Note::Limit(Limit::On(texts, rest.into_iter().collect())));
            }
            // What is denied within the pattern leaves the rest of it.
            if !leaves_something(&touched, area) {
                found.uncertain = either(&found.uncertain, &hits);
            }
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

/// Whether what is denied is one resource, or less than the pattern's fixed beginning leaves open, or of some buckets
/// where the pattern is of any.
fn leaves_something(denied: &[&Area], area: &Area) -> bool {
    let named = match area {
        Area::Of(named) => named,
        Area::AllBut(_) => return false,
    };
    match denied {
        [Area::Of(denied)] => {
            !named.is_exact() && (denied.is_exact() || named.covers(denied)) && !denied.covers(named)
        }
        several => named.is_of_any_bucket() && several.iter().all(|denied| denied.bucket().is_some()),
    }
}

/// Of some actions those that can be on any of some resources. Of many that are alike, one is looked at: buckets, and what
/// is in them.
fn on_some(actions: &[Number], areas: &[&Area], universe: &Universe) -> Vec<Number> {
    let mut kinds: BTreeMap<Option<bool>, Vec<&Area>> = BTreeMap::new();
    for area in areas {
        let inside = match area {
            Area::Of(named) if named.bucket().is_some() => Some(named.last().contains('/')),
            Area::Of(_) | Area::AllBut(_) => None,
        };
        let known = kinds.entry(inside).or_default();
        if inside.is_none() || known.is_empty() {
            known.push(area);
        }
    }
    let some = kinds.values().flatten().map(|area| applicable(actions, area, universe));
    some.fold(vec![], |all, some| either(&all, &some))
}

fn gain(
    entry: &Entry<'_>,
    area: &Area,
    word: AccessWord,
    actions: Vec<Number>,
    notes: &BTreeSet<&Note>,
    doubt: &Option<String>,
) -> Gain {
    let (mut limits, mut except, mut because) = (vec![], vec![], vec![]);
    for note in notes {
        match note {
            Note::Limit(limit) => limits.push(limit.clone()),
            Note::Except(text) => except.push(text.clone()),
            Note::Because(route) => because.push(route.clone()),
        }
    }
    let (route, area, doubt) = (entry.route.clone(), area.clone(), doubt.clone());
    Gain { route, word, area, actions, limits, except, because, with: vec![], doubt }
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
