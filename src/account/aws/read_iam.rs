//! IAM's side of the outline: `GetAccountAuthorizationDetails` has nearly all of it; `ListRoles` adds
//! descriptions and session lengths, `ListInstanceProfiles` the profiles that hold no role.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, EntityType, GroupDetail, ManagedPolicyDetail, PolicyDetail,
    PolicyVersion, RoleDetail, Tag, UserDetail,
};

use super::arn;
use super::client::Link;
use super::error::{Fault, Sort};
use crate::policy::Policy;
use crate::state::{AwsManaged, Core, Kind, Partition, PolicyReference, Resource, ResourceId, Setting};

/// AWS takes no more a page; it may give fewer.
const PAGE: i32 = 1000;

/// What one bulk read of IAM tells.
pub(super) struct Details {
    pub(super) resources: BTreeMap<ResourceId, Resource>,
    /// Roles still lack what only `ListRoles` has.
    pub(super) role_details: Vec<RoleDetail>,
    pub(super) user_created: BTreeMap<ResourceId, DateTime>,
    /// By path and name, at least those in use.
    pub(super) aws_managed: BTreeMap<String, AwsManaged>,
}

/// Description and longest session, in seconds, of each role by name.
pub(super) type RoleTerms = BTreeMap<String, (String, u32)>;

/// The session length of a role that never had another.
const SESSION_SECONDS_DEFAULT: u32 = 3600;

/// Every page of a listing. A page that promises more without saying where, or a marker that comes twice, is
/// an error: part of a list must never be taken for all of it.
pub(super) async fn pages<P>(
    link: &Link,
    page: impl AsyncFn(Option<String>) -> Result<P, Fault>,
    next: impl Fn(&P) -> (bool, Option<String>),
) -> Result<Vec<P>, Fault> {
    let mut read = vec![];
    let mut markers = BTreeSet::new();
    let mut marker = None;
    loop {
        let answer = link.ask(async || page(marker.clone()).await).await?;
        let more = next(&answer);
        read.push(answer);
        match more {
            (false, _) => return Ok(read),
            (true, Some(found)) if markers.insert(found.clone()) => marker = Some(found),
            (true, _) => {
                return Err(Fault::invalid(
                    "PagesCut",
                    "the list breaks off: a page says there is more, but not where",
                ));
            }
        }
    }
}

/// Users, groups and managed policies, and what the same call tells of roles.
pub(super) async fn details(link: &Link) -> Result<Details, Fault> {
    let filter = [
        EntityType::User,
        EntityType::Role,
        EntityType::Group,
        EntityType::LocalManagedPolicy,
        EntityType::AwsManagedPolicy,
    ];
    let read = pages(
        link,
        async |marker| {
            let call = link.iam_bulk.get_account_authorization_details().set_filter(Some(filter.to_vec()));
            Ok(call.max_items(PAGE).set_marker(marker).send().await?)
        },
        |page| (page.is_truncated(), page.marker().map(ToOwned::to_owned)),
    )
    .await?;
    let mut found = Details {
        resources: BTreeMap::new(),
        role_details: vec![],
        user_created: BTreeMap::new(),
        aws_managed: BTreeMap::new(),
    };
    for page in read {
        for user in page.user_detail_list() {
            let (id, resource) = self::user(link, user);
            if let Some(time) = user.create_date() {
                found.user_created.insert(id.clone(), *time);
            }
            found.resources.insert(id, resource);
        }
        found.resources.extend(page.group_detail_list().iter().map(|g| group(link, g)));
        for managed in page.policies() {
            match managed.arn().and_then(arn::policy) {
                Some(PolicyReference::Aws(name)) => {
                    found.aws_managed.extend(aws_managed(link, managed).map(|policy| (name, policy)));
                }
                _ => found.resources.extend(policy(link, managed)),
            }
        }
        found.role_details.extend(page.role_detail_list.unwrap_or_default());
    }
    Ok(found)
}

/// What only `ListRoles` tells in bulk.
pub(super) async fn role_terms(link: &Link) -> Result<RoleTerms, Fault> {
    let read = pages(
        link,
        async |marker| Ok(link.iam_bulk.list_roles().max_items(PAGE).set_marker(marker).send().await?),
        |page| (page.is_truncated(), page.marker().map(ToOwned::to_owned)),
    )
    .await?;
    Ok(read.iter().flat_map(|page| page.roles()).map(|r| (r.role_name().to_owned(), terms(r))).collect())
}

fn terms(role: &aws_sdk_iam::types::Role) -> (String, u32) {
    let seconds = role.max_session_duration().and_then(|s| u32::try_from(s).ok());
    (role.description().unwrap_or_default().to_owned(), seconds.unwrap_or(SESSION_SECONDS_DEFAULT))
}

/// Roles, from both bulk calls. One that only the first knows was made in between, and is asked for.
pub(super) async fn roles(
    link: &Link,
    details: Vec<RoleDetail>,
    known: &RoleTerms,
) -> Result<Vec<(ResourceId, Resource)>, Fault> {
    let mut found = vec![];
    for detail in details {
        let name = detail.role_name().unwrap_or_default();
        let terms = match known.get(name) {
            Some(terms) => terms.clone(),
            None => match link.ask(async || Ok(link.iam.get_role().role_name(name).send().await?)).await {
                Ok(answer) => match answer.role() {
                    Some(role) => terms(role),
                    None => continue,
                },
                Err(fault) if fault.sort == Sort::Absent => continue,
                Err(fault) => return Err(fault),
            },
        };
        found.push(role(link, &detail, terms));
    }
    Ok(found)
}

/// Instance profiles, with the role each holds.
pub(super) async fn instance_profiles(link: &Link) -> Result<Vec<(ResourceId, Resource)>, Fault> {
    let read = pages(
        link,
        async |marker| {
            Ok(link.iam_bulk.list_instance_profiles().max_items(PAGE).set_marker(marker).send().await?)
        },
        |page| (page.is_truncated(), page.marker().map(ToOwned::to_owned)),
    )
    .await?;
    let profiles = read.iter().flat_map(|page| page.instance_profiles());
    Ok(profiles
        .map(|profile| {
            let id = ResourceId::new(&link.account, Kind::InstanceProfile, profile.instance_profile_name());
            let held = profile.roles().iter();
            let held =
                held.map(|r| Setting::HeldRole(ResourceId::new(&link.account, Kind::Role, r.role_name())));
            (id, Resource::new(Core::InstanceProfile { path: profile.path().to_owned() }, held))
        })
        .collect())
}

/// What no bulk call tells of a customer managed policy for sure: its description and its tags.
pub(super) async fn policy_details(link: &Link, id: &ResourceId) -> Result<(String, Vec<Setting>), Fault> {
    let arn = link.policy_arn(&crate::state::PolicyReference::Customer(id.clone())).await?;
    let answer = link.ask(async || Ok(link.iam.get_policy().policy_arn(&arn).send().await?)).await?;
    let policy = answer.policy().ok_or_else(|| Fault::new(Sort::Absent, "NoSuchEntity", "no such policy"))?;
    Ok((policy.description().unwrap_or_default().to_owned(), tags(policy.tags()).collect()))
}

/// A policy document as IAM returns it: percent-encoded by RFC 3986, except where an emulator sends it raw.
/// A `+` is a plus sign, never a blank.
pub(super) fn document(text: &str, partition: &Partition) -> Policy {
    let text = text.trim();
    if text.starts_with('{') {
        return Policy::from_text(text, partition.as_str());
    }
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
    Policy::from_text(&decoded, partition.as_str())
}

fn path(path: Option<&str>) -> String {
    path.filter(|p| !p.is_empty()).unwrap_or("/").to_owned()
}

fn tags(tags: &[Tag]) -> impl Iterator<Item = Setting> {
    tags.iter().map(|t| Setting::Tag { key: t.key().to_owned(), value: t.value().to_owned() })
}

fn inline(link: &Link, policies: &[PolicyDetail]) -> Vec<Setting> {
    let of = |p: &PolicyDetail| Setting::Inline {
        name: p.policy_name().unwrap_or_default().to_owned(),
        document: document(p.policy_document().unwrap_or_default(), &link.partition),
    };
    policies.iter().map(of).collect()
}

fn attached(policies: &[AttachedPolicy]) -> impl Iterator<Item = Setting> {
    policies.iter().filter_map(|p| arn::policy(p.policy_arn()?)).map(Setting::Attached)
}

fn boundary(found: Option<&AttachedPermissionsBoundary>) -> Option<Setting> {
    arn::policy(found?.permissions_boundary_arn()?).map(Setting::Boundary)
}

fn user(link: &Link, user: &UserDetail) -> (ResourceId, Resource) {
    let id = ResourceId::new(&link.account, Kind::User, user.user_name().unwrap_or_default());
    let groups = user.group_list().iter();
    let settings = tags(user.tags())
        .chain(boundary(user.permissions_boundary()))
        .chain(inline(link, user.user_policy_list()))
        .chain(attached(user.attached_managed_policies()))
        .chain(groups.map(|g| Setting::Membership(ResourceId::new(&link.account, Kind::Group, g))));
    (id, Resource::new(Core::User { path: path(user.path()) }, settings))
}

fn group(link: &Link, group: &GroupDetail) -> (ResourceId, Resource) {
    let id = ResourceId::new(&link.account, Kind::Group, group.group_name().unwrap_or_default());
    let settings = inline(link, group.group_policy_list())
        .into_iter()
        .chain(attached(group.attached_managed_policies()));
    (id, Resource::new(Core::Group { path: path(group.path()) }, settings))
}

fn role(link: &Link, role: &RoleDetail, (description, seconds): (String, u32)) -> (ResourceId, Resource) {
    let id = ResourceId::new(&link.account, Kind::Role, role.role_name().unwrap_or_default());
    let core = Core::Role {
        path: path(role.path()),
        description,
        max_session_seconds: seconds,
        trust: document(role.assume_role_policy_document().unwrap_or_default(), &link.partition),
    };
    let settings = tags(role.tags())
        .chain(boundary(role.permissions_boundary()))
        .chain(inline(link, role.role_policy_list()))
        .chain(attached(role.attached_managed_policies()));
    (id, Resource::new(core, settings))
}

/// A customer managed policy with its default version. Emulators leave the name out: the ARN has it.
fn policy(link: &Link, policy: &ManagedPolicyDetail) -> Option<(ResourceId, Resource)> {
    let arn = policy.arn()?;
    let name = policy.policy_name().or_else(|| arn.rsplit('/').next())?;
    let id = ResourceId::new(&link.account, Kind::Policy, name);
    link.learn_policy(&id, arn);
    let default = default_version(policy)?;
    let core = Core::Policy {
        path: policy.path().map_or_else(|| arn::policy_path(arn).unwrap_or_default(), ToOwned::to_owned),
        description: policy.description().unwrap_or_default().to_owned(),
        document: document(default.document().unwrap_or_default(), &link.partition),
    };
    Some((id, Resource::new(core, [])))
}

fn default_version(policy: &ManagedPolicyDetail) -> Option<&PolicyVersion> {
    let versions = policy.policy_version_list();
    let named = || versions.iter().find(|v| v.version_id() == policy.default_version_id());
    versions.iter().find(|v| v.is_default_version()).or_else(named)
}

/// An AWS managed policy with its default version; none if the answer does not have both.
fn aws_managed(link: &Link, policy: &ManagedPolicyDetail) -> Option<AwsManaged> {
    let default = default_version(policy)?;
    let version = default.version_id()?.strip_prefix('v')?.parse().ok()?;
    Some(AwsManaged { version, document: document(default.document()?, &link.partition) })
}

/// One of AWS's own policies that no bulk call told.
pub(super) async fn aws_managed_policy(link: &Link, name: &str) -> Result<Option<AwsManaged>, Fault> {
    let arn = arn::of_aws_policy(&link.partition, name);
    let answer = link.ask(async || Ok(link.iam.get_policy().policy_arn(&arn).send().await?)).await?;
    let Some(id) = answer.policy().and_then(|policy| policy.default_version_id()) else { return Ok(None) };
    let version = || link.iam.get_policy_version().policy_arn(&arn).version_id(id);
    let answer = link.ask(async || Ok(version().send().await?)).await?;
    let text = answer.policy_version().and_then(|version| version.document());
    let version = id.strip_prefix('v').and_then(|number| number.parse().ok());
    Ok(version
        .zip(text)
        .map(|(version, text)| AwsManaged { version, document: document(text, &link.partition) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_only_when_encoded() {
        let aws = Partition::new("aws");
        let raw = r#"{"Statement":[{"Sid":"a+b%20c"}]}"#;
        assert_eq!(document(raw, &aws), Policy::from_text(raw, "aws"));
        let sent = "%7B%22Statement%22%3A%5B%7B%22Sid%22%3A%22a+b%2520c%22%7D%5D%7D";
        assert_eq!(document(sent, &aws), Policy::from_text(raw, "aws"));
    }
}
