//! Ways to more rights that open: by IAM itself, by passing a role, by what has a role already, and by assuming one.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::{Number, Universe, both, contains, without};
use super::area::{Area, Named as NamedArea};
use super::holders::Class;
use super::pool::{Entry, Pool, Side};
use super::{Route, Turn};
use crate::access::decide::{Outcome, Source};
use crate::access::landscape::{DocumentId, Held, Landscape};
use crate::access::powers::{METHODS, Method, On};
use crate::access::principal::{Caller, Named};
use crate::access::request::{Context, Others, Request};
use crate::access::truth::Truth;
use crate::policy::{Effect, Element, glob};
use crate::state::{Kind, ResourceId};

/// What is open to somebody: ways by number, and for those that pass a role, which.
#[derive(Debug, Default)]
pub(super) struct Ways<'l> {
    administrator: Option<Route>,
    by: BTreeMap<(usize, Option<String>), Entry<'l>>,
}

/// Ways that one set of policies opens and another does not.
#[derive(Debug)]
pub(super) struct Opened {
    pub administrator: bool,
    /// The pattern of the roles that can be passed.
    pub roles: Option<String>,
    pub methods: Vec<&'static Method>,
    pub route: Route,
}

/// The actions that each way takes, by number.
pub(super) struct Needed(Vec<Vec<Option<Number>>>);

impl Needed {
    pub(super) fn new(universe: &Universe) -> Self {
        let numbers =
            |method: &Method| method.needs.iter().map(|need| universe.number(need.action)).collect();
        Self(METHODS.iter().map(numbers).collect())
    }
}

/// The statements that allow, each with the actions that nothing takes away whatever the request.
struct Live<'p, 'l>(Vec<(&'p Entry<'l>, Vec<Number>)>);

impl<'p, 'l> Live<'p, 'l> {
    fn of(pool: &'p Pool<'l>) -> Self {
        let live = |entry: &'p Entry<'l>| {
            let gone = |deny: &&Entry<'_>| {
                deny.tests.is_subset(&entry.tests)
                    && entry.statement.areas.iter().all(|area| deny.covers(area))
            };
            let mut actions = entry.statement.actions.to_vec();
            for deny in pool.denies.iter().filter(gone) {
                actions = without(&actions, &deny.statement.actions);
            }
            if let Some(boundary) = &pool.boundary {
                let touches = |b: &&Entry<'_>| entry.statement.areas.iter().any(|area| b.overlaps(area));
                let within: BTreeSet<Number> = boundary
                    .iter()
                    .filter(touches)
                    .flat_map(|b| both(&actions, &b.statement.actions))
                    .collect();
                actions = within.into_iter().collect();
            }
            (entry, actions)
        };
        Self(pool.allows.iter().map(live).collect())
    }

    fn with(&self, action: Number) -> impl Iterator<Item = &'p Entry<'l>> + '_ {
        let has = move |(_, actions): &&(&Entry<'_>, Vec<Number>)| contains(actions, &[action]);
        self.0.iter().filter(has).map(|(entry, _)| *entry)
    }
}

/// The ways that somebody's policies open.
pub(super) fn ways<'l>(pool: &Pool<'l>, universe: &Universe, needed: &Needed) -> Ways<'l> {
    let live = Live::of(pool);
    let is_administrator = |(entry, actions): &&(&Entry<'_>, Vec<Number>)| {
        entry.tests.is_empty()
            && universe.is_all(actions)
            && entry.statement.areas.iter().any(Area::is_everything)
    };
    // What buckets deny is told of for everybody; who is denied anything else cannot do everything.
    let own = |deny: &Entry<'_>| !matches!(deny.route.document, DocumentId::Bucket(_));
    let limited = pool.boundary.is_some() || pool.denies.iter().any(own);
    if let Some((entry, _)) = live.0.iter().filter(|_| !limited).find(is_administrator) {
        return Ways { administrator: Some(entry.route.clone()), by: BTreeMap::new() };
    }
    let mut by = BTreeMap::new();
    for (place, (method, numbers)) in METHODS.iter().zip(&needed.0).enumerate() {
        let mut roles: Option<Vec<(String, &Entry<'l>)>> = None;
        let mut first = None;
        let open = method.needs.iter().zip(numbers).all(|(need, number)| {
            let Some(number) = number else { return false };
            if let On::PassedTo(services) = need.on {
                let fitting = live.with(*number).filter(|entry| passes_to(entry, services));
                let passed = fitting.flat_map(|entry| {
                    let texts = entry.statement.areas.iter().map(text).collect::<Vec<_>>();
                    texts.into_iter().map(move |text| (text, entry))
                });
                let passed: Vec<_> = passed.collect();
                let any = !passed.is_empty();
                roles = Some(passed);
                return any;
            }
            let found = live.with(*number).find(|entry| reaches(entry, need.on));
            first = first.or(found);
            found.is_some()
        });
        match (open, roles, first) {
            (true, Some(roles), _) => {
                by.extend(roles.into_iter().map(|(text, entry)| ((place, Some(text)), entry.clone())));
            }
            (true, None, Some(entry)) => drop(by.insert((place, None), entry.clone())),
            (true, None, None) | (false, ..) => {}
        }
    }
    // What takes more than another way does says nothing new.
    let takes_more = |(place, roles): &(usize, Option<String>)| {
        by.keys().any(|(other, theirs)| {
            theirs == roles
                && match (METHODS.get(*place), METHODS.get(*other)) {
                    (Some(own), Some(other)) => {
                        other.needs.len() < own.needs.len()
                            && other.needs.iter().all(|n| own.needs.iter().any(|o| o.action == n.action))
                    }
                    _ => false,
                }
        })
    };
    let less: BTreeSet<_> = by.keys().filter(|key| takes_more(key)).cloned().collect();
    by.retain(|key, _| !less.contains(key));
    Ways { administrator: None, by }
}

fn text(area: &Area) -> String {
    match area {
        Area::Of(named) => named.text.clone(),
        Area::AllBut(_) => "*".to_owned(),
    }
}

/// Whether a statement lets roles be passed to one of these services.
fn passes_to(entry: &Entry<'_>, services: &[&str]) -> bool {
    let to = entry.tests.iter().filter(|test| test.key == "iam:passedtoservice");
    to.filter(|test| !test.operator.contains("Not"))
        .all(|test| test.values.iter().any(|value| services.iter().any(|service| glob(value, service))))
}

/// Whether a statement covers enough for a way.
fn reaches(entry: &Entry<'_>, on: On) -> bool {
    let prefix = match on {
        On::Something | On::Same(_) | On::PassedTo(_) => return true,
        On::All(prefix) => prefix,
        On::Others | On::Own(Kind::User | Kind::InstanceProfile | Kind::Bucket) => "user/",
        On::Own(Kind::Group) => "group/",
        On::Own(Kind::Role) => "role/",
        On::Own(Kind::Policy) => "policy/",
    };
    let wide = |named: &NamedArea| {
        let own = matches!(on, On::Own(Kind::User)) && named.last().ends_with("${aws:username}");
        let head = named.last().trim_end_matches(['*', '?', '/', ':']);
        own || (named.last().ends_with('*') && prefix.starts_with(head))
    };
    entry.statement.areas.iter().any(|area| match area {
        Area::Of(named) => wide(named),
        Area::AllBut(_) => true,
    })
}

/// The ways that open from one to the other, those with the same roles together.
pub(super) fn opened(had: &Ways<'_>, has: &Ways<'_>) -> Vec<Opened> {
    if had.administrator.is_some() {
        return vec![];
    }
    if let Some(route) = &has.administrator {
        return vec![Opened { administrator: true, roles: None, methods: vec![], route: route.clone() }];
    }
    let mut by_roles: BTreeMap<(&Option<String>, &Route), Vec<&'static Method>> = BTreeMap::new();
    for ((place, roles), entry) in &has.by {
        if !had.by.contains_key(&(*place, roles.clone())) {
            by_roles.entry((roles, &entry.route)).or_default().extend(METHODS.get(*place));
        }
    }
    let opened = by_roles.into_iter().map(|((roles, route), methods)| Opened {
        administrator: false,
        roles: roles.clone(),
        methods,
        route: route.clone(),
    });
    opened.collect()
}

/// That somebody can assume a role, or no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assumed {
    pub who: ResourceId,
    pub role: ResourceId,
    pub turn: Turn,
    /// The condition keys that it depends on; from now on or no longer, if that is what turns.
    pub keys: BTreeSet<String>,
    pub routes: Vec<Route>,
}

/// Whether a role can be assumed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Leave {
    can: bool,
    keys: BTreeSet<String>,
    routes: Vec<Route>,
}

/// Which roles become assumable for whom, and which no longer.
pub(super) fn assumed<'l>(
    old: &mut Side<'l>,
    new: &mut Side<'l>,
    classes: &[Class],
    changed: &BTreeSet<DocumentId>,
    universe: &mut Universe,
) -> Vec<Assumed> {
    let moved: BTreeSet<&ResourceId> = classes.iter().flat_map(|class| &class.members).collect();
    let mut pairs: BTreeSet<(ResourceId, ResourceId)> = BTreeSet::new();
    for side in [&mut *old, &mut *new] {
        let roles = assumable(side.landscape);
        let trust = |role: &ResourceId| changed.contains(&DocumentId::Trust(role.clone()));
        for who in side.landscape.identities() {
            let all = moved.contains(who);
            if !all && !roles.iter().any(|(role, ..)| trust(role)) {
                continue;
            }
            let areas = may_assume(side, who, universe);
            for (role, arn, named) in &roles {
                let asked = areas.iter().any(|area| area.overlaps(&Area::Of(NamedArea::new(arn))));
                if *role != who && (all || trust(role)) && (asked || named.contains(who)) {
                    pairs.insert((who.clone(), (*role).clone()));
                }
            }
        }
    }
    let mut found = vec![];
    for (who, role) in pairs {
        let (before, after) = (leave(old.landscape, &who, &role), leave(new.landscape, &who, &role));
        let more =
            after.can && (!before.can || (!before.keys.is_empty() && !before.keys.is_subset(&after.keys)));
        let less =
            before.can && (!after.can || (!after.keys.is_empty() && !after.keys.is_subset(&before.keys)));
        let (turn, keys, routes) = match (more, less) {
            (true, _) if before.can => {
                (Turn::Widened, before.keys.difference(&after.keys).cloned().collect(), after.routes)
            }
            (true, _) => (Turn::Gained, after.keys, after.routes),
            (false, true) if after.can => {
                (Turn::Narrowed, after.keys.difference(&before.keys).cloned().collect(), after.routes)
            }
            (false, true) => (Turn::Lost, before.keys, before.routes),
            (false, false) => continue,
        };
        found.push(Assumed { who, role, turn, keys, routes });
    }
    found
}

/// The roles that identities can assume if their own policies let them, with whom their trust policies name.
fn assumable<'s>(landscape: &Landscape<'s>) -> Vec<(&'s ResourceId, String, BTreeSet<&'s ResourceId>)> {
    let mut roles = vec![];
    for id in landscape.identities().filter(|id| id.kind == Kind::Role) {
        let rules = landscape.rules(&DocumentId::Trust(id.clone()));
        let rules =
            rules.into_iter().flat_map(|rules| &rules.rules).filter(|rule| rule.effect == Effect::Allow);
        let (mut open, mut named) = (false, BTreeSet::new());
        for rule in rules {
            match &rule.principals {
                Some(Element::Is(all)) => {
                    for one in all {
                        open |= matches!(one, Named::Everyone | Named::Account(_));
                        if let Named::Caller(caller) = one {
                            named.extend(landscape.identity_of(caller));
                        }
                    }
                }
                Some(Element::IsNot(_)) => open = true,
                None => {}
            }
        }
        if let Some(arn) = landscape.state().principal_arn(id).filter(|_| open || !named.is_empty()) {
            roles.push((id, arn, named));
        }
    }
    roles
}

/// What somebody's own policies let them assume.
fn may_assume(side: &mut Side<'_>, who: &ResourceId, universe: &mut Universe) -> BTreeSet<Area> {
    let Some(action) = universe.number("sts:AssumeRole") else { return BTreeSet::new() };
    let mut areas = BTreeSet::new();
    for Held { holder: _, setting: _, document } in side.landscape.held(who) {
        for statement in side.statements(&document, universe).iter() {
            if statement.rule.effect == Effect::Allow && contains(&statement.actions, &[action]) {
                areas.extend(statement.areas.iter().cloned());
            }
        }
    }
    areas
}

fn leave(landscape: &Landscape<'_>, who: &ResourceId, role: &ResourceId) -> Leave {
    let (Some(caller), Some(resource)) = (landscape.caller(who), landscape.state().principal_arn(role))
    else {
        return Leave::default();
    };
    let context = Context::new(Others::Unknown);
    let action = "sts:AssumeRole".to_owned();
    let explained = landscape.decide(Request { caller, action, resource, resource_account: None, context });
    let decision = &explained.decision;
    let can = decision.outcome == Outcome::Allowed || decision.depends;
    let allows = decision.statements.iter().filter(|m| m.effect == Effect::Allow && m.applies != Truth::No);
    let route = |mattered: &crate::access::decide::Mattered| {
        let document = explained.gathered.document(mattered.source)?.clone();
        let held = explained.gathered.held(mattered.source).filter(|_| mattered.source != Source::Resource);
        let group = held.map(|held| held.holder.clone()).filter(|holder| holder != who);
        let sid = explained.rule(mattered).and_then(|rule| rule.sid.clone());
        Some(Route { group, document, number: mattered.number, sid })
    };
    let routes = allows.filter_map(route).collect();
    let keys = decision.unknown_keys.iter().filter(|_| decision.outcome != Outcome::Allowed);
    Leave { can, keys: keys.map(|key| key.to_ascii_lowercase()).collect(), routes }
}

/// Whether a role's trust policy lets a service act as it.
pub(super) fn trusts(landscape: &Landscape<'_>, role: &ResourceId, service: &str) -> bool {
    let caller = Caller::Service(service.to_owned());
    let rules = landscape.rules(&DocumentId::Trust(role.clone()));
    let mut rules = rules.into_iter().flat_map(|rules| &rules.rules);
    rules.any(|rule| rule.effect == Effect::Allow && rule.covers_caller(&caller).is_some())
}
