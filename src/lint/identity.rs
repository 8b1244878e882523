//! From a state to what its identities hold: inline policies, attached ones, those of groups, the boundary.

use crate::state::sagemaker_cores;
use std::collections::BTreeSet;

use super::escalation;
use super::reach::Reach;
use super::roles::Roles;
use super::subject::{Held, Home, Identity};
use crate::policy::{Document, Policy, Usage, Written, catalogue};
use crate::state::{Core, Kind, PolicyReference, ResourceId, Setting, SettingKey, State};

/// How a document was written, by its holder and setting, if it was.
pub(super) type AsWritten<'f> = &'f dyn Fn(&ResourceId, Option<&SettingKey>) -> Option<Written>;

/// An identity of a state; none for what is no user, group or role. A user who holds nothing himself is none
/// either: what his group gives is said of the group.
pub(super) fn of<'a>(
    id: &'a ResourceId,
    state: &'a State,
    home: &'a Home,
    as_written: AsWritten<'_>,
    roles: Option<&'a Roles<'a>>,
) -> Option<Identity<'a>> {
    if !matches!(id.kind, Kind::User | Kind::Group | Kind::Role) {
        return None;
    }
    let resource = state.resources.get(id)?;
    let mut held = held(id, state, as_written);
    let groups = resource.settings.values().filter_map(|setting| match setting {
        Setting::Membership(group) => Some(group),
        _ => None,
    });
    let groups: Vec<_> = groups.collect();
    if id.kind == Kind::User && held.is_empty() && groups.len() < 2 {
        return None;
    }
    for group in groups {
        held.extend(self::held(group, state, as_written));
    }
    let boundary = resource.settings.values().find_map(|setting| match setting {
        Setting::Boundary(policy) => Some(says(policy, state)),
        _ => None,
    });
    Some(Identity {
        id: Some(id),
        held,
        boundary: boundary.flatten(),
        boundary_unknown: boundary.is_some_and(|document| document.is_none()),
        home,
        state: Some(state),
        roles,
    })
}

/// Somebody who holds just this document.
pub(super) fn alone<'a>(written: &Written, home: &'a Home) -> Option<Identity<'a>> {
    let held = Held { holder: None, setting: None, managed: None, written: written.clone() };
    (written.usage == Usage::Identity).then(|| Identity {
        id: None,
        held: vec![held],
        boundary: None,
        boundary_unknown: false,
        home,
        state: None,
        roles: None,
    })
}

/// What a policy says, if that is known.
pub(super) fn says<'a>(policy: &PolicyReference, state: &'a State) -> Option<&'a Document> {
    match policy {
        PolicyReference::Customer(id) => match &state.resources.get(id)?.core {
            Core::Policy { document, .. } => document.document(),
            _ => None,
        },
        PolicyReference::Aws(name) => catalogue::managed_policy(name).map(|policy| policy.document()),
    }
}

fn held<'a>(id: &'a ResourceId, state: &'a State, as_written: AsWritten<'_>) -> Vec<Held<'a>> {
    let Some(resource) = state.resources.get(id) else { return vec![] };
    let each = |(key, setting): (&SettingKey, &'a Setting)| {
        let setting_key = Some(key.clone());
        match setting {
            Setting::Inline { document, .. } => {
                let document = document.document()?;
                let written = as_written(id, Some(key));
                let written = written.unwrap_or_else(|| Written::of(document, Usage::Identity));
                Some(Held { holder: Some(id), setting: setting_key, managed: None, written })
            }
            Setting::Attached(policy) => {
                let document = says(policy, state)?;
                let written = match policy {
                    PolicyReference::Customer(policy) => as_written(policy, None),
                    PolicyReference::Aws(_) => None,
                };
                let written = written.unwrap_or_else(|| Written::of(document, Usage::Identity));
                Some(Held { holder: Some(id), setting: setting_key, managed: Some(policy), written })
            }
            _ => None,
        }
    };
    resource.settings.iter().filter_map(each).collect()
}

/// Every policy document of a state, with its holder and what it is for.
pub(super) fn documents(
    state: &State,
) -> impl Iterator<Item = (&ResourceId, Option<SettingKey>, &Policy, Usage)> {
    state.resources.iter().flat_map(|(id, resource)| {
        let core = match &resource.core {
            Core::Role { trust, .. } => Some((id, None, trust, Usage::Trust)),
            Core::Policy { document, .. } => Some((id, None, document, Usage::Identity)),
            Core::User { .. }
            | Core::Group { .. }
            | Core::InstanceProfile { .. }
            | Core::Bucket { .. }
            | sagemaker_cores!()
            | Core::Account => None,
        };
        let settings = resource.settings.iter().filter_map(move |(key, setting)| match setting {
            Setting::Inline { document, .. } => Some((id, Some(key.clone()), document, Usage::Identity)),
            Setting::BucketPolicy(document) => Some((id, Some(key.clone()), document, Usage::Bucket)),
            _ => None,
        });
        core.into_iter().chain(settings)
    })
}

/// The customer managed policies that are attached to somebody.
pub(super) fn attached(state: &State) -> BTreeSet<&ResourceId> {
    let settings = state.resources.values().flat_map(|resource| resource.settings.values());
    let policies = settings.filter_map(|setting| match setting {
        Setting::Attached(PolicyReference::Customer(policy)) => Some(policy),
        _ => None,
    });
    policies.collect()
}

/// The customer managed policies that are somebody's boundary and attached to nobody.
pub(super) fn ceilings(state: &State) -> BTreeSet<&ResourceId> {
    let attached = attached(state);
    let settings = state.resources.values().flat_map(|resource| resource.settings.values());
    let boundaries = settings.filter_map(|setting| match setting {
        Setting::Boundary(PolicyReference::Customer(policy)) => Some(policy),
        _ => None,
    });
    boundaries.filter(|policy| !attached.contains(policy)).collect()
}

/// Whether a role can surely give itself every right there is.
pub(super) fn is_mighty(role: &ResourceId, state: &State) -> bool {
    let nowhere = Home::default();
    of(role, state, &nowhere, &|_, _| None, None).is_some_and(|identity| {
        let reach = Reach::of(&identity);
        !identity.boundary_unknown && (reach.is_administrator() || !escalation::direct(&reach).is_empty())
    })
}
