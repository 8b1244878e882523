//! What AWS changed in its own policies since they were locked. Pure: a lock and an account in, differences out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::policy::{
    ActionsChange, Change, Document, Effect, StatementChange, catalogue, changed_actions, diff as statements,
};
use crate::spec::lock::{AwsPolicyName, Lock};
use crate::state::{AccountId, AwsManaged, Holder, State};

/// A lock compared with what was found. Empty without a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// The catalogue that comes with hatrack; with the day up to which it knows AWS.
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

/// What the catalogue has of a policy, and the day up to which the catalogue knows AWS. It has those of the partition
/// `aws`.
pub fn of_catalogue(policy: &AwsPolicyName) -> Option<(AwsManaged, String)> {
    let known = catalogue::managed_policy(&policy.name).filter(|_| policy.partition.as_str() == "aws")?;
    let managed = AwsManaged { version: known.version, document: known.document().clone().into() };
    // Of most versions the catalogue has no day of their own, so the newest of all speaks for them.
    let day = catalogue::managed_policies().map(|policy| policy.updated).max()?;
    Some((managed, day.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::state::{Core, Extent, Kind, Partition, PolicyReference, Resource, ResourceId, Setting};

    const NAME: &str = "AmazonS3ReadOnlyAccess";

    fn account() -> AccountId {
        "111122223333".parse().unwrap()
    }

    fn policy(name: &str) -> AwsPolicyName {
        AwsPolicyName { partition: Partition::new("aws"), name: name.to_owned() }
    }

    fn managed(version: u32, action: &str) -> AwsManaged {
        let text = format!(r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#);
        AwsManaged { version, document: Policy::from_text(&text, "aws") }
    }

    fn lock(policies: &[(&str, AwsManaged)]) -> Lock {
        let policies = policies.iter().map(|(name, managed)| (policy(name), managed.clone())).collect();
        Lock { policies, places: BTreeMap::new() }
    }

    /// A group that holds these policies, in an account that tells these of them.
    fn state(attached: &[&str], told: &[(&str, AwsManaged)]) -> State {
        let mut extent = Extent::full(Partition::new("aws"));
        extent.aws_managed = told.iter().map(|(name, said)| ((*name).to_owned(), said.clone())).collect();
        let held = attached.iter().map(|name| Setting::Attached(PolicyReference::Aws((*name).to_owned())));
        let group = Resource::new(Core::Group { path: "/".to_owned() }, held);
        State {
            accounts: [(account(), extent)].into(),
            resources: [(ResourceId::new(&account(), Kind::Group, "g"), group)].into(),
        }
    }

    #[test]
    fn the_same_is_no_change_and_another_document_is_one() {
        let declared = state(&[NAME], &[]);
        let locked = lock(&[(NAME, managed(3, "s3:Get*"))]);
        let of = |now: AwsManaged| compare_aws(&locked, &declared, &state(&[NAME], &[(NAME, now)]));
        assert_eq!(of(managed(3, "s3:Get*")), AwsComparison::default());
        let renumbered = of(managed(4, "s3:Get*"));
        assert_eq!((renumbered.changed.len(), renumbered.renumbered.len()), (0, 1));
        // Whatever the number says, it is the document that counts.
        for version in [3, 4] {
            let changed = of(managed(version, "s3:GetObject"));
            assert_eq!((changed.changed.len(), changed.renumbered.len()), (1, 0));
            assert_eq!(changed.changed[0].holders[0].members, Some(0));
        }
    }

    #[test]
    fn what_the_account_does_not_tell_is_not_unchanged() {
        let declared = state(&[NAME], &[]);
        let locked = lock(&[(NAME, managed(3, "s3:Get*"))]);
        let silent = compare_aws(&locked, &declared, &state(&[NAME], &[]));
        assert_eq!(silent.not_checked, [(account(), NAME.to_owned())]);
        // It gives nobody anything yet.
        let unattached = compare_aws(&locked, &declared, &state(&[], &[]));
        assert_eq!(unattached, AwsComparison::default());
    }

    #[test]
    fn the_lock_and_the_environments_may_name_other_policies() {
        let comparison =
            compare_aws(&lock(&[("B", managed(1, "s3:*"))]), &state(&["A"], &[]), &state(&["A"], &[]));
        assert_eq!(comparison.not_locked, [policy("A")].into());
        assert_eq!(comparison.not_attached, [policy("B")].into());
    }

    #[test]
    fn a_lock_takes_the_account_then_the_later_of_lock_and_catalogue() {
        let declared = state(&[NAME, "NobodyKnowsIt"], &[]);
        let told = state(&[NAME], &[(NAME, managed(2, "s3:*"))]);
        let by_account = relock(&declared, &told, Some(&lock(&[(NAME, managed(90, "s3:Get*"))])));
        assert_eq!(by_account.lock.policies[&policy(NAME)], managed(2, "s3:*"));
        assert_eq!(by_account.known_from[&policy(NAME)], KnownFrom::Account(account()));
        assert_eq!(by_account.unknown, [policy("NobodyKnowsIt")].into());

        let silent = state(&[], &[]);
        let by_lock = relock(&declared, &silent, Some(&lock(&[(NAME, managed(90, "s3:Get*"))])));
        assert_eq!(by_lock.known_from[&policy(NAME)], KnownFrom::Lock);
        for before in [None, Some(lock(&[(NAME, managed(1, "s3:Get*"))]))] {
            let by_catalogue = relock(&declared, &silent, before.as_ref());
            assert!(matches!(by_catalogue.known_from[&policy(NAME)], KnownFrom::Catalogue(_)));
            assert!(by_catalogue.lock.policies[&policy(NAME)].version >= 3);
        }
    }
}
