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
    /// SageMaker Studio domain.
    Domain,
    /// A person in a Studio domain.
    UserProfile,
    /// A space in a Studio domain: found only.
    Space,
    /// SageMaker notebook instance.
    Notebook,
    /// Scripts of notebook instances.
    NotebookLifecycle,
    /// A script of Studio apps.
    StudioLifecycle,
    /// The account's own settings: there is one, always.
    Account,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 13] = [
        Self::Group,
        Self::User,
        Self::Policy,
        Self::Role,
        Self::InstanceProfile,
        Self::Bucket,
        Self::Domain,
        Self::UserProfile,
        Self::Space,
        Self::Notebook,
        Self::NotebookLifecycle,
        Self::StudioLifecycle,
        Self::Account,
    ];

    /// The kinds of SageMaker.
    pub const SAGEMAKER: [Self; 6] = [
        Self::Domain,
        Self::UserProfile,
        Self::Space,
        Self::Notebook,
        Self::NotebookLifecycle,
        Self::StudioLifecycle,
    ];

    /// The word used in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::User => "user",
            Self::Policy => "policy",
            Self::Role => "role",
            Self::InstanceProfile => "instance-profile",
            Self::Bucket => "bucket",
            Self::Domain => "domain",
            Self::UserProfile => "user-profile",
            Self::Space => "space",
            Self::Notebook => "notebook",
            Self::NotebookLifecycle => "notebook-lifecycle",
            Self::StudioLifecycle => "studio-lifecycle",
            Self::Account => "account",
        }
    }

    /// Whether losing the resource loses data: such a thing is never deleted or replaced by implication.
    pub fn holds_data(self) -> bool {
        match self {
            Self::Bucket
            | Self::Domain
            | Self::UserProfile
            | Self::Space
            | Self::Notebook
            | Self::Account => true,
            Self::Group
            | Self::User
            | Self::Policy
            | Self::Role
            | Self::InstanceProfile
            | Self::NotebookLifecycle
            | Self::StudioLifecycle => false,
        }
    }

    /// Whether an environment's mark on it is a tag; otherwise it is its path, or it has none.
    pub fn is_marked_by_tag(self) -> bool {
        match self {
            Self::User
            | Self::Role
            | Self::Bucket
            | Self::Domain
            | Self::UserProfile
            | Self::Space
            | Self::Notebook
            | Self::NotebookLifecycle
            | Self::StudioLifecycle => true,
            Self::Group | Self::Policy | Self::InstanceProfile | Self::Account => false,
        }
    }

    /// How many words, with slashes between them, its names have.
    pub fn name_words(self) -> usize {
        match self {
            Self::UserProfile | Self::Space => 2,
            Self::Group
            | Self::User
            | Self::Policy
            | Self::Role
            | Self::InstanceProfile
            | Self::Bucket
            | Self::Domain
            | Self::Notebook
            | Self::NotebookLifecycle
            | Self::StudioLifecycle
            | Self::Account => 1,
        }
    }

    /// Whether a region has its own of them, so that one name may be there twice in an account.
    pub fn is_regional(self) -> bool {
        Self::SAGEMAKER.contains(&self)
    }

    /// Whether AWS treats two names that differ in case as the same name.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub fn ignores_case(self) -> bool {
        match self {
            Self::Group | Self::User | Self::Policy | Self::Role | Self::InstanceProfile => true,
            Self::Bucket
            | Self::Domain
            | Self::UserProfile
            | Self::Space
            | Self::Notebook
            | Self::NotebookLifecycle
            | Self::StudioLifecycle
            | Self::Account => false,
        }
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
/// partition; what SageMaker has is in a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceId {
    /// The account it is in.
    pub account: AccountId,
    /// What it is.
    pub kind: Kind,
    /// Its name. A user profile's and a space's is that of their domain, a slash, and their own.
    pub name: String,
    /// The region it is in, for kinds of which every region has its own.
    pub region: Option<String>,
}

impl ResourceId {
    /// The resource of this kind and name in an account.
    pub fn new(account: &AccountId, kind: Kind, name: impl Into<String>) -> Self {
        Self { account: account.clone(), kind, name: name.into(), region: None }
    }

    /// The resource of this kind and name in a region of an account; the region is left out where the kind has none.
    pub fn in_region(account: &AccountId, kind: Kind, name: impl Into<String>, region: &str) -> Self {
        let region = kind.is_regional().then(|| region.to_owned());
        Self { account: account.clone(), kind, name: name.into(), region }
    }

    /// Another resource where this one is.
    pub fn sibling(&self, kind: Kind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), ..self.clone() }
    }

    /// How people name it within one environment: `role/GlueEtl`.
    pub fn address(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.region {
            Some(region) => write!(f, "{}/{region}:{}/{}", self.account, self.kind, self.name),
            None => write!(f, "{}:{}/{}", self.account, self.kind, self.name),
        }
    }
}

impl FromStr for ResourceId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let form = "ACCOUNT:KIND/NAME, or ACCOUNT/REGION:KIND/NAME for what regions have of their own";
        let wrong = || format!("`{text}` is no resource id: {form}");
        let (place, address) = text.split_once(':').ok_or_else(wrong)?;
        let (kind, name) = address.split_once('/').ok_or_else(wrong)?;
        let (account, region) = match place.split_once('/') {
            Some((account, region)) => (account, Some(region.to_owned())),
            None => (place, None),
        };
        let kind: Kind = kind.parse()?;
        if kind.is_regional() != region.is_some() || region.as_deref() == Some("") {
            return Err(wrong());
        }
        Ok(Self { account: account.parse()?, kind, name: name.to_owned(), region })
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
