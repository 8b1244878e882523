//! What a caller can do in a landscape, for all requests at once.

use std::collections::BTreeSet;

use super::decide::Unseen;
use super::landscape::{Gathered, Landscape};
use super::law::{Case, Legs, allowed};
use super::pattern::{ArnPattern, Pattern};
use super::principal::{Caller, Cover};
use super::prove::{Answer, Formula, Frame, Prover, RuleId};
use super::request::Context;
use super::rule::{Comparison, Rule, Rules};
use crate::policy::{Effect, Element};
use crate::state::{Kind, ResourceId, iam_arn};

/// What one caller can do.
pub struct Reach<'l, 's> {
    landscape: &'l Landscape<'s>,
    caller: Caller,
    /// Whether it lives in an account of which nothing is known, and has that account's leave for everything.
    stranger: bool,
    prover: Prover,
    frame: Frame,
}

/// A part of everything there is, in which the same policies have a say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area<'s> {
    /// A bucket and what is in it.
    Bucket(&'s ResourceId),
    /// Taking on a role.
    Role(&'s ResourceId),
    /// Everything that has no policy here.
    Elsewhere,
}

/// Some requests in an area, as far as policies allow them.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// What is certainly allowed.
    pub surely: Formula,
    /// What is allowed if every policy that is not known allows it.
    pub perhaps: Formula,
    /// Which policies are not known.
    pub blind: BTreeSet<Unseen>,
}

impl<'l, 's> Reach<'l, 's> {
    /// Of a caller in requests with these keys. The keys that follow from who asks are added.
    pub fn new(landscape: &'l Landscape<'s>, caller: Caller, mut context: Context) -> Self {
        landscape.describe(&caller, &mut context);
        caller.describe(&mut context);
        let stranger = landscape.identity_of(&caller).is_none();
        let accounts = landscape.state().accounts.keys().map(ToString::to_string).collect();
        let frame = Frame { caller: Some(caller.clone()), context, accounts, resource: None, actions: None };
        Self { landscape, caller, stranger, prover: Prover::new(frame.clone()), frame }
    }

    /// What is so of every request.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Who it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Adds requests that can be asked about.
    pub fn add(&mut self, region: &Rule) -> RuleId {
        self.prover.add(region)
    }

    /// Whether there is a request as a formula says.
    pub fn find(&mut self, formula: &Formula) -> Answer {
        self.prover.find(formula)
    }

    /// The areas that some requests can be in.
    pub fn areas(&self, region: &Rule) -> Vec<Area<'s>> {
        let ids = self.landscape.state().resources.keys();
        let areas = ids.filter_map(|id| match id.kind {
            Kind::Bucket => Some(Area::Bucket(id)),
            Kind::Role => Some(Area::Role(id)),
            _ => None,
        });
        let met = areas.filter(|area| self.of(area).is_some_and(|own| overlap(&own, region)));
        let mut areas: Vec<Area<'s>> = met.collect();
        let within = |area: &Area<'s>| self.of(area).is_some_and(|own| covers(&own, region));
        if !areas.iter().any(within) && !self.stranger {
            areas.push(Area::Elsewhere);
        }
        areas
    }

    /// The requests of an area; none for those that are in no other.
    fn of(&self, area: &Area<'_>) -> Option<Rule> {
        let state = self.landscape.state();
        match area {
            Area::Bucket(id) => {
                let partition = &state.accounts.get(&id.account)?.partition;
                let bucket = format!("arn:{partition}:s3:::{}", id.name);
                Some(region(&["s3:*"], &[&bucket, &format!("{bucket}/*")]))
            }
            Area::Role(id) => {
                let partition = &state.accounts.get(&id.account)?.partition;
                let path = state.resources.get(*id)?.core.path()?;
                Some(region(&TAKE_ON, &[&iam_arn(partition, id, path)]))
            }
            Area::Elsewhere => None,
        }
    }

    /// What of a region's requests in an area is allowed; the other areas are those that the region meets as well.
    /// Statements that have nothing to do with the region are left out, so that it says nothing of other requests.
    pub fn allowed(&mut self, area: &Area<'s>, others: &[Area<'s>], region: &Rule) -> Allowed {
        let within = match self.of(area) {
            Some(own) => Formula::Rule(self.prover.add(&own)),
            None => {
                let owned: Vec<Rule> = others.iter().filter_map(|other| self.of(other)).collect();
                !Formula::rules(owned.iter().map(|own| self.prover.add(own)))
            }
        };
        let (action, resource, account) = match area {
            Area::Bucket(id) => {
                ("s3:getobject", format!("arn:aws:s3:::{}/", id.name), Some(id.account.as_str()))
            }
            Area::Role(id) => {
                let arn = self.landscape.state().principal_arn(id).unwrap_or_default();
                ("sts:assumerole", arn, Some(id.account.as_str()))
            }
            Area::Elsewhere => ("iam:getuser", "*".to_owned(), None),
        };
        let Gathered { policies, identity: _, boundary: _, resource: _ } =
            self.landscape.gather(&self.caller, action, &resource);
        let case = Case::new(&self.caller, action, account);
        let mut denied = vec![];
        let prover = &mut self.prover;
        let mut any = |all: &[&Rules]| {
            let rules = all.iter().flat_map(|rules| &rules.rules).filter(|rule| overlap(rule, region));
            let mut allows = vec![];
            for rule in rules {
                let list = if rule.effect == Effect::Deny { &mut denied } else { &mut allows };
                list.push(prover.add(rule));
            }
            Formula::rules(allows)
        };
        let identity = if self.stranger { Formula::Constant(true) } else { any(&policies.identity) };
        let boundary = policies.boundary.as_ref().map_or(Formula::Constant(true), |all| any(all));
        let [mut direct, mut behind, mut by_account] = [vec![], vec![], vec![]];
        let bounded = policies.boundary.is_some();
        let of_resource = policies.resource.iter().flat_map(|rules| &rules.rules);
        for rule in of_resource.filter(|rule| overlap(rule, region)) {
            let cover = match rule.covers_caller_of_resource(&self.caller) {
                None if bounded && rule.spares() => Cover::Direct,
                None => continue,
                Some(cover) => cover,
            };
            let id = prover.add(rule);
            match (rule.effect, cover) {
                (Effect::Deny, _) => denied.push(id),
                (Effect::Allow, _) if policies.closed => {}
                (Effect::Allow, Cover::Direct) => direct.push(id),
                (Effect::Allow, Cover::Behind) => behind.push(id),
                (Effect::Allow, Cover::Account) => by_account.push(id),
            }
        }
        let mut blind = policies.blind.clone();
        if self.stranger {
            blind.remove(&Unseen::Identity);
        }
        let legs = |hidden: bool| {
            let unknown = |unseen: Unseen| Formula::Constant(hidden && blind.contains(&unseen));
            let bounded = !blind.contains(&Unseen::Boundary) || hidden;
            let on_resource = unknown(Unseen::Resource);
            Legs {
                denied: if blind.is_empty() || hidden {
                    Formula::rules(denied.clone())
                } else {
                    Formula::Constant(true)
                },
                identity: Formula::any([identity.clone(), unknown(Unseen::Identity)]),
                boundary: Formula::all([boundary.clone(), Formula::Constant(bounded)]),
                session: Formula::Constant(true),
                scps: Formula::Constant(true),
                direct: Formula::any([Formula::rules(direct.clone()), on_resource.clone()]),
                behind: Formula::any([Formula::rules(behind.clone()), on_resource.clone()]),
                account: Formula::any([Formula::rules(by_account.clone()), on_resource]),
            }
        };
        let of = |hidden: bool| Formula::all([within.clone(), allowed(legs(hidden), case)]);
        let (surely, perhaps) = (of(false), of(true));
        Allowed { surely, perhaps, blind }
    }
}

/// Everything a trust policy decides.
const TAKE_ON: [&str; 3] = ["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"];

/// Requests for some actions on some resources, given as patterns.
pub fn region(actions: &[&str], resources: &[&str]) -> Rule {
    let syntax = super::pattern::Syntax { wildcards: true, variables: false };
    Rule {
        sid: None,
        effect: Effect::Allow,
        principals: None,
        actions: Element::Is(actions.iter().map(|text| Pattern::new(text, syntax).folded()).collect()),
        resources: Some(Element::Is(
            resources.iter().map(|text| ArnPattern::resource(text, false)).collect(),
        )),
        comparisons: Vec::<Comparison>::new(),
    }
}

/// Whether some request could be among both; no only if it is sure.
fn overlap(one: &Rule, other: &Rule) -> bool {
    let meet = |a: &Element<Vec<Pattern>>, b: &Element<Vec<Pattern>>| match (a, b) {
        (Element::Is(ones), Element::Is(others)) => {
            ones.iter().any(|one| others.iter().any(|other| one.overlaps(other)))
        }
        _ => true,
    };
    let on = match (&one.resources, &other.resources) {
        (Some(Element::Is(ones)), Some(Element::Is(others))) => {
            ones.iter().any(|one| others.iter().any(|other| one.overlaps(other)))
        }
        _ => true,
    };
    on && meet(&one.actions, &other.actions)
}

/// Whether all requests of the other are among those of the first.
fn covers(one: &Rule, other: &Rule) -> bool {
    let in_one = |b: &Pattern| one.actions.value().iter().any(|a| a.covers(b));
    let resources = |rule: &Rule| rule.resources.as_ref().map(|element| element.value().clone());
    let (Some(ones), Some(others)) = (resources(one), resources(other)) else { return false };
    other.actions.value().iter().all(in_one) && others.iter().all(|b| ones.iter().any(|a| a.covers(b)))
}
