//! What AWS's actions are on: the forms of ARNs that the reference gives for them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::glob::{Glob, Set, Step};
use crate::policy::catalogue::{self, Action, Service};

/// An action, and the forms of what it can be on.
#[derive(Debug)]
pub struct Target {
    /// In small letters.
    pub folded: String,
    /// In AWS's spelling.
    pub name: String,
    /// Numbers in [`forms`], ascending.
    pub forms: Vec<usize>,
}

/// The actions of one service.
#[derive(Debug)]
pub struct Targets {
    /// The service's prefix.
    pub prefix: &'static str,
    /// Its actions, sorted.
    pub actions: Vec<Target>,
    /// The forms that its actions have together, each with the first of these actions.
    pub by_forms: BTreeMap<Vec<usize>, usize>,
}

/// The form of some resources' ARNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Nothing in particular: `*`.
    Nothing,
    /// Any ARN.
    Any,
    /// `arn:${Partition}:s3:::${BucketName}`.
    Template(&'static str),
}

/// The number of [`Form::Nothing`].
pub const NOTHING: usize = 0;
/// The number of [`Form::Any`].
pub const ANY: usize = 1;

struct Table {
    services: Vec<Targets>,
    forms: Vec<Form>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut forms = vec![Form::Nothing, Form::Any];
    let mut numbers: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut services = vec![];
    for service in catalogue::services() {
        let mut number = |template: &'static str| {
            *numbers.entry(template).or_insert_with(|| {
                forms.push(Form::Template(template));
                forms.len() - 1
            })
        };
        let mut actions: Vec<Target> = service
            .actions()
            .iter()
            .map(|action| {
                let name = action.full_name();
                Target { folded: name.to_ascii_lowercase(), name, forms: of(service, action, &mut number) }
            })
            .collect();
        actions.sort_by(|a, b| a.folded.cmp(&b.folded));
        let mut by_forms = BTreeMap::new();
        for (number, action) in actions.iter().enumerate() {
            by_forms.entry(action.forms.clone()).or_insert(number);
        }
        services.push(Targets { prefix: service.prefix, actions, by_forms });
    }
    Table { services, forms }
});

fn of(service: &Service, action: &Action, number: &mut impl FnMut(&'static str) -> usize) -> Vec<usize> {
    // Of an action that was only seen in a policy, nothing is known.
    if !action.listed {
        return vec![NOTHING, ANY];
    }
    let mut forms: Vec<usize> = vec![];
    for used in &action.resources {
        forms.push(service.resource_type(used.name).map_or(ANY, |kind| number(kind.arn)));
    }
    // Of S3's types none is required where each is another way to say the same: objects, and those of access points.
    let one_of_them = service.prefix == "s3" && !action.resources.is_empty();
    if !one_of_them && !action.resources.iter().any(|used| used.required) {
        forms.push(NOTHING);
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// Every action known, by service.
pub fn services() -> &'static [Targets] {
    &TABLE.services
}

/// Every form.
pub fn forms() -> &'static [Form] {
    &TABLE.forms
}

impl Form {
    /// The service in it; none if it can be any.
    pub fn service(self) -> Option<&'static str> {
        let Self::Template(template) = self else { return None };
        template.split(':').nth(2).filter(|service| !service.contains(['$', '*']))
    }

    /// The resources of this form in a partition.
    pub fn glob(self, partition: &str) -> Glob {
        let mut steps: Vec<Step> = vec![];
        match self {
            Self::Nothing => steps.push(Step::Is('*')),
            Self::Any => {
                steps.extend("arn:".chars().chain(partition.chars()).chain(":".chars()).map(Step::Is));
                steps.extend([Step::One(Set::Part), Step::Many(Set::Part), Step::Is(':')]);
                steps.extend([Step::Many(Set::Part), Step::Is(':'), Step::Many(Set::Part), Step::Is(':')]);
                steps.extend([Step::One(Set::All), Step::Many(Set::All)]);
            }
            Self::Template(template) => steps_of(template, partition, &mut steps),
        }
        Glob::new(steps)
    }
}

/// Digits of an account.
const ACCOUNT_DIGITS: usize = 12;

fn steps_of(template: &str, partition: &str, steps: &mut Vec<Step>) {
    let mut rest = template;
    let mut colons = 0;
    while let Some(c) = rest.chars().next() {
        let set = if colons < 5 { Set::Part } else { Set::All };
        let variable = rest.strip_prefix("${").and_then(|inner| inner.split_once('}'));
        match variable {
            Some(("Partition", after)) => {
                steps.extend(partition.chars().map(Step::Is));
                rest = after;
            }
            Some((_, after)) if colons == 4 => {
                steps.extend([Step::One(Set::Digit); ACCOUNT_DIGITS]);
                rest = after;
            }
            Some((name, after)) => {
                // Other names may have slashes in them; those of buckets may not, and objects are told by that.
                let set = if name == "BucketName" { Set::Name } else { set };
                steps.extend([Step::One(set), Step::Many(set)]);
                rest = after;
            }
            None => {
                colons += usize::from(c == ':');
                steps.push(if c == '*' { Step::Many(set) } else { Step::Is(c) });
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
}
