//! How resources refer to each other. Three ties order everything a plan does.

use std::collections::BTreeSet;

use super::{AccountId, Core, Kind, Partition, PolicyReference, Resource, ResourceId, Setting, State};
use crate::policy::Policy;

/// How strongly one resource refers to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// AWS refuses to delete the other one while this stands.
    Holds,
    /// AWS remembers the other one by an identity that it loses when recreated (principals in trust and bucket
    /// policies). <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
    Binds,
    /// Only the name matters; it must exist when put.
    Names,
}

/// What something refers to, and how.
pub type References = BTreeSet<(ResourceId, Tie)>;

impl Core {
    /// What the core refers to.
    pub fn references(&self) -> References {
        match self {
            Self::Role { trust, .. } => bound(trust),
            Self::Domain(domain) => named(&domain.execution_role).into_iter().collect(),
            Self::UserProfile(profile) => {
                let role = profile.execution_role.as_deref().and_then(named);
                role.into_iter().chain([(profile.domain.clone(), Tie::Holds)]).collect()
            }
            Self::Space(space) => References::from([(space.domain.clone(), Tie::Holds)]),
            Self::Notebook(notebook) => {
                let scripts = notebook.lifecycle.clone().map(|id| (id, Tie::Holds));
                named(&notebook.execution_role).into_iter().chain(scripts).collect()
            }
            Self::User { .. }
            | Self::Group { .. }
            | Self::Policy { .. }
            | Self::InstanceProfile { .. }
            | Self::Bucket { .. }
            | Self::NotebookLifecycle(_)
            | Self::StudioLifecycle(_)
            | Self::Account => References::new(),
        }
    }
}

impl Setting {
    /// What the setting refers to.
    pub fn references(&self) -> References {
        let held = |id: &ResourceId| References::from([(id.clone(), Tie::Holds)]);
        match self {
            Self::Boundary(PolicyReference::Customer(id)) | Self::Attached(PolicyReference::Customer(id)) => {
                held(id)
            }
            Self::Membership(id) | Self::HeldRole(id) => held(id),
            Self::StudioLifecycle { config, app: _ } => held(config),
            Self::BucketPolicy(policy) => bound(policy),
            Self::Boundary(PolicyReference::Aws(_))
            | Self::Attached(PolicyReference::Aws(_))
            | Self::Tag { .. }
            | Self::Inline { .. }
            | Self::SignIn
            | Self::Credential { .. }
            | Self::PublicAccessBlock(_)
            | Self::Encryption(_)
            | Self::Versioning(_)
            | Self::Ownership(_)
            | Self::Lifecycle(_)
            | Self::Objects
            | Self::Apps(_)
            | Self::Failed(_)
            | Self::AccountAlias(_)
            | Self::PasswordPolicy(_) => References::new(),
        }
    }

    /// Whether AWS refuses to delete a resource while it has this; everything else goes with it.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html> and its siblings.
    pub fn blocks_deletion(&self) -> bool {
        match self {
            Self::Attached(_)
            | Self::Inline { .. }
            | Self::Membership(_)
            | Self::SignIn
            | Self::Credential { .. }
            | Self::HeldRole(_)
            | Self::Objects
            | Self::Apps(_) => true,
            Self::Tag { .. }
            | Self::Boundary(_)
            | Self::BucketPolicy(_)
            | Self::PublicAccessBlock(_)
            | Self::Encryption(_)
            | Self::Versioning(_)
            | Self::Ownership(_)
            | Self::Lifecycle(_)
            | Self::StudioLifecycle { .. }
            | Self::Failed(_)
            | Self::AccountAlias(_)
            | Self::PasswordPolicy(_) => false,
        }
    }
}

impl Resource {
    /// What the resource refers to, core and settings together.
    pub fn references(&self) -> References {
        self.core
            .references()
            .into_iter()
            .chain(self.settings.values().flat_map(Setting::references))
            .collect()
    }
}

impl State {
    /// Whether the state can tell that a resource exists or not: its account and kind were read.
    pub fn covers(&self, id: &ResourceId) -> bool {
        self.accounts.get(&id.account).is_some_and(|extent| {
            let regions = extent.regions.as_ref().zip(id.region.as_ref());
            extent.kinds.contains(&id.kind) && regions.is_none_or(|(read, region)| read.contains(region))
        })
    }

    /// The resources of one account. An estate has hundreds of them: looking through all for each takes the square.
    pub fn of_account(&self, account: &AccountId) -> impl Iterator<Item = (&ResourceId, &Resource)> {
        let first = Kind::ALL.into_iter().min().map(|kind| ResourceId::new(account, kind, ""));
        let from = first.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Included);
        let later = self.resources.range((from, std::ops::Bound::Unbounded));
        later.take_while(move |(id, _)| id.account == *account)
    }

    /// The ARN of a user or role as policies name it, if it is in the state.
    pub fn principal_arn(&self, id: &ResourceId) -> Option<String> {
        let partition = &self.accounts.get(&id.account)?.partition;
        let path = self.resources.get(id)?.core.path()?;
        Some(iam_arn(partition, id, path))
    }
}

/// The ARN of an IAM resource: the path is part of it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
pub fn iam_arn(partition: &Partition, id: &ResourceId, path: &str) -> String {
    format!("arn:{partition}:iam::{}:{}{path}{}", id.account, id.kind, id.name)
}

/// The ARN of a role given as an ARN, or as a name (with its path) in the account.
pub fn role_arn(partition: &Partition, account: &AccountId, role: &str) -> String {
    if role.starts_with("arn:") {
        role.to_owned()
    } else {
        format!("arn:{partition}:iam::{account}:role/{}", role.trim_start_matches('/'))
    }
}

/// The IAM resource an ARN names, whatever its path; none for anything else.
pub fn id_of_arn(arn: &str) -> Option<ResourceId> {
    let mut parts = arn.splitn(6, ':');
    let (scheme, _, service, region, account, rest) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if scheme != "arn" || service != "iam" || !region.is_empty() {
        return None;
    }
    let account: AccountId = account.parse().ok()?;
    let (kind, path) = rest.split_once('/')?;
    let kind: Kind = kind.parse().ok()?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    Some(ResourceId::new(&account, kind, name))
}

/// A role that something works as, by ARN.
fn named(role: &str) -> Option<(ResourceId, Tie)> {
    id_of_arn(role).filter(|id| id.kind == Kind::Role).map(|id| (id, Tie::Names))
}

fn bound(policy: &Policy) -> References {
    let Some(document) = policy.document() else { return References::new() };
    document
        .aws_principals()
        .into_iter()
        .filter_map(id_of_arn)
        .filter(|id| matches!(id.kind, Kind::User | Kind::Role))
        .map(|id| (id, Tie::Binds))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_by_its_arn_or_its_name() {
        let account: AccountId = "111122223333".parse().unwrap();
        let of = |role: &str| role_arn(&Partition::new("aws-cn"), &account, role);
        assert_eq!(of("Deploy"), "arn:aws-cn:iam::111122223333:role/Deploy");
        assert_eq!(of("/ops/Deploy"), "arn:aws-cn:iam::111122223333:role/ops/Deploy");
        assert_eq!(of("arn:aws:iam::1:role/x"), "arn:aws:iam::1:role/x");
    }
}
