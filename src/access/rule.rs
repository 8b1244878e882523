//! Statements made ready to be held against many requests.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ipnet::IpNet;

use super::pattern::{ArnPattern, Pattern, Syntax, Variable};
use super::principal::{Caller, Cover, Named};
use super::request::{Context, Known};
use super::value::{self, Instant, Number};
use crate::policy::condition::{Family, Operator, Test};
use crate::policy::{Document, Effect, Element, Statement, Version, Written};

/// A policy's statements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// In the order they were given.
    pub rules: Vec<Rule>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Statement id.
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Whom it names; none in policies of identities.
    pub principals: Option<Element<Vec<Named>>>,
    /// Actions, in small letters.
    pub actions: Element<Vec<Pattern>>,
    /// Resources; none in trust policies, where it is the role.
    pub resources: Option<Element<Vec<ArnPattern>>>,
    /// The condition, a key at a time; all must hold.
    pub comparisons: Vec<Comparison>,
}

/// One key of a condition under one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// How to compare; none if AWS knows no such operator, which no request meets.
    pub operator: Option<Operator>,
    /// The operator as it was written.
    pub word: String,
    /// The condition key, in small letters.
    pub key: String,
    /// The condition key as it was written.
    pub key_written: String,
    /// What to compare with: any of them.
    pub values: Vec<Operand>,
    /// The values as they were written.
    pub values_written: Vec<String>,
}

/// A value of a condition, by what its operator compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Text; for operators that ignore case in small letters.
    Text(Pattern),
    /// An ARN.
    Arn(ArnPattern),
    /// A number.
    Number(Number),
    /// An instant.
    Instant(Instant),
    /// True or false.
    Truth(bool),
    /// Base64, compared as text.
    Binary(String),
    /// Addresses.
    Range(IpNet),
    /// What the operator cannot compare with: equal to nothing.
    Malformed,
}

impl Rules {
    /// A document's statements, in normal form's order.
    pub fn of(document: &Document) -> Self {
        Self { rules: document.statements.iter().map(|s| Rule::new(s, document.version)).collect() }
    }

    /// A document's statements, in the author's order.
    pub fn of_written(written: &Written) -> Self {
        let version = written.document.version;
        Self { rules: written.statements.iter().map(|s| Rule::new(&s.statement, version)).collect() }
    }
}

impl Rule {
    /// A statement of a document of this version.
    pub fn new(statement: &Statement, version: Version) -> Self {
        let Statement { sid, effect, principal, action, resource, conditions } = statement;
        let variables = version == Version::V2012;
        let glob = |text: &str| Pattern::new(text, Syntax { wildcards: true, variables: false }).folded();
        let comparisons = conditions.iter().flat_map(|(word, keys)| {
            keys.iter().map(move |(key, values)| Comparison::new(word, key.as_str(), values, variables))
        });
        Self {
            sid: sid.clone(),
            effect: *effect,
            principals: principal.as_ref().map(|element| {
                let named = element
                    .value()
                    .iter()
                    .flat_map(|(kind, values)| values.iter().map(move |value| Named::new(kind, value)));
                same(element, named.collect())
            }),
            actions: same(action, action.value().iter().map(|text| glob(text.as_str())).collect()),
            resources: resource.as_ref().map(|element| {
                let patterns = element.value().iter().map(|text| ArnPattern::resource(text, variables));
                same(element, patterns.collect())
            }),
            comparisons: comparisons.collect(),
        }
    }

    /// Whether it speaks of an action, given in small letters.
    pub fn covers_action(&self, action: &str) -> bool {
        let listed = self.actions.value().iter().any(|pattern| pattern.matches(action));
        listed != self.actions.is_not()
    }

    /// The condition keys that it asks for, in small letters: compared, and as variables.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let patterns = self.resources.iter().flat_map(|element| element.value());
        let of_values = self.comparisons.iter().flat_map(|test| &test.values).flat_map(Operand::variables);
        let variables = patterns.flat_map(ArnPattern::variables).chain(of_values);
        let compared = self.comparisons.iter().map(|test| test.key.as_str());
        compared.chain(variables.map(|variable| variable.key.as_str()))
    }

    /// The condition keys that it asks for and that nothing is known of, as they are written.
    pub fn unknown_keys<'r>(&'r self, context: &'r Context) -> impl Iterator<Item = Cow<'r, str>> {
        let unknown = |key: &str| context.get(key) == Known::Unknown;
        let compared = self.comparisons.iter().filter(move |test| unknown(&test.key));
        let patterns = self.resources.iter().flat_map(|element| element.value());
        let of_values = self.comparisons.iter().flat_map(|test| &test.values).flat_map(Operand::variables);
        let variables = patterns.flat_map(ArnPattern::variables).chain(of_values);
        let variables = variables.filter(move |variable| unknown(&variable.key));
        compared
            .map(|test| Cow::Borrowed(test.key_written.as_str()))
            .chain(variables.map(|variable| Cow::Borrowed(variable.key.as_str())))
    }

    /// How it covers a caller as a statement of a resource's policy. One that names nobody allows nobody; AWS takes no
    /// such policy, so a denial is taken to be for everybody.
    pub fn covers_caller_of_resource(&self, caller: &Caller) -> Option<Cover> {
        match (&self.principals, self.effect) {
            (None, Effect::Allow) => None,
            _ => self.covers_caller(caller),
        }
    }

    /// Whether it denies all but some. Whoever has a permissions boundary is denied even if named.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    pub fn spares(&self) -> bool {
        self.effect == Effect::Deny && matches!(self.principals, Some(Element::IsNot(_)))
    }

    /// How it covers a caller, if it does. A statement without principals speaks of whoever holds it.
    ///
    /// `NotPrincipal` with Deny spares only whom it names in every form: the session, its role, and the account.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    pub fn covers_caller(&self, caller: &Caller) -> Option<Cover> {
        let covers: BTreeSet<Cover> = match &self.principals {
            None => return Some(Cover::Direct),
            Some(element) => element.value().iter().filter_map(|named| named.covers(caller)).collect(),
        };
        match (&self.principals, self.effect) {
            (Some(Element::IsNot(named)), Effect::Deny) => {
                let spared = named.contains(&Named::Everyone) || {
                    let itself = covers.contains(&Cover::Direct) || covers.contains(&Cover::Behind);
                    let role = !matches!(caller, Caller::Session { .. })
                        || (covers.contains(&Cover::Direct) && covers.contains(&Cover::Behind));
                    let account = caller.account().is_none() || covers.contains(&Cover::Account);
                    let root = matches!(caller, Caller::Root { .. });
                    account && (root || (itself && role))
                };
                (!spared).then_some(Cover::Direct)
            }
            (Some(Element::IsNot(_)), Effect::Allow) => covers.is_empty().then_some(Cover::Direct),
            (Some(Element::Is(_)), _) | (None, _) => covers.first().copied(),
        }
    }
}

impl Operand {
    /// The policy variables in it.
    pub fn variables(&self) -> Vec<&Variable> {
        match self {
            Self::Text(pattern) => pattern.variables().collect(),
            Self::Arn(pattern) => pattern.variables().collect(),
            Self::Number(_)
            | Self::Instant(_)
            | Self::Truth(_)
            | Self::Binary(_)
            | Self::Range(_)
            | Self::Malformed => vec![],
        }
    }
}

fn same<T, U>(element: &Element<T>, value: U) -> Element<U> {
    match element {
        Element::Is(_) => Element::Is(value),
        Element::IsNot(_) => Element::IsNot(value),
    }
}

impl Comparison {
    fn new(word: &str, key: &str, values: &BTreeSet<String>, variables: bool) -> Self {
        let operator = Operator::parse(word);
        Self {
            operator,
            word: word.to_owned(),
            key: key.to_ascii_lowercase(),
            key_written: key.to_owned(),
            values: values.iter().map(|value| operand(operator, value, variables)).collect(),
            values_written: values.iter().cloned().collect(),
        }
    }
}

fn operand(operator: Option<Operator>, value: &str, variables: bool) -> Operand {
    let Some(Operator { quantifier: _, test, if_exists: _ }) = operator else { return Operand::Malformed };
    let or_malformed = |operand: Option<Operand>| operand.unwrap_or(Operand::Malformed);
    match test.family() {
        Family::Text => {
            let wildcards = matches!(test, Test::StringLike | Test::StringNotLike);
            let pattern = Pattern::new(value, Syntax { wildcards, variables });
            let ignores_case = matches!(test, Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase);
            Operand::Text(if ignores_case { pattern.folded() } else { pattern })
        }
        Family::Arn => or_malformed(ArnPattern::value(value, variables).map(Operand::Arn)),
        Family::Number => or_malformed(Number::parse(value).map(Operand::Number)),
        Family::Date => or_malformed(Instant::parse(value).map(Operand::Instant)),
        Family::Truth | Family::Presence => or_malformed(value::truth(value).map(Operand::Truth)),
        Family::Binary => Operand::Binary(value.to_owned()),
        Family::Ip => or_malformed(value::range(value).map(Operand::Range)),
    }
}
