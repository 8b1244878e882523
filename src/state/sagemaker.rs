//! What SageMaker has in a region: Studio domains with their people, notebook instances, and scripts that run when
//! either starts.
//!
//! Sources: the service model of the SageMaker API, and
//! <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateDomain.html> and its siblings.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ResourceId;

/// A Studio domain. AWS tells domains apart by an id of its own; here a domain is its name, which no two domains with
/// an owner's mark share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// How people sign in. Fixed at creation.
    pub auth_mode: AuthMode,
    /// The VPC it is in. Fixed at creation.
    pub vpc: String,
    /// The KMS key of its home directories, an id or an ARN; none is the AWS managed key. Fixed at creation.
    pub kms_key: Option<String>,
    /// The subnets of its apps.
    pub subnets: BTreeSet<String>,
    /// How its apps reach the network.
    pub network: NetworkAccess,
    /// The ARN of the role that apps of people without a role of their own work as.
    pub execution_role: String,
    /// Security groups of its apps, up to five.
    pub security_groups: BTreeSet<String>,
    /// Minutes without activity after which an app is stopped, 60 to 525,600; none is never.
    pub idle_minutes: Option<u32>,
    /// What becomes of people's files when the domain is deleted. AWS asks only then: it is kept as a tag.
    pub home_files: HomeFiles,
}

/// How people sign in to a Studio domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AuthMode {
    /// As IAM users and roles, through a presigned URL.
    IAM,
    /// Through IAM Identity Center.
    SSO,
}

/// How the apps of a Studio domain reach the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum NetworkAccess {
    /// Through a VPC of SageMaker's own, with the internet.
    PublicInternetOnly,
    /// Through the subnets of the domain alone.
    VpcOnly,
}

/// What becomes of people's files when a domain is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HomeFiles {
    /// The EFS file system stays, and costs what it holds.
    #[default]
    Retain,
    /// It is deleted with the domain.
    Delete,
}

/// The tag that keeps a domain's [`HomeFiles`]; without it they are retained.
pub const HOME_FILES_TAG: &str = "hatrack:home-files";

/// A person in a Studio domain. Its name is `DOMAIN/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserProfile {
    /// The domain it is in.
    pub domain: ResourceId,
    /// The Identity Center user it belongs to, in a domain with that sign-in. Fixed at creation.
    pub sso_user: Option<String>,
    /// The ARN of the role the person's apps work as; none is the domain's.
    pub execution_role: Option<String>,
    /// Security groups beside the domain's.
    pub security_groups: BTreeSet<String>,
}

/// A space in a Studio domain: found only, people make their own. Its name is `DOMAIN/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Space {
    /// The domain it is in.
    pub domain: ResourceId,
    /// The user profile it belongs to, by name; none for old shared ones.
    pub owner: Option<String>,
}

/// A notebook instance. Its volume holds data: it is never made anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notebook {
    /// The subnet it is in; none is SageMaker's own network. Fixed at creation.
    pub subnet: Option<String>,
    /// Its security groups. Fixed at creation.
    pub security_groups: BTreeSet<String>,
    /// Whether it reaches the internet through SageMaker's own network. Fixed at creation.
    pub direct_internet: bool,
    /// The KMS key of its volume, an id or an ARN; none is the AWS managed key. Fixed at creation.
    pub kms_key: Option<String>,
    /// As AWS spells it: `ml.t3.medium`.
    pub instance_type: String,
    /// The ARN of the role it works as.
    pub execution_role: String,
    /// The size of its volume, 5 to 16,384 GB. It only grows.
    pub volume_gb: u32,
    /// Whether its people are root on it. Scripts of lifecycle configurations always are.
    pub root_access: bool,
    /// The lowest version of the instance metadata service it answers, 1 or 2.
    pub metadata_version: u8,
    /// The scripts that run when it is made and started.
    pub lifecycle: Option<ResourceId>,
    /// Whether it runs; none leaves that to its people.
    pub running: Option<bool>,
}

/// The scripts of notebook instances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotebookLifecycle {
    /// Runs once, when an instance is made.
    pub on_create: Option<String>,
    /// Runs at every start, the first one included.
    pub on_start: Option<String>,
}

/// A script of Studio apps. AWS has no call that changes one: it is made anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudioLifecycle {
    /// The apps it is for.
    pub app: AppType,
    /// The script.
    pub script: String,
}

/// The apps of Studio that take lifecycle configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum AppType {
    /// JupyterLab.
    JupyterLab,
    /// Code Editor.
    CodeEditor,
    /// The server of Studio Classic.
    JupyterServer,
    /// The kernels of Studio Classic.
    KernelGateway,
}

impl AppType {
    /// As AWS spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::JupyterLab => "JupyterLab",
            Self::CodeEditor => "CodeEditor",
            Self::JupyterServer => "JupyterServer",
            Self::KernelGateway => "KernelGateway",
        }
    }
}

/// The two halves of the name of a user profile or space: the domain's, and its own.
pub fn within_domain(name: &str) -> Option<(&str, &str)> {
    name.split_once('/')
}

impl Domain {
    /// What differs of what is fixed at creation, by the words of a specification.
    pub fn fixed_differences(&self, other: &Self) -> Vec<&'static str> {
        let Self {
            auth_mode,
            vpc,
            kms_key,
            subnets: _,
            network: _,
            execution_role: _,
            security_groups: _,
            idle_minutes: _,
            home_files: _,
        } = self;
        differing([
            ("auth_mode", *auth_mode != other.auth_mode),
            ("vpc", *vpc != other.vpc),
            ("kms_key", !same_key(kms_key.as_deref(), other.kms_key.as_deref())),
        ])
    }

    /// What differs of what AWS changes only while no app runs.
    pub fn differences_apps_block(&self, other: &Self) -> Vec<&'static str> {
        differing([("subnets", self.subnets != other.subnets), ("network", self.network != other.network)])
    }
}

impl UserProfile {
    /// What differs of what is fixed at creation.
    pub fn fixed_differences(&self, other: &Self) -> Vec<&'static str> {
        let Self { domain: _, sso_user, execution_role: _, security_groups: _ } = self;
        differing([("sso_user", *sso_user != other.sso_user)])
    }
}

impl Notebook {
    /// What differs of what is fixed at creation, from found to wanted: a volume grows, and never shrinks.
    pub fn fixed_differences(&self, wanted: &Self) -> Vec<&'static str> {
        let Self {
            subnet,
            security_groups,
            direct_internet,
            kms_key,
            instance_type: _,
            execution_role: _,
            volume_gb,
            root_access: _,
            metadata_version: _,
            lifecycle: _,
            running: _,
        } = self;
        differing([
            ("subnet", *subnet != wanted.subnet),
            ("security_groups", *security_groups != wanted.security_groups),
            ("direct_internet", *direct_internet != wanted.direct_internet),
            ("kms_key", !same_key(kms_key.as_deref(), wanted.kms_key.as_deref())),
            ("volume_gb", wanted.volume_gb < *volume_gb),
        ])
    }
}

fn differing<const N: usize>(fields: [(&'static str, bool); N]) -> Vec<&'static str> {
    fields.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

/// AWS gives a key back as it was given, or as its ARN.
fn same_key(a: Option<&str>, b: Option<&str>) -> bool {
    let id = |key: &str| key.rsplit_once(":key/").map_or_else(|| key.to_owned(), |(_, id)| id.to_owned());
    a.map(id) == b.map(id)
}
