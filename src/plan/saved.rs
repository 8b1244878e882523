//! A plan in a file, bound to what was read when it was made.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Plan, Step, diff};
use crate::state::{AccountId, Resource, ResourceId, State};

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
    /// The environments it is for.
    pub environments: Vec<SavedEnvironment>,
    /// What it depends on; each is as in `found` (or absent there) or the plan is stale.
    pub bound_to: BTreeSet<ResourceId>,
    /// What was found of that.
    pub found: State,
    /// What shall be of that.
    pub wanted: State,
    /// What is done.
    pub steps: Vec<Step>,
    /// Hazards that need more than a yes, by their words.
    pub needs_acceptance: Vec<String>,
    /// The plan as it was shown, for `hatrack show`.
    pub report: serde_json::Value,
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
    /// Written by a later hatrack.
    #[error(
        "it has plan format {0}, and this hatrack reads format {PLAN_FORMAT_VERSION}: it was made by a newer hatrack"
    )]
    Newer(u32),
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
            return Err(Unreadable::Newer(plan_format_version));
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

    /// How the account differs now from what the plan is bound to: nothing, or the plan is stale.
    pub fn moved(&self, now: &State) -> std::collections::BTreeMap<ResourceId, super::Change> {
        diff(&restricted(now, &self.bound_to), &self.found)
    }
}

fn restricted(state: &State, to: &BTreeSet<ResourceId>) -> State {
    State {
        accounts: state.accounts.clone(),
        resources: state
            .resources
            .iter()
            .filter(|(id, _)| to.contains(*id))
            .map(|(i, r)| (i.clone(), r.clone()))
            .collect(),
    }
}
