//! Answers over all requests: whether any lies in some rules and outside of others, and if so, one of them.
//!
//! Exact: a request is a point in the product of its principal, its action and resource, and its condition keys; a
//! statement covers a box of that space. Nothing is tried at random. What is not understood, or takes too long, is
//! said to be unknown.

mod bits;
mod budget;
mod finite;
mod formula;
mod glob;
mod keys;
mod literal;
mod model;
mod principals;
mod search;
mod shapes;
mod shortest;
mod strings;
mod target;
#[cfg(test)]
mod tests;
mod variables;
mod witness;

pub use budget::{NODES_MAX, Reason, STATES_MAX};
pub use formula::Formula;
pub use witness::Witness;

use std::collections::{BTreeMap, BTreeSet};

use self::budget::Budget;
use self::model::{Model, Setting};
use self::principals::Class;
use self::search::{Point, Search};
use super::principal::Caller;
use super::request::{Context, Known};
use super::rule::Rule;
use crate::policy::catalogue::region;

/// What all requests considered have in common.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Who asks, if that is fixed: the rules are then those that speak of the caller, and principals in them are not
    /// looked at, and what follows from who asks is in the context. If none, it is part of the question, unless no rule
    /// names principals.
    pub caller: Option<Caller>,
    /// Keys known to be fixed or absent; every other one that is not known may be anything.
    pub context: Context,
    /// Accounts whose principals may be taken for examples.
    pub accounts: BTreeSet<String>,
    /// What every request is on, if that is fixed.
    pub resource: Option<String>,
    /// The actions of all requests, in small letters; none if they may be any. What is about few actions anyway is
    /// answered much sooner if that is known.
    pub actions: Option<BTreeSet<String>>,
}

/// A rule that a prover knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(usize);

/// Whether there is a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is none.
    Nothing,
    /// There is this one.
    Found(Box<Witness>),
    /// It is not known.
    Unknown(Reason),
}

/// Rules, and what was found out about them.
#[derive(Debug)]
pub struct Prover {
    frame: Frame,
    rules: Vec<Rule>,
    /// Who can ask, as far as the rules tell them apart; none yet if a rule was added since.
    classes: Option<Vec<Class>>,
    searches: BTreeMap<Case, Result<Search, Reason>>,
}

/// Which requests a search is about: the number of the class of principals, and texts given to variables.
type Case = (usize, BTreeMap<String, Option<String>>);

/// Texts tried for a variable, when it is not decided without: one, and no text.
const VARIABLE_TEXT: &str = "x1";
/// Variables whose texts are tried together.
const VARIABLES_MAX: usize = 4;

impl Prover {
    /// Without rules yet.
    pub fn new(frame: Frame) -> Self {
        Self { frame, rules: vec![], classes: None, searches: BTreeMap::new() }
    }

    /// Adds a rule, which stands for the requests it covers, whatever its effect.
    pub fn add(&mut self, rule: &Rule) -> RuleId {
        self.rules.push(rule.clone());
        self.classes = None;
        self.searches.clear();
        RuleId(self.rules.len() - 1)
    }

    /// Whether any request is as a formula says.
    pub fn find(&mut self, formula: &Formula) -> Answer {
        let classes = match self.classes.take() {
            Some(classes) => classes,
            None => principals::classes(&self.rules, &self.frame),
        };
        let mut unknown = None;
        let mut found = None;
        let mut budget = Budget::new();
        for (number, class) in classes.iter().enumerate() {
            match self.of_class(number, class, formula, &mut budget) {
                Answer::Nothing => {}
                Answer::Unknown(reason) => unknown = unknown.or(Some(reason)),
                Answer::Found(witness) => {
                    found = Some(witness);
                    break;
                }
            }
        }
        let inexact = principals::inexact(&self.rules, &self.frame);
        self.classes = Some(classes);
        match (found, unknown.or(inexact)) {
            (Some(witness), _) => Answer::Found(witness),
            (None, Some(reason)) => Answer::Unknown(reason),
            (None, None) => Answer::Nothing,
        }
    }

    fn of_class(&mut self, number: usize, class: &Class, formula: &Formula, budget: &mut Budget) -> Answer {
        let covers = |id: RuleId| class.covers.get(id.0).copied().unwrap_or(false);
        let formula = formula.given(&|id| (!covers(id)).then_some(false)).normal();
        if formula == Formula::Constant(false) {
            return Answer::Nothing;
        }
        let open = BTreeMap::new();
        let point = match self.search(number, class, &open, &formula, budget) {
            Ok(None) => return Answer::Nothing,
            Ok(Some(point)) => point,
            Err(reason) => return Answer::Unknown(reason),
        };
        let witness = class.witness(point.clone());
        if let Some(witness) = self.confirmed(&witness, &formula) {
            return Answer::Found(Box::new(witness));
        }
        let (variables, loose) = self.doubts(number, &formula);
        for texts in self.texts(&variables, &point) {
            // What is too complex without the texts may not be with them, and the other way around.
            if let Ok(Some(point)) = self.search(number, class, &texts, &formula, budget) {
                let mut witness = class.witness(point);
                let given = texts.iter().filter_map(|(key, text)| Some((key.clone(), vec![text.clone()?])));
                witness.context.extend(given);
                if let Some(witness) = self.confirmed(&witness, &formula) {
                    return Answer::Found(Box::new(witness));
                }
            }
        }
        Answer::Unknown(match (variables.first(), loose.first()) {
            (Some(key), _) => Reason::Variable(key.clone()),
            (None, Some(key)) => Reason::Comparisons(key.clone()),
            (None, None) => {
                let Witness { principal: _, action, resource, context: _, within: _ } = &witness;
                Reason::Internal(format!("{action} on {resource} is not what was asked for"))
            }
        })
    }

    fn search(
        &mut self,
        number: usize,
        class: &Class,
        texts: &BTreeMap<String, Option<String>>,
        formula: &Formula,
        budget: &mut Budget,
    ) -> Result<Option<Point>, Reason> {
        let case = (number, texts.clone());
        if !self.searches.contains_key(&case) {
            let search = self.model(class, texts).map(Search::new);
            self.searches.insert(case.clone(), search);
        }
        match self.searches.get_mut(&case) {
            Some(Ok(search)) => search.find(formula, budget),
            Some(Err(reason)) => Err(reason.clone()),
            None => Ok(None),
        }
    }

    fn model(&self, class: &Class, texts: &BTreeMap<String, Option<String>>) -> Result<Model, Reason> {
        let mut context = class.context.clone();
        for (key, text) in texts {
            match text {
                Some(text) => drop(context.values.insert(key.clone(), vec![text.clone()])),
                None => drop(context.absent.insert(key.clone())),
            }
        }
        let setting = Setting {
            context,
            signed: class.signed,
            partitions: partitions(class.partition.as_deref()),
            only: self.frame.resource.clone(),
            actions: self.frame.actions.clone(),
            bounds: class.bounds.clone(),
        };
        let covered = self.rules.iter().zip(&class.covers);
        let rules: Vec<Option<&Rule>> = covered.map(|(rule, covers)| covers.then_some(rule)).collect();
        Model::new(&rules, &setting)
    }

    /// The request, if it is as a formula says, with the rules that it does lie in: where a variable has no text, it
    /// may have been looked for in another one.
    fn confirmed(&self, witness: &Witness, formula: &Formula) -> Option<Witness> {
        if !witness.satisfies(formula, &self.rules, &self.frame) {
            return None;
        }
        let context = witness.full_context(&self.frame);
        let mut within = witness.within.clone();
        formula.positive(&mut within);
        let mut seen = BTreeSet::new();
        within.retain(|id| {
            let rule = self.rules.get(id.0);
            seen.insert(*id) && rule.is_some_and(|rule| witness.lies_in(rule, &self.frame, &context))
        });
        Some(Witness { within, ..witness.clone() })
    }

    /// The variables without text and the keys not understood that a formula's rules have.
    fn doubts(&self, number: usize, formula: &Formula) -> (Vec<String>, Vec<String>) {
        let Some(Ok(search)) = self.searches.get(&(number, BTreeMap::new())) else { return (vec![], vec![]) };
        let mut rules = vec![];
        formula.mentioned(&mut rules);
        let of_rules = rules.iter().filter_map(|rule| search.model().variables.get(rule.0)).flatten();
        let variables: BTreeSet<String> = of_rules.cloned().collect();
        (variables.into_iter().collect(), search.model().loose.iter().cloned().collect())
    }

    /// Texts to try for variables: what was found for the key, another one, and none.
    fn texts(&self, variables: &[String], point: &Point) -> Vec<BTreeMap<String, Option<String>>> {
        if variables.is_empty() || variables.len() > VARIABLES_MAX {
            return vec![];
        }
        let mut all = vec![BTreeMap::new()];
        for key in variables {
            let own = point.context.iter().find(|(own, _)| own == key).and_then(|(_, values)| values.first());
            let mut texts = vec![];
            texts.extend(own.cloned().map(Some));
            texts.extend([Some(VARIABLE_TEXT.to_owned()), None]);
            all = all
                .into_iter()
                .flat_map(|given: BTreeMap<String, Option<String>>| {
                    texts.iter().map(move |text| {
                        let mut given = given.clone();
                        given.insert(key.clone(), text.clone());
                        given
                    })
                })
                .collect();
        }
        all
    }
}

/// The partitions to take resources from.
fn partitions(home: Option<&str>) -> Vec<String> {
    match home {
        Some(home) => vec![home.to_owned()],
        None => {
            let known: BTreeSet<&str> = region::all().map(|(_, partition)| partition).collect();
            // Sorted, `aws` is the first.
            known.into_iter().map(str::to_owned).collect()
        }
    }
}

/// Whether anything is known of a key.
fn is_open(context: &Context, key: &str) -> bool {
    context.get(key) == Known::Unknown
}
