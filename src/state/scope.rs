//! What a specification answers for.
//!
//! Scope is a step before the diff: what the specification does not answer for is copied from found into wanted, so
//! that the diff has no exceptions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{AccountId, Kind, Partition, Resource, ResourceId, SettingKey};

/// The tag that marks users, roles and buckets as an environment's, and customer managed policies that were adopted
/// where they stood.
pub const MARK_TAG: &str = "hatrack:environment";

/// The path that marks groups, customer managed policies and instance profiles as an environment's; paths below it
/// count too.
pub fn mark_path(environment: &str) -> String {
    format!("/hatrack/{environment}/")
}

/// What one environment answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The environment's name, which is also its mark.
    pub environment: String,
    /// Its account.
    pub account: AccountId,
    /// Its partition.
    pub partition: Partition,
    /// Its region.
    pub region: String,
    /// Everything it declares.
    pub declared: BTreeSet<ResourceId>,
    /// Declared resources that may be taken over although they carry no mark.
    pub adopt: BTreeSet<ResourceId>,
    /// Declared resources that may be taken over although they carry another's mark.
    pub takeover: BTreeSet<ResourceId>,
    /// Resources that hold data and shall go.
    pub retire: BTreeSet<ResourceId>,
    /// New name → old name.
    pub renamed: BTreeMap<ResourceId, String>,
    /// Users who are to have a sign-in profile: what an older report says of them is checked against this.
    pub sign_ins: BTreeSet<ResourceId>,
    /// Holders whose undeclared edges and tags are kept.
    pub keep_others: BTreeSet<ResourceId>,
    /// Buckets with the Sids (`*` and `?` allowed) of statements that other writers own.
    pub keep_statements: BTreeMap<ResourceId, Vec<String>>,
    /// Settings of declared resources that the environment says nothing of: taken as found.
    pub as_found: BTreeSet<(ResourceId, SettingKey)>,
    /// Things in the account that are none of our business, each with a reason.
    pub ignored: Vec<Ignored>,
    /// Whether anything unmanaged in the account counts as drift.
    pub whole_account: bool,
    /// Whether it says anything of SageMaker, which is not looked at otherwise.
    pub sagemaker: bool,
}

/// Something in the account that the environment's author knows of and leaves alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignored {
    /// Address with `*` and `?`.
    pub address: String,
    /// Why.
    pub reason: String,
}

/// Whose a found resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It carries this environment's mark.
    Ours,
    /// It carries another's mark, described.
    Foreign(String),
    /// AWS's own: service-linked roles and the like, which nobody else can change.
    Aws,
    /// It carries no mark.
    Nobody,
}

impl Scope {
    /// The scope of an environment that declares nothing yet.
    pub fn new(environment: &str, account: AccountId, partition: Partition, region: &str) -> Self {
        Self {
            environment: environment.to_owned(),
            account,
            partition,
            region: region.to_owned(),
            declared: BTreeSet::new(),
            adopt: BTreeSet::new(),
            takeover: BTreeSet::new(),
            retire: BTreeSet::new(),
            renamed: BTreeMap::new(),
            sign_ins: BTreeSet::new(),
            keep_others: BTreeSet::new(),
            keep_statements: BTreeMap::new(),
            as_found: BTreeSet::new(),
            ignored: vec![],
            whole_account: false,
            sagemaker: false,
        }
    }

    /// Whose a found resource is, by its mark. Instance profiles go with the role they hold, which `role_of` finds.
    pub fn owner(&self, id: &ResourceId, found: &Resource) -> Owner {
        if id.account != self.account {
            return Owner::Nobody;
        }
        let path = found.core.path().unwrap_or("/");
        if path.starts_with("/aws-service-role/") || path.starts_with("/aws-reserved/") {
            return Owner::Aws;
        }
        let by_path = || path.strip_prefix("/hatrack/").and_then(|rest| rest.split('/').next());
        let environment = match id.kind {
            Kind::User | Kind::Role | Kind::Bucket | sagemaker_kinds!() => found.tag(MARK_TAG),
            Kind::Account => None,
            Kind::Group | Kind::InstanceProfile => by_path(),
            // AWS cannot move a policy: one that was adopted where it stood bears the tag. No bulk read has tags of
            // policies, so it counts only where the policy is declared.
            Kind::Policy => by_path().or_else(|| found.tag(MARK_TAG).filter(|_| self.declared.contains(id))),
        };
        if id.kind == Kind::Account {
            return if self.declared.contains(id) { Owner::Ours } else { Owner::Nobody };
        }
        let stack = found.tag("aws:cloudformation:stack-name");
        match environment {
            Some(name) if name == self.environment => Owner::Ours, // also after a takeover from CloudFormation
            Some(name) => Owner::Foreign(format!("hatrack environment `{name}`")),
            None => stack.map_or(Owner::Nobody, |s| Owner::Foreign(format!("CloudFormation stack `{s}`"))),
        }
    }

    /// Whether the environment answers for a found resource: it declares it, or the resource carries its mark.
    pub fn answers_for(&self, id: &ResourceId, found: &Resource) -> bool {
        self.declared.contains(id) || self.owner(id, found) == Owner::Ours
    }
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// What.
    pub what: Blind,
    /// Why, with the denied action if there is one.
    pub reason: String,
}

/// What a reading is blind to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blind {
    /// All of a kind in an account; the kind is absent from the state's [`Extent`](super::Extent), too.
    Kind(AccountId, Kind),
    /// One resource's setting of this sort (for `Tag`, `Credential`, … the name within the key does not matter).
    Setting(ResourceId, SettingKey),
    /// All settings of one resource.
    Resource(ResourceId),
    /// A user's credentials.
    Credentials(ResourceId),
}
