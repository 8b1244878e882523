//! What a person should agree to before a plan is applied.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::lockout::{Guardian, lockouts};
use super::{Change, Plan, Reason};
use crate::policy::Policy;
use crate::state::{
    AccountId, Core, Note, Operation, PolicyReference, ResourceId, Setting, SettingKey, State, Tie, Verb,
};

/// Something in a plan that a person should agree to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hazard {
    /// It is deleted.
    Deletes(ResourceId),
    /// It is deleted and made anew, because these fields cannot be changed in place. Whatever uses it meanwhile fails.
    Replaces(ResourceId, Vec<String>),
    /// It is stopped for the change and started again.
    Restarts(ResourceId),
    /// Something that exists becomes ours.
    Adopts(ResourceId),
    /// Something that carries another's mark, described, becomes ours.
    TakesOver(ResourceId, String),
    /// A credential is removed for good; whoever uses it is locked out.
    RemovesCredential(ResourceId, String),
    /// A guard (a boundary, a policy that denies) is off for a moment, because what it hangs on is made anew.
    BrieflyOpen(ResourceId, String),
    /// Something we do not answer for names a principal that is deleted or made anew; AWS will not heal the name.
    BreaksTrust {
        /// What names it.
        by: ResourceId,
        /// The principal.
        principal: ResourceId,
    },
    /// A large part of what we answer for is deleted.
    ManyDeletions {
        /// How many resources are deleted.
        deleted: usize,
        /// Of how many.
        of: usize,
    },
    /// Somebody who must keep the control of something loses it.
    LocksOut {
        /// Of what.
        resource: ResourceId,
        /// Who, and as whom: `arn:aws:iam::111122223333:role/Admin (break glass)`.
        who: String,
        /// The actions lost.
        actions: Vec<String>,
        /// What is in the way, in words.
        why: String,
    },
    /// The caller's own rights are taken or touched.
    CallerLosesRights {
        /// The caller's ARN.
        caller: String,
        /// What happens to it.
        how: String,
    },
}

impl Hazard {
    /// The word for `--accept`, for hazards that a mere yes does not cover.
    pub fn needs_acceptance(&self) -> Option<String> {
        match self {
            Self::ManyDeletions { deleted, of } => {
                let unusual = *of >= SHARE_MATTERS_FROM || *deleted > DELETED_COUNT_MAX;
                unusual.then(|| "many-deletions".to_owned())
            }
            Self::CallerLosesRights { .. } => Some("caller-loses-rights".to_owned()),
            // One word for all would be given without looking.
            Self::LocksOut { resource, .. } => Some(format!("{LOCKS_OUT}{}", resource.address())),
            Self::Deletes(_)
            | Self::Replaces(..)
            | Self::Restarts(_)
            | Self::Adopts(_)
            | Self::TakesOver(..)
            | Self::RemovesCredential(..)
            | Self::BrieflyOpen(..)
            | Self::BreaksTrust { .. } => None,
        }
    }
}

/// How the word for `--accept` begins that takes a lockout; the address follows.
pub const LOCKS_OUT: &str = "lockout:";

/// What hazards are judged against.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The accounts as wanted, in full.
    pub wanted: &'a State,
    /// The accounts as found.
    pub found: &'a State,
    /// How wanted was settled.
    pub notes: &'a [Note],
    /// What no environment answers for.
    pub untouchable: &'a BTreeSet<ResourceId>,
    /// Who is asking: ARN, and the user or role behind it.
    pub callers: &'a [(String, Option<ResourceId>)],
    /// Who must not be locked out.
    pub guardians: &'a [Guardian],
}

/// Deletions beyond this share of what we answer for, or beyond this number, are unusual.
const DELETED_SHARE_MAX_PERCENT: usize = 30;
const DELETED_COUNT_MAX: usize = 10;
/// Of fewer resources than this, a share says little: it is shown, but a yes covers it.
const SHARE_MATTERS_FROM: usize = 10;

/// The hazards of a plan, the gravest last.
pub fn hazards(plan: &Plan, around: &Surroundings<'_>) -> Vec<Hazard> {
    let mut out: Vec<Hazard> = around.notes.iter().filter_map(|note| of_note(note, plan)).collect();
    for (id, change) in &plan.changes {
        match change {
            Change::Delete(_) => out.push(Hazard::Deletes(id.clone())),
            Change::Replace { fields, .. } => {
                let fields = fields.iter().map(ToString::to_string).collect();
                out.push(Hazard::Replaces(id.clone(), fields));
            }
            Change::Update { core: Some((Core::Notebook(found), Core::Notebook(wanted))), .. } => {
                let restarts = found.running == Some(true) && wanted.running == Some(true);
                out.extend(restarts.then(|| Hazard::Restarts(id.clone())));
            }
            Change::Create(_) | Change::Update { .. } => {}
        }
    }
    for step in &plan.steps {
        let target = &step.operation.target;
        if let Verb::Remove { found } = &step.operation.verb {
            if matches!(found, Setting::Credential { .. } | Setting::SignIn) {
                out.push(Hazard::RemovesCredential(target.clone(), found.key().to_string()));
            }
            if matches!(step.because, Reason::Follows(_)) && guards(found, around.found) {
                out.push(Hazard::BrieflyOpen(target.clone(), found.key().to_string()));
            }
        }
    }
    out.extend(broken_trusts(plan, around));
    out.extend(many_deletions(plan, around.found, around.untouchable));
    out.extend(lockouts(plan, around.wanted, around.found, around.guardians));
    for (arn, identity) in around.callers {
        let how = identity.as_ref().and_then(|id| loss(plan, id, around));
        out.extend(how.map(|how| Hazard::CallerLosesRights { caller: arn.clone(), how }));
    }
    out.sort();
    out.dedup();
    out
}

/// What was taken already (CloudFormation's tags stay for ever) is no hazard of a plan that does not touch it.
fn of_note(note: &Note, plan: &Plan) -> Option<Hazard> {
    let hazard = match note {
        Note::Adopted(id) | Note::AdoptedBlank(id) => (id, Hazard::Adopts(id.clone())),
        Note::TakenOver(id, whose) => (id, Hazard::TakesOver(id.clone(), whose.clone())),
        Note::Kept(_)
        | Note::Narrowed(_)
        | Note::Quarantined(..)
        | Note::KeptStatements(..)
        | Note::AwsChanged { .. }
        | Note::HeldBack(..)
        | Note::NotChecked(_) => {
            return None;
        }
    };
    plan.changes.contains_key(hazard.0).then_some(hazard.1)
}

/// Whether a setting keeps someone from doing something.
fn guards(setting: &Setting, found: &State) -> bool {
    let denies = |policy: &Policy| policy.document().is_none_or(|d| d.denies());
    match setting {
        Setting::Boundary(_) => true,
        Setting::Inline { document, .. } => denies(document),
        Setting::Attached(PolicyReference::Customer(id)) => match found.resources.get(id).map(|r| &r.core) {
            Some(Core::Policy { document, .. }) => denies(document),
            _ => true,
        },
        Setting::Attached(policy) => policy.is_known_to_deny(),
        _ => false,
    }
}

fn broken_trusts(plan: &Plan, around: &Surroundings<'_>) -> Vec<Hazard> {
    let ends =
        |id: &ResourceId| matches!(plan.changes.get(id), Some(Change::Delete(_) | Change::Replace { .. }));
    let mut out = vec![];
    for by in around.untouchable {
        let Some(resource) = around.found.resources.get(by) else { continue };
        for (principal, tie) in resource.references() {
            if tie == Tie::Binds && ends(&principal) {
                out.push(Hazard::BreaksTrust { by: by.clone(), principal });
            }
        }
    }
    out
}

/// Whether much is deleted: of one of the accounts, or in all of them together. That of an account is not lost among
/// many others.
fn many_deletions(plan: &Plan, found: &State, untouchable: &BTreeSet<ResourceId>) -> Vec<Hazard> {
    let mut counts: BTreeMap<&AccountId, (usize, usize)> = BTreeMap::new();
    for (id, _) in plan.changes.iter().filter(|(_, change)| matches!(change, Change::Delete(_))) {
        counts.entry(&id.account).or_default().0 += 1;
    }
    for id in found.resources.keys().filter(|id| !untouchable.contains(*id)) {
        counts.entry(&id.account).or_default().1 += 1;
    }
    let unusual = |deleted: usize, of: usize| {
        let large_share = deleted * 100 > of * DELETED_SHARE_MAX_PERCENT;
        (large_share || deleted > DELETED_COUNT_MAX).then_some(Hazard::ManyDeletions { deleted, of })
    };
    let total = counts.values().fold((0, 0), |(d, o), (deleted, of)| (d + deleted, o + of));
    if let Some(hazard) = unusual(total.0, total.1) {
        return vec![hazard];
    }
    counts.values().filter_map(|(deleted, of)| unusual(*deleted, *of)).collect()
}

/// The hazards of an estate from those of its parts: how much is deleted is counted anew.
pub fn of_the_whole(
    parts: &[Hazard],
    plan: &Plan,
    found: &State,
    untouchable: &BTreeSet<ResourceId>,
) -> Vec<Hazard> {
    let mut out: Vec<Hazard> =
        parts.iter().filter(|hazard| !matches!(hazard, Hazard::ManyDeletions { .. })).cloned().collect();
    out.extend(many_deletions(plan, found, untouchable));
    out.sort();
    out.dedup();
    out
}

/// How the plan takes rights from the caller: its own entity, its edges, its groups' edges, its trust.
fn loss(plan: &Plan, caller: &ResourceId, around: &Surroundings<'_>) -> Option<String> {
    let found = around.found.resources.get(caller)?;
    let groups: BTreeSet<&ResourceId> = found
        .settings
        .values()
        .filter_map(|s| match s {
            Setting::Membership(group) => Some(group),
            _ => None,
        })
        .collect();
    let policies: BTreeSet<&ResourceId> = std::iter::once(caller)
        .chain(groups.iter().copied())
        .filter_map(|id| around.found.resources.get(id))
        .flat_map(|r| r.settings.values())
        .filter_map(|s| match s {
            Setting::Attached(PolicyReference::Customer(id))
            | Setting::Boundary(PolicyReference::Customer(id)) => Some(id),
            _ => None,
        })
        .collect();
    plan.steps.iter().find_map(|step| {
        let Operation { target, verb } = &step.operation;
        if target != caller && !groups.contains(target) && !policies.contains(target) {
            return None;
        }
        let what = target.address();
        match verb {
            Verb::Delete { .. } => Some(format!("{what} is deleted")),
            Verb::Remove { found } if gives(found) => Some(format!("{what} loses {}", found.key())),
            Verb::Put { wanted: Setting::Boundary(policy), .. } => {
                Some(format!("{what} gets the boundary {policy}"))
            }
            Verb::Put { wanted: setting @ Setting::Inline { document, .. }, found } => {
                let restricts = found.is_some() || document.document().is_none_or(|d| d.denies());
                restricts.then(|| format!("{what} has {} changed", setting.key()))
            }
            Verb::Put { wanted: setting @ Setting::Attached(_), .. } if guards(setting, around.wanted) => {
                Some(format!("{what} gets {}, which denies", setting.key()))
            }
            Verb::Update { found: Core::Role { trust: a, .. }, wanted: Core::Role { trust: b, .. } }
                if a != b =>
            {
                Some(format!("the trust policy of {what} is changed"))
            }
            Verb::Update { found: Core::Policy { .. }, wanted: Core::Policy { .. } } => {
                Some(format!("{what}, which it holds, is changed"))
            }
            _ => None,
        }
    })
}

fn gives(setting: &Setting) -> bool {
    match setting.key() {
        SettingKey::Attached(_)
        | SettingKey::Inline(_)
        | SettingKey::Membership(_)
        | SettingKey::SignIn
        | SettingKey::Credential(..)
        | SettingKey::HeldRole => true,
        SettingKey::Tag(_)
        | SettingKey::Boundary
        | SettingKey::BucketPolicy
        | SettingKey::PublicAccessBlock
        | SettingKey::Encryption
        | SettingKey::Versioning
        | SettingKey::Ownership
        | SettingKey::Lifecycle
        | SettingKey::Objects
        | SettingKey::StudioLifecycle(_)
        | SettingKey::Apps
        | SettingKey::Failed
        | SettingKey::AccountAlias
        | SettingKey::PasswordPolicy => false,
    }
}
