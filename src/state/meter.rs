//! How much of each quota is used: the one measurement behind the meters of a plan, the errors of a specification, and
//! the refusals of the embedded account.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::quota::{Quota, QuotaFacts, Quotas, of_account, of_kind};
use super::{
    AccountId, Core, Kind, Objection, Operation, PolicyReference, Resource, ResourceId, Setting, State, Verb,
};
use crate::policy::Policy;

/// How much of a quota is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meter {
    /// Of which.
    pub quota: Quota,
    /// In the quota's unit.
    pub used: usize,
    /// In the same unit.
    pub limit: usize,
    /// Whether the limit is AWS's default because the account's own was not read.
    pub assumed: bool,
}

impl Meter {
    fn new(quota: Quota, used: usize, quotas: &Quotas) -> Self {
        let QuotaFacts { word: _, default, most, key: _ } = quota.facts();
        let read = quotas.read(quota);
        // What cannot be raised is as certain as what was read.
        let assumed = read.is_none() && default != most;
        Self { quota, used, limit: read.unwrap_or(default), assumed }
    }

    /// Whether more is used than there is.
    pub fn is_over(&self) -> bool {
        self.used > self.limit
    }

    /// How full it is, of a hundred; more than a hundred if it is over.
    pub fn percent(&self) -> usize {
        self.used.saturating_mul(100).checked_div(self.limit).unwrap_or(usize::MAX)
    }

    /// How much is used, in words: `role/GlueEtl has 11 policies attached`.
    pub fn sentence(&self, id: &ResourceId) -> String {
        let Self { quota, used, limit: _, assumed: _ } = self;
        let address = id.address();
        match quota {
            Quota::ManagedPoliciesPerUser
            | Quota::ManagedPoliciesPerGroup
            | Quota::ManagedPoliciesPerRole => {
                format!("{address} has {used} policies attached")
            }
            Quota::InlineCharactersPerUser
            | Quota::InlineCharactersPerGroup
            | Quota::InlineCharactersPerRole => {
                format!("the inline policies of {address} have {used} characters together")
            }
            Quota::TrustCharacters => format!("the trust policy of `{}` has {used} characters", id.name),
            Quota::PolicyCharacters => format!("policy `{}` has {used} characters", id.name),
            Quota::BucketPolicyBytes => format!("the policy of {address} has {used} bytes"),
            Quota::GroupsPerUser => format!("{address} is in {used} groups"),
            Quota::Tags => format!("{address} has {used} tags"),
            Quota::Users | Quota::Groups | Quota::Roles | Quota::Policies | Quota::InstanceProfiles => {
                format!("account {} would have {used} {}", id.account, quota.facts().word)
            }
        }
    }
}

/// Every meter of a resource.
pub fn meters(id: &ResourceId, resource: &Resource, quotas: &Quotas) -> Vec<Meter> {
    let parts = parts(id.kind, resource);
    let used = |quota: Quota| parts.iter().filter(|part| part.quota == quota).map(|part| part.size).sum();
    of_kind(id.kind).iter().map(|quota| Meter::new(*quota, used(*quota), quotas)).collect()
}

/// The meters of a resource that move when it becomes what is wanted.
pub fn touched(id: &ResourceId, found: Option<&Resource>, wanted: &Resource, quotas: &Quotas) -> Vec<Meter> {
    let before = found.map(|found| parts(id.kind, found)).unwrap_or_default();
    let after = parts(id.kind, wanted);
    let differs = |quota: Quota| {
        let only = |a: &[Part<'_>], b: &[Part<'_>]| a.iter().any(|p| p.quota == quota && !b.contains(p));
        only(&after, &before) || only(&before, &after)
    };
    meters(id, wanted, quotas).into_iter().filter(|meter| differs(meter.quota)).collect()
}

/// The meters that AWS will not let a resource reach: something is added, and more is used than the account is known
/// to have. What only goes, or stays as it was, AWS does not look at.
pub fn refused(id: &ResourceId, found: Option<&Resource>, wanted: &Resource, quotas: &Quotas) -> Vec<Meter> {
    let before = found.map(|found| parts(id.kind, found)).unwrap_or_default();
    let after = parts(id.kind, wanted);
    let adds = |quota: Quota| after.iter().any(|part| part.quota == quota && !before.contains(part));
    let refused = |meter: &Meter| meter.is_over() && !meter.assumed && adds(meter.quota);
    meters(id, wanted, quotas).into_iter().filter(refused).collect()
}

/// How many resources an account has of each kind that is known in full.
pub fn account_meters(state: &State, account: &AccountId) -> Vec<Meter> {
    let Some(extent) = state.accounts.get(account) else { return vec![] };
    let count = |kind: Kind| state.of_account(account).filter(|(id, _)| id.kind == kind).count();
    let known = extent.kinds.iter().filter_map(|kind| Some((of_account(*kind)?, count(*kind))));
    known.map(|(quota, used)| Meter::new(quota, used, &extent.quotas)).collect()
}

/// The account's meter with one more resource, if that is more than the account is known to take.
pub fn one_more(state: &State, comes: &ResourceId) -> Option<Meter> {
    let quota = of_account(comes.kind)?;
    let meter = account_meters(state, &comes.account).into_iter().find(|meter| meter.quota == quota)?;
    let meter = Meter { used: meter.used + 1, ..meter };
    (meter.is_over() && !meter.assumed).then_some(meter)
}

/// Why the account will not take what is wanted: each quota that something added would exceed.
pub fn over_quota(wanted: &State, found: &State, renames: &[Operation]) -> Vec<Objection> {
    let mut objections = vec![];
    for (id, resource) in &wanted.resources {
        let Some(extent) = found.accounts.get(&id.account) else { continue };
        let there = was(id, renames).map_or_else(|| found.resources.get(id), |old| found.resources.get(&old));
        if there != Some(resource) {
            let refused = refused(id, there, resource, &extent.quotas);
            objections.extend(refused.into_iter().map(|meter| Objection::OverQuota(id.clone(), meter)));
        }
    }
    for account in wanted.accounts.keys() {
        for meter in account_meters(wanted, account).into_iter().filter(|m| m.is_over() && !m.assumed) {
            // The one that comes is to blame, not those that are there.
            let comes = |id: &&ResourceId| {
                let kind = Some(id.kind) == meter.quota.counts();
                kind && was(id, renames).is_none() && !found.resources.contains_key(*id)
            };
            let first = wanted.of_account(account).map(|(id, _)| id).find(comes);
            objections.extend(first.map(|id| Objection::OverQuota(id.clone(), meter)));
        }
    }
    objections
}

/// The accounts' meters that move when what is found becomes what is wanted.
pub fn touched_accounts<'a>(
    wanted: &State,
    comes_or_goes: impl IntoIterator<Item = &'a ResourceId>,
) -> Vec<(AccountId, Meter)> {
    let moved: BTreeSet<(&AccountId, Kind)> =
        comes_or_goes.into_iter().map(|id| (&id.account, id.kind)).collect();
    let of = |account: &AccountId| {
        let meters = account_meters(wanted, account).into_iter();
        let moves = |m: &Meter| m.quota.counts().is_some_and(|kind| moved.contains(&(account, kind)));
        meters.filter(moves).map(|meter| (account.clone(), meter)).collect::<Vec<_>>()
    };
    wanted.accounts.keys().flat_map(of).collect()
}

/// What a renamed resource is called so far.
fn was(id: &ResourceId, renames: &[Operation]) -> Option<ResourceId> {
    renames.iter().find(|rename| rename.target == *id).and_then(|rename| match &rename.verb {
        Verb::Rename { from } => Some(ResourceId::new(&id.account, id.kind, from.as_str())),
        Verb::Create { .. }
        | Verb::Update { .. }
        | Verb::Put { .. }
        | Verb::Remove { .. }
        | Verb::Delete { .. } => None,
    })
}

/// A part of a resource that counts.
#[derive(PartialEq)]
struct Part<'a> {
    quota: Quota,
    size: usize,
    what: What<'a>,
}

/// What it takes for two parts to be the same to a quota: of a tag only its key.
#[derive(PartialEq)]
enum What<'a> {
    Document(&'a Policy),
    Inline(&'a str, &'a Policy),
    Attached(&'a PolicyReference),
    Membership(&'a ResourceId),
    Tag(&'a str),
}

fn parts(kind: Kind, resource: &Resource) -> Vec<Part<'_>> {
    let document = match &resource.core {
        Core::Policy { document, .. } => Some((Quota::PolicyCharacters, document)),
        Core::Role { trust, .. } => Some((Quota::TrustCharacters, trust)),
        Core::User { .. } | Core::Group { .. } | Core::InstanceProfile { .. } | Core::Bucket { .. } => None,
    };
    let document =
        document.map(|(quota, policy)| Part { quota, size: size(policy), what: What::Document(policy) });
    document.into_iter().chain(resource.settings.values().filter_map(|setting| part(kind, setting))).collect()
}

fn part(kind: Kind, setting: &Setting) -> Option<Part<'_>> {
    let (quota, size, what) = match setting {
        Setting::Attached(policy) => {
            let quota = match kind {
                Kind::User => Quota::ManagedPoliciesPerUser,
                Kind::Group => Quota::ManagedPoliciesPerGroup,
                Kind::Role => Quota::ManagedPoliciesPerRole,
                Kind::Policy | Kind::InstanceProfile | Kind::Bucket => return None,
            };
            (quota, 1, What::Attached(policy))
        }
        Setting::Inline { name, document } => {
            let quota = match kind {
                Kind::User => Quota::InlineCharactersPerUser,
                Kind::Group => Quota::InlineCharactersPerGroup,
                Kind::Role => Quota::InlineCharactersPerRole,
                Kind::Policy | Kind::InstanceProfile | Kind::Bucket => return None,
            };
            (quota, size(document), What::Inline(name, document))
        }
        Setting::Membership(group) => (Quota::GroupsPerUser, 1, What::Membership(group)),
        Setting::BucketPolicy(policy) => {
            (Quota::BucketPolicyBytes, policy.to_text().len(), What::Document(policy))
        }
        // AWS's own tags are found on resources, but are neither counted nor set by anyone else.
        Setting::Tag { key, .. } if key.starts_with("aws:") => return None,
        Setting::Tag { key, value: _ } => (Quota::Tags, 1, What::Tag(key)),
        Setting::Boundary(_)
        | Setting::SignIn
        | Setting::Credential { .. }
        | Setting::HeldRole(_)
        | Setting::PublicAccessBlock(_)
        | Setting::Encryption(_)
        | Setting::Versioning(_)
        | Setting::Ownership(_)
        | Setting::Lifecycle(_)
        | Setting::Objects => return None,
    };
    Some(Part { quota, size, what })
}

/// Characters that count against IAM's quotas.
fn size(policy: &Policy) -> usize {
    match policy {
        Policy::Normal(document) => document.size(),
        Policy::Unreadable(text) => text.chars().filter(|c| !c.is_whitespace()).count(),
    }
}
