//! Which actions a document speaks of, wildcards written out, and which of them come and go between two documents.
//!
//! Looks at actions alone: on which resources and under which conditions is in the statements.

use std::collections::BTreeSet;

use super::catalogue::{self, AccessLevel, Action};
use super::{Document, Effect, Element, Folded, Statement, glob};

/// An action of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedAction {
    /// The prefix before the colon, lower case: `s3`.
    pub service: String,
    /// `GetObject`; as the document has it, wildcards and all, if the catalogue knows nothing of the sort.
    pub name: String,
    /// How far it reaches; none if the catalogue does not know it.
    pub level: Option<AccessLevel>,
}

/// The actions that come and go between two documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionsChange {
    /// In the later document only.
    pub came: BTreeSet<NamedAction>,
    /// In the earlier document only.
    pub went: BTreeSet<NamedAction>,
}

impl ActionsChange {
    /// Whether nothing came and nothing went.
    pub fn is_empty(&self) -> bool {
        self.came.is_empty() && self.went.is_empty()
    }
}

/// The actions that the statements of an effect name in one document and not in the other.
pub fn changed_actions(before: &Document, after: &Document, effect: Effect) -> ActionsChange {
    let mut unknown = unknown_actions(before, effect);
    unknown.extend(unknown_actions(after, effect));
    let (before, after) = (covered(before, effect, &unknown), covered(after, effect, &unknown));
    ActionsChange {
        came: after.difference(&before).cloned().collect(),
        went: before.difference(&after).cloned().collect(),
    }
}

/// The actions that the statements of an effect name.
pub fn actions(document: &Document, effect: Effect) -> BTreeSet<NamedAction> {
    covered(document, effect, &unknown_actions(document, effect))
}

/// What a document names in its own words because the catalogue knows nothing of the sort.
fn unknown_actions(document: &Document, effect: Effect) -> BTreeSet<Folded> {
    let own = document.statements.iter().filter(|statement| statement.effect == effect);
    let named = own.filter_map(|statement| match &statement.action {
        Element::Is(actions) => Some(actions),
        Element::IsNot(_) => None,
    });
    named.flatten().filter(|action| catalogue::expand(action.as_str()).is_empty()).cloned().collect()
}

/// Of all the catalogue knows, and of these besides, what the statements of an effect cover.
fn covered(document: &Document, effect: Effect, unknown: &BTreeSet<Folded>) -> BTreeSet<NamedAction> {
    let mut found = BTreeSet::new();
    for statement in document.statements.iter().filter(|statement| statement.effect == effect) {
        match &statement.action {
            Element::Is(patterns) => found.extend(expanded(patterns).iter().map(|action| known(action))),
            Element::IsNot(patterns) => {
                let not: BTreeSet<(&str, &str)> =
                    expanded(patterns).into_iter().map(|action| (action.service, action.name)).collect();
                let rest = catalogue::expand("*").into_iter();
                found.extend(rest.filter(|a| !not.contains(&(a.service, a.name))).map(known));
            }
        }
        found.extend(unknown.iter().filter(|action| names(statement, action)).map(as_written));
    }
    found
}

fn expanded(patterns: &BTreeSet<Folded>) -> Vec<&'static Action> {
    patterns.iter().flat_map(|pattern| catalogue::expand(pattern.as_str())).collect()
}

/// Whether a statement covers an action, or all that a pattern stands for.
fn names(statement: &Statement, action: &Folded) -> bool {
    let text = action.as_str().to_ascii_lowercase();
    let any = |patterns: &BTreeSet<Folded>| {
        patterns.iter().any(|pattern| {
            let pattern = pattern.as_str().to_ascii_lowercase();
            // One character of a pattern does not cover a star of another.
            pattern == text || (glob(&pattern, &text) && !(pattern.contains('?') && text.contains('*')))
        })
    };
    match &statement.action {
        Element::Is(patterns) => any(patterns),
        Element::IsNot(patterns) => !any(patterns),
    }
}

fn known(action: &Action) -> NamedAction {
    NamedAction {
        service: action.service.to_owned(),
        name: action.name.to_owned(),
        level: Some(action.level),
    }
}

fn as_written(action: &Folded) -> NamedAction {
    let (service, name) = action.as_str().split_once(':').unwrap_or(("", action.as_str()));
    NamedAction { service: service.to_ascii_lowercase(), name: name.to_owned(), level: None }
}
