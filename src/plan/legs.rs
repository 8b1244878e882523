//! Roles that somebody of another account may assume take two sides: the role's trust policy, and a policy of who assumes
//! it. Where a plan brings one, this tells how it stands with the other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Plan};
use crate::policy::{Document, Effect, Element, Folded, Policy, Statement, glob};
use crate::state::{
    AccountId, Core, Kind, PolicyReference, Resource, ResourceId, Setting, SettingKey, State, iam_arn,
};

/// How it stands with one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leg {
    /// The plan brings it.
    InPlan,
    /// It is there, and stays.
    There,
    /// It is not there, and does not come.
    Missing,
    /// Its account is not part of what was read.
    NotLookedAt,
}

/// A role of one account and somebody of another who may assume it, as far as one of the sides goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bridge {
    /// The role.
    pub role: ResourceId,
    /// The user, group or role that may assume it.
    pub principal: ResourceId,
    /// The role's trust policy.
    pub trust: Leg,
    /// The policies of who assumes it.
    pub policy: Leg,
}

/// The ways between accounts of which a plan brings a side.
pub fn bridges(plan: &Plan, found: &State, wanted: &State) -> Vec<Bridge> {
    let mut pairs: BTreeMap<(ResourceId, ResourceId), (String, String)> = BTreeMap::new();
    for (id, change) in &plan.changes {
        let Some(resource) = wanted.resources.get(id).filter(|_| !matches!(change, Change::Delete(_))) else {
            continue;
        };
        for (role, principal) in
            by_trust(wanted, id, resource).into_iter().chain(by_policy(wanted, id, resource))
        {
            if role.0.account != principal.0.account {
                pairs.insert((role.0, principal.0), (role.1, principal.1));
            }
        }
    }
    let bridge =
        |((role, principal), (role_arn, principal_arn)): ((ResourceId, ResourceId), (String, String))| {
            let trusts = |state: &State| trusts(state, &role, &principal, &principal_arn);
            let lets = |state: &State| lets(state, &principal, &role_arn);
            let trust = leg(wanted.covers(&role), trusts(found), trusts(wanted));
            let policy = leg(wanted.covers(&principal), lets(found), lets(wanted));
            (trust == Leg::InPlan || policy == Leg::InPlan).then_some(Bridge {
                role,
                principal,
                trust,
                policy,
            })
        };
    pairs.into_iter().filter_map(bridge).collect()
}

fn leg(looked_at: bool, found: bool, wanted: bool) -> Leg {
    match (looked_at, found, wanted) {
        (false, ..) => Leg::NotLookedAt,
        (true, true, true) => Leg::There,
        (true, false, true) => Leg::InPlan,
        (true, _, false) => Leg::Missing,
    }
}

type Named = (ResourceId, String);

/// Whom a role's trust policy names.
fn by_trust(state: &State, id: &ResourceId, resource: &Resource) -> Vec<(Named, Named)> {
    let (Core::Role { trust, .. }, Some(arn)) = (&resource.core, state.principal_arn(id)) else {
        return vec![];
    };
    let mut named = BTreeSet::new();
    for statement in assuming(trust) {
        named.extend(aws(statement));
        named.extend(conditions_on_principal(statement).flatten().cloned());
    }
    let named = named.into_iter().filter_map(|arn| Some((identity(&arn)?, arn)));
    named.map(|principal| ((id.clone(), arn.clone()), principal)).collect()
}

/// Which roles the inline policies of somebody name.
fn by_policy(state: &State, id: &ResourceId, resource: &Resource) -> Vec<(Named, Named)> {
    if !matches!(id.kind, Kind::User | Kind::Group | Kind::Role) {
        return vec![];
    }
    let arn = arn_of(state, id, resource);
    let documents = resource.settings.values().filter_map(|setting| match setting {
        Setting::Inline { name: _, document } => Some(document),
        _ => None,
    });
    let mut roles = BTreeSet::new();
    for statement in documents.flat_map(assuming) {
        if let Some(Element::Is(resources)) = &statement.resource {
            roles.extend(resources.iter().filter(|arn| arn.contains(":role/")).cloned());
        }
    }
    let roles = roles.into_iter().filter_map(|arn| Some((identity(&arn)?, arn)));
    roles.map(|role| (role, (id.clone(), arn.clone()))).collect()
}

fn arn_of(state: &State, id: &ResourceId, resource: &Resource) -> String {
    let partition = state.accounts.get(&id.account).map(|extent| extent.partition.clone());
    partition.map_or_else(String::new, |p| iam_arn(&p, id, resource.core.path().unwrap_or("/")))
}

/// The statements that let somebody assume a role.
fn assuming(policy: &Policy) -> impl Iterator<Item = &Statement> {
    let document: Option<&Document> = policy.document();
    let named = |actions: &BTreeSet<Folded>| {
        actions.iter().any(|action| glob(&action.as_str().to_ascii_lowercase(), "sts:assumerole"))
    };
    document.into_iter().flat_map(|document| &document.statements).filter(move |statement| {
        statement.effect == Effect::Allow
            && matches!(&statement.action, Element::Is(actions) if named(actions))
    })
}

fn aws(statement: &Statement) -> Vec<String> {
    match &statement.principal {
        Some(Element::Is(principals)) => principals.get("AWS").into_iter().flatten().cloned().collect(),
        Some(Element::IsNot(_)) | None => vec![],
    }
}

/// The values that `aws:PrincipalArn` is held to.
fn conditions_on_principal(statement: &Statement) -> impl Iterator<Item = &BTreeSet<String>> {
    let positive = |operator: &str| {
        ["ArnEquals", "ArnLike", "StringEquals", "StringLike"].iter().any(|known| operator.ends_with(known))
    };
    statement
        .conditions
        .iter()
        .filter(move |(operator, _)| positive(operator))
        .flat_map(|(_, keys)| keys)
        .filter(|(key, _)| key.as_str().eq_ignore_ascii_case("aws:PrincipalArn"))
        .map(|(_, values)| values)
}

/// The user or role of an ARN without wildcards.
fn identity(arn: &str) -> Option<ResourceId> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts.as_slice() else { return None };
    let (kind, path) = resource.split_once('/')?;
    let kind = match kind {
        "role" => Kind::Role,
        "user" => Kind::User,
        _ => return None,
    };
    let name = path.rsplit('/').next().filter(|name| !name.is_empty() && !path.contains(['*', '?', '$']))?;
    Some(ResourceId::new(&account.parse::<AccountId>().ok()?, kind, name))
}

/// Whether a role's trust policy lets somebody assume it, whatever else they need.
fn trusts(state: &State, role: &ResourceId, principal: &ResourceId, arn: &str) -> bool {
    let Some(Core::Role { trust, .. }) = state.resources.get(role).map(|role| &role.core) else {
        return false;
    };
    let root = format!(":iam::{}:root", principal.account);
    assuming(trust).any(|statement| {
        let named = aws(statement);
        let by_name = named.iter().any(|named| named == arn || named == "*");
        let by_account = named.iter().any(|named| named.ends_with(&root));
        let held_to = |values: &BTreeSet<String>| values.iter().any(|value| glob(value, arn));
        (by_name || by_account) && conditions_on_principal(statement).all(held_to)
    })
}

/// Whether somebody's policies let them assume a role, whatever denies it.
fn lets(state: &State, principal: &ResourceId, role: &str) -> bool {
    let Some(resource) = state.resources.get(principal) else { return false };
    let groups = resource.settings.values().filter_map(|setting| match setting {
        Setting::Membership(group) => state.resources.get(group),
        _ => None,
    });
    let covers = |policy: &Policy| {
        assuming(policy).any(|statement| match &statement.resource {
            Some(Element::Is(resources)) => resources.iter().any(|pattern| glob(pattern, role)),
            Some(Element::IsNot(resources)) => !resources.iter().any(|pattern| glob(pattern, role)),
            None => false,
        })
    };
    std::iter::once(resource).chain(groups).flat_map(|holder| &holder.settings).any(|(key, setting)| {
        match (key, setting) {
            (SettingKey::Inline(_), Setting::Inline { document, .. }) => covers(document),
            (_, Setting::Attached(PolicyReference::Customer(id))) => {
                matches!(state.resources.get(id).map(|p| &p.core), Some(Core::Policy { document, .. }) if covers(document))
            }
            (_, Setting::Attached(PolicyReference::Aws(name))) => {
                name == "AdministratorAccess"
                    || state.aws_managed(&principal.account, name).is_some_and(|known| covers(&known.document))
            }
            _ => false,
        }
    })
}
