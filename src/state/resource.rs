//! Resources: a core plus settings, and how they refer to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::quota::Quotas;
use super::{
    AccountId, AppType, AwsManaged, Domain, Kind, Notebook, NotebookLifecycle, Partition, PasswordPolicy,
    ResourceId, Space, StudioLifecycle, UserProfile,
};
use crate::policy::Policy;

/// Everything known of one or more accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The accounts this state speaks of.
    pub accounts: BTreeMap<AccountId, Extent>,
    /// What is in them.
    pub resources: BTreeMap<ResourceId, Resource>,
}

/// How much of an account a state speaks of: what lies outside was not read, which is not the same as absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// The partition its ARNs name.
    pub partition: Partition,
    /// The kinds that are in the state in full.
    pub kinds: BTreeSet<Kind>,
    /// The regions of which the regional ones among those kinds are in the state; none is all there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<BTreeSet<String>>,
    /// The quotas it was found to have.
    #[serde(default, skip_serializing_if = "Quotas::is_empty")]
    pub quotas: Quotas,
    /// The AWS managed policies in use there, by path and name as in their ARNs after `policy/`, as far as they were
    /// read: knowledge that no operation changes, and that a declared state does not have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aws_managed: BTreeMap<String, AwsManaged>,
}

impl Extent {
    /// An account of which every kind is known.
    pub fn full(partition: Partition) -> Self {
        let (quotas, aws_managed) = (Quotas::default(), BTreeMap::new());
        Self { partition, kinds: Kind::ALL.into(), regions: None, quotas, aws_managed }
    }
}

/// Settings by key.
pub type Settings = BTreeMap<SettingKey, Setting>;

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What one create call takes and one delete call ends.
    pub core: Core,
    /// What is set on it.
    pub settings: Settings,
}

impl Resource {
    /// A resource with these settings.
    pub fn new(core: Core, settings: impl IntoIterator<Item = Setting>) -> Self {
        Self { core, settings: settings.into_iter().map(|s| (s.key(), s)).collect() }
    }

    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        match self.settings.get(&SettingKey::Tag(key.to_owned())) {
            Some(Setting::Tag { value, .. }) => Some(value),
            _ => None,
        }
    }

    /// Adds or replaces a setting.
    pub fn set(&mut self, setting: Setting) {
        self.settings.insert(setting.key(), setting);
    }
}

/// What one create call takes and one delete call ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Core {
    /// IAM user.
    User {
        /// `/` or `/…/`.
        path: String,
    },
    /// IAM group.
    Group {
        /// `/` or `/…/`.
        path: String,
    },
    /// Customer managed policy: its default version.
    Policy {
        /// `/` or `/…/`. Fixed at creation.
        path: String,
        /// Fixed at creation; empty is the same as none.
        description: String,
        /// The default version's document.
        document: Policy,
    },
    /// IAM role.
    Role {
        /// `/` or `/…/`. Fixed at creation.
        path: String,
        /// Empty is the same as none.
        description: String,
        /// Longest session, in seconds: 3,600 to 43,200.
        max_session_seconds: u32,
        /// Who may assume it.
        trust: Policy,
    },
    /// Instance profile.
    InstanceProfile {
        /// `/` or `/…/`. Fixed at creation.
        path: String,
    },
    /// S3 bucket.
    Bucket {
        /// Where its data is. Fixed at creation.
        region: String,
    },
    /// Studio domain.
    Domain(Domain),
    /// A person in a Studio domain.
    UserProfile(UserProfile),
    /// A space in a Studio domain.
    Space(Space),
    /// Notebook instance.
    Notebook(Notebook),
    /// Scripts of notebook instances.
    NotebookLifecycle(NotebookLifecycle),
    /// A script of Studio apps.
    StudioLifecycle(StudioLifecycle),
    /// The account itself, which nobody makes or ends here.
    Account,
}

impl Core {
    /// The kind of resource this is the core of.
    pub fn kind(&self) -> Kind {
        match self {
            Self::User { .. } => Kind::User,
            Self::Group { .. } => Kind::Group,
            Self::Policy { .. } => Kind::Policy,
            Self::Role { .. } => Kind::Role,
            Self::InstanceProfile { .. } => Kind::InstanceProfile,
            Self::Bucket { .. } => Kind::Bucket,
            Self::Domain(_) => Kind::Domain,
            Self::UserProfile(_) => Kind::UserProfile,
            Self::Space(_) => Kind::Space,
            Self::Notebook(_) => Kind::Notebook,
            Self::NotebookLifecycle(_) => Kind::NotebookLifecycle,
            Self::StudioLifecycle(_) => Kind::StudioLifecycle,
            Self::Account => Kind::Account,
        }
    }

    /// The IAM path; none for what is not IAM's.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::User { path }
            | Self::Group { path }
            | Self::Policy { path, .. }
            | Self::Role { path, .. }
            | Self::InstanceProfile { path } => Some(path),
            Self::Bucket { .. }
            | Self::Domain(_)
            | Self::UserProfile(_)
            | Self::Space(_)
            | Self::Notebook(_)
            | Self::NotebookLifecycle(_)
            | Self::StudioLifecycle(_)
            | Self::Account => None,
        }
    }
}

/// What one put call sets on a resource and one remove call clears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// A tag.
    Tag {
        /// 1 to 128 characters.
        key: String,
        /// 0 to 256 characters.
        value: String,
    },
    /// The permissions boundary of a user or role.
    Boundary(PolicyReference),
    /// A managed policy attached to a user, group or role.
    Attached(PolicyReference),
    /// An inline policy of a user, group or role.
    Inline {
        /// Its name.
        name: String,
        /// What it says.
        document: Policy,
    },
    /// A user's membership in a group.
    Membership(ResourceId),
    /// A user's sign-in profile for the console. The password is no part of any state.
    SignIn,
    /// A credential found on a user, which hatrack can remove but never makes.
    Credential {
        /// What sort.
        kind: CredentialKind,
        /// AWS's id or serial number of it; not secret.
        id: String,
    },
    /// The role an instance profile carries.
    HeldRole(ResourceId),
    /// Bucket policy.
    BucketPolicy(Policy),
    /// The bucket's Block Public Access settings.
    PublicAccessBlock(PublicAccessBlock),
    /// Default encryption.
    Encryption(Encryption),
    /// Versioning; a bucket that never had any has no such setting.
    Versioning(Versioning),
    /// Object ownership.
    Ownership(Ownership),
    /// Lifecycle rules, sorted by id.
    Lifecycle(Vec<LifecycleRule>),
    /// Found only: the bucket holds objects, so AWS refuses to delete it.
    Objects,
    /// A script that runs when apps of the domain, or of the person, start.
    StudioLifecycle {
        /// The lifecycle configuration.
        config: ResourceId,
        /// The apps it is for, which it says itself.
        app: AppType,
    },
    /// Found only: running apps of a domain, a person or a space, each as `OWNER/TYPE/NAME`. AWS refuses to delete what
    /// they belong to, and to change a domain's network.
    Apps(BTreeSet<String>),
    /// Found only: AWS could not make, change or delete it, for the reason it gives.
    Failed(String),
    /// The account's alias, which stands in the address of its sign-in page.
    AccountAlias(String),
    /// What passwords of IAM users must be like.
    PasswordPolicy(PasswordPolicy),
}

/// Identifies a setting on its resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingKey {
    /// A tag, by key.
    Tag(String),
    /// The boundary.
    Boundary,
    /// An attached managed policy.
    Attached(PolicyReference),
    /// An inline policy, by name.
    Inline(String),
    /// Membership in a group.
    Membership(ResourceId),
    /// The sign-in profile.
    SignIn,
    /// A credential.
    Credential(CredentialKind, String),
    /// The role in an instance profile.
    HeldRole,
    /// The bucket policy.
    BucketPolicy,
    /// Block Public Access.
    PublicAccessBlock,
    /// Default encryption.
    Encryption,
    /// Versioning.
    Versioning,
    /// Object ownership.
    Ownership,
    /// Lifecycle rules.
    Lifecycle,
    /// Objects in the bucket.
    Objects,
    /// A script of Studio apps.
    StudioLifecycle(ResourceId),
    /// Running apps.
    Apps,
    /// A failed state.
    Failed,
    /// The account's alias.
    AccountAlias,
    /// The password policy.
    PasswordPolicy,
}

impl Setting {
    /// Its key.
    pub fn key(&self) -> SettingKey {
        match self {
            Self::Tag { key, .. } => SettingKey::Tag(key.clone()),
            Self::Boundary(_) => SettingKey::Boundary,
            Self::Attached(policy) => SettingKey::Attached(policy.clone()),
            Self::Inline { name, .. } => SettingKey::Inline(name.clone()),
            Self::Membership(group) => SettingKey::Membership(group.clone()),
            Self::SignIn => SettingKey::SignIn,
            Self::Credential { kind, id } => SettingKey::Credential(*kind, id.clone()),
            Self::HeldRole(_) => SettingKey::HeldRole,
            Self::BucketPolicy(_) => SettingKey::BucketPolicy,
            Self::PublicAccessBlock(_) => SettingKey::PublicAccessBlock,
            Self::Encryption(_) => SettingKey::Encryption,
            Self::Versioning(_) => SettingKey::Versioning,
            Self::Ownership(_) => SettingKey::Ownership,
            Self::Lifecycle(_) => SettingKey::Lifecycle,
            Self::Objects => SettingKey::Objects,
            Self::StudioLifecycle { config, app: _ } => SettingKey::StudioLifecycle(config.clone()),
            Self::Apps(_) => SettingKey::Apps,
            Self::Failed(_) => SettingKey::Failed,
            Self::AccountAlias(_) => SettingKey::AccountAlias,
            Self::PasswordPolicy(_) => SettingKey::PasswordPolicy,
        }
    }

    /// The policy document it carries, if it carries one.
    pub fn document(&self) -> Option<&Policy> {
        match self {
            Self::Inline { document, .. } | Self::BucketPolicy(document) => Some(document),
            _ => None,
        }
    }
}

/// The address of a setting under its resource: `inline/data`, `attached/AmazonS3ReadOnlyAccess`.
impl fmt::Display for SettingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(key) => write!(f, "tag/{key}"),
            Self::Boundary => f.write_str("boundary"),
            Self::Attached(policy) => write!(f, "attached/{policy}"),
            Self::Inline(name) => write!(f, "inline/{name}"),
            Self::Membership(group) => write!(f, "membership/{}", group.name),
            Self::SignIn => f.write_str("sign-in"),
            Self::Credential(kind, id) => write!(f, "{}/{id}", kind.word()),
            Self::HeldRole => f.write_str("role"),
            Self::BucketPolicy => f.write_str("policy"),
            Self::PublicAccessBlock => f.write_str("public-access-block"),
            Self::Encryption => f.write_str("encryption"),
            Self::Versioning => f.write_str("versioning"),
            Self::Ownership => f.write_str("ownership"),
            Self::Lifecycle => f.write_str("lifecycle"),
            Self::Objects => f.write_str("objects"),
            Self::StudioLifecycle(config) => write!(f, "lifecycle/{}", config.name),
            Self::Apps => f.write_str("apps"),
            Self::Failed => f.write_str("failed"),
            Self::AccountAlias => f.write_str("alias"),
            Self::PasswordPolicy => f.write_str("password-policy"),
        }
    }
}

/// A managed policy: one of AWS's, or one of an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyReference {
    /// AWS managed, by path and name as in its ARN after `policy/`: `service-role/AWSGlueServiceRole`.
    Aws(String),
    /// Customer managed.
    Customer(ResourceId),
}

/// AWS attaches this to a user whose access key leaked.
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html>
const QUARANTINE: &str = "AWSCompromisedKeyQuarantine";

impl PolicyReference {
    /// Whether it is one of AWS's own policies that deny, by name.
    pub fn is_known_to_deny(&self) -> bool {
        matches!(self, Self::Aws(name) if name == "AWSDenyAll") || self.is_quarantine()
    }

    /// Whether AWS attaches it by itself to a user whose access key leaked.
    pub fn is_quarantine(&self) -> bool {
        matches!(self, Self::Aws(name) if name.starts_with(QUARANTINE))
    }
}

/// The name people use: the short name of an AWS managed policy, or the policy's own name.
impl fmt::Display for PolicyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws(name) => f.write_str(name),
            Self::Customer(id) => f.write_str(&id.name),
        }
    }
}

/// Credentials a user can hold beside the sign-in profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// Access key.
    AccessKey,
    /// MFA device: the person's own; never drift.
    MfaDevice,
    /// X.509 signing certificate.
    SigningCertificate,
    /// SSH public key for CodeCommit.
    SshPublicKey,
    /// Service-specific credential (CodeCommit HTTPS, Keyspaces, Bedrock).
    ServiceSpecific,
}

impl CredentialKind {
    /// The word used in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::AccessKey => "access-key",
            Self::MfaDevice => "mfa-device",
            Self::SigningCertificate => "signing-certificate",
            Self::SshPublicKey => "ssh-public-key",
            Self::ServiceSpecific => "service-specific-credential",
        }
    }
}

/// S3 Block Public Access, the four switches.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicAccessBlock {
    /// Refuse new public ACLs.
    #[serde(default = "on")]
    pub block_public_acls: bool,
    /// Ignore public ACLs.
    #[serde(default = "on")]
    pub ignore_public_acls: bool,
    /// Refuse new public bucket policies.
    #[serde(default = "on")]
    pub block_public_policy: bool,
    /// Cut a public bucket policy down to the own account and AWS services.
    #[serde(default = "on")]
    pub restrict_public_buckets: bool,
}

fn on() -> bool {
    true
}

impl Default for PublicAccessBlock {
    fn default() -> Self {
        Self {
            block_public_acls: true,
            ignore_public_acls: true,
            block_public_policy: true,
            restrict_public_buckets: true,
        }
    }
}

/// Default encryption of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// SSE-S3: AWS's default since January 2023.
    Aes256,
    /// SSE-KMS.
    Kms {
        /// Key id, ARN or alias; none is the AWS managed key `aws/s3`.
        key: Option<String>,
        /// S3 Bucket Keys, which cut the number of calls to KMS.
        bucket_key: bool,
        /// Two layers (DSSE-KMS).
        dual_layer: bool,
    },
}

/// Bucket versioning; it never goes back to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Versioning {
    /// New versions are kept.
    Enabled,
    /// Old versions stay, new ones are not kept.
    Suspended,
}

/// Who owns objects that others write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Ownership {
    /// ACLs are off: the default and the recommendation.
    BucketOwnerEnforced,
    /// The bucket's owner, if the writer says so.
    BucketOwnerPreferred,
    /// The writer.
    ObjectWriter,
}

/// One lifecycle rule. Days count from an object's creation, or from when it stopped being current.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LifecycleRule {
    /// Unique in the bucket, up to 255 characters.
    pub id: String,
    /// Off keeps the rule without effect.
    #[serde(default = "on")]
    pub enabled: bool,
    /// Objects whose key begins so; empty is all.
    #[serde(default)]
    pub prefix: String,
    /// Objects with all of these tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Objects larger than this many bytes.
    #[serde(default)]
    pub larger_than_bytes: Option<i64>,
    /// Objects smaller than this many bytes.
    #[serde(default)]
    pub smaller_than_bytes: Option<i64>,
    /// Delete after so many days.
    #[serde(default)]
    pub expire_days: Option<i32>,
    /// Delete on a date (ISO 8601, midnight UTC).
    #[serde(default)]
    pub expire_date: Option<String>,
    /// Remove delete markers that hide nothing.
    #[serde(default)]
    pub remove_expired_delete_markers: bool,
    /// Delete old versions after so many days.
    #[serde(default)]
    pub expire_noncurrent_days: Option<i32>,
    /// Keep this many newer old versions.
    #[serde(default)]
    pub keep_noncurrent_versions: Option<i32>,
    /// Give up unfinished uploads after so many days.
    #[serde(default)]
    pub abort_uploads_days: Option<i32>,
    /// Move to a cheaper storage class.
    #[serde(default)]
    pub transitions: Vec<Transition>,
    /// Move old versions to a cheaper storage class.
    #[serde(default)]
    pub noncurrent_transitions: Vec<Transition>,
}

/// A move to another storage class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// After so many days.
    #[serde(default)]
    pub days: Option<i32>,
    /// On a date (ISO 8601, midnight UTC).
    #[serde(default)]
    pub date: Option<String>,
    /// As AWS spells it: `STANDARD_IA`, `GLACIER`, …
    pub storage_class: String,
    /// For old versions: keep this many newer ones where they are.
    #[serde(default)]
    pub keep_versions: Option<i32>,
}
