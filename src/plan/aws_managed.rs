//! What AWS changed in its own policies since they were locked. Pure: a lock and an account in, differences out.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{
    ActionsChange, Change, Document, Effect, StatementChange, catalogue, changed_actions, diff as statements,
};
use crate::spec::lock::{AwsPolicyName, Lock};
use crate::state::{AccountId, AwsManaged, Holder, State};

/// A lock compared with what was found. Empty without a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsComparison {
    /// What AWS says otherwise now.
    pub changed: Vec<AwsChange>,
    /// The same words under another number.
    pub renumbered: Vec<AwsRenumbered>,
    /// Locked and held, but not told by the account.
    pub not_checked: Vec<(AccountId, String)>,
    /// Attached by an environment, and not locked.
    pub not_locked: BTreeSet<AwsPolicyName>,
    /// Locked, and attached by no environment any more.
    pub not_attached: BTreeSet<AwsPolicyName>,
}

/// One policy that AWS changed since it was locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsChange {
    /// The account it was seen in, if it matters.
    pub account: Option<AccountId>,
    /// The policy.
    pub policy: AwsPolicyName,
    /// Where it stands in the lock file.
    pub place: Option<String>,
    /// As locked.
    pub locked: AwsManaged,
    /// As it is.
    pub found: AwsManaged,
    /// To whom it applies there.
    pub holders: Vec<Holder>,
}

/// A policy whose version went on without another word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsRenumbered {
    /// The policy.
    pub policy: AwsPolicyName,
    /// The version locked.
    pub locked: u32,
    /// The version now.
    pub found: u32,
}

impl AwsChange {
    /// A change of a policy in no account in particular.
    pub fn between(policy: &AwsPolicyName, before: &AwsManaged, now: &AwsManaged) -> Self {
        Self {
            account: None,
            policy: policy.clone(),
            place: None,
            locked: before.clone(),
            found: now.clone(),
            holders: vec![],
        }
    }

    /// The actions that come and go under an effect; none if one of the documents is not IAM grammar.
    pub fn actions(&self, effect: Effect) -> Option<ActionsChange> {
        let (locked, found) = self.documents()?;
        Some(changed_actions(locked, found, effect))
    }

    /// The statements that differ.
    pub fn statements(&self) -> Vec<StatementChange> {
        let Some((locked, found)) = self.documents() else { return vec![] };
        let mut all = statements(locked, found);
        all.retain(|each| !matches!(each.change, Change::Same(_)));
        all
    }

    fn documents(&self) -> Option<(&Document, &Document)> {
        Some((self.locked.document.document()?, self.found.document.document()?))
    }
}

/// The AWS managed policies that a state's resources hold, with their partitions.
pub fn aws_policies(state: &State) -> BTreeSet<AwsPolicyName> {
    let used = state.aws_managed_used().into_iter();
    used.filter_map(|(account, name)| {
        let partition = state.accounts.get(&account)?.partition.clone();
        Some(AwsPolicyName { partition, name })
    })
    .collect()
}

/// Compares what was locked with what was found. `declared` is what all environments say together: a policy counts
/// where it applies to something declared.
pub fn compare_aws(lock: &Lock, declared: &State, found: &State) -> AwsComparison {
    let mut comparison = AwsComparison::default();
    let attached = aws_policies(declared);
    comparison.not_locked = attached.iter().filter(|p| !lock.policies.contains_key(p)).cloned().collect();
    comparison.not_attached = lock.policies.keys().filter(|p| !attached.contains(p)).cloned().collect();
    for (account, extent) in &found.accounts {
        let own = lock.policies.iter().filter(|(policy, _)| policy.partition == extent.partition);
        for (policy, locked) in own {
            let holders = found.holders_of_aws_managed(account, &policy.name);
            if !holders.iter().any(|holder| declared.resources.contains_key(&holder.id)) {
                continue;
            }
            let Some(now) = extent.aws_managed.get(&policy.name) else {
                comparison.not_checked.push((account.clone(), policy.name.clone()));
                continue;
            };
            if now.document == locked.document {
                if now.version != locked.version {
                    comparison.renumbered.push(AwsRenumbered {
                        policy: policy.clone(),
                        locked: locked.version,
                        found: now.version,
                    });
                }
                continue;
            }
            comparison.changed.push(AwsChange {
                account: Some(account.clone()),
                policy: policy.clone(),
                place: lock.places.get(policy).cloned(),
                locked: locked.clone(),
                found: now.clone(),
                holders,
            });
        }
    }
    comparison.renumbered.dedup();
    comparison
}

/// A lock as it should be now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relocked {
    /// What to write.
    pub lock: Lock,
    /// Where what it says of each policy is known from.
    pub known_from: BTreeMap<AwsPolicyName, KnownFrom>,
    /// Attached, but nothing that was asked knows what they say.
    pub unknown: BTreeSet<AwsPolicyName>,
}

/// Where it is known from what an AWS managed policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownFrom {
    /// An account in which it is in use.
    Account(AccountId),
    /// The lock as it was: no account that was read has it in use.
    Lock,
    /// The catalogue that comes with hatrack; with the day of the version.
    Catalogue(String),
}

/// The lock of what all environments attach: as the accounts found say it, else the later of what was locked and what
/// the catalogue has.
pub fn relock(declared: &State, found: &State, before: Option<&Lock>) -> Relocked {
    let mut relocked = Relocked::default();
    for policy in aws_policies(declared) {
        let in_use = found.accounts.iter().filter(|(_, extent)| extent.partition == policy.partition);
        // AWS reaches one account before another: the latest is what all will have.
        let told = in_use
            .filter_map(|(account, extent)| Some((account, extent.aws_managed.get(&policy.name)?)))
            .max_by_key(|(_, managed)| managed.version);
        let locked = before.and_then(|lock| lock.policies.get(&policy));
        let known = match told {
            Some((account, managed)) => Some((managed.clone(), KnownFrom::Account(account.clone()))),
            None => match (locked, of_catalogue(&policy)) {
                (Some(locked), Some((known, _))) if locked.version >= known.version => {
                    Some((locked.clone(), KnownFrom::Lock))
                }
                (Some(locked), None) => Some((locked.clone(), KnownFrom::Lock)),
                (_, catalogue) => catalogue.map(|(known, day)| (known, KnownFrom::Catalogue(day))),
            },
        };
        match known {
            Some((managed, from)) => {
                relocked.lock.policies.insert(policy.clone(), managed);
                relocked.known_from.insert(policy, from);
            }
            None => {
                relocked.unknown.insert(policy);
            }
        }
    }
    relocked
}

/// What the catalogue has of a policy, and the day of that version. It has those of the partition `aws`.
pub fn of_catalogue(policy: &AwsPolicyName) -> Option<(AwsManaged, String)> {
    let known = catalogue::managed_policy(&policy.name).filter(|_| policy.partition.as_str() == "aws")?;
    let managed = AwsManaged { version: known.version, document: known.document().clone().into() };
    Some((managed, known.updated.to_owned()))
}
