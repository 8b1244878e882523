//! The rights that hatrack itself needs for an estate, and no more: operation → call → action → statement.
//!
//! The calls are in [`calls`], on what they must be allowed in `needs.rs`, under which conditions in `guard.rs`.

pub mod calls;
mod beside;
mod documents;
mod guard;
mod needs;
mod sort;

use std::collections::{BTreeMap, BTreeSet};

pub use documents::room;
pub use sort::Sort;

use crate::policy::{Document, Effect, Element, Folded, Statement};
use crate::state::{AccountId, Kind, Scope, State};

/// What the rights are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To read: `plan`, `drift`, `snapshot`, `lock`.
    Plan,
    /// To read, and to do whatever a plan could ask for.
    Apply,
}

/// What is done beside reading for a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// CloudTrail is asked who changed what: `drift --who`.
    pub who: bool,
    /// The whole account is looked at: `audit`.
    pub audit: bool,
    /// Everything in the account is read, whoever answers for it: `adopt --all`.
    pub everything: bool,
    /// The ARN of a topic that it tells, and the account of the topic.
    pub topic: Option<(String, AccountId)>,
}

/// The least that must be allowed in each account of some environments, as managed policies that AWS takes.
pub fn permissions(
    wanted: &State,
    scopes: &[&Scope],
    purpose: Purpose,
) -> BTreeMap<AccountId, Vec<Document>> {
    permissions_to_watch(wanted, scopes, purpose, &Watch::default())
}

/// As [`permissions`], and what else is done. A topic is told by its own account if that takes part;
/// which one does otherwise depends on the run, so that each may.
pub fn permissions_to_watch(
    wanted: &State,
    scopes: &[&Scope],
    purpose: Purpose,
    watch: &Watch,
) -> BTreeMap<AccountId, Vec<Document>> {
    let mut by_account: BTreeMap<AccountId, Vec<&Scope>> = BTreeMap::new();
    for scope in scopes {
        by_account.entry(scope.account.clone()).or_default().push(scope);
    }
    let Watch { who, audit, everything, topic } = watch;
    let beside: Vec<&[calls::Call]> = [(*who, calls::WITNESS), (*audit, calls::AUDIT)]
        .into_iter()
        .filter(|(asked, _)| *asked)
        .map(|(_, calls)| calls)
        .collect();
    let at_home = topic.as_ref().is_some_and(|(_, home)| by_account.contains_key(home));
    let documents = |account: &AccountId, scopes: &[&Scope]| {
        let tells = topic.as_ref().filter(|(_, home)| !at_home || home == account);
        let topic = tells.map(|(arn, _)| arn.as_str());
        documents::documents(needs::of_account(wanted, scopes, purpose, &beside, *everything, topic))
    };
    by_account.iter().map(|(account, scopes)| (account.clone(), documents(account, scopes))).collect()
}

/// What whoever starts hatrack must be allowed, so that it can work as these roles, given by their ARNs; none without.
pub fn to_assume(roles: &BTreeSet<String>) -> Option<Document> {
    let statement = Statement {
        sid: Some("AssumeRoles".to_owned()),
        effect: Effect::Allow,
        principal: None,
        action: Element::Is([Folded("sts:AssumeRole".to_owned())].into()),
        resource: Some(Element::Is(roles.clone())),
        conditions: BTreeMap::new(),
    };
    (!roles.is_empty()).then(|| documents::document(vec![statement]))
}

/// What a statement is about: its name, and what stands together. What an earlier one allows, no later one says again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Theme {
    /// What every reading asks of the account.
    ReadAccount,
    /// What is read of every resource of a kind.
    ReadEvery(Kind),
    /// What is read of AWS's own policies.
    ReadAwsPolicies,
    /// What is read of trails.
    ReadTrails,
    /// What is read of resources that carry the mark.
    ReadMarked(Kind),
    /// What is read of declared resources.
    Read(Kind),
    /// Names that are looked up before something is written.
    LookUp,
    /// What is taken from resources that carry the mark.
    Marked(Kind),
    /// What is written to declared resources.
    Write(Kind),
    /// What is written to declared resources only if they have their boundary.
    Bounded(Kind),
    /// Managed policies that come onto declared resources.
    Attach(Kind),
    /// Users who come into groups.
    JoinGroups,
    /// Users who leave groups, whichever somebody put them into.
    LeaveGroups,
    /// Roles that come into instance profiles.
    PassRoles,
    /// Devices of users who go.
    MfaDevices,
    /// What SageMaker does with the rights of whoever calls it.
    OnBehalf,
    /// A topic that is told of drift.
    Tell,
}

impl Theme {
    fn reads(self) -> bool {
        match self {
            Self::ReadAccount
            | Self::ReadEvery(_)
            | Self::ReadAwsPolicies
            | Self::ReadTrails
            | Self::ReadMarked(_)
            | Self::Read(_) => true,
            Self::LookUp
            | Self::Marked(_)
            | Self::Write(_)
            | Self::Bounded(_)
            | Self::Attach(_)
            | Self::JoinGroups
            | Self::LeaveGroups
            | Self::PassRoles
            | Self::MfaDevices
            | Self::OnBehalf
            | Self::Tell => false,
        }
    }

    fn sid(self) -> String {
        let kinds = |kind: Kind| match kind {
            Kind::Group => "Groups",
            Kind::User => "Users",
            Kind::Policy => "Policies",
            Kind::Role => "Roles",
            Kind::InstanceProfile => "InstanceProfiles",
            Kind::Bucket => "Buckets",
            Kind::Domain => "Domains",
            Kind::UserProfile => "UserProfiles",
            Kind::Space => "Spaces",
            Kind::Notebook => "Notebooks",
            Kind::NotebookLifecycle => "NotebookLifecycles",
            Kind::StudioLifecycle => "StudioLifecycles",
            Kind::Account => "AccountSettings",
        };
        match self {
            Self::ReadAccount => "ReadAccount".to_owned(),
            Self::ReadEvery(kind) => format!("ReadAll{}", kinds(kind)),
            Self::ReadAwsPolicies => "ReadAwsPolicies".to_owned(),
            Self::ReadTrails => "ReadTrails".to_owned(),
            Self::ReadMarked(kind) => format!("ReadMarked{}", kinds(kind)),
            Self::Read(kind) => format!("Read{}", kinds(kind)),
            Self::LookUp => "LookUp".to_owned(),
            Self::Marked(kind) => format!("Marked{}", kinds(kind)),
            Self::Write(kind) => kinds(kind).to_owned(),
            Self::Bounded(kind) => format!("{}UnderBoundary", kinds(kind)),
            Self::Attach(kind) => format!("AttachTo{}", kinds(kind)),
            Self::JoinGroups => "JoinGroups".to_owned(),
            Self::LeaveGroups => "LeaveGroups".to_owned(),
            Self::PassRoles => "PassRoles".to_owned(),
            Self::MfaDevices => "MfaDevices".to_owned(),
            Self::OnBehalf => "OnBehalf".to_owned(),
            Self::Tell => "TellOfDrift".to_owned(),
        }
    }
}
