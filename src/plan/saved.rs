//! A plan in a file, bound to what was read when it was made.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Change, Hazard, Plan, Step, changes, diff};
use crate::state::{AccountId, Coverage, Note, Operation, Resource, ResourceId, State, Unread, Verb};

/// The version of the plan file's format that this hatrack writes and reads.
pub const PLAN_FORMAT_VERSION: u32 = 1;

/// A plan to be applied later, and what it is bound to. Holds no secrets, as no [`State`] does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// [`PLAN_FORMAT_VERSION`] of the hatrack that wrote it.
    pub plan_format_version: u32,
    /// The hatrack that wrote it.
    pub made_with: String,
    /// The options it was made with: `--target`, `--adopt`, `--takeover`.
    pub made_for: SavedSelection,
    /// The environments it is for.
    pub environments: Vec<SavedEnvironment>,
    /// Environments it was made without, since their accounts could not be looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What it depends on; each is as in `found` (or absent there) or the plan is stale.
    pub bound_to: BTreeSet<ResourceId>,
    /// What was found of that.
    pub found: State,
    /// What shall be of that.
    pub wanted: State,
    /// What is done.
    pub steps: Vec<Step>,
    /// What to agree to.
    pub hazards: Vec<Hazard>,
    /// How wanted was settled.
    pub notes: Vec<Note>,
    /// How much of each account was answered for.
    pub coverage: BTreeMap<String, Coverage>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// What the reading had to say of itself.
    pub reading_notes: Vec<String>,
    /// Where each resource is declared.
    pub origins: BTreeMap<ResourceId, String>,
}

/// The options a plan was made with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedSelection {
    /// Only these addresses, if any.
    pub target: Vec<String>,
    /// Addresses to take into ownership.
    pub adopt: Vec<String>,
    /// Addresses to take over from others.
    pub takeover: Vec<String>,
}

/// One environment of a saved plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedEnvironment {
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: String,
    /// Its file.
    pub source: String,
}

/// A version is read before all else, so that a newer file gets a better answer than "unknown field".
#[derive(Deserialize)]
struct VersionOnly {
    plan_format_version: u32,
}

/// Why a plan file is not read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unreadable {
    /// Not such a file, or damaged.
    #[error("it is not a plan file of hatrack, or it is damaged: {0}")]
    Damaged(String),
    /// Written by a later hatrack, or by an earlier one.
    #[error(
        "it has plan format {0}, and this hatrack reads format {PLAN_FORMAT_VERSION}: it was made by {by} hatrack",
        by = if *_0 > PLAN_FORMAT_VERSION { "a newer" } else { "an older" }
    )]
    OtherFormat(u32),
}

impl SavedPlan {
    /// Reads a plan file's text.
    ///
    /// # Errors
    /// [`Unreadable`], when the text is no plan of this version.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let damaged = |error: serde_json::Error| Unreadable::Damaged(error.to_string());
        let VersionOnly { plan_format_version } = serde_json::from_str(text).map_err(damaged)?;
        if plan_format_version != PLAN_FORMAT_VERSION {
            return Err(Unreadable::OtherFormat(plan_format_version));
        }
        serde_json::from_str(text).map_err(damaged)
    }

    /// What a plan depends on: what it changes, what that refers to, and everything else we answer for.
    pub fn bind(
        plan: &Plan,
        wanted: &State,
        found: &State,
        untouchable: &BTreeSet<ResourceId>,
    ) -> (BTreeSet<ResourceId>, State, State) {
        let ours =
            found.resources.keys().chain(wanted.resources.keys()).filter(|id| !untouchable.contains(*id));
        let mut bound: BTreeSet<ResourceId> = ours.cloned().collect();
        bound.extend(plan.steps.iter().map(|step| step.operation.target.clone()));
        let referred: Vec<ResourceId> = bound
            .iter()
            .flat_map(|id| [wanted.resources.get(id), found.resources.get(id)])
            .flatten()
            .flat_map(Resource::references)
            .map(|(id, _)| id)
            .collect();
        bound.extend(referred);
        let only = |state: &State| restricted(state, &bound);
        let (found, wanted) = (only(found), only(wanted));
        (bound, found, wanted)
    }

    /// The plan as it was made.
    pub fn plan(&self) -> Plan {
        let renames: Vec<Operation> = self
            .steps
            .iter()
            .map(|step| step.operation.clone())
            .filter(|operation| matches!(operation.verb, Verb::Rename { .. }))
            .collect();
        let changes = changes(&self.wanted, &self.found, &renames).unwrap_or_default();
        Plan { steps: self.steps.clone(), changes }
    }

    /// How the account differs now from what the plan is bound to: nothing, or the plan is stale.
    pub fn moved(&self, now: &State) -> BTreeMap<ResourceId, Change> {
        diff(&restricted(now, &self.bound_to), &self.found)
    }

    /// The AWS managed policies that AWS changed since the plan was made, with the versions then and now. The plan
    /// attaches them by name and does what it says all the same, so it is not stale; but its reader should know.
    pub fn changed_by_aws(&self, now: &State) -> Vec<(String, u32, u32)> {
        let then = self.wanted.accounts.iter().flat_map(|(account, extent)| {
            extent.aws_managed.iter().map(move |(name, policy)| (account, name, policy))
        });
        then.filter_map(|(account, name, then)| {
            let now = now.aws_managed(account, name)?;
            (now.document != then.document).then(|| (name.clone(), then.version, now.version))
        })
        .collect()
    }
}

/// Of AWS's own policies only those that what is kept holds: a plan file need not carry the others' documents.
fn restricted(state: &State, to: &BTreeSet<ResourceId>) -> State {
    let mut kept = State {
        accounts: state.accounts.clone(),
        resources: state
            .resources
            .iter()
            .filter(|(id, _)| to.contains(*id))
            .map(|(i, r)| (i.clone(), r.clone()))
            .collect(),
    };
    let used = kept.aws_managed_used();
    for (account, extent) in &mut kept.accounts {
        extent.aws_managed.retain(|name, _| used.contains(&(account.clone(), name.clone())));
    }
    kept
}
