//! Two states in, the changes between them out.

use std::collections::{BTreeMap, BTreeSet};

use crate::state::{Core, Resource, ResourceId, Setting, State};

/// What changes on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is made.
    Create(Resource),
    /// It is changed in place.
    Update {
        /// The name it has so far, if it is renamed.
        renamed_from: Option<String>,
        /// Found and wanted core, if they differ.
        core: Option<(Core, Core)>,
        /// The settings that differ.
        settings: Vec<SettingChange>,
    },
    /// It is deleted and made anew.
    Replace {
        /// As it is.
        found: Resource,
        /// As it shall be.
        wanted: Resource,
        /// What cannot be changed in place.
        fields: Vec<&'static str>,
    },
    /// It is deleted.
    Delete(Resource),
}

/// What changes on one setting; at least one side is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// As it is.
    pub found: Option<Setting>,
    /// As it shall be.
    pub wanted: Option<Setting>,
}

enum CoreChange {
    Same,
    InPlace,
    Recreate(Vec<&'static str>),
}

/// Compares every field: a new field, and a new kind of core, do not compile until their fate is decided.
fn compare_cores(found: &Core, wanted: &Core) -> CoreChange {
    // An id names its kind, so cores of two kinds never meet.
    let fixed = |fields: Vec<&'static str>| fields.into_iter().map(|field| (field, true)).collect();
    let other_kind = || CoreChange::Recreate(vec!["kind"]);
    let (fixed, in_place): (Vec<(&'static str, bool)>, bool) = match found {
        Core::User { path: a } => {
            let Core::User { path: b } = wanted else { return other_kind() };
            (vec![], a != b)
        }
        Core::Group { path: a } => {
            let Core::Group { path: b } = wanted else { return other_kind() };
            (vec![], a != b)
        }
        Core::Policy { path: a, description: c, document: e } => {
            let Core::Policy { path: b, description: d, document: f } = wanted else { return other_kind() };
            (vec![("path", a != b), ("description", c != d)], e != f)
        }
        Core::Role { path: a, description: c, max_session_seconds: e, trust: g } => {
            let Core::Role { path: b, description: d, max_session_seconds: f, trust: h } = wanted else {
                return other_kind();
            };
            (vec![("path", a != b)], c != d || e != f || g != h)
        }
        Core::InstanceProfile { path: a } => {
            let Core::InstanceProfile { path: b } = wanted else { return other_kind() };
            (vec![("path", a != b)], false)
        }
        Core::Bucket { region: a } => {
            let Core::Bucket { region: b } = wanted else { return other_kind() };
            (vec![("region", a != b)], false)
        }
        Core::Domain(a) => {
            let Core::Domain(b) = wanted else { return other_kind() };
            (fixed(a.fixed_differences(b)), a != b)
        }
        Core::UserProfile(a) => {
            let Core::UserProfile(b) = wanted else { return other_kind() };
            (fixed(a.fixed_differences(b)), a != b)
        }
        Core::Space(a) => {
            let Core::Space(b) = wanted else { return other_kind() };
            (vec![("owner", a != b)], false)
        }
        Core::Notebook(a) => {
            let Core::Notebook(b) = wanted else { return other_kind() };
            (fixed(a.fixed_differences(b)), a != b)
        }
        Core::NotebookLifecycle(a) => {
            let Core::NotebookLifecycle(b) = wanted else { return other_kind() };
            (vec![], a != b)
        }
        Core::StudioLifecycle(a) => {
            let Core::StudioLifecycle(b) = wanted else { return other_kind() };
            (vec![("app", a.app != b.app), ("script", a.script != b.script)], false)
        }
        Core::Account => {
            let Core::Account = wanted else { return other_kind() };
            (vec![], false)
        }
    };
    let fixed: Vec<_> = fixed.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect();
    match (fixed.is_empty(), in_place) {
        (false, _) => CoreChange::Recreate(fixed),
        (true, true) => CoreChange::InPlace,
        (true, false) => CoreChange::Same,
    }
}

/// The changes that lead from found to wanted.
pub fn diff(wanted: &State, found: &State) -> BTreeMap<ResourceId, Change> {
    let ids: BTreeSet<&ResourceId> = wanted.resources.keys().chain(found.resources.keys()).collect();
    ids.into_iter()
        .filter_map(|id| {
            let change = match (found.resources.get(id), wanted.resources.get(id)) {
                (None, Some(wanted)) => Some(Change::Create(wanted.clone())),
                (Some(found), None) => Some(Change::Delete(found.clone())),
                (Some(found), Some(wanted)) => compare(found, wanted),
                (None, None) => None,
            };
            Some((id.clone(), change?))
        })
        .collect()
}

fn compare(found: &Resource, wanted: &Resource) -> Option<Change> {
    let core = match compare_cores(&found.core, &wanted.core) {
        CoreChange::Recreate(fields) => {
            return Some(Change::Replace { found: found.clone(), wanted: wanted.clone(), fields });
        }
        CoreChange::InPlace => Some((found.core.clone(), wanted.core.clone())),
        CoreChange::Same => None,
    };
    let keys: BTreeSet<_> = found.settings.keys().chain(wanted.settings.keys()).collect();
    let settings: Vec<_> = keys
        .into_iter()
        .map(|key| SettingChange {
            found: found.settings.get(key).cloned(),
            wanted: wanted.settings.get(key).cloned(),
        })
        .filter(|change| change.found != change.wanted)
        .collect();
    (core.is_some() || !settings.is_empty()).then_some(Change::Update { renamed_from: None, core, settings })
}
