//! Which operations do no more than say whose a resource is, and which parts of resources a change is about.

use std::collections::BTreeSet;

use super::Change;
use crate::spec::edit::Part;
use crate::state::{Core, MARK_TAG, Operation, Resource, Scope, Setting, SettingKey, Verb, mark_path};

/// Whether an operation sets an ownership mark of the environment and does nothing else: its tag, or a group's path
/// below its mark. Who can do what is the same after it.
pub fn is_mark(operation: &Operation, scope: &Scope) -> bool {
    match &operation.verb {
        Verb::Put { found: _, wanted: Setting::Tag { key, value } } => {
            key == MARK_TAG && *value == scope.environment && scope.declared.contains(&operation.target)
        }
        Verb::Update { found: Core::Group { path: from }, wanted: Core::Group { path: to } } => {
            let own = match from.strip_prefix("/hatrack/") {
                Some(rest) => rest.split_once('/').map_or("", |(_, own)| own),
                None => from.trim_start_matches('/'),
            };
            *to == format!("{}{own}", mark_path(&scope.environment))
        }
        Verb::Create { .. }
        | Verb::Rename { .. }
        | Verb::Update { .. }
        | Verb::Put { .. }
        | Verb::Remove { .. }
        | Verb::Delete { .. } => false,
    }
}

/// The parts that a change is about; none of something that goes.
pub fn parts(change: &Change) -> BTreeSet<Part> {
    match change {
        Change::Create(_) => [Part::Whole].into(),
        Change::Delete(_) => BTreeSet::new(),
        Change::Update { renamed_from: _, core, settings } => {
            let fields =
                core.iter().flat_map(|(found, wanted)| found.differing_fields(wanted)).map(Part::Field);
            let key = |change: &super::SettingChange| {
                change.found.as_ref().or(change.wanted.as_ref()).map(Setting::key)
            };
            fields.chain(settings.iter().filter_map(key).map(Part::Setting)).collect()
        }
        Change::Replace { found, wanted, fields: _ } => between(found, wanted),
    }
}

fn between(found: &Resource, wanted: &Resource) -> BTreeSet<Part> {
    let keys: BTreeSet<&SettingKey> = found.settings.keys().chain(wanted.settings.keys()).collect();
    let differs = |key: &&SettingKey| found.settings.get(*key) != wanted.settings.get(*key);
    let settings = keys.into_iter().filter(differs).cloned().map(Part::Setting);
    found.core.differing_fields(&wanted.core).into_iter().map(Part::Field).chain(settings).collect()
}
