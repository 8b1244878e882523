//! What changes on each resource, as plain data: the part of a plan that people read.

use std::collections::BTreeSet;

use serde::Serialize;

use super::meters;
use super::plan::Inputs;
use super::value::{self, Value};
use super::words;
use crate::plan::{Change, Reason};
use crate::state::meter::Meter;
use crate::state::{Core, Resource, ResourceId, Setting, SettingKey};

/// What is done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Made.
    Create,
    /// Changed in place.
    Update,
    /// Deleted and made anew.
    Replace,
    /// Deleted.
    Delete,
    /// Given a new name, and changed in place as far as it has changes.
    Rename,
}

/// What is done with a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingAction {
    /// Set where it was not.
    Add,
    /// Set to another value.
    Change,
    /// Cleared.
    Remove,
}

/// What changes on one resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResourceChange {
    /// `role/GlueEtl`.
    pub address: String,
    /// What is done.
    pub action: Action,
    /// The name it has so far, if it is renamed.
    pub renamed_from: Option<String>,
    /// Where it is declared: `environments/analytics.yaml:18`.
    pub origin: Option<String>,
    /// Why, in words.
    pub reason: String,
    /// Its settings that change, in the order of their keys.
    pub settings: Vec<SettingLine>,
    /// What changes beside its settings: everything it has if it is made or deleted.
    pub core: Vec<FieldChange>,
    /// Its meters that move, for renderers: programs have them beside the accounts', in the plan.
    #[serde(skip)]
    pub(super) meters: Vec<Meter>,
}

/// What changes on one setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingLine {
    /// `inline/data`.
    pub key: String,
    /// What is done.
    pub action: SettingAction,
    /// As it is; none if it is not there.
    pub found: Option<Value>,
    /// As it shall be; none if it shall not be there.
    pub wanted: Option<Value>,
    /// Where it is declared.
    pub origin: Option<String>,
    /// The two sides, for renderers.
    #[serde(skip)]
    pub(super) sides: (Option<Setting>, Option<Setting>),
}

/// One field of a resource's core.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// `trust`, `description`, `max_session_duration`, `path`, `document` or `region`.
    pub field: String,
    /// As it is.
    pub found: Option<Value>,
    /// As it shall be.
    pub wanted: Option<Value>,
}

impl SettingLine {
    /// The setting as wanted, or as found if it shall go.
    pub(super) fn either(&self) -> Option<&Setting> {
        self.sides.1.as_ref().or(self.sides.0.as_ref())
    }
}

/// The fields that differ, or all of them where there is only one side.
pub(super) fn fields(found: Option<&Core>, wanted: Option<&Core>) -> Vec<FieldChange> {
    let found = found.map(value::of_core).unwrap_or_default();
    let wanted = wanted.map(value::of_core).unwrap_or_default();
    let side = |of: &[(&'static str, Value)], name: &str| {
        of.iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone())
    };
    let names = if wanted.is_empty() { &found } else { &wanted };
    names
        .iter()
        .map(|(name, _)| FieldChange {
            field: (*name).to_owned(),
            found: side(&found, name),
            wanted: side(&wanted, name),
        })
        .filter(|field| field.found != field.wanted)
        .collect()
}

fn line(
    inputs: &Inputs<'_>,
    id: &ResourceId,
    found: Option<&Setting>,
    wanted: Option<&Setting>,
) -> Option<SettingLine> {
    let key: SettingKey = wanted.or(found)?.key();
    let action = match (found, wanted) {
        (Some(_), Some(_)) => SettingAction::Change,
        (None, _) => SettingAction::Add,
        (_, None) => SettingAction::Remove,
    };
    Some(SettingLine {
        origin: (inputs.origin)(id, Some(&key)),
        key: key.to_string(),
        action,
        found: found.map(|setting| value::of_setting(id, setting)),
        wanted: wanted.map(|setting| value::of_setting(id, setting)),
        sides: (found.cloned(), wanted.cloned()),
    })
}

/// The settings that differ between two sides of a resource.
fn settings(
    inputs: &Inputs<'_>,
    id: &ResourceId,
    found: Option<&Resource>,
    wanted: Option<&Resource>,
) -> Vec<SettingLine> {
    let keys: BTreeSet<&SettingKey> =
        [found, wanted].into_iter().flatten().flat_map(|resource| resource.settings.keys()).collect();
    keys.into_iter()
        .map(|key| {
            let side = |resource: Option<&Resource>| resource.and_then(|r| r.settings.get(key)).cloned();
            (side(found), side(wanted))
        })
        .filter(|(found, wanted)| found != wanted)
        .filter_map(|(found, wanted)| line(inputs, id, found.as_ref(), wanted.as_ref()))
        .collect()
}

/// One change of a plan as plain data.
pub(super) fn resource_change(inputs: &Inputs<'_>, id: &ResourceId, change: &Change) -> ResourceChange {
    let (action, because, settings, core) = match change {
        Change::Create(wanted) => (
            Action::Create,
            words::reason(&Reason::Declared).1,
            settings(inputs, id, None, Some(wanted)),
            fields(None, Some(&wanted.core)),
        ),
        Change::Delete(found) => (
            Action::Delete,
            words::reason(&Reason::Undeclared).1,
            settings(inputs, id, Some(found), None),
            fields(Some(&found.core), None),
        ),
        Change::Replace { found, wanted, fields: fixed } => (
            Action::Replace,
            words::cannot_update(fixed),
            settings(inputs, id, Some(found), Some(wanted)),
            fields(Some(&found.core), Some(&wanted.core)),
        ),
        Change::Update { renamed_from, core, settings } => {
            let (action, because) = match renamed_from {
                Some(_) => (Action::Rename, Reason::Renamed),
                None => (Action::Update, Reason::Differs),
            };
            let lines = settings.iter().filter_map(|s| line(inputs, id, s.found.as_ref(), s.wanted.as_ref()));
            let core = core.as_ref().map(|(found, wanted)| fields(Some(found), Some(wanted)));
            (action, words::reason(&because).1, lines.collect(), core.unwrap_or_default())
        }
    };
    let renamed_from = match change {
        Change::Update { renamed_from, .. } => renamed_from.clone(),
        Change::Create(_) | Change::Delete(_) | Change::Replace { .. } => None,
    };
    ResourceChange {
        address: id.address(),
        action,
        renamed_from,
        origin: (inputs.origin)(id, None),
        reason: because,
        settings,
        core,
        meters: meters::of_change(inputs, id, change),
    }
}
