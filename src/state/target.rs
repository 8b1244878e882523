//! Narrowing what is wanted to a few resources and what they cannot be without, or to what can be done without some.

use std::collections::{BTreeMap, BTreeSet};

use super::{Note, Resource, ResourceId, Scope, Settled, State};

/// Found, with only the targets as wanted: each target, what it refers to and is not there yet, and what lets go of
/// a target that goes.
pub fn narrow(wanted: &State, found: &State, targets: &BTreeSet<ResourceId>) -> State {
    let mut targets = targets.clone();
    loop {
        let mut state = found.clone();
        for id in &targets {
            match wanted.resources.get(id) {
                Some(resource) => state.resources.insert(id.clone(), resource.clone()),
                None => state.resources.remove(id),
            };
        }
        let absent = |id: &ResourceId| state.covers(id) && !state.resources.contains_key(id);
        let mut more: BTreeSet<ResourceId> = BTreeSet::new();
        for (by, resource) in &state.resources {
            for (missing, _) in Resource::references(resource).into_iter().filter(|(id, _)| absent(id)) {
                let goes = found.resources.contains_key(&missing);
                more.insert(if goes { by.clone() } else { missing });
            }
        }
        let before = targets.len();
        targets.extend(more);
        if targets.len() == before {
            return state;
        }
    }
}

/// Leaves as found what would name something of environments that are not looked at and that may not be there, and what
/// cannot be without that.
pub fn hold_back(settled: &mut Settled, found: &State, scopes: &[Scope], left_out: &BTreeSet<&str>) {
    let theirs: BTreeSet<&ResourceId> = scopes
        .iter()
        .filter(|scope| left_out.contains(scope.environment.as_str()))
        .flat_map(|scope| &scope.declared)
        .filter(|id| !found.resources.contains_key(*id))
        .collect();
    if theirs.is_empty() {
        return;
    }
    let mut start = found.clone();
    for rename in &settled.renames {
        let _as_settled = start.perform(rename);
    }
    let mut held: BTreeMap<ResourceId, ResourceId> = BTreeMap::new();
    loop {
        let mut more = vec![];
        for (id, resource) in &settled.wanted.resources {
            if held.contains_key(id) || settled.untouchable.contains(id) {
                continue;
            }
            let there = start.resources.get(id).map(Resource::references).unwrap_or_default();
            let lacks = |named: &ResourceId| {
                theirs.contains(named) || (held.contains_key(named) && !start.resources.contains_key(named))
            };
            let named = resource.references().into_iter().map(|(named, _)| named);
            let named = named.filter(|named| !there.iter().any(|(known, _)| known == named)).find(lacks);
            more.extend(named.map(|named| (id.clone(), held.get(&named).cloned().unwrap_or(named))));
        }
        if more.is_empty() {
            break;
        }
        held.extend(more);
    }
    if held.is_empty() {
        return;
    }
    let all = settled.wanted.resources.keys().chain(start.resources.keys());
    let targets: BTreeSet<ResourceId> = all.filter(|id| !held.contains_key(*id)).cloned().collect();
    settled.wanted = narrow(&settled.wanted, &start, &targets);
    settled.objections.retain(|objection| !held.contains_key(objection.subject()));
    settled.notes.extend(held.into_iter().map(|(id, named)| Note::HeldBack(id, named)));
}
