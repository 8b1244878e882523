//! Ways to more rights that open: by IAM itself, by passing a role, and by what has a role already.

use crate::state::sagemaker_kinds;
use std::collections::{BTreeMap, BTreeSet};

use super::actions::{Number, Universe, both, contains, without};
use super::area::{Area, Named as NamedArea, widened};
use super::assume::trusts;
use super::pool::{Entry, Pool};
use super::{Route, Test};
use crate::access::decide::Outcome;
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::powers::{METHODS, Method, Need, On};
use crate::access::request::{Context, Others, Request};
use crate::policy::catalogue::{self, Action};
use crate::policy::{could_be_on, glob};
use crate::state::{Kind, ResourceId};

/// What a way is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// Nothing in particular, or all there are.
    Any,
    /// Roles that are passed.
    Passed(Area),
    /// A role, user, group or policy that the state has.
    Of(ResourceId),
}

/// Who asks, in one of the two states.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker<'a, 'l> {
    pub who: &'a ResourceId,
    pub landscape: &'l Landscape<'l>,
}

/// What is open to somebody: ways by number, and what they are about.
#[derive(Debug, Default)]
pub(super) struct Ways<'l> {
    pub administrator: Option<Route>,
    /// Whether nothing is denied and there is no boundary, so that what a statement allows is allowed.
    free: bool,
    by: BTreeMap<(usize, Target), Entry<'l>>,
}

/// Ways that one set of policies opens and another does not.
#[derive(Debug)]
pub(super) struct Opened {
    pub administrator: bool,
    /// The roles that can be passed.
    pub roles: Option<Area>,
    /// What the ways are about, if they name it.
    pub targets: BTreeSet<ResourceId>,
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
pub(super) fn ways<'l>(
    pool: &Pool<'l>,
    asker: Asker<'_, 'l>,
    universe: &Universe,
    needed: &Needed,
) -> Ways<'l> {
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
        return Ways { administrator: Some(entry.route.clone()), free: true, by: BTreeMap::new() };
    }
    let mut by = BTreeMap::new();
    for (place, (method, numbers)) in METHODS.iter().zip(&needed.0).enumerate() {
        let mut roles: Option<Vec<(Area, &Entry<'l>)>> = None;
        let mut first = None;
        let mut same: Option<Vec<&Area>> = None;
        let open = method.needs.iter().zip(numbers).all(|(need, number)| {
            let Some(number) = number else { return false };
            if let On::PassedTo(services) = need.on {
                let fitting = live.with(*number).filter(|entry| passes_to(entry, services));
                let passed = fitting
                    .flat_map(|entry| entry.statement.areas.iter().map(move |area| (area.clone(), entry)));
                let passed: Vec<_> = passed.collect();
                let any = !passed.is_empty();
                roles = Some(passed);
                return any;
            }
            let found = if let On::Same(_) = need.on {
                // Where one is named, it is looked up in the state.
                let patterns = live.with(*number).flat_map(|entry| {
                    entry.statement.areas.iter().filter(|area| !is_exact(area)).map(move |a| (entry, a))
                });
                let both = patterns.filter(|(_, area)| {
                    same.as_ref().is_none_or(|same| same.iter().any(|other| other.overlaps(area)))
                });
                let both: Vec<_> = both.collect();
                same = Some(both.iter().map(|(_, area)| *area).collect());
                both.first().map(|(entry, _)| *entry)
            } else {
                live.with(*number).find(|entry| reaches(entry, need, universe.action(*number)))
            };
            first = first.or(found);
            found.is_some()
        });
        match (open, roles, first) {
            (true, Some(roles), _) => {
                let keyed = roles.into_iter().map(|(area, entry)| (Target::Passed(area), entry));
                by.extend(keyed.map(|(target, entry)| ((place, target), entry.clone())));
            }
            (true, None, Some(entry)) => drop(by.insert((place, Target::Any), entry.clone())),
            (true, None, None) | (false, ..) => {}
        }
    }
    let mut ways = Ways { administrator: None, free: !limited, by };
    let named = ways.named(&live, asker, needed);
    ways.by.extend(named);
    // What takes more than another way does says nothing new.
    let takes_more = |(place, target): &(usize, Target)| {
        ways.by.keys().any(|(other, theirs)| {
            (theirs == target || matches!((theirs, target), (Target::Any, Target::Of(_))))
                && match (METHODS.get(*place), METHODS.get(*other)) {
                    (Some(own), Some(other)) => {
                        other.needs.len() < own.needs.len()
                            && other.needs.iter().all(|n| own.needs.iter().any(|o| o.action == n.action))
                    }
                    _ => false,
                }
        })
    };
    let less: BTreeSet<_> = ways.by.keys().filter(|key| takes_more(key)).cloned().collect();
    ways.by.retain(|key, _| !less.contains(key));
    ways
}

impl<'l> Ways<'l> {
    /// Ways by IAM alone that are open for something that the state has, and not for all there are.
    fn named(
        &self,
        live: &Live<'_, 'l>,
        asker: Asker<'_, 'l>,
        needed: &Needed,
    ) -> Vec<((usize, Target), Entry<'l>)> {
        let mut found = vec![];
        for (place, (method, numbers)) in METHODS.iter().zip(&needed.0).enumerate() {
            if self.by.contains_key(&(place, Target::Any)) || !method.needs.iter().all(is_of_iam) {
                continue;
            }
            let holding = |number: &Option<Number>| number.map(|n| live.with(n).collect::<Vec<_>>());
            let Some(holding) = numbers.iter().map(holding).collect::<Option<Vec<_>>>() else { continue };
            if holding.iter().any(Vec::is_empty) {
                continue;
            }
            let state = asker.landscape.state();
            let ids = state.of_account(&asker.who.account).map(|(id, _)| id);
            for id in ids.filter(|id| method.needs.iter().all(|need| self.fits(need.on, id, asker))) {
                let Some(arn) = state.principal_arn(id) else { continue };
                let area = Area::Of(NamedArea::new(&arn));
                let entries: Option<Vec<_>> =
                    holding.iter().map(|all| all.iter().find(|entry| entry.covers(&area))).collect();
                let Some(Some(entry)) = entries.as_ref().map(|entries| entries.first()) else { continue };
                if method.needs.iter().all(|need| asker.can(need.action, &arn, None)) {
                    found.push(((place, Target::Of(id.clone())), (**entry).clone()));
                }
            }
        }
        found
    }

    /// Whether an action on something is what a way needs.
    fn fits(&self, on: On, id: &ResourceId, asker: Asker<'_, '_>) -> bool {
        let Asker { who, landscape } = asker;
        match on {
            On::All("role/") => id.kind == Kind::Role && id != who,
            On::All("group/") => id.kind == Kind::Group && !landscape.groups(who).any(|group| group == id),
            On::Others => id.kind == Kind::User && id != who,
            On::Own(Kind::User) => id.kind == Kind::User && id == who,
            On::Own(Kind::Role) => {
                id.kind == Kind::Role && (id == who || self.passes(id, asker, |_| true).is_some())
            }
            On::Own(Kind::Group) => {
                id.kind == Kind::Group && (id == who || landscape.groups(who).any(|group| group == id))
            }
            On::Own(Kind::Policy) => {
                id.kind == Kind::Policy
                    && landscape
                        .held(who)
                        .iter()
                        .any(|held| held.document == DocumentId::Customer(id.clone()))
            }
            On::Same(kind) => id.kind == kind && id != who,
            On::Own(Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account)
            | On::All(_)
            | On::Any(_)
            | On::Something
            | On::PassedTo(_) => false,
        }
    }

    /// How a role that exists can be become by passing it on: the ways, and the statement that passes it.
    pub(super) fn passes(
        &self,
        role: &ResourceId,
        asker: Asker<'_, '_>,
        which: impl Fn(&(usize, Target)) -> bool,
    ) -> Option<(Vec<&'static Method>, Area, Route)> {
        let Asker { who, landscape } = asker;
        if role.account != who.account || role == who {
            return None;
        }
        let arn = landscape.state().principal_arn(role)?;
        let own = Area::Of(NamedArea::new(&arn));
        let mut found: Option<(Vec<&'static Method>, Area, Route)> = None;
        let mut known: BTreeMap<(&str, bool), bool> = BTreeMap::new();
        for (key, entry) in self.by.iter().filter(|(key, _)| which(key)) {
            let (place, Target::Passed(area)) = key else { continue };
            let Some(method) = METHODS.get(*place).filter(|_| area.covers(&own)) else { continue };
            let mut services = method.services();
            // The statement was held against the service already.
            let held = |test: &Test| test.key == "iam:passedtoservice" && !test.operator.contains("Not");
            let sure = self.free && method.services().count() == 1 && entry.tests.iter().all(held);
            let mut passes = |service: &&'static str| {
                *known.entry((*service, sure)).or_insert_with(|| {
                    trusts(landscape, role, service)
                        && (sure || asker.can("iam:PassRole", &arn, Some(service)))
                })
            };
            if services.any(|service| passes(&service)) {
                let (methods, ..) = found.get_or_insert_with(|| (vec![], area.clone(), entry.route.clone()));
                if !methods.iter().any(|known| known.gain == method.gain) {
                    methods.push(method);
                }
            }
        }
        found
    }

    /// How somebody can let itself into a role that exists.
    pub(super) fn enters(
        &self,
        role: &ResourceId,
        which: impl Fn(&(usize, Target)) -> bool,
    ) -> Option<(&'static Method, Route)> {
        let enters =
            |method: &&Method| method.needs.iter().any(|need| need.action == "iam:UpdateAssumeRolePolicy");
        self.by.iter().filter(|(key, _)| which(key)).find_map(|((place, target), entry)| {
            let is_it = *target == Target::Of(role.clone());
            let method = METHODS.get(*place).filter(|_| is_it).filter(enters)?;
            Some((method, entry.route.clone()))
        })
    }

    /// Whether a way is open.
    pub(super) fn has(&self, key: &(usize, Target)) -> bool {
        self.by.contains_key(key)
    }

    /// Whether any role can be passed on, or be entered.
    pub(super) fn leads_to_roles(&self) -> bool {
        self.by.keys().any(|(_, target)| matches!(target, Target::Passed(_) | Target::Of(_)))
    }
}

impl Asker<'_, '_> {
    /// Whether something is allowed, for all that is known; what a group without users can do is not decided.
    fn can(&self, action: &str, resource: &str, passed_to: Option<&str>) -> bool {
        let Some(caller) = self.landscape.caller(self.who).filter(|_| self.who.kind != Kind::Group) else {
            return true;
        };
        let mut context = Context::new(Others::Unknown);
        if let Some(service) = passed_to {
            context.offer("iam:PassedToService", service);
        }
        let (action, resource) = (action.to_owned(), resource.to_owned());
        let request = Request { caller, action, resource, resource_account: None, context };
        let decision = self.landscape.decide(request).decision;
        decision.outcome == Outcome::Allowed || decision.depends
    }
}

/// Whether it is done with IAM alone.
fn is_of_iam(need: &Need) -> bool {
    matches!(need.on, On::Own(_) | On::Others | On::Same(_) | On::All("role/" | "group/"))
}

/// Whether a statement lets roles be passed to one of these services.
fn passes_to(entry: &Entry<'_>, services: &[&str]) -> bool {
    let to = entry.tests.iter().filter(|test| test.key == "iam:passedtoservice");
    to.filter(|test| !test.operator.contains("Not"))
        .all(|test| test.values.iter().any(|value| services.iter().any(|service| glob(value, service))))
}

fn is_exact(area: &Area) -> bool {
    matches!(area, Area::Of(named) if named.is_exact())
}

/// Whether a statement covers enough for a way.
fn reaches(entry: &Entry<'_>, need: &Need, action: Option<&Action>) -> bool {
    let on = need.on;
    let prefix = match on {
        On::Something | On::Any(_) => return entry.statement.areas.iter().any(|area| could_be(area, action)),
        On::Same(_) | On::PassedTo(_) => return true,
        On::All(prefix) => prefix,
        On::Others
        | On::Own(Kind::User | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account) => {
            "user/"
        }
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
        Area::AllBut(not) => {
            let service = match need.action.split(':').next().unwrap_or_default() {
                "ssm" | "ec2-instance-connect" => "ec2",
                other => other,
            };
            let all = NamedArea::new(&format!("arn:aws:{service}:*:*:{prefix}*"));
            !not.iter().any(|not| not.covers(&all))
        }
    })
}

/// Whether an action can be on any of some resources, as far as AWS's reference tells.
fn could_be(area: &Area, action: Option<&Action>) -> bool {
    let Some(action) = action else { return true };
    let not = match area {
        Area::Of(named) => return area.is_everything() || could_be_on(action, &named.text),
        Area::AllBut(not) => not,
    };
    let kinds = catalogue::service(action.service).map_or(&[][..], |service| service.resource_types());
    let mut own = kinds
        .iter()
        .filter(|kind| action.resources.iter().any(|resource| resource.name == kind.name))
        .peekable();
    let left = |arn: &str| {
        let all = NamedArea::new(&widened(&arn.replace("${Partition}", "aws")));
        !not.iter().any(|not| not.covers(&all))
    };
    own.peek().is_none() || own.any(|kind| left(kind.arn))
}

/// All that is said of ways: whether they are about all there are, which roles, by which statement, and what they are.
type About<'a> = (bool, Option<&'a Area>, &'a Route, Vec<&'static str>);

/// The ways that open from one to the other, those about the same together.
pub(super) fn opened(had: &Ways<'_>, has: &Ways<'_>) -> Vec<Opened> {
    if had.administrator.is_some() {
        return vec![];
    }
    if let Some(route) = &has.administrator {
        let (targets, methods) = (BTreeSet::new(), vec![]);
        return vec![Opened { administrator: true, roles: None, targets, methods, route: route.clone() }];
    }
    let mut about: BTreeMap<(&Target, &Route), Vec<&'static Method>> = BTreeMap::new();
    for (key, entry) in has.by.iter().filter(|(key, _)| !had.has(key)) {
        let (place, target) = key;
        // What is open for all there are was open for each.
        if matches!(target, Target::Of(_)) && had.has(&(*place, Target::Any)) {
            continue;
        }
        about.entry((target, &entry.route)).or_default().extend(METHODS.get(*place));
    }
    let mut opened: BTreeMap<About<'_>, Opened> = BTreeMap::new();
    for ((target, route), methods) in about {
        let roles = match target {
            Target::Passed(area) => Some(area),
            Target::Any | Target::Of(_) => None,
        };
        let gains = methods.iter().map(|method| method.gain).collect();
        let about_all = matches!(target, Target::Any);
        let one = opened.entry((about_all, roles, route, gains)).or_insert_with(|| Opened {
            administrator: false,
            roles: roles.cloned(),
            targets: BTreeSet::new(),
            methods,
            route: route.clone(),
        });
        if let Target::Of(id) = target {
            one.targets.insert(id.clone());
        }
    }
    opened.into_values().collect()
}
