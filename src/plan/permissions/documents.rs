//! From needs to policy documents that AWS takes: few statements, each with a name, in as many documents as it takes.

use std::collections::{BTreeMap, BTreeSet};

use super::Theme;
use super::guard::Guard;
use super::needs::Needs;
use crate::policy::{Document, DocumentKind, Effect, Element, Folded, Statement, Version, covers};
use crate::state::fit::{self, Room};

/// The room of one document: a managed policy's.
pub fn room() -> Room {
    fit::for_kind(DocumentKind::Identity)
}

/// The documents, in a fixed order.
pub(super) fn documents(needs: Needs) -> Vec<Document> {
    let mut grouped: BTreeMap<(Theme, Guard, BTreeSet<String>), BTreeSet<Folded>> = BTreeMap::new();
    for ((theme, guard, action), arns) in said_once(needs) {
        grouped.entry((theme, guard, arns)).or_default().insert(Folded(action.to_owned()));
    }
    let mut pieces: Vec<(Theme, Statement)> = vec![];
    for ((theme, conditions, arns), actions) in grouped {
        let statement = Statement {
            sid: None,
            effect: Effect::Allow,
            principal: None,
            action: Element::Is(actions),
            resource: Some(Element::Is(arns)),
            conditions,
        };
        pieces.extend(cut(statement).into_iter().map(|piece| (theme, piece)));
    }
    let mut counts: BTreeMap<Theme, usize> = BTreeMap::new();
    let mut full: Vec<(usize, Vec<Statement>)> = vec![];
    let around = room().document_size(&document(vec![]));
    for (theme, statement) in pieces {
        let count = counts.entry(theme).or_default();
        *count += 1;
        let number = if *count > 1 { count.to_string() } else { String::new() };
        let statement = Statement { sid: Some(format!("{}{number}", theme.sid())), ..statement };
        // With the comma between it and the next.
        let size = room().document_size(&document(vec![statement.clone()])) - around + 1;
        match full.iter_mut().find(|(taken, _)| taken.saturating_add(size) <= room().most) {
            Some((taken, held)) => {
                *taken += size;
                held.push(statement);
            }
            None => full.push((around + size, vec![statement])),
        }
    }
    full.into_iter().map(|(_, statements)| document(statements)).collect()
}

/// A document of some statements.
pub(super) fn document(statements: Vec<Statement>) -> Document {
    Document::new(Version::V2012, None, statements)
}

/// The needs without what another one says already, for the same action and on no condition.
fn said_once(needs: Needs) -> Needs {
    let mut said: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for ((_, guard, action), arns) in &needs {
        if guard.is_empty() {
            said.entry(action).or_default().extend(arns.iter().filter(|arn| arn.contains('*')).cloned());
        }
    }
    let mut before: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let mut once = Needs::new();
    for ((theme, guard, action), arns) in needs {
        let patterns = said.get(action);
        let covered = |arn: &String| {
            patterns.into_iter().flatten().any(|pattern| pattern != arn && covers(pattern, arn))
        };
        let earlier = before.entry(action).or_default();
        let left: BTreeSet<String> =
            arns.into_iter().filter(|arn| !earlier.contains(arn) && !covered(arn)).collect();
        if guard.is_empty() {
            earlier.extend(left.iter().cloned());
        }
        if !left.is_empty() {
            once.insert((theme, guard, action), left);
        }
    }
    once
}

/// The statement in pieces that fit into a document each: halves of its longest list, again and again.
fn cut(statement: Statement) -> Vec<Statement> {
    // Room for a Sid.
    const SID: usize = 64;
    let alone = document(vec![statement.clone()]);
    if room().document_size(&alone) + SID <= room().most {
        return vec![statement];
    }
    match halves(&statement) {
        Some([one, other]) => cut(one).into_iter().chain(cut(other)).collect(),
        None => vec![statement],
    }
}

fn halves(statement: &Statement) -> Option<[Statement; 2]> {
    let arns = statement.resource.as_ref().map(Element::value)?;
    let longest = statement
        .conditions
        .iter()
        .flat_map(|(operator, keys)| keys.iter().map(move |(key, values)| (operator, key, values)))
        .max_by_key(|(_, _, values)| values.len());
    match longest {
        Some((operator, key, values)) if values.len() > arns.len() => {
            let [one, other] = half(values)?;
            let with = |values: BTreeSet<String>| {
                let mut conditions = statement.conditions.clone();
                conditions.entry(operator.clone()).or_default().insert(key.clone(), values);
                Statement { conditions, ..statement.clone() }
            };
            Some([with(one), with(other)])
        }
        _ => {
            let with = |arns| Statement { resource: Some(Element::Is(arns)), ..statement.clone() };
            half(arns).map(|halves| halves.map(with))
        }
    }
}

fn half(values: &BTreeSet<String>) -> Option<[BTreeSet<String>; 2]> {
    let middle = values.len() / 2;
    let take = |from: usize, to: usize| values.iter().skip(from).take(to - from).cloned().collect();
    (middle > 0).then(|| [take(0, middle), take(middle, values.len())])
}
