//! AWS managed policies as an account has them: what the default version says, and who holds them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{AccountId, Kind, Partition, PolicyReference, ResourceId, Setting, SettingKey, State};
use crate::policy::Policy;

/// What AWS says in one of its own policies. AWS changes it whenever it likes, for every account at once.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsManaged {
    /// The default version's number: 28 of `v28`.
    pub version: u32,
    /// The default version's document.
    pub document: Policy,
}

/// Somebody to whom a managed policy applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// The user, group or role.
    pub id: ResourceId,
    /// Whether the policy bounds what it may do, and does not give.
    pub as_boundary: bool,
    /// How many users are in it, for a group.
    pub members: Option<usize>,
}

/// The ARN of an AWS managed policy, by path and name.
pub fn aws_managed_arn(partition: &Partition, name: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/{name}")
}

impl State {
    /// What an AWS managed policy says in an account, if that was read.
    pub fn aws_managed(&self, account: &AccountId, name: &str) -> Option<&AwsManaged> {
        self.accounts.get(account)?.aws_managed.get(name)
    }

    /// The AWS managed policies that are attached or set as a boundary, by account, and by path and name.
    pub fn aws_managed_used(&self) -> BTreeSet<(AccountId, String)> {
        let settings = self.resources.iter().flat_map(|(id, r)| r.settings.values().map(move |s| (id, s)));
        settings
            .filter_map(|(id, setting)| match setting {
                Setting::Attached(PolicyReference::Aws(name))
                | Setting::Boundary(PolicyReference::Aws(name)) => Some((id.account.clone(), name.clone())),
                _ => None,
            })
            .collect()
    }

    /// To whom an AWS managed policy applies in an account.
    pub fn holders_of_aws_managed(&self, account: &AccountId, name: &str) -> Vec<Holder> {
        let policy = PolicyReference::Aws(name.to_owned());
        let attached = SettingKey::Attached(policy.clone());
        let boundary = Setting::Boundary(policy);
        let own = self.of_account(account);
        own.flat_map(|(id, resource)| {
            let attached = resource.settings.contains_key(&attached).then_some(false);
            let bounds = (resource.settings.get(&SettingKey::Boundary) == Some(&boundary)).then_some(true);
            let each = [attached, bounds].into_iter().flatten();
            each.map(|as_boundary| Holder { id: id.clone(), as_boundary, members: self.members(id) })
        })
        .collect()
    }

    /// How many users are in a group; none for what is no group.
    fn members(&self, group: &ResourceId) -> Option<usize> {
        let member = SettingKey::Membership(group.clone());
        let own = || self.of_account(&group.account);
        let count = || own().filter(|(_, r)| r.settings.contains_key(&member)).count();
        (group.kind == Kind::Group).then(count)
    }
}
