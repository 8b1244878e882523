//! Identity: which account, which kind, which name.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::catalogue;

/// A twelve-digit AWS account number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

impl AccountId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` is not an account number: twelve digits"))
        }
    }
}

impl TryFrom<String> for AccountId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> String {
        id.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The part of the AWS cloud an account lives in: the second field of every ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Partition(String);

impl Partition {
    /// By name, as an ARN spells it.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The partition a region belongs to.
    pub fn of_region(region: &str) -> Self {
        Self::new(catalogue::region::partition(region))
    }

    /// As an ARN spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kinds of resource hatrack manages, in the order a reader expects them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// IAM group.
    Group,
    /// IAM user.
    User,
    /// Customer managed policy.
    Policy,
    /// IAM role.
    Role,
    /// Instance profile: what an EC2 instance carries its role in.
    InstanceProfile,
    /// S3 bucket.
    Bucket,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 6] =
        [Self::Group, Self::User, Self::Policy, Self::Role, Self::InstanceProfile, Self::Bucket];

    /// The word used in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::User => "user",
            Self::Policy => "policy",
            Self::Role => "role",
            Self::InstanceProfile => "instance-profile",
            Self::Bucket => "bucket",
        }
    }

    /// Whether losing the resource loses data: such a thing is never deleted or replaced by implication.
    pub fn holds_data(self) -> bool {
        match self {
            Self::Bucket => true,
            Self::Group | Self::User | Self::Policy | Self::Role | Self::InstanceProfile => false,
        }
    }

    /// Whether AWS treats two names that differ in case as the same name.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub fn ignores_case(self) -> bool {
        self != Self::Bucket
    }
}

impl FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|k| k.word() == text).ok_or_else(|| {
            let words: Vec<_> = Self::ALL.iter().map(|k| k.word()).collect();
            format!("`{text}` is no kind of resource: one of {}", words.join(", "))
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Names one resource, without the parts AWS invents. IAM names are unique in an account and bucket names in a
/// partition, so no region is needed; a regional kind will add one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceId {
    /// The account it is in.
    pub account: AccountId,
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
}

impl ResourceId {
    /// The resource of this kind and name in an account.
    pub fn new(account: &AccountId, kind: Kind, name: impl Into<String>) -> Self {
        Self { account: account.clone(), kind, name: name.into() }
    }

    /// How people name it within one environment: `role/GlueEtl`.
    pub fn address(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.account, self.kind, self.name)
    }
}

impl FromStr for ResourceId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (account, address) =
            text.split_once(':').ok_or_else(|| format!("`{text}` is no resource id: ACCOUNT:KIND/NAME"))?;
        let (kind, name) = address
            .split_once('/')
            .ok_or_else(|| format!("`{text}` is no resource id: ACCOUNT:KIND/NAME"))?;
        Ok(Self { account: account.parse()?, kind: kind.parse()?, name: name.to_owned() })
    }
}

impl TryFrom<String> for ResourceId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ResourceId> for String {
    fn from(id: ResourceId) -> String {
        id.to_string()
    }
}
