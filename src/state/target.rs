//! Narrowing what is wanted to a few resources and what they cannot be without.

use std::collections::BTreeSet;

use super::{Resource, ResourceId, State};

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
