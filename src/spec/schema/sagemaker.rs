//! SageMaker, as an author writes it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Common, Others};
use crate::state::{AppType, AuthMode, HomeFiles, NetworkAccess};

/// What SageMaker has in the environment's region.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SageMaker {
    /// Studio domains by name.
    pub domains: BTreeMap<String, Domain>,
    /// Notebook instances by name.
    pub notebooks: BTreeMap<String, Notebook>,
    /// Scripts by name: of notebook instances (`on_create`, `on_start`), or of Studio apps (`app`, `script`).
    pub lifecycle_configurations: BTreeMap<String, LifecycleConfiguration>,
}

holder! {
    /// A Studio domain. Never deleted because it left the file, and never made anew: see `retire`.
    Domain {
        /// How people sign in: `IAM` (the default) or `SSO`, IAM Identity Center. Fixed at creation.
        auth_mode: Option<AuthMode>,
        /// The VPC. Fixed at creation.
        vpc: Option<String>,
        /// The subnets of its apps. They change only while no app runs.
        subnets: Vec<String>,
        /// `VpcOnly` (the default) or `PublicInternetOnly`. It changes only while no app runs.
        network: Option<NetworkAccess>,
        /// The KMS key of people's files. Fixed at creation. Default: the AWS managed key.
        kms_key: Option<String>,
        /// The role that apps work as, unless a profile has its own: a key of `roles`, or an ARN.
        execution_role: Option<String>,
        /// Security groups of its apps, up to five.
        security_groups: Vec<String>,
        /// Scripts that run when apps start: keys of `lifecycle_configurations`.
        lifecycle_configurations: Vec<String>,
        /// Minutes without activity after which an app is stopped, 60 to 525600. Default: never.
        #[schemars(range(min = 60, max = 525600))]
        idle_minutes: Option<u32>,
        /// What becomes of people's files when the domain is retired: `retain` (the default), or `delete`.
        home_files: Option<HomeFiles>,
        /// `own-profile` (the default): users of this file open no profile but the one of their own name.
        /// `unrestricted`: their policies alone decide.
        sign_in: Option<SignIn>,
        /// The people of the domain, by name.
        user_profiles: BTreeMap<String, UserProfile>,
    }
}

/// Which profiles people may open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "value of `sign_in`")]
pub enum SignIn {
    /// The one of their own name.
    #[default]
    OwnProfile,
    /// Whatever their policies allow.
    Unrestricted,
}

holder! {
    /// A person in a Studio domain. Never deleted because it left the file: see `retire`.
    UserProfile {
        /// The role that the person's apps work as: a key of `roles`, or an ARN. Default: the domain's.
        execution_role: Option<String>,
        /// Security groups beside the domain's, up to five.
        security_groups: Vec<String>,
        /// Scripts that run when the person's apps start: keys of `lifecycle_configurations`.
        lifecycle_configurations: Vec<String>,
        /// The Identity Center user, in a domain with `auth_mode: SSO`. Default: the profile's name. Fixed at creation.
        sso_user: Option<String>,
    }
}

holder! {
    /// A notebook instance. Never deleted because it left the file, and never made anew: see `retire`.
    Notebook {
        /// As AWS spells it. Default: `ml.t3.medium`.
        instance_type: Option<String>,
        /// The role it works as: a key of `roles`, or an ARN.
        execution_role: Option<String>,
        /// The subnet. Fixed at creation. Default: none, and then it is in SageMaker's own network.
        subnet: Option<String>,
        /// Security groups, up to five, with a subnet. Fixed at creation.
        security_groups: Vec<String>,
        /// Whether it reaches the internet through SageMaker's own network. Fixed at creation. Default: no with a
        /// subnet, and yes without one, where AWS takes nothing else.
        direct_internet: Option<bool>,
        /// The KMS key of its volume. Fixed at creation. Default: the AWS managed key.
        kms_key: Option<String>,
        /// The size of its volume in GB, 5 (the default) to 16384. It only grows.
        #[schemars(range(min = 5, max = 16384))]
        volume_gb: Option<u32>,
        /// Whether its people are root on it. Default: no.
        root_access: Option<bool>,
        /// The lowest version of the instance metadata service, 1 or 2 (the default).
        #[schemars(range(min = 1, max = 2))]
        metadata_version: Option<u8>,
        /// The scripts that run at its creation and start: a key of `lifecycle_configurations`.
        lifecycle_configuration: Option<String>,
        /// Whether it runs: `true` (the default), `false`, or `any`, which leaves that to its people.
        running: Option<Running>,
    }
}

/// Whether a notebook instance runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "value of `running`")]
pub enum Running {
    /// It does, or it does not.
    Always(bool),
    /// Its people decide.
    Any(Any),
}

/// The word for "whatever is found".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "value of `running`: `true`, `false`")]
pub enum Any {
    /// Whatever is found.
    Any,
}

holder! {
    /// A script, or two.
    LifecycleConfiguration {
        /// Of notebook instances: runs once, when one is made.
        on_create: Option<String>,
        /// Of notebook instances: runs at every start.
        on_start: Option<String>,
        /// Of Studio: the apps it is for.
        app: Option<AppType>,
        /// Of Studio: the script. AWS cannot change it: it is made anew.
        script: Option<String>,
    }
}
