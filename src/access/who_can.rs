//! Who can do something: every identity, everybody else who is let in, and whoever can take on a role that can.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{Outcome, Source, Unseen};
use super::given::contradiction;
use super::landscape::{DocumentId, Explained, Landscape};
use super::pattern::ArnPattern;
use super::principal::{Caller, Named};
use super::prove::{Answer, Formula};
use super::reach::{Reach, region};
use super::request::{Context, Request};
use super::rule::{Rule, Rules};
use super::truth::Truth;
use crate::policy::catalogue::{self, Action};
use crate::policy::{AccessWord, Effect, Element, arn, works_on};
use crate::state::{Kind, ResourceId};

/// One principal, and how it can do what was asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Able {
    /// Who.
    pub caller: Caller,
    /// How.
    pub route: Route,
    /// What it hangs on.
    pub open: Open,
    /// What can be done so, as AWS calls it.
    pub actions: BTreeSet<String>,
    /// On which of the resources tried.
    pub resources: BTreeSet<String>,
}

/// How a principal can do something.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// The roles to become, one after the other; none if the principal itself can.
    pub roles: Vec<ResourceId>,
    /// The groups whose policies let the last of them do it, if it is a user.
    pub groups: BTreeSet<ResourceId>,
    /// The policy of the resource that lets the last of them in.
    pub resource: Option<DocumentId>,
    /// Whether the last of them has it of its own, not only by the policy of the resource.
    pub own: bool,
    /// Of everybody: the users and roles here that cannot.
    pub but: BTreeSet<ResourceId>,
}

/// What an answer hangs on; nothing if it is certain.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Open {
    /// Condition keys that would have to be known.
    pub keys: BTreeSet<String>,
    /// Policies that would have to be known.
    pub policies: BTreeSet<Unseen>,
}

impl Open {
    /// Whether nothing is open.
    pub fn is_certain(&self) -> bool {
        self.keys.is_empty() && self.policies.is_empty()
    }

    fn and(&self, other: &Self) -> Self {
        Self {
            keys: self.keys.union(&other.keys).cloned().collect(),
            policies: self.policies.union(&other.policies).copied().collect(),
        }
    }
}

/// The actions of a word that can be on a resource, given by ARN or by a pattern for some.
pub fn actions_of(word: AccessWord, resource: &str) -> Vec<&'static Action> {
    let Some([_, _, service, ..]) = arn::split(resource) else { return vec![] };
    // Roles are taken on with actions of another service.
    let others = if service == "iam" { ["sts"].as_slice() } else { &[] };
    let services = [service].into_iter().chain(others.iter().copied()).filter_map(catalogue::service);
    services
        .flat_map(catalogue::Service::actions)
        .filter(|action| AccessWord::of(action) == word && !action.resources.is_empty())
        .filter(|action| works_on(action, resource))
        .collect()
}

/// Resources that stand for all that a pattern covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stand {
    /// Whoever can do something on any resource of the pattern can do it on one of these, if nothing is unproven.
    pub resources: BTreeSet<String>,
    /// Why that is not certain for somebody, in words.
    pub unproven: BTreeSet<String>,
}

/// Resources that stand for all that a pattern covers: for each caller one that it can do something on, by proof that
/// there is no other if there is none; and those that policies tell apart.
pub fn resources_of(
    landscape: &Landscape<'_>,
    actions: &[&'static Action],
    pattern: &str,
    context: &Context,
) -> Stand {
    let mut stand = Stand::default();
    if pattern == "*" || !pattern.contains(['*', '?']) {
        stand.resources.insert(pattern.to_owned());
        return stand;
    }
    stand.resources = told_apart(landscape, pattern);
    let names: Vec<String> = actions.iter().map(|action| action.full_name()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let asked = region(&names, &[pattern]);
    let search = Search { landscape, context, taken_on: BTreeMap::new() };
    let ids = landscape.state().resources.keys();
    let with_policies = ids.filter_map(|id| match id.kind {
        Kind::Bucket => Some(DocumentId::Bucket(id.clone())),
        Kind::Role => Some(DocumentId::Trust(id.clone())),
        _ => None,
    });
    let policies = with_policies.filter_map(|document| landscape.rules(&document));
    let others = policies.flat_map(|rules| search.others(rules));
    let callers: BTreeSet<Caller> =
        landscape.identities().filter_map(|id| landscape.caller(id)).chain(others).collect();
    for caller in callers {
        let who = caller.to_string();
        let mut reach = Reach::new(landscape, caller, context.clone());
        let areas = reach.areas(&asked);
        let within = Formula::Rule(reach.add(&asked));
        for area in &areas {
            let allowed = reach.allowed(area, &areas, &asked).perhaps;
            match reach.find(&Formula::all([within.clone(), allowed])) {
                Answer::Found(witness) => drop(stand.resources.insert(witness.resource)),
                Answer::Unknown(reason) => drop(stand.unproven.insert(format!("{who}: {reason}"))),
                Answer::Nothing => {}
            }
        }
    }
    stand.resources = that_exist(landscape, stand.resources);
    stand
}

/// Of roles and the like only those that are here, if any is: who does something with one that is not, does nothing.
fn that_exist(landscape: &Landscape<'_>, resources: BTreeSet<String>) -> BTreeSet<String> {
    let of_iam = |resource: &str| arn::split(resource).is_some_and(|[_, _, service, ..]| service == "iam");
    let is_here = |resource: &str| landscape.resource_of(resource).is_some();
    if !resources.iter().any(|resource| of_iam(resource) && is_here(resource)) {
        return resources;
    }
    resources.into_iter().filter(|resource| !of_iam(resource) || is_here(resource)).collect()
}

/// One resource of each pattern that a policy names within this one, and one that none may name.
fn told_apart(landscape: &Landscape<'_>, pattern: &str) -> BTreeSet<String> {
    /// A name that nobody gives to anything, so that only wildcards cover it.
    const SAMPLE: &str = "any-name";
    let sample = |pattern: &str| pattern.replace(['*', '?'], SAMPLE);
    let asked = ArnPattern::resource(pattern, false);
    let named = landscape.contents().flat_map(|document| &document.statements);
    let named = named.filter_map(|statement| statement.resource.as_ref()).flat_map(Element::value);
    let named = named.filter(|resource| !resource.contains("${")).map(|resource| sample(resource));
    let state = landscape.state();
    let here = state.resources.keys().filter_map(|id| state.principal_arn(id));
    named.chain([sample(pattern)]).chain(here).filter(|text| asked.matches(text)).collect()
}

/// Who can do any of these actions on any of these resources, in order.
pub fn who_can(
    landscape: &Landscape<'_>,
    actions: &[&'static Action],
    resources: &BTreeSet<String>,
    context: &Context,
) -> Vec<Able> {
    let mut search = Search { landscape, context, taken_on: BTreeMap::new() };
    let mut found: BTreeMap<(Caller, Route, Open), [BTreeSet<String>; 2]> = BTreeMap::new();
    for action in actions {
        let name = action.full_name();
        for resource in resources.iter().filter(|resource| *resource == "*" || works_on(action, resource)) {
            for (caller, (route, open)) in search.able(&name, resource) {
                let [actions, resources] = found.entry((caller, route, open)).or_default();
                actions.insert(name.clone());
                resources.insert(resource.clone());
            }
        }
    }
    let able = |((caller, route, open), [actions, resources]): (_, [BTreeSet<String>; 2])| Able {
        caller,
        route,
        open,
        actions,
        resources,
    };
    found.into_iter().map(able).collect()
}

type Ways = BTreeMap<Caller, (Route, Open)>;

struct Search<'a> {
    landscape: &'a Landscape<'a>,
    context: &'a Context,
    /// Whether somebody can take on a role, and what that hangs on; none if not.
    taken_on: BTreeMap<(Caller, ResourceId), Option<Open>>,
}

impl Search<'_> {
    /// Who can do one thing: the certain way before one with conditions, and the shorter one before the longer.
    fn able(&mut self, action: &str, resource: &str) -> Ways {
        let mut ways = Ways::new();
        for caller in self.everybody(action, resource) {
            let Some(explained) = self.decided(caller.clone(), action, resource) else { continue };
            let route = route(&explained);
            if let Some(open) = open(&explained).filter(|open| !is_only_by_what_is_unread(&route, open)) {
                ways.insert(caller, (route, open));
            }
        }
        let mut frontier: BTreeSet<ResourceId> = self.roles(&ways);
        while !frontier.is_empty() {
            let mut better = Ways::new();
            for role in &frontier {
                let Some(caller) = self.landscape.caller(role) else { continue };
                let Some((route, open)) = ways.get(&caller).cloned() else { continue };
                for taker in self.takers(role) {
                    let Some(taking) = self.can_take_on(&taker, role) else { continue };
                    let open = taking.and(&open);
                    let known = ways.get(&taker).into_iter().chain(better.get(&taker));
                    let is_better = |(_, known): &(Route, Open)| !known.is_certain() && open.is_certain();
                    if taker == caller || !known.clone().all(is_better) {
                        continue;
                    }
                    let mut route = route.clone();
                    route.roles.insert(0, role.clone());
                    better.insert(taker, (route, open));
                }
            }
            frontier = self.roles(&better);
            ways.extend(better);
        }
        self.told_once(ways)
    }

    /// The ways without those that somebody has only as everybody has them.
    fn told_once(&self, mut ways: Ways) -> Ways {
        let everybody = ways.get(&Caller::Anonymous).filter(|(route, _)| route.roles.is_empty());
        let everybody = everybody.cloned();
        let strangers: Vec<Caller> = ways.keys().filter(|caller| caller.is_stranger()).cloned().collect();
        if everybody.is_some() {
            let same = |caller: &Caller| {
                ways.get(caller).map(|(_, open)| open) == everybody.as_ref().map(|(_, o)| o)
            };
            let said: Vec<Caller> = strangers.iter().filter(|caller| same(caller)).cloned().collect();
            said.iter().for_each(|caller| drop(ways.remove(caller)));
        }
        let all: Vec<Caller> =
            [Caller::Anonymous].into_iter().chain(strangers).filter(|c| ways.contains_key(c)).collect();
        let here = || self.landscape.identities().filter_map(|id| Some((id, self.landscape.caller(id)?)));
        for everyone in &all {
            let but =
                here().filter(|(_, caller)| !ways.contains_key(caller)).map(|(id, _)| id.clone()).collect();
            if let Some((route, _)) = ways.get_mut(everyone).filter(|(route, _)| route.roles.is_empty()) {
                route.but = but;
            }
        }
        let opens: Vec<(Route, Open)> =
            all.iter().filter_map(|everyone| ways.get(everyone).cloned()).collect();
        ways.retain(|caller, (route, open)| {
            let as_everybody = |(theirs, known): &(Route, Open)| {
                route.roles.is_empty()
                    && theirs.roles.is_empty()
                    && known == open
                    && route.resource == theirs.resource
            };
            let is_here = !all.contains(caller) && self.landscape.identity_of(caller).is_some();
            !(is_here && !route.own && opens.iter().any(as_everybody))
        });
        ways
    }

    fn roles(&self, ways: &Ways) -> BTreeSet<ResourceId> {
        let identities = ways.keys().filter_map(|caller| self.landscape.identity_of(caller));
        identities.filter(|id| id.kind == Kind::Role).cloned().collect()
    }

    /// Every user and role, and whoever else the resource's policy names.
    fn everybody(&self, action: &str, resource: &str) -> BTreeSet<Caller> {
        let mut all: BTreeSet<Caller> =
            self.landscape.identities().filter_map(|id| self.landscape.caller(id)).collect();
        let gathered = self.landscape.gather(&Caller::Anonymous, action, resource);
        all.extend(gathered.policies.resource.into_iter().flat_map(|rules| self.others(rules)));
        all
    }

    /// Whoever could take on a role. Services are left out: what they do as a role, somebody makes them do.
    fn takers(&self, role: &ResourceId) -> BTreeSet<Caller> {
        let trust = self.landscape.rules(&DocumentId::Trust(role.clone()));
        let others = trust.into_iter().flat_map(|rules| self.others(rules));
        let others = others.filter(|caller| !matches!(caller, Caller::Service(_)));
        self.landscape.identities().filter_map(|id| self.landscape.caller(id)).chain(others).collect()
    }

    /// Those whom a policy lets in and who are not in the state.
    fn others<'r>(&self, rules: &'r Rules) -> impl Iterator<Item = Caller> + use<'_, 'r> {
        let allowing = rules.rules.iter().filter(|rule| rule.effect == Effect::Allow);
        let named = allowing.filter_map(|rule| rule.principals.as_ref()).flat_map(|element| {
            // Everybody but some are nearly everybody.
            let everyone = element.is_not().then_some(&Named::Everyone);
            let named = element.value().iter().filter(|_| !element.is_not());
            named.chain(everyone)
        });
        let partition =
            || self.landscape.state().accounts.values().next().map_or("aws", |e| e.partition.as_str());
        named.flat_map(move |named| match named {
            Named::Everyone => vec![Caller::Anonymous, Caller::stranger(partition())],
            Named::Account(account) if self.is_known(account) => vec![],
            Named::Account(account) => vec![Caller::somebody(partition(), account)],
            Named::Caller(caller) => {
                let foreign = caller.account().is_none_or(|account| !self.is_known(account));
                let session = matches!(caller, Caller::Session { .. });
                if foreign || session { vec![caller.clone()] } else { vec![] }
            }
            Named::Nobody(_) => vec![],
        })
    }

    fn is_known(&self, account: &str) -> bool {
        self.landscape.state().accounts.keys().any(|known| known.as_str() == account)
    }

    fn can_take_on(&mut self, caller: &Caller, role: &ResourceId) -> Option<Open> {
        let key = (caller.clone(), role.clone());
        if let Some(known) = self.taken_on.get(&key) {
            return known.clone();
        }
        // Most roles trust few, and without trust nobody takes one on.
        let trust = self.landscape.rules(&DocumentId::Trust(role.clone()));
        let lets_in = |rule: &Rule| rule.effect == Effect::Allow && rule.covers_caller(caller).is_some();
        let trusted = trust.is_none_or(|rules| rules.rules.iter().any(lets_in));
        let arn = self.landscape.state().principal_arn(role).filter(|_| trusted);
        let found = arn.and_then(|role| {
            let actions = match caller {
                Caller::Federated(_) => {
                    ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"].as_slice()
                }
                _ => &["sts:AssumeRole"],
            };
            let decided = actions.iter().filter_map(|action| self.decided(caller.clone(), action, &role));
            let ways = decided.filter_map(|explained| open(&explained));
            ways.min_by_key(|open| !open.is_certain())
        });
        self.taken_on.insert(key, found.clone());
        found
    }

    /// The answer for somebody; none if what is said of the request cannot be so of them.
    fn decided(&self, caller: Caller, action: &str, resource: &str) -> Option<Explained<'_>> {
        let request = Request {
            caller,
            action: action.to_owned(),
            resource: resource.to_owned(),
            resource_account: None,
            context: self.context.clone(),
        };
        let anything_said = !self.context.values.is_empty() || !self.context.absent.is_empty();
        let impossible = anything_said && contradiction(self.landscape, &request).is_some();
        (!impossible).then(|| self.landscape.decide(request))
    }
}

/// What a decision hangs on; none if it is a no.
fn open(explained: &Explained<'_>) -> Option<Open> {
    let decision = &explained.decision;
    if decision.outcome == Outcome::Allowed {
        return Some(Open::default());
    }
    decision.depends.then(|| {
        let policies = &explained.gathered.policies;
        let relevant = |unseen: &&Unseen| {
            matches!(unseen, Unseen::Identity | Unseen::Boundary | Unseen::Resource)
                && (policies.blind.contains(unseen) || policies.overlooked.contains(unseen))
        };
        Open {
            keys: decision.unknown_keys.clone(),
            policies: decision.unseen.iter().filter(relevant).copied().collect(),
        }
    })
}

/// How the caller itself came to be allowed.
fn route(explained: &Explained<'_>) -> Route {
    let mut route = Route::default();
    let mut own = false;
    let identity = explained.decision.statements.iter().filter(|mattered| {
        mattered.effect == Effect::Allow
            && mattered.applies != Truth::No
            && !matches!(mattered.source, Source::Boundary(_))
    });
    for mattered in identity {
        match (mattered.source, explained.gathered.held(mattered.source)) {
            (Source::Resource, _) => route.resource.clone_from(&explained.gathered.resource),
            (_, Some(held)) if held.holder.kind == Kind::Group => {
                route.groups.insert(held.holder.clone());
            }
            _ => own = true,
        }
    }
    route.own =
        own || !route.groups.is_empty() || explained.gathered.policies.blind.contains(&Unseen::Identity);
    if own {
        route.groups.clear();
    }
    route
}

/// Whether only a policy of the resource that nobody read could let somebody in: of whom it does, nobody knows.
fn is_only_by_what_is_unread(route: &Route, open: &Open) -> bool {
    !route.own && route.resource.is_none() && open.policies.contains(&Unseen::Resource)
}

/// Whether a resource can have a policy that was not read.
pub fn has_unread_policy(
    landscape: &Landscape<'_>,
    actions: &[&'static Action],
    resources: &BTreeSet<String>,
) -> bool {
    let unread = |action: &'static Action, resource: &str| {
        let fits = resource != "*" && works_on(action, resource);
        let gathered = landscape.gather(&Caller::Anonymous, &action.full_name(), resource);
        let policies = &gathered.policies;
        let all = [&policies.blind, &policies.overlooked];
        fits && all.iter().any(|unseen| unseen.contains(&Unseen::Resource))
    };
    actions.iter().any(|action| resources.iter().any(|resource| unread(action, resource)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_of_words_fit_their_resource() {
        let names = |word, resource| -> BTreeSet<String> {
            actions_of(word, resource).into_iter().map(Action::full_name).collect()
        };
        let on_object = names(AccessWord::ReadData, "arn:aws:s3:::acme-lake/raw/x");
        assert!(on_object.contains("s3:GetObject") && !on_object.contains("s3:ListBucket"), "{on_object:?}");
        let on_bucket = names(AccessWord::List, "arn:aws:s3:::acme-lake");
        assert!(on_bucket.contains("s3:ListBucket") && !on_bucket.contains("s3:GetObject"), "{on_bucket:?}");
        assert!(names(AccessWord::List, "*").is_empty());
    }
}
