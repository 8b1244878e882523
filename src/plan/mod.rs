//! Two states in, operations out. Pure: the planner makes every choice, and proves the plan by performing it.

mod aws_managed;
mod diff;
mod expand;
mod hazard;
mod legs;
mod lockout;
mod marks;
mod order;
pub mod permissions;
mod saved;
mod trail;

use std::collections::{BTreeMap, BTreeSet};

pub use aws_managed::{
    AwsChange, AwsComparison, AwsRenumbered, KnownFrom, Relocked, aws_policies, compare_aws, of_catalogue,
    relock,
};
pub use diff::{Change, SettingChange, diff};
pub use hazard::{Hazard, LOCKS_OUT, Surroundings, hazards, of_the_whole};
pub use legs::{Bridge, Leg, bridges};
pub use lockout::Guardian;
pub use marks::{is_mark, parts};
pub use saved::{PLAN_FORMAT_VERSION, SavedEnvironment, SavedPlan, SavedSelection, Unreadable};
pub use trail::{
    Investigation, TrailAnswer, TrailEvent, TrailKey, TrailPage, TrailQuestion, Turn, What, investigate,
};

use serde::{Deserialize, Serialize};

use crate::state::{Kind, Operation, Refusal, Resource, ResourceId, SettingKey, State, Verb};

/// Why an operation is in a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It is declared and not there.
    Declared,
    /// It is there and not declared.
    Undeclared,
    /// It is there and differs.
    Differs,
    /// These fields cannot be changed in place, so the resource is made anew.
    CannotUpdate(Vec<String>),
    /// It refers to something that is made anew.
    Follows(ResourceId),
    /// The author gave it a new name.
    Renamed,
}

/// One operation of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What is done.
    pub operation: Operation,
    /// Why.
    pub because: Reason,
    /// Whether it takes access away, gives it, or neither: nothing that gives starts before everything earlier that
    /// takes has ended.
    pub stage: Stage,
    /// The steps (by place in the plan) that must be done before. All are earlier.
    pub requires: Vec<usize>,
}

/// What an operation does to access, as far as its kind tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Takes access away, or sets a guard.
    Take,
    /// Neither, or both.
    Build,
    /// Gives access, or lifts a guard.
    Give,
}

/// Steps in a safe order: performed one after another, or side by side as `requires` allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In order.
    pub steps: Vec<Step>,
    /// What changes, by resource: the same thing as a reader wants it.
    pub changes: BTreeMap<ResourceId, Change>,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unplannable {
    /// Something wanted refers to something that would not exist.
    Missing {
        /// What refers.
        by: ResourceId,
        /// With this setting; none for the core (a trust policy).
        setting: Option<SettingKey>,
        /// What would not exist.
        missing: ResourceId,
    },
    /// A resource that holds data differs in something fixed at creation.
    WouldReplaceData {
        /// The resource.
        id: ResourceId,
        /// What differs.
        fields: Vec<&'static str>,
    },
    /// A resource must be made anew, but something we may not touch holds on to it.
    HeldElsewhere {
        /// To be made anew.
        target: ResourceId,
        /// What holds it.
        by: ResourceId,
    },
    /// A resource that shall go still has something that only its owner can remove, such as objects in a bucket.
    NotEmpty {
        /// The resource.
        id: ResourceId,
        /// What it has.
        setting: SettingKey,
    },
    /// No order exists. A bug in hatrack.
    Cycle(Vec<ResourceId>),
    /// The plan's own check refused an operation. A bug in hatrack.
    Refused(Box<Operation>, Refusal),
    /// The plan does not arrive. A bug in hatrack.
    Diverges(Vec<ResourceId>),
}

/// Orders the changes from found to wanted and performs them on a copy of found: a plan that does not arrive at
/// wanted is never handed out.
///
/// # Errors
/// [`Unplannable`]: what the author must change, or a bug of ours.
pub fn plan(
    wanted: &State,
    found: &State,
    renames: &[Operation],
    untouchable: &BTreeSet<ResourceId>,
) -> Result<Plan, Unplannable> {
    closed(wanted, untouchable)?;
    let (moves, start) = moves(wanted, found, renames)?;
    let changes = diff(wanted, &start);
    for (id, change) in &changes {
        if let Change::Replace { fields, .. } = change
            && id.kind.holds_data()
        {
            return Err(Unplannable::WouldReplaceData { id: id.clone(), fields: fields.clone() });
        }
    }
    let drafts = expand::expand(&changes, wanted, &start, &moves, untouchable)?;
    let mut steps = order::order(drafts, wanted, &start)?;
    prove(&mut steps, wanted, found, &changes, untouchable)?;
    Ok(Plan { steps, changes: with_moves(changes, moves) })
}

/// The changes of a plan, without the steps.
///
/// # Errors
/// A rename that cannot be done.
pub fn changes(
    wanted: &State,
    found: &State,
    renames: &[Operation],
) -> Result<BTreeMap<ResourceId, Change>, Unplannable> {
    let (moves, start) = moves(wanted, found, renames)?;
    Ok(with_moves(diff(wanted, &start), moves))
}

fn with_moves(
    mut changes: BTreeMap<ResourceId, Change>,
    moves: Vec<Operation>,
) -> BTreeMap<ResourceId, Change> {
    for moved in moves {
        let unchanged = || Change::Update { renamed_from: None, core: None, settings: vec![] };
        let change = changes.entry(moved.target.clone()).or_insert_with(unchanged);
        if let Change::Update { renamed_from, core, .. } = change {
            match moved.verb {
                Verb::Rename { from } => *renamed_from = Some(from),
                Verb::Update { found, wanted } => *core = Some((found, wanted)),
                Verb::Create { .. } | Verb::Put { .. } | Verb::Remove { .. } | Verb::Delete { .. } => {}
            }
        }
    }
    changes
}

/// What changes a principal's ARN but not its identity, and found with that done: AWS shows the new ARN wherever the
/// principal is named, so everything else is compared after it.
fn moves(
    wanted: &State,
    found: &State,
    renames: &[Operation],
) -> Result<(Vec<Operation>, State), Unplannable> {
    let mut start = found.clone();
    let mut moves = renames.to_vec();
    for rename in renames {
        start.perform(rename).map_err(|refusal| Unplannable::Refused(Box::new(rename.clone()), refusal))?;
    }
    for (id, resource) in &wanted.resources {
        let Some(there) = start.resources.get(id) else { continue };
        if id.kind == Kind::User && there.core != resource.core {
            let verb = Verb::Update { found: there.core.clone(), wanted: resource.core.clone() };
            let update = Operation { target: id.clone(), verb };
            start
                .perform(&update)
                .map_err(|refusal| Unplannable::Refused(Box::new(update.clone()), refusal))?;
            moves.push(update);
        }
    }
    Ok((moves, start))
}

/// Everything wanted that hatrack may set must refer to something that will exist.
fn closed(wanted: &State, untouchable: &BTreeSet<ResourceId>) -> Result<(), Unplannable> {
    let absent = |id: &ResourceId| wanted.covers(id) && !wanted.resources.contains_key(id);
    for (by, Resource { core, settings }) in &wanted.resources {
        if untouchable.contains(by) {
            continue;
        }
        let in_core = core.references().into_iter().map(|(id, _)| (None, id));
        let in_settings = settings.iter().flat_map(|(key, setting)| {
            setting.references().into_iter().map(move |(id, _)| (Some(key.clone()), id))
        });
        if let Some((setting, missing)) = in_core.chain(in_settings).find(|(_, id)| absent(id)) {
            return Err(Unplannable::Missing { by: by.clone(), setting, missing });
        }
    }
    Ok(())
}

/// Performs the plan on a copy of found. On the way each step learns what it will find.
fn prove(
    steps: &mut [Step],
    wanted: &State,
    found: &State,
    changes: &BTreeMap<ResourceId, Change>,
    untouchable: &BTreeSet<ResourceId>,
) -> Result<(), Unplannable> {
    let mut state = found.clone();
    for step in steps {
        let there = state.resources.get(&step.operation.target);
        match (&mut step.operation.verb, there) {
            (Verb::Update { found, .. } | Verb::Delete { found }, Some(there)) => {
                found.clone_from(&there.core)
            }
            (Verb::Put { found, wanted }, Some(there)) => *found = there.settings.get(&wanted.key()).cloned(),
            (Verb::Remove { found }, Some(there)) => {
                if let Some(setting) = there.settings.get(&found.key()) {
                    found.clone_from(setting);
                }
            }
            _ => {}
        }
        state
            .perform(&step.operation)
            .map_err(|refusal| Unplannable::Refused(Box::new(step.operation.clone()), refusal))?;
    }
    let ends = |change: &Change| matches!(change, Change::Delete(_) | Change::Replace { .. });
    let touched: BTreeSet<&ResourceId> = changes.iter().filter(|(_, c)| ends(c)).map(|(id, _)| id).collect();
    let same = |id: &&ResourceId| {
        let (there, aim) = (state.resources.get(*id), wanted.resources.get(*id));
        // What we may not touch may lose a principal that is deleted or made anew; that is a hazard, not a change.
        let orphaned = || {
            untouchable.contains(*id)
                && aim.is_some_and(|aim| aim.references().iter().any(|(r, _)| touched.contains(r)))
        };
        there == aim || orphaned()
    };
    let ids: BTreeSet<&ResourceId> = state.resources.keys().chain(wanted.resources.keys()).collect();
    let astray: Vec<_> = ids.into_iter().filter(|id| !same(id)).cloned().collect();
    if astray.is_empty() { Ok(()) } else { Err(Unplannable::Diverges(astray)) }
}
