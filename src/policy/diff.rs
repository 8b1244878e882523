//! What differs between two documents, statement by statement and element by element, for a person to read.

use std::collections::{BTreeMap, BTreeSet};

use super::{Document, Element, Folded, Statement};

/// What becomes of one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementChange {
    /// Its Sid, or its effect and first action: `Allow s3:GetObject, …`.
    pub name: String,
    /// What becomes of it.
    pub change: Change,
}

/// What becomes of one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Wanted, and not found.
    Added(Statement),
    /// Found, and not wanted.
    Removed(Statement),
    /// Found otherwise than wanted.
    Changed {
        /// As it is.
        found: Statement,
        /// As it shall be.
        wanted: Statement,
    },
    /// Found as wanted.
    Same(Statement),
}

/// What becomes of one element: of a statement, or of the document itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementChange {
    /// `Effect`, `Action`, `Principal AWS`, `Condition StringLike s3:prefix`, …
    pub element: String,
    /// Values that are found and not wanted.
    pub removed: Vec<String>,
    /// Values that are wanted and not found.
    pub added: Vec<String>,
    /// How many values are on both sides.
    pub kept: usize,
}

/// What becomes of each statement: in the order of `wanted`, then what is removed in the order of `found`.
/// Statements are paired when they are equal, else by Sid, else by how much they share.
pub fn diff(found: &Document, wanted: &Document) -> Vec<StatementChange> {
    let mut pairs: BTreeMap<usize, usize> = BTreeMap::new();
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let alike: [fn(&Statement, &Statement) -> bool; 2] =
        [|f, w| f == w, |f, w| f.sid.is_some() && f.sid == w.sid];
    for alike in alike {
        for (w, in_wanted) in wanted.statements.iter().enumerate() {
            if pairs.contains_key(&w) {
                continue;
            }
            let free = |(f, in_found): &(usize, &Statement)| !taken.contains(f) && alike(in_found, in_wanted);
            if let Some((f, _)) = found.statements.iter().enumerate().find(free) {
                pairs.insert(w, f);
                taken.insert(f);
            }
        }
    }
    let mut likely = vec![];
    for (w, in_wanted) in wanted.statements.iter().enumerate().filter(|(w, _)| !pairs.contains_key(w)) {
        for (f, in_found) in found.statements.iter().enumerate().filter(|(f, _)| !taken.contains(f)) {
            likely.extend(likeness(in_found, in_wanted).map(|likeness| (likeness, f, w)));
        }
    }
    likely.sort_by_key(|&(likeness, f, w)| (std::cmp::Reverse(likeness), f, w));
    for (_, f, w) in likely {
        if !pairs.contains_key(&w) && taken.insert(f) {
            pairs.insert(w, f);
        }
    }
    let partner = |w: &usize| pairs.get(w).and_then(|f| found.statements.get(*f));
    let there = wanted.statements.iter().enumerate().map(|(w, wanted)| match partner(&w) {
        Some(found) if found == wanted => Change::Same(wanted.clone()),
        Some(found) => Change::Changed { found: found.clone(), wanted: wanted.clone() },
        None => Change::Added(wanted.clone()),
    });
    let gone = found.statements.iter().enumerate().filter(|(f, _)| !taken.contains(f));
    let changes = there.chain(gone.map(|(_, statement)| Change::Removed(statement.clone())));
    changes.map(|change| StatementChange { name: change.statement().name(), change }).collect()
}

impl Change {
    /// The statement as wanted, or as found if it is not wanted.
    pub fn statement(&self) -> &Statement {
        match self {
            Self::Added(s) | Self::Removed(s) | Self::Same(s) | Self::Changed { wanted: s, .. } => s,
        }
    }
}

/// What differs between two documents beside their statements: `Version` and `Id`.
pub fn document_changes(found: &Document, wanted: &Document) -> Vec<ElementChange> {
    let elements = |document: &Document| {
        let Document { version, id, statements: _ } = document;
        let mut elements = Elements::default();
        elements.put("Version", [version.word().to_owned()]);
        if let Some(id) = id {
            elements.put("Id", [id.clone()]);
        }
        elements
    };
    Elements::compare(elements(found), elements(wanted))
}

/// What differs between two statements, element by element; elements that do not differ are left out.
pub fn element_changes(found: &Statement, wanted: &Statement) -> Vec<ElementChange> {
    Elements::compare(Elements::of(found), Elements::of(wanted))
}

/// The elements of a statement, all of them added.
pub fn elements(statement: &Statement) -> Vec<ElementChange> {
    Elements::compare(Elements::default(), Elements::of(statement))
}

/// The share of values that two statements of the same effect have in common, in thousandths; none if it is
/// too little to speak of the same statement. Sids do not count, nor does `*`, which says nothing of a
/// statement's purpose.
fn likeness(found: &Statement, wanted: &Statement) -> Option<usize> {
    if found.effect != wanted.effect {
        return None;
    }
    let atoms = |statement: &Statement| -> BTreeSet<(String, String)> {
        let elements = Elements::of(statement).0.into_iter();
        let telling = elements.filter(|(element, _)| !matches!(element.0.as_str(), "Sid" | "Effect"));
        let each = telling.flat_map(|(element, values)| {
            values.into_keys().map(move |value| (element.0.to_ascii_lowercase(), value))
        });
        each.filter(|(_, value)| value != "*").collect()
    };
    let (found, wanted) = (atoms(found), atoms(wanted));
    let shared = found.intersection(&wanted).count();
    let all = found.union(&wanted).count();
    (shared * 1_000).checked_div(all).filter(|likeness| *likeness >= 250)
}

/// Element → value as compared → value as shown, in the order of a statement.
#[derive(Default)]
struct Elements(Vec<(Folded, BTreeMap<String, String>)>);

impl Elements {
    fn of(statement: &Statement) -> Self {
        let Statement { sid, effect, principal, action, resource, conditions } = statement;
        let mut elements = Self::default();
        if let Some(sid) = sid {
            elements.put("Sid", [sid.clone()]);
        }
        elements.put("Effect", [effect.word().to_owned()]);
        if let Some(principal) = principal {
            for (kind, values) in principal.value() {
                elements.put(&format!("{} {kind}", named("Principal", principal)), values.iter().cloned());
            }
            if principal.value().is_empty() {
                elements.put(&named("Principal", principal), []);
            }
        }
        let actions = action.value().iter().map(|action| (action.0.to_ascii_lowercase(), action.0.clone()));
        elements.0.push((Folded(named("Action", action)), actions.collect()));
        if let Some(resource) = resource {
            elements.put(&named("Resource", resource), resource.value().iter().cloned());
        }
        for (operator, keys) in conditions {
            for (key, values) in keys {
                elements.put(&format!("Condition {operator} {key}"), values.iter().cloned());
            }
        }
        elements
    }

    fn put(&mut self, element: &str, values: impl IntoIterator<Item = String>) {
        let mut values: BTreeMap<_, _> = values.into_iter().map(|v| (v.clone(), v)).collect();
        if values.is_empty() {
            // An element without values is not the same as no element.
            values.insert(String::new(), "[]".to_owned());
        }
        self.0.push((Folded(element.to_owned()), values));
    }

    fn compare(found: Self, wanted: Self) -> Vec<ElementChange> {
        let mut found: BTreeMap<_, _> =
            found.0.into_iter().enumerate().map(|(at, (e, v))| (e, (at, v))).collect();
        let mut changes = vec![];
        for (element, wanted) in wanted.0 {
            let (_, found) = found.remove(&element).unwrap_or_default();
            changes.push(change(element, &found, &wanted));
        }
        let mut gone: Vec<_> = found.into_iter().collect();
        gone.sort_by_key(|(_, (at, _))| *at);
        changes.extend(
            gone.into_iter().map(|(element, (_, values))| change(element, &values, &BTreeMap::new())),
        );
        changes.retain(|change| !change.removed.is_empty() || !change.added.is_empty());
        changes
    }
}

fn named<T>(word: &str, element: &Element<T>) -> String {
    format!("{}{word}", if element.is_not() { "Not" } else { "" })
}

fn change(
    element: Folded,
    found: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> ElementChange {
    let missing = |from: &BTreeMap<String, String>, of: &BTreeMap<String, String>| {
        of.iter().filter(|(value, _)| !from.contains_key(*value)).map(|(_, shown)| shown.clone()).collect()
    };
    ElementChange {
        element: element.0,
        removed: missing(wanted, found),
        added: missing(found, wanted),
        kept: found.keys().filter(|value| wanted.contains_key(*value)).count(),
    }
}
