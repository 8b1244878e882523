//! Changes in, operations out, not yet in order.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Reason, Unplannable};
use crate::policy::{Document, Effect, Element, Folded, Policy, Statement, Version};
use crate::state::{
    Core, Kind, Operation, Partition, Resource, ResourceId, Setting, State, Tie, Verb, creation,
    settings_of_create,
};

/// An operation that has no place yet.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub operation: Operation,
    pub because: Reason,
}

/// Everything that must be done.
pub(super) fn expand(
    changes: &BTreeMap<ResourceId, Change>,
    wanted: &State,
    found: &State,
    moves: &[Operation],
    untouchable: &BTreeSet<ResourceId>,
) -> Result<Vec<Draft>, Unplannable> {
    let mut out: Vec<Draft> = moves
        .iter()
        .map(|operation| {
            let renames = matches!(operation.verb, Verb::Rename { .. });
            let because = if renames { Reason::Renamed } else { Reason::Differs };
            Draft { operation: operation.clone(), because }
        })
        .collect();
    for (id, change) in changes {
        match change {
            Change::Create(resource) => make(id, resource, &Reason::Declared, wanted, &mut out),
            Change::Delete(resource) => end(id, resource, &Reason::Undeclared, &mut out)?,
            Change::Replace { found, wanted: resource, fields } => {
                let because = Reason::CannotUpdate(fields.iter().map(ToString::to_string).collect());
                end(id, found, &because, &mut out)?;
                make(id, resource, &because, wanted, &mut out);
            }
            Change::Update { renamed_from: _, core, settings } => {
                if let Some((found, wanted)) = core {
                    let verb = Verb::Update { found: found.clone(), wanted: wanted.clone() };
                    out.push(draft(id, verb, &Reason::Differs));
                }
                for change in settings {
                    match (&change.found, &change.wanted) {
                        (found, Some(wanted)) => {
                            let because = if found.is_some() { Reason::Differs } else { Reason::Declared };
                            let verb = Verb::Put { found: found.clone(), wanted: wanted.clone() };
                            out.push(draft(id, verb, &because));
                        }
                        (Some(found), None) => {
                            out.push(draft(id, Verb::Remove { found: found.clone() }, &Reason::Undeclared));
                        }
                        (None, None) => {}
                    }
                }
            }
        }
    }
    relink(changes, wanted, found, untouchable, &mut out)?;
    Ok(out)
}

pub(super) fn draft(id: &ResourceId, verb: Verb, because: &Reason) -> Draft {
    Draft { operation: Operation { target: id.clone(), verb }, because: because.clone() }
}

fn make(id: &ResourceId, resource: &Resource, because: &Reason, wanted: &State, out: &mut Vec<Draft>) {
    let create = creation(resource);
    let own = BTreeSet::from([id.clone()]);
    // A role cannot name itself before it exists.
    match create_without(&create, id, &own, wanted) {
        Some((smaller, update)) => out.extend([draft(id, smaller, because), draft(id, update, because)]),
        None => out.push(draft(id, create, because)),
    }
    let carried = settings_of_create(resource);
    for setting in resource.settings.iter().filter(|(key, _)| !carried.contains_key(key)).map(|(_, s)| s) {
        out.push(draft(id, Verb::Put { found: None, wanted: setting.clone() }, because));
    }
}

fn end(
    id: &ResourceId,
    resource: &Resource,
    because: &Reason,
    out: &mut Vec<Draft>,
) -> Result<(), Unplannable> {
    for setting in resource.settings.values().filter(|s| s.blocks_deletion()) {
        if matches!(setting, Setting::Objects | Setting::Apps(_)) {
            return Err(Unplannable::NotEmpty { id: id.clone(), setting: setting.key() });
        }
        out.push(draft(id, Verb::Remove { found: setting.clone() }, because));
    }
    out.push(draft(id, Verb::Delete { found: resource.core.clone() }, because));
    Ok(())
}

/// A create call that names none of the absent principals, and the update that names them afterwards; none if the
/// create call names none of them.
pub(super) fn create_without(
    create: &Verb,
    id: &ResourceId,
    absent: &BTreeSet<ResourceId>,
    wanted: &State,
) -> Option<(Verb, Verb)> {
    let Verb::Create { core, settings } = create else { return None };
    let Core::Role { path, description, max_session_seconds, trust: Policy::Normal(trust) } = core else {
        return None;
    };
    let arns: BTreeSet<String> = trust
        .aws_principals()
        .into_iter()
        .filter(|arn| crate::state::id_of_arn(arn).is_some_and(|id| absent.contains(&id)))
        .map(str::to_owned)
        .collect();
    let mut smaller = trust.without_principals(&arns)?;
    if smaller.statements.is_empty() {
        smaller = nobody(&wanted.accounts.get(&id.account)?.partition, id);
    }
    let smaller = Core::Role {
        path: path.clone(),
        description: description.clone(),
        max_session_seconds: *max_session_seconds,
        trust: Policy::Normal(smaller),
    };
    let update = Verb::Update { found: smaller.clone(), wanted: core.clone() };
    Some((Verb::Create { core: smaller, settings: settings.clone() }, update))
}

/// A trust policy that lets nobody in: AWS wants at least one statement.
fn nobody(partition: &Partition, id: &ResourceId) -> Document {
    let root = format!("arn:{partition}:iam::{}:root", id.account);
    let statement = Statement {
        sid: None,
        effect: Effect::Deny,
        principal: Some(Element::Is([(String::from("AWS"), [root].into())].into())),
        action: Element::Is([Folded(String::from("sts:AssumeRole"))].into()),
        resource: None,
        conditions: BTreeMap::new(),
    };
    Document { version: Version::V2012, id: None, statements: vec![statement] }
}

/// What names a resource that is made anew is set again after it; what holds on to it lets go before.
fn relink(
    changes: &BTreeMap<ResourceId, Change>,
    wanted: &State,
    found: &State,
    untouchable: &BTreeSet<ResourceId>,
    out: &mut Vec<Draft>,
) -> Result<(), Unplannable> {
    let replaced: BTreeSet<&ResourceId> =
        changes.iter().filter(|(_, c)| matches!(c, Change::Replace { .. })).map(|(id, _)| id).collect();
    if replaced.is_empty() {
        return Ok(());
    }
    for (id, resource) in &found.resources {
        let (None | Some(Change::Update { .. })) = changes.get(id) else { continue };
        let Some(aim) = wanted.resources.get(id) else { continue };
        let touches = |references: crate::state::References| {
            references.into_iter().find(|(r, tie)| *tie != Tie::Names && replaced.contains(r))
        };
        if let Some((cause, _)) = touches(resource.core.references())
            && resource.core == aim.core
            && !untouchable.contains(id)
        {
            let verb = Verb::Update { found: resource.core.clone(), wanted: aim.core.clone() };
            out.push(draft(id, verb, &Reason::Follows(cause)));
        }
        for (key, setting) in &resource.settings {
            let Some((cause, tie)) = touches(setting.references()) else { continue };
            if aim.settings.get(key) != Some(setting) {
                continue; // The change itself sees to it.
            }
            let edge_of_group = matches!(setting, Setting::Membership(_)) && id.kind == Kind::User;
            if untouchable.contains(id) && !edge_of_group {
                if tie == Tie::Holds {
                    return Err(Unplannable::HeldElsewhere { target: cause, by: id.clone() });
                }
                continue;
            }
            let because = Reason::Follows(cause);
            if tie == Tie::Holds {
                out.push(draft(id, Verb::Remove { found: setting.clone() }, &because));
            }
            out.push(draft(id, Verb::Put { found: None, wanted: setting.clone() }, &because));
        }
    }
    Ok(())
}
