//! Who can assume which role: their own policies and the role's trust policy, both.

use std::collections::BTreeSet;

use super::actions::{Universe, contains};
use super::area::{Area, Named as NamedArea};
use super::holders::Class;
use super::pool::Side;
use super::{Route, Turn};
use crate::access::decide::{Outcome, Source};
use crate::access::landscape::{DocumentId, Held, Landscape};
use crate::access::principal::{Caller, Named};
use crate::access::request::{Context, Others, Request};
use crate::access::truth::Truth;
use crate::policy::{Effect, Element};
use crate::state::{Kind, ResourceId};

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
pub(super) struct Leave {
    pub can: bool,
    pub keys: BTreeSet<String>,
    pub routes: Vec<Route>,
}

/// Which roles become assumable for whom, and which no longer.
pub(super) fn assumed<'l>(
    old: &mut Side<'l>,
    new: &mut Side<'l>,
    classes: &[Class],
    changed: &BTreeSet<DocumentId>,
    universe: &mut Universe,
) -> Vec<Assumed> {
    let moved = classes.iter().filter(|class| class.moved);
    let moved: BTreeSet<&ResourceId> = moved.flat_map(|class| &class.members).collect();
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
pub(super) fn assumable<'s>(
    landscape: &Landscape<'s>,
) -> Vec<(&'s ResourceId, String, BTreeSet<&'s ResourceId>)> {
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
pub(super) fn may_assume(side: &mut Side<'_>, who: &ResourceId, universe: &mut Universe) -> BTreeSet<Area> {
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

pub(super) fn leave(landscape: &Landscape<'_>, who: &ResourceId, role: &ResourceId) -> Leave {
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
