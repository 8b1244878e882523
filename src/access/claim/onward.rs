//! What somebody comes to by taking on roles, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::Asked;
use super::{Broken, Checking, Tried};
use crate::access::decide::Outcome;
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::principal::Caller;
use crate::access::prove::{Answer, Formula};
use crate::access::reach::{Reach, region};
use crate::access::request::{Context, Others, Request};
use crate::policy::Effect;
use crate::state::{Kind, ResourceId};

/// Who can take on which roles, found out once.
#[derive(Debug, Default)]
pub struct Onward {
    known: BTreeMap<(Caller, ResourceId), Option<Taking>>,
}

/// That somebody can take on a role.
#[derive(Clone, Debug)]
enum Taking {
    Surely,
    /// Why nobody can say.
    Perhaps(String),
}

impl Onward {
    fn taking(&mut self, landscape: &Landscape<'_>, caller: &Caller, role: &ResourceId) -> Option<Taking> {
        // Most roles trust few, and without trust nobody takes one on; nor does who does not sign in, and a role does
        // not need to take on itself.
        let trust = landscape.rules(&DocumentId::Trust(role.clone()));
        let mut rules = trust.iter().flat_map(|rules| &rules.rules);
        let trusted = trust.is_none()
            || rules.any(|rule| rule.effect == Effect::Allow && rule.covers_caller(caller).is_some());
        if !trusted || *caller == Caller::Anonymous || landscape.identity_of(caller) == Some(role) {
            return None;
        }
        let key = (caller.clone(), role.clone());
        self.known.entry(key).or_insert_with(|| taking(landscape, caller, role)).clone()
    }
}

fn taking(landscape: &Landscape<'_>, caller: &Caller, role: &ResourceId) -> Option<Taking> {
    const TAKE_ON: &str = "sts:AssumeRole";
    let arn = landscape.state().principal_arn(role)?;
    let context = || Context::new(Others::Unknown);
    // What does not hang on the request's keys need not be searched for.
    let decision = landscape
        .decide(Request {
            caller: caller.clone(),
            action: TAKE_ON.to_owned(),
            resource: arn.clone(),
            resource_account: None,
            context: context(),
        })
        .decision;
    if decision.outcome == Outcome::Allowed {
        return Some(Taking::Surely);
    }
    if !decision.depends {
        return None;
    }
    let asked = region(&[TAKE_ON], &[&arn]);
    let mut reach = Reach::new(landscape, caller.clone(), context());
    let areas = reach.areas(&asked);
    let within = Formula::Rule(reach.add(&asked));
    let (mut surely, mut perhaps) = (vec![], vec![]);
    for area in &areas {
        let allowed = reach.allowed(area, &areas, &asked);
        surely.push(allowed.surely);
        perhaps.push(allowed.perhaps);
    }
    let mut find = |some: Vec<Formula>| reach.find(&Formula::all([within.clone(), Formula::any(some)]));
    let doubt = match find(surely) {
        Answer::Found(_) => return Some(Taking::Surely),
        Answer::Unknown(reason) => reason.to_string(),
        Answer::Nothing => match find(perhaps) {
            Answer::Found(_) => "a policy that decides is not known".to_owned(),
            Answer::Unknown(reason) => reason.to_string(),
            Answer::Nothing => return None,
        },
    };
    Some(Taking::Perhaps(doubt))
}

/// Roles by which one comes to do something to a target.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// The roles to take on from the first to the one that does it, the shorter ways before the longer, and what it
    /// does.
    surely: Vec<(Vec<ResourceId>, Broken)>,
    /// Roles of which nobody can say whether they lead there.
    perhaps: Vec<ResourceId>,
}

impl Checking<'_, '_, '_> {
    /// The ways that lead to a target, over roles that are not meant themselves: of those it is told by themselves.
    pub(super) fn ways(&mut self, target: &Asked, meant: &BTreeSet<Caller>) -> Ways {
        let roles = self.landscape.identities().filter(|id| id.kind == Kind::Role);
        let roles = roles.filter_map(|id| Some((id, self.landscape.caller(id)?)));
        let mut left: Vec<(&ResourceId, Caller)> =
            roles.filter(|(_, caller)| !meant.contains(caller)).collect();
        let mut ways = Ways::default();
        left.retain(|(role, caller)| {
            let Tried { broken, unproven } = self.tried(caller, target);
            if broken.is_none() && !unproven.is_empty() {
                ways.perhaps.push((*role).clone());
            }
            let leads = broken.is_some();
            ways.surely.extend(broken.map(|broken| (vec![(*role).clone()], broken)));
            !leads
        });
        let mut at = 0;
        while let Some((way, broken)) = ways.surely.get(at).cloned() {
            at += 1;
            let Some(first) = way.first() else { continue };
            left.retain(|(role, caller)| match self.onward.taking(self.landscape, caller, first) {
                None => true,
                Some(Taking::Surely) => {
                    let longer = [*role].into_iter().chain(&way).cloned().collect();
                    ways.surely.push((longer, broken.clone()));
                    false
                }
                Some(Taking::Perhaps(_)) => {
                    ways.perhaps.push((*role).clone());
                    true
                }
            });
        }
        left.retain(|(role, _)| !ways.perhaps.contains(role));
        let mut at = 0;
        while let Some(next) = ways.perhaps.get(at).cloned() {
            at += 1;
            left.retain(|(role, caller)| {
                let leads = self.onward.taking(self.landscape, caller, &next).is_some();
                if leads {
                    ways.perhaps.push((*role).clone());
                }
                !leads
            });
        }
        ways
    }

    /// What somebody does to a target through roles.
    pub(super) fn through(&mut self, caller: &Caller, ways: &Ways) -> Tried {
        let Ways { surely, perhaps } = ways;
        let mut tried = Tried::default();
        let who = self.who(caller);
        let open = |role: &ResourceId, why: &str| {
            format!("whether {who} can do it as {} is open: {why}", role.address())
        };
        for (way, broken) in surely {
            let Some(first) = way.first() else { continue };
            match self.onward.taking(self.landscape, caller, first) {
                Some(Taking::Surely) => {
                    let through = way.iter().map(ResourceId::address).collect();
                    let id = self.landscape.identity_of(caller).cloned();
                    let broken = Broken { who: self.who(caller), id, through, ..broken.clone() };
                    return Tried { broken: Some(broken), unproven: BTreeSet::new() };
                }
                Some(Taking::Perhaps(why)) => drop(tried.unproven.insert(open(first, &why))),
                None => {}
            }
        }
        for role in perhaps {
            if self.onward.taking(self.landscape, caller, role).is_some() {
                tried.unproven.insert(open(role, "what that role can do is not known"));
            }
        }
        tried
    }
}
