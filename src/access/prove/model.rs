//! Rules made into boxes: each a conjunction of what it says of the action, the resource and each key.

use std::collections::{BTreeMap, BTreeSet};

use super::bits::Bits;
use super::budget::{Budget, Reason};
use super::finite;
use super::glob::{Glob, Stands};
use super::keys::{Atom, Key, Of, Texts, Values};
use super::literal::Literal;
use super::strings::{Entry, GlobId};
use super::target::Targets;
use super::variables::Variables;
use crate::access::condition::holds_when_absent;
use crate::access::pattern::{Missing, Pattern, Variable};
use crate::access::request::{Context, Known, Others};
use crate::access::rule::{Comparison, Operand, Rule};
use crate::access::truth::Truth;
use crate::policy::catalogue::{self, KeyKind};
use crate::policy::condition::{Family, Operator, Quantifier, Test};

/// The variable that is the action and the resource; the keys come after it.
pub const TARGET: usize = 0;

/// The requests of a rule: all that is as each of these says.
pub type Parts = Vec<(usize, Literal)>;

/// Rules over the variables of requests.
#[derive(Debug)]
pub struct Model {
    /// Action and resource.
    pub targets: Targets,
    /// The keys that rules ask for.
    pub keys: Vec<Key>,
    /// What each rule covers; none in it if it covers nothing.
    pub rules: Vec<Option<Parts>>,
    /// Keys of variables without text, by rule.
    pub variables: Vec<BTreeSet<String>>,
    /// The keys that are not understood.
    pub loose: BTreeSet<String>,
}

/// What is known of every request.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Keys known to be fixed or absent.
    pub context: Context,
    /// Whether requests are signed.
    pub signed: bool,
    /// Partitions of resources, the best for an example first.
    pub partitions: Vec<String>,
    /// The one resource, if there is only one.
    pub only: Option<String>,
    /// The actions of all requests, in small letters, if they cannot be any.
    pub actions: Option<BTreeSet<String>>,
    /// Keys of which it is known what covers their value.
    pub bounds: BTreeMap<String, Bound>,
}

/// What the one value of a key certainly is.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Covered by this.
    pub within: Glob,
    /// Covered by none of these.
    pub outside: Vec<Glob>,
}

/// How a key is used.
#[derive(Default)]
struct Use<'r> {
    comparisons: Vec<&'r Comparison>,
    open_variables: bool,
}

impl Model {
    /// Of rules; those that are not to be considered are none.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn new(rules: &[Option<&Rule>], setting: &Setting) -> Result<Self, Reason> {
        let uses = uses(rules, &setting.context);
        let mut keys = vec![];
        let mut numbers = BTreeMap::new();
        let mut loose = BTreeSet::new();
        for (name, used) in &uses {
            let key = key(name, used, setting);
            if matches!(key.values, Values::Loose(_)) {
                loose.insert(name.clone());
            }
            numbers.insert(name.clone(), keys.len());
            keys.push(key);
        }
        let targets = Targets::new(setting.partitions.clone(), setting.only.clone(), setting.actions.clone());
        let mut build = Build {
            targets,
            keys,
            numbers,
            variables: Variables::new(&setting.context),
            setting,
            unclear: vec![],
        };
        let parts = rules.iter().map(|rule| rule.and_then(|rule| build.rule(rule))).collect();
        let Build { mut targets, keys, numbers: _, variables: _, setting: _, unclear } = build;
        if let Some(key) = unclear.into_iter().next() {
            return Err(Reason::Variable(key));
        }
        targets.settle(&mut Budget::new())?;
        let variables = rules.iter().map(|rule| open(*rule, &setting.context)).collect();
        Ok(Self { targets, keys, rules: parts, variables, loose })
    }
}

/// The keys whose text a rule has variables for and nobody knows.
fn open(rule: Option<&Rule>, context: &Context) -> BTreeSet<String> {
    let Some(rule) = rule else { return BTreeSet::new() };
    let of_resources = rule.resources.iter().flat_map(|element| element.value());
    let mut all: Vec<&Variable> = vec![];
    of_resources.for_each(|pattern| all.extend(pattern.variables()));
    rule.comparisons.iter().flat_map(|test| &test.values).for_each(|value| all.extend(value.variables()));
    let unknown = all.into_iter().filter(|variable| context.get(&variable.key) == Known::Unknown);
    unknown.map(|variable| variable.key.clone()).collect()
}

/// Whether a comparison holds in every request, or in none.
fn decided(comparison: &Comparison, context: &Context) -> Truth {
    let Some(operator) = comparison.operator else { return Truth::No };
    match context.get(&comparison.key) {
        Known::Unknown if operator.test != Test::Null => Truth::Unknown,
        _ => comparison.holds(context),
    }
}

fn uses<'r>(rules: &[Option<&'r Rule>], context: &Context) -> BTreeMap<String, Use<'r>> {
    let mut uses: BTreeMap<String, Use<'r>> = BTreeMap::new();
    for rule in rules.iter().flatten() {
        for comparison in &rule.comparisons {
            if decided(comparison, context) == Truth::Unknown {
                let used = uses.entry(comparison.key.clone()).or_default();
                used.comparisons.push(comparison);
                used.open_variables |= comparison
                    .values
                    .iter()
                    .flat_map(Operand::variables)
                    .any(|variable| context.get(&variable.key) == Known::Unknown);
            }
        }
        // A statement with a variable in `NotResource` speaks of nothing unless the variable has a text.
        if let Some(element) = rule.resources.as_ref().filter(|element| element.is_not()) {
            for variable in element.value().iter().flat_map(|pattern| pattern.variables()) {
                if context.get(&variable.key) == Known::Unknown {
                    uses.entry(variable.key.clone()).or_default();
                }
            }
        }
    }
    uses
}

fn key(name: &str, used: &Use<'_>, setting: &Setting) -> Key {
    let known = catalogue::condition_key(name);
    let kind = known.map_or(KeyKind::Unknown, |key| key.kind);
    let quantified = |test: &&Comparison| test.operator.is_some_and(|o| o.quantifier.is_some());
    let many = known.map_or_else(|| used.comparisons.iter().any(quantified), |key| key.many);
    let fixed = match setting.context.get(name) {
        Known::Values(values) => Some(values),
        Known::Absent | Known::Unknown => None,
    };
    let bound = setting.bounds.get(name);
    let always = setting.signed && catalogue::always_present(name);
    let optional = fixed.is_none() && bound.is_none() && !always;
    let families: BTreeSet<Family> =
        used.comparisons.iter().filter_map(|test| test.operator).map(|o| o.test.family()).collect();
    let measured = [Family::Number, Family::Date, Family::Ip].iter().filter(|f| families.contains(f)).count();
    let textual = [Family::Text, Family::Arn, Family::Binary].iter().any(|f| families.contains(f));
    let several_fixed = fixed.is_some_and(|values| values.len() > 1);
    let values = if measured > 1 || (measured == 1 && (textual || many)) || several_fixed {
        Values::Loose(vec![])
    } else if measured == 1 || (kind == KeyKind::Bool && !many && !used.open_variables && fixed.is_none()) {
        let of_kind = finite::values(used.comparisons.iter().copied(), kind);
        let absent = optional.then_some(None);
        Values::Kinds {
            values: absent.into_iter().chain(of_kind.into_iter().map(Some)).collect(),
            atoms: vec![],
        }
    } else {
        let mut texts = Texts { many: many && fixed.is_none(), ..Texts::default() };
        let exact = fixed.and_then(<[String]>::first).map(|value| Glob::exactly(value));
        let own = bound.map_or_else(Glob::everything, |bound| bound.within.clone());
        texts.within = vec![texts.strings.add_glob(exact.unwrap_or(own))];
        let outside = bound.iter().flat_map(|bound| bound.outside.iter().cloned());
        texts.outside = outside.map(|glob| texts.strings.add_glob(glob)).collect();
        Values::Texts(texts)
    };
    Key { name: name.to_owned(), optional, values }
}

struct Build<'s> {
    targets: Targets,
    keys: Vec<Key>,
    numbers: BTreeMap<String, usize>,
    variables: Variables<'s>,
    setting: &'s Setting,
    /// Keys of variables in `NotResource` of which it cannot be said whether they have a text.
    unclear: Vec<String>,
}

impl Build<'_> {
    /// What a rule covers; none if it covers nothing.
    fn rule(&mut self, rule: &Rule) -> Option<Parts> {
        let mut parts = vec![];
        let actions = self.targets.actions(rule.actions.value());
        parts.push((TARGET, Literal::new(actions, !rule.actions.is_not())));
        if let Some(element) = &rule.resources {
            let mut patterns = vec![];
            for pattern in element.value() {
                for variable in pattern.variables().filter(|_| element.is_not()) {
                    match self.variables.text_of(variable) {
                        Ok(_) => {}
                        Err(Missing::Absent) => return None,
                        Err(Missing::Unknown) => match self.has_text(variable) {
                            Some(part) => parts.push(part),
                            None => self.unclear.push(variable.key.clone()),
                        },
                    }
                }
                let entry = self.variables.arn(pattern);
                patterns.extend(entry.map(|entry| (pattern.clone(), entry)));
            }
            let everything = patterns.iter().any(|(_, entry)| entry.most.is_everything());
            match (everything, element.is_not()) {
                (true, false) => {}
                (true, true) => return None,
                _ => {
                    let atom = self.targets.resources(patterns);
                    parts.push((TARGET, Literal::new(atom, !element.is_not())));
                }
            }
        }
        for comparison in &rule.comparisons {
            match decided(comparison, &self.setting.context) {
                Truth::Yes => {}
                Truth::No => return None,
                Truth::Unknown => parts.push(self.comparison(comparison)?),
            }
        }
        parts.sort_unstable();
        parts.dedup();
        Some(parts)
    }

    fn key(&mut self, name: &str) -> Option<(usize, &mut Key)> {
        let number = *self.numbers.get(name)?;
        Some((number + 1, self.keys.get_mut(number)?))
    }

    fn has_text(&mut self, variable: &Variable) -> Option<(usize, Literal)> {
        let (number, key) = self.key(&variable.key)?;
        let absent = variable.default.is_some();
        let atom = match &mut key.values {
            Values::Texts(texts) => {
                let globs = vec![texts.strings.add_glob(Glob::everything())];
                texts.atom(Atom { globs, of: Of::One, absent })
            }
            Values::Kinds { values, atoms } => {
                let mut covered = Bits::new(values.len());
                let present = values.iter().enumerate().filter(|(_, v)| absent || v.is_some());
                present.for_each(|(at, _)| covered.set(at));
                atoms.push(covered);
                atoms.len() - 1
            }
            Values::Loose(_) => return None,
        };
        Some((number, Literal::new(atom, true)))
    }

    fn comparison(&mut self, comparison: &Comparison) -> Option<(usize, Literal)> {
        let operator = comparison.operator?;
        let entries = self.entries(comparison, operator.test);
        let (number, key) = self.key(&comparison.key)?;
        let name = key.name.clone();
        Some(match &mut key.values {
            Values::Texts(texts) => (number, texts.literal(comparison, operator, entries)?),
            Values::Loose(atoms) => {
                let at = atoms.iter().position(|own| own == comparison).unwrap_or_else(|| {
                    atoms.push(comparison.clone());
                    atoms.len() - 1
                });
                (number, Literal::new(at, true))
            }
            Values::Kinds { values, atoms } => {
                let mut covered = Bits::new(values.len());
                for (at, value) in values.iter().enumerate() {
                    let mut context = Context::new(Others::Absent);
                    context.values.extend(value.iter().map(|value| (name.clone(), vec![value.clone()])));
                    if comparison.holds(&context) == Truth::Yes {
                        covered.set(at);
                    }
                }
                let at = atoms.iter().position(|own| *own == covered).unwrap_or_else(|| {
                    atoms.push(covered);
                    atoms.len() - 1
                });
                (number, Literal::new(at, true))
            }
        })
    }

    fn entries(&mut self, comparison: &Comparison, test: Test) -> Vec<Entry> {
        let folds = matches!(test, Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase);
        let word = |word: &str| {
            let pattern = Pattern::exactly(word);
            Entry { most: Glob::text(&pattern, true, &mut |_| Stands::Anything), marked: None }
        };
        let entry = |operand: &Operand| match operand {
            Operand::Text(pattern) => self.variables.text(pattern, folds),
            Operand::Arn(pattern) => self.variables.arn(pattern),
            Operand::Truth(truth) => Some(word(if *truth { "true" } else { "false" })),
            Operand::Binary(text) => Some(Entry { most: Glob::exactly(text), marked: None }),
            Operand::Number(_) | Operand::Instant(_) | Operand::Range(_) | Operand::Malformed => None,
        };
        comparison.values.iter().filter_map(entry).collect()
    }
}

impl Texts {
    /// What a comparison says; none if nothing meets it.
    fn literal(
        &mut self,
        comparison: &Comparison,
        operator: Operator,
        entries: Vec<Entry>,
    ) -> Option<Literal> {
        let Operator { quantifier, test, if_exists: _ } = operator;
        if test == Test::Null {
            let present = comparison.values.contains(&Operand::Truth(false));
            let globs = vec![self.strings.add_glob(Glob::everything())];
            // Both at once, or neither, was decided without the key.
            return Some(self.normal(Atom { globs, of: Of::Some, absent: false }, present));
        }
        let mut globs: Vec<GlobId> = entries.into_iter().map(|entry| self.strings.add(entry)).collect();
        globs.sort_unstable();
        globs.dedup();
        let negated = test.is_negated();
        let absent = holds_when_absent(operator);
        let (of, holds) = match quantifier {
            None => (Of::One, !negated),
            Some(Quantifier::ForAnyValue) => (if negated { Of::SomeOther } else { Of::Some }, true),
            Some(Quantifier::ForAllValues) => (if negated { Of::Some } else { Of::SomeOther }, false),
        };
        Some(self.normal(Atom { globs, of, absent: absent == holds }, holds))
    }

    /// For a key with one value at most, one value and some value are the same.
    fn normal(&mut self, atom: Atom, holds: bool) -> Literal {
        let Atom { globs, of, absent } = atom;
        let (atom, holds) = match of {
            Of::Some if !self.many => (Atom { globs, of: Of::One, absent }, holds),
            Of::SomeOther if !self.many => (Atom { globs, of: Of::One, absent: !absent }, !holds),
            of => (Atom { globs, of, absent }, holds),
        };
        Literal::new(self.atom(atom), holds)
    }
}
