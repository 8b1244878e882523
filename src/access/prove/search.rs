//! Finds a point that lies in some boxes and outside of others.
//!
//! A box is what one rule covers. What is left of it outside of another one is looked for a literal at a time: the
//! box to be avoided is left by one of its literals, and the one with the fewest that could be is tried first. A
//! literal that all that is left has anyway need not be tried.

use std::collections::HashMap;
use std::rc::Rc;

use super::RuleId;
use super::budget::{Budget, Reason};
use super::formula::Formula;
use super::literal::Literal;
use super::model::{Model, Parts, TARGET};

/// Some requests: what is asked of each variable.
type Region = Vec<Rc<[Literal]>>;

/// A request that was found, variable by variable.
#[derive(Clone, Debug)]
pub struct Point {
    /// In AWS's spelling.
    pub action: String,
    /// An ARN, or `*`.
    pub resource: String,
    /// The keys it has.
    pub context: Vec<(String, Vec<String>)>,
    /// The rules it was looked for in.
    pub within: Vec<RuleId>,
}

/// Looks for points in one model, and remembers what it found out.
#[derive(Debug)]
pub struct Search {
    model: Model,
    known: Vec<HashMap<Rc<[Literal]>, bool>>,
}

/// A box to be avoided.
type Cover = Rc<Parts>;

impl Search {
    /// In a model.
    pub fn new(model: Model) -> Self {
        let known = vec![HashMap::new(); model.keys.len() + 1];
        Self { model, known }
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// A point as a formula says, which has `Not` before rules only. If a variable or key is not understood, it may be
    /// none; if there is none, there is none.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn find(&mut self, formula: &Formula, budget: &mut Budget) -> Result<Option<Point>, Reason> {
        let everything: Region = vec![Rc::from([]); self.model.keys.len() + 1];
        let mut state = State { region: everything, within: vec![], covers: vec![], open: vec![] };
        if !self.take(&mut state, formula, budget)? {
            return Ok(None);
        }
        match self.branch(state, budget)? {
            Some((region, within)) => self.point(&region, within, budget),
            None => Ok(None),
        }
    }

    /// Adds to a state all that is no alternative; whether anything is left.
    fn take<'f>(
        &mut self,
        state: &mut State<'f>,
        formula: &'f Formula,
        budget: &mut Budget,
    ) -> Result<bool, Reason> {
        Ok(match formula {
            Formula::Constant(truth) => *truth,
            Formula::Any(parts) => {
                state.open.push(parts);
                true
            }
            Formula::All(parts) => {
                for part in parts {
                    if !self.take(state, part, budget)? {
                        return Ok(false);
                    }
                }
                true
            }
            Formula::Rule(rule) => {
                state.within.push(*rule);
                match self.parts(*rule) {
                    Some(parts) => self.meet(&mut state.region, &parts, budget)?,
                    None => false,
                }
            }
            Formula::Not(part) => {
                if let Formula::Rule(rule) = &**part {
                    state.covers.extend(self.parts(*rule));
                }
                true
            }
        })
    }

    fn parts(&self, rule: RuleId) -> Option<Cover> {
        self.model.rules.get(rule.0)?.clone().map(Rc::new)
    }

    /// Tries the alternatives.
    fn branch(
        &mut self,
        mut state: State<'_>,
        budget: &mut Budget,
    ) -> Result<Option<(Region, Vec<RuleId>)>, Reason> {
        budget.node()?;
        let fewest = (0..state.open.len()).min_by_key(|at| state.open.get(*at).map(|parts| parts.len()));
        let Some(parts) = fewest.map(|at| state.open.swap_remove(at)) else {
            let covers: Vec<Cover> = state.covers;
            return Ok(self.outside(&state.region, &covers, budget)?.map(|region| (region, state.within)));
        };
        for part in parts {
            let mut next = state.clone();
            if self.take(&mut next, part, budget)?
                && let Some(found) = self.branch(next, budget)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Leaves in a region what lies in a box as well; whether there is any.
    fn meet(&mut self, region: &mut Region, parts: &Parts, budget: &mut Budget) -> Result<bool, Reason> {
        for (variable, literal) in parts {
            let Some(own) = region.get_mut(*variable) else { continue };
            let next = with(own, *literal);
            *own = Rc::clone(&next);
            if !self.check(*variable, &next, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn check(
        &mut self,
        variable: usize,
        literals: &Rc<[Literal]>,
        budget: &mut Budget,
    ) -> Result<bool, Reason> {
        if let Some(known) = self.known.get(variable).and_then(|known| known.get(literals)) {
            return Ok(*known);
        }
        let found = match variable.checked_sub(TARGET + 1) {
            None => self.model.targets.check(literals, budget)?,
            Some(key) => match self.model.keys.get_mut(key) {
                Some(key) => key.check(literals, budget)?,
                None => true,
            },
        };
        if let Some(known) = self.known.get_mut(variable) {
            known.insert(Rc::clone(literals), found);
        }
        Ok(found)
    }

    /// Some of a region that lies in no cover.
    fn outside(
        &mut self,
        region: &Region,
        covers: &[Cover],
        budget: &mut Budget,
    ) -> Result<Option<Region>, Reason> {
        budget.node()?;
        let mut live: Vec<Cover> = vec![];
        let mut best: Option<Parts> = None;
        for cover in covers {
            let Some(open) = self.open(region, cover, budget)? else { continue };
            if open.is_empty() {
                return Ok(None);
            }
            live.push(Rc::clone(cover));
            if best.as_ref().is_none_or(|best| open.len() < best.len()) {
                best = Some(open);
            }
        }
        let Some(best) = best else { return Ok(Some(region.clone())) };
        let mut rest = region.clone();
        for (variable, literal) in best {
            let Some(own) = rest.get(variable).cloned() else { continue };
            let without = with(&own, literal.negated());
            if self.check(variable, &without, budget)? {
                let mut next = rest.clone();
                if let Some(slot) = next.get_mut(variable) {
                    *slot = without;
                }
                if let Some(found) = self.outside(&next, &live, budget)? {
                    return Ok(Some(found));
                }
            }
            let within = with(&own, literal);
            if !self.check(variable, &within, budget)? {
                return Ok(None);
            }
            if let Some(slot) = rest.get_mut(variable) {
                *slot = within;
            }
        }
        Ok(None)
    }

    /// The literals by which a region could leave a cover; none if it lies outside already.
    fn open(&mut self, region: &Region, cover: &Parts, budget: &mut Budget) -> Result<Option<Parts>, Reason> {
        let mut open: Parts = vec![];
        for (variable, literal) in cover {
            let Some(own) = region.get(*variable) else { continue };
            if own.contains(literal) {
                continue;
            }
            if own.contains(&literal.negated()) || !self.check(*variable, &with(own, *literal), budget)? {
                return Ok(None);
            }
            if self.check(*variable, &with(own, literal.negated()), budget)? {
                open.push((*variable, *literal));
            }
        }
        // Each alone is possible; together they need not be. The literals of a variable stand together.
        for of_variable in open.chunk_by(|(one, _), (other, _)| one == other).filter(|own| own.len() > 1) {
            let Some((variable, _)) = of_variable.first() else { continue };
            let Some(own) = region.get(*variable) else { continue };
            let all = of_variable.iter().fold(Rc::clone(own), |own, (_, literal)| with(&own, *literal));
            if !self.check(*variable, &all, budget)? {
                return Ok(None);
            }
        }
        Ok(Some(open))
    }

    fn point(
        &mut self,
        region: &Region,
        within: Vec<RuleId>,
        budget: &mut Budget,
    ) -> Result<Option<Point>, Reason> {
        let target = region.get(TARGET).cloned().unwrap_or_else(|| Rc::from([]));
        let Some((action, resource)) = self.model.targets.witness(&target, budget)? else { return Ok(None) };
        let mut context = vec![];
        for (key, literals) in self.model.keys.iter_mut().zip(region.iter().skip(TARGET + 1)) {
            let Some(values) = key.witness(literals, budget)? else { return Ok(None) };
            if !values.is_empty() {
                context.push((key.name.clone(), values));
            }
        }
        Ok(Some(Point { action, resource, context, within }))
    }
}

/// Where a search stands.
#[derive(Clone)]
struct State<'f> {
    region: Region,
    within: Vec<RuleId>,
    covers: Vec<Cover>,
    /// Of each of these, one is to hold.
    open: Vec<&'f Vec<Formula>>,
}

fn with(own: &Rc<[Literal]>, literal: Literal) -> Rc<[Literal]> {
    match own.binary_search(&literal) {
        Ok(_) => Rc::clone(own),
        Err(at) => {
            let (before, after) = own.split_at(at);
            before.iter().copied().chain([literal]).chain(after.iter().copied()).collect()
        }
    }
}
