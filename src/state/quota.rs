//! What AWS counts and takes only so much of, and how much an account was found to be granted. What is used of it is
//! measured in [`meter`](super::meter).
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html> and
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Kind;

/// Something that AWS counts and takes only so much of. Sizes name their unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quota {
    /// Managed policies attached to a user.
    ManagedPoliciesPerUser,
    /// Managed policies attached to a group.
    ManagedPoliciesPerGroup,
    /// Managed policies attached to a role.
    ManagedPoliciesPerRole,
    /// All inline policies of a user together, blanks not counted.
    InlineCharactersPerUser,
    /// All inline policies of a group together, blanks not counted.
    InlineCharactersPerGroup,
    /// All inline policies of a role together, blanks not counted.
    InlineCharactersPerRole,
    /// A role's trust policy, blanks not counted.
    TrustCharacters,
    /// A customer managed policy, blanks not counted.
    PolicyCharacters,
    /// A bucket policy: the one size that counts blanks.
    BucketPolicyBytes,
    /// Groups that a user is in.
    GroupsPerUser,
    /// Tags on a resource, without AWS's own.
    Tags,
    /// Users in an account.
    Users,
    /// Groups in an account.
    Groups,
    /// Roles in an account, service-linked ones among them.
    Roles,
    /// Customer managed policies in an account.
    Policies,
    /// Instance profiles in an account.
    InstanceProfiles,
}

/// What is known of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaFacts {
    /// The word for it on a meter.
    pub word: &'static str,
    /// What an account has if nobody asked for more.
    pub default: usize,
    /// The most that AWS grants; the default where it cannot be raised.
    pub most: usize,
    /// Its key in the answer of `GetAccountSummary`; none if AWS does not tell it there.
    pub key: Option<&'static str>,
}

impl Quota {
    /// All of them, in the order of a meter.
    pub const ALL: [Self; 16] = [
        Self::ManagedPoliciesPerUser,
        Self::ManagedPoliciesPerGroup,
        Self::ManagedPoliciesPerRole,
        Self::InlineCharactersPerUser,
        Self::InlineCharactersPerGroup,
        Self::InlineCharactersPerRole,
        Self::TrustCharacters,
        Self::PolicyCharacters,
        Self::BucketPolicyBytes,
        Self::GroupsPerUser,
        Self::Tags,
        Self::Users,
        Self::Groups,
        Self::Roles,
        Self::Policies,
        Self::InstanceProfiles,
    ];

    /// The one table of quotas.
    pub fn facts(self) -> QuotaFacts {
        let (word, default, most, key) = match self {
            Self::ManagedPoliciesPerUser => ("managed", 10, 20, Some("AttachedPoliciesPerUserQuota")),
            Self::ManagedPoliciesPerGroup => ("managed", 10, 10, Some("AttachedPoliciesPerGroupQuota")),
            // Newer accounts are said to begin with 20; the lower number warns too early, not too late.
            Self::ManagedPoliciesPerRole => ("managed", 10, 25, Some("AttachedPoliciesPerRoleQuota")),
            Self::InlineCharactersPerUser => ("inline", 2048, 2048, Some("UserPolicySizeQuota")),
            Self::InlineCharactersPerGroup => ("inline", 5120, 5120, Some("GroupPolicySizeQuota")),
            Self::InlineCharactersPerRole => ("inline", 10_240, 10_240, Some("RolePolicySizeQuota")),
            Self::TrustCharacters => ("trust", 2048, 4096, Some("AssumeRolePolicySizeQuota")),
            Self::PolicyCharacters => ("policy", 6144, 6144, Some("PolicySizeQuota")),
            Self::BucketPolicyBytes => ("bucket", 20_480, 20_480, None),
            Self::GroupsPerUser => ("groups", 10, 10, Some("GroupsPerUserQuota")),
            Self::Tags => ("tags", 50, 50, None),
            Self::Users => ("users", 5000, 5000, Some("UsersQuota")),
            Self::Groups => ("groups", 300, 500, Some("GroupsQuota")),
            Self::Roles => ("roles", 1000, 5000, Some("RolesQuota")),
            Self::Policies => ("policies", 1500, 5000, Some("PoliciesQuota")),
            Self::InstanceProfiles => ("instance profiles", 1000, 5000, Some("InstanceProfilesQuota")),
        };
        QuotaFacts { word, default, most, key }
    }

    /// Whether it counts characters without blanks. AWS does not say whether those within strings are blanks.
    pub fn ignores_blanks(self) -> bool {
        matches!(
            self,
            Self::InlineCharactersPerUser
                | Self::InlineCharactersPerGroup
                | Self::InlineCharactersPerRole
                | Self::TrustCharacters
                | Self::PolicyCharacters
        )
    }

    /// The kind it counts all of in an account; none if it is about a single resource.
    pub fn counts(self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| of_account(*kind) == Some(self))
    }
}

/// The quota of an account on resources of a kind.
pub fn of_account(kind: Kind) -> Option<Quota> {
    match kind {
        Kind::User => Some(Quota::Users),
        Kind::Group => Some(Quota::Groups),
        Kind::Role => Some(Quota::Roles),
        Kind::Policy => Some(Quota::Policies),
        Kind::InstanceProfile => Some(Quota::InstanceProfiles),
        Kind::Bucket => None, // Granted by region, and no call of IAM or S3 tells how many.
        sagemaker_kinds!() | Kind::Account => None,
    }
}

/// The quotas that an account was found to have. What is not in here was not read, and is taken to be AWS's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quotas(BTreeMap<Quota, usize>);

impl Quotas {
    /// Quotas by their keys in the answer of `GetAccountSummary`; what else is in there is left out.
    pub fn from_summary<'a>(answer: impl IntoIterator<Item = (&'a str, i32)>) -> Self {
        let by_key = |key: &str| Quota::ALL.into_iter().find(|quota| quota.facts().key == Some(key));
        let each = answer.into_iter().filter_map(|(key, value)| {
            let value = usize::try_from(value).ok().filter(|value| *value > 0)?;
            Some((by_key(key)?, value))
        });
        Self(each.collect())
    }

    /// The most that AWS grants of each.
    pub fn most() -> Self {
        Self(Quota::ALL.into_iter().map(|quota| (quota, quota.facts().most)).collect())
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was read of one.
    pub fn read(&self, quota: Quota) -> Option<usize> {
        self.0.get(&quota).copied()
    }
}

/// The quotas on a single resource of a kind.
pub fn of_kind(kind: Kind) -> &'static [Quota] {
    match kind {
        Kind::User => &[
            Quota::ManagedPoliciesPerUser,
            Quota::InlineCharactersPerUser,
            Quota::GroupsPerUser,
            Quota::Tags,
        ],
        Kind::Group => &[Quota::ManagedPoliciesPerGroup, Quota::InlineCharactersPerGroup, Quota::Tags],
        Kind::Role => &[
            Quota::ManagedPoliciesPerRole,
            Quota::InlineCharactersPerRole,
            Quota::TrustCharacters,
            Quota::Tags,
        ],
        Kind::Policy => &[Quota::PolicyCharacters, Quota::Tags],
        Kind::InstanceProfile => &[Quota::Tags],
        Kind::Bucket => &[Quota::BucketPolicyBytes, Quota::Tags],
        sagemaker_kinds!() => &[Quota::Tags],
        Kind::Account => &[],
    }
}
