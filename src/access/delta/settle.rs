//! Questions that comparing patterns does not decide, put to the prover.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::{Number, Universe, contains, meet};
use super::area::Area;
use super::pool::{Entry, Pool};
use crate::access::pattern::{ArnPattern, Pattern};
use crate::access::principal::Caller;
use crate::access::prove::{Answer, Formula, Frame, Prover};
use crate::access::request::{Context, Others};
use crate::access::rule::Rule;
use crate::policy::Element;

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Something is allowed that was not.
    Gained,
    /// Nothing is.
    Same,
    /// Nobody knows, and why.
    Unknown(String),
}

/// Whoever answers such questions, for somebody.
pub(super) struct Judge {
    frame: Frame,
}

impl Judge {
    /// For a caller, with what is known of its requests; none if it is nobody of whom anything is known.
    pub(super) fn new(caller: Option<Caller>, context: Option<Context>) -> Self {
        let context = context.unwrap_or_else(|| Context::new(Others::Unknown));
        Self { frame: Frame { caller, context, accounts: BTreeSet::new(), resource: None, actions: None } }
    }

    /// What of some actions, under a statement on some resources, `to` allows and `from` does not. Actions that every
    /// statement treats alike are asked about together.
    pub(super) fn settle(
        &mut self,
        from: &Pool<'_>,
        to: &Pool<'_>,
        entry: &Entry<'_>,
        area: &Area,
        actions: &[Number],
        universe: &Universe,
    ) -> Vec<(Vec<Number>, Verdict)> {
        if actions.is_empty() {
            return vec![];
        }
        let concerns = |other: &&Entry<'_>| other.overlaps(area) && meet(actions, &other.statement.actions);
        let (from, to) = (Concerned::of(from, &concerns), Concerned::of(to, &concerns));
        let mut alike: BTreeMap<Vec<bool>, Vec<Number>> = BTreeMap::new();
        for number in actions {
            let covers = |entry: &Entry<'_>| contains(&entry.statement.actions, &[*number]);
            let covered = from.all().chain(to.all()).map(covers).collect();
            alike.entry(covered).or_default().push(*number);
        }
        let asked = actions.iter().map(|number| name(*number, universe)).collect();
        let mut prover = Prover::new(Frame { actions: Some(asked), ..self.frame.clone() });
        let (before, after) = (from.allowed(area, &mut prover), to.allowed(area, &mut prover));
        let change = after.except(before);
        let parts: Vec<(Vec<Number>, Formula)> = alike
            .into_values()
            .map(|actions| {
                let part = prover.add(&part(entry, area, &actions, universe));
                (actions, Formula::all([Formula::Rule(part), change.clone()]))
            })
            .collect();
        let answer = |(actions, formula): (Vec<Number>, Formula)| {
            let verdict = match prover.find(&formula) {
                Answer::Nothing => Verdict::Same,
                Answer::Found(_) => Verdict::Gained,
                Answer::Unknown(reason) => Verdict::Unknown(reason.to_string()),
            };
            (actions, verdict)
        };
        parts.into_iter().map(answer).collect()
    }
}

/// The statements that have a say in a question.
struct Concerned<'p, 'l> {
    own: Vec<&'p Entry<'l>>,
    direct: Vec<&'p Entry<'l>>,
    denies: Vec<&'p Entry<'l>>,
    boundary: Option<Vec<&'p Entry<'l>>>,
}

impl<'p, 'l> Concerned<'p, 'l> {
    fn of(pool: &'p Pool<'l>, concerns: &impl Fn(&&Entry<'_>) -> bool) -> Self {
        let some =
            |entries: &'p [Entry<'l>]| entries.iter().filter(|entry| concerns(entry)).collect::<Vec<_>>();
        let (direct, own) = some(&pool.allows).into_iter().partition(|entry| entry.direct);
        Self { own, direct, denies: some(&pool.denies), boundary: pool.boundary.as_deref().map(some) }
    }

    fn all(&self) -> impl Iterator<Item = &'p Entry<'l>> + '_ {
        let own = self.own.iter().chain(&self.direct).chain(&self.denies);
        own.chain(self.boundary.iter().flatten()).copied()
    }

    /// The requests on an area that these statements allow.
    fn allowed(&self, area: &Area, prover: &mut Prover) -> Formula {
        let mut rules = |entries: &[&Entry<'_>]| {
            let rules = entries.iter().flat_map(|entry| entry.statement.rules_on(area));
            let ids: Vec<_> = rules.map(|rule| prover.add(&unaddressed(rule))).collect();
            Formula::rules(ids)
        };
        let own = rules(&self.own);
        let own = match &self.boundary {
            Some(boundary) => Formula::all([own, rules(boundary)]),
            None => own,
        };
        let granted = Formula::any([own, rules(&self.direct)]);
        granted.except(rules(&self.denies))
    }
}

/// In small letters.
fn name(action: Number, universe: &Universe) -> String {
    let (service, name) = universe.name(action);
    format!("{service}:{name}").to_ascii_lowercase()
}

/// A rule that is known to speak of who asks.
fn unaddressed(rule: &Rule) -> Rule {
    Rule { principals: None, ..rule.clone() }
}

/// The part of a statement that is about some actions and resources.
fn part(entry: &Entry<'_>, area: &Area, actions: &[Number], universe: &Universe) -> Rule {
    let rule = entry.statement.rule;
    let place = entry.statement.areas.iter().position(|own| own == area);
    let resources = match (&rule.resources, place) {
        (Some(_), _) if entry.statement.narrowed && matches!(area, Area::Of(_)) => {
            Some(Element::Is(area.texts().iter().map(|text| ArnPattern::resource(text, true)).collect()))
        }
        (Some(Element::Is(patterns)), Some(place)) => {
            Some(Element::Is(patterns.get(place).into_iter().cloned().collect()))
        }
        (all, _) => all.clone(),
    };
    Rule {
        actions: Element::Is(
            actions.iter().map(|number| Pattern::exactly(&name(*number, universe))).collect(),
        ),
        resources,
        ..unaddressed(rule)
    }
}
