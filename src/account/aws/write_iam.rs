//! Creating, changing and deleting users, groups, policies, roles and instance profiles.

use crate::state::{sagemaker_cores, sagemaker_kinds};
use aws_sdk_iam::types::Tag;

use super::arn;
use super::client::Link;
use super::error::{Fault, Sort};
use super::read_iam::document;
use super::retry::Lag;
use super::write::{Now, Task, tags_of};
use crate::policy::Policy;
use crate::state::{Core, Kind, PolicyReference, Setting, SettingKey, Settings, reads_as};

/// IAM keeps five versions of a managed policy.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>
const VERSIONS_MAX: usize = 5;

/// Creates, with tags and boundary in the same call, and waits until it is to be seen.
pub(super) async fn create(task: &Task<'_>, core: &Core, settings: &Settings) -> Result<(), Fault> {
    let (iam, name) = (&task.link.iam, task.id.name.as_str());
    let link = task.link;
    let boundary = match settings.get(&SettingKey::Boundary) {
        Some(Setting::Boundary(policy)) => Some(link.policy_arn(policy).await?),
        _ => None,
    };
    let tags = sdk_tags(settings)?;
    let done = async || is_made(task, core, settings).await;
    match core {
        Core::User { path } => {
            let call = iam
                .create_user()
                .user_name(name)
                .path(path)
                .set_tags(tags)
                .set_permissions_boundary(boundary);
            link.tell(task.lag, send!(call), done).await?;
            link.visible(async || Ok(iam.get_user().user_name(name).send().await?)).await.map(drop)
        }
        Core::Group { path } => {
            let call = iam.create_group().group_name(name).path(path);
            link.tell(task.lag, send!(call), done).await?;
            link.visible(async || Ok(iam.get_group().group_name(name).send().await?)).await.map(drop)
        }
        Core::Policy { path, description, document } => {
            let arn = arn::of_policy(&link.partition, &link.account, path, name);
            let call = iam
                .create_policy()
                .policy_name(name)
                .path(path)
                .set_description((!description.is_empty()).then(|| description.clone()))
                .policy_document(document.to_text())
                .set_tags(tags);
            link.tell(task.lag, send!(call), done).await?;
            link.learn_policy(task.id, &arn);
            link.visible(async || Ok(iam.get_policy().policy_arn(&arn).send().await?)).await.map(drop)
        }
        Core::Role { path, description, max_session_seconds, trust } => {
            let call = iam
                .create_role()
                .role_name(name)
                .path(path)
                .set_description((!description.is_empty()).then(|| description.clone()))
                .max_session_duration(seconds(*max_session_seconds))
                .assume_role_policy_document(trust.to_text())
                .set_tags(tags)
                .set_permissions_boundary(boundary);
            link.tell(task.lag, send!(call), done).await?;
            link.visible(async || Ok(iam.get_role().role_name(name).send().await?)).await.map(drop)
        }
        Core::InstanceProfile { path } => {
            let call = iam.create_instance_profile().instance_profile_name(name).path(path);
            link.tell(task.lag, send!(call), done).await?;
            link.visible(async || Ok(iam.get_instance_profile().instance_profile_name(name).send().await?))
                .await
                .map(drop)
        }
        Core::Bucket { .. } | sagemaker_cores!() | Core::Account => Err(task.cannot("kind")),
    }
}

/// After a lost answer to a create call: whether what is there is what was wanted, our mark included.
async fn is_made(task: &Task<'_>, core: &Core, settings: &Settings) -> Result<bool, Fault> {
    let (link, name) = (task.link, task.id.name.as_str());
    let iam = &link.iam;
    let made = match core {
        Core::User { path } => {
            iam.get_user().user_name(name).send().await.map_err(Fault::from).map(|answer| {
                answer.user().is_some_and(|user| user.path() == path && carries(user.tags(), settings))
            })
        }
        Core::Group { path } => iam
            .get_group()
            .group_name(name)
            .send()
            .await
            .map_err(Fault::from)
            .map(|answer| answer.group().is_some_and(|group| group.path() == path)),
        Core::Policy { path, document, .. } => {
            let arn = arn::of_policy(&link.partition, &link.account, path, name);
            match iam.get_policy().policy_arn(&arn).send().await.map_err(Fault::from) {
                Ok(answer) => match answer.policy() {
                    Some(policy) if carries(policy.tags(), settings) => {
                        default_document(link, &arn).await.map(|found| found == *document)
                    }
                    _ => Ok(false),
                },
                Err(fault) => Err(fault),
            }
        }
        Core::Role { path, trust, .. } => {
            iam.get_role().role_name(name).send().await.map_err(Fault::from).map(|answer| {
                answer.role().is_some_and(|role| {
                    let found = role.assume_role_policy_document().map(|d| document(d, &link.partition));
                    role.path() == path && carries(role.tags(), settings) && found.as_ref() == Some(trust)
                })
            })
        }
        Core::InstanceProfile { path } => iam
            .get_instance_profile()
            .instance_profile_name(name)
            .send()
            .await
            .map_err(Fault::from)
            .map(|answer| answer.instance_profile().is_some_and(|profile| profile.path() == path)),
        Core::Bucket { .. } | sagemaker_cores!() | Core::Account => Ok(false),
    };
    match made {
        Err(fault) if fault.sort == Sort::Absent => Ok(false),
        made => made,
    }
}

fn carries(found: &[Tag], settings: &Settings) -> bool {
    tags_of(settings).all(|(key, value)| found.iter().any(|t| t.key() == key && t.value() == value))
}

fn sdk_tags(settings: &Settings) -> Result<Option<Vec<Tag>>, Fault> {
    let tags = tags_of(settings).map(|(key, value)| Ok(Tag::builder().key(key).value(value).build()?));
    let tags = tags.collect::<Result<Vec<_>, Fault>>()?;
    Ok((!tags.is_empty()).then_some(tags))
}

fn seconds(seconds: u32) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// The document of a managed policy's default version.
async fn default_document(link: &Link, arn: &str) -> Result<Policy, Fault> {
    let iam = &link.iam;
    let policy = link.ask(async || Ok(iam.get_policy().policy_arn(arn).send().await?)).await?;
    let version = policy.policy().and_then(|p| p.default_version_id()).unwrap_or_default().to_owned();
    let answer = link
        .ask(async || Ok(iam.get_policy_version().policy_arn(arn).version_id(&version).send().await?))
        .await?;
    let text = answer.policy_version().and_then(|v| v.document()).unwrap_or_default();
    Ok(document(text, &link.partition))
}

/// Renames a user or group; AWS keeps identity, credentials and edges.
pub(super) async fn rename(task: &Task<'_>, from: &str) -> Result<(), Fault> {
    let (iam, name) = (&task.link.iam, task.id.name.as_str());
    let renamed = async || match task.id.kind {
        Kind::User => present(iam.get_user().user_name(name).send().await.map_err(Fault::from)),
        _ => present(iam.get_group().group_name(name).send().await.map_err(Fault::from)),
    };
    match task.id.kind {
        Kind::User => {
            let call = iam.update_user().user_name(from).new_user_name(name);
            keep_tags(task, from, async || {
                let call = send!(call);
                task.link.tell(task.lag, call, renamed).await
            })
            .await
        }
        Kind::Group => {
            let call = iam.update_group().group_name(from).new_group_name(name);
            task.link.tell(task.lag, send!(call), renamed).await
        }
        Kind::Policy
        | Kind::Role
        | Kind::InstanceProfile
        | Kind::Bucket
        | sagemaker_kinds!()
        | Kind::Account => Err(task.cannot("name")),
    }
}

fn present<T>(answer: Result<T, Fault>) -> Result<bool, Fault> {
    match answer {
        Ok(_) => Ok(true),
        Err(fault) if fault.sort == Sort::Absent => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Emulators lose a user's tags on `UpdateUser`, our mark among them: what is missing afterwards is set
/// again.
async fn keep_tags(
    task: &Task<'_>,
    name_before: &str,
    change: impl AsyncFn() -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (link, iam) = (task.link, &task.link.iam);
    let tags = async |name: &str| {
        let answer = link.ask(async || Ok(iam.list_user_tags().user_name(name).send().await?)).await?;
        Ok::<Vec<Tag>, Fault>(answer.tags().to_vec())
    };
    let before = if link.has_own_endpoint() { tags(name_before).await? } else { vec![] };
    change().await?;
    if before.is_empty() {
        return Ok(());
    }
    let after = tags(&task.id.name).await?;
    let lost: Vec<Tag> = before.into_iter().filter(|tag| !after.contains(tag)).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let call = iam.tag_user().user_name(&task.id.name).set_tags(Some(lost));
    link.put(task.lag, send!(call)).await
}

/// Changes the core in place.
pub(super) async fn update(task: &Task<'_>, found: &Core, wanted: &Core) -> Result<(), Fault> {
    let (iam, name) = (&task.link.iam, task.id.name.as_str());
    match (found, wanted) {
        (Core::User { .. }, Core::User { path }) => {
            let call = iam.update_user().user_name(name).new_path(path);
            keep_tags(task, name, async || task.link.put(task.lag, send!(call)).await).await
        }
        (Core::Group { .. }, Core::Group { path }) => {
            let call = iam.update_group().group_name(name).new_path(path);
            task.link.put(task.lag, send!(call)).await?;
            check_group_path(task, path).await
        }
        (
            Core::Policy { path: path_found, description: description_found, document: found },
            Core::Policy { path, description, document },
        ) => {
            if path_found != path || description_found != description {
                return Err(task.cannot("path or description"));
            }
            update_policy(task, found, document).await
        }
        (Core::Role { path: path_found, .. }, Core::Role { path, .. }) if path_found == path => {
            update_role(task, found, wanted).await
        }
        _ => Err(task.cannot("path")),
    }
}

/// moto accepts a new path for a group and forgets it. The path is the group's mark, so a stand-in is not
/// trusted.
async fn check_group_path(task: &Task<'_>, wanted: &str) -> Result<(), Fault> {
    if !task.link.has_own_endpoint() {
        return Ok(());
    }
    let (iam, name) = (&task.link.iam, task.id.name.as_str());
    let answer = task.link.ask(async || Ok(iam.get_group().group_name(name).send().await?)).await?;
    if answer.group().is_some_and(|group| group.path() == wanted) {
        return Ok(());
    }
    let message =
        format!("the endpoint took the path `{wanted}` of {} but did not set it", task.id.address());
    Err(Fault::invalid("NotImplemented", message))
}

/// A new default version. A lost answer is settled by reading the default version's document: a blind second
/// call would make one version more, and the sixth is refused.
async fn update_policy(task: &Task<'_>, found: &Policy, wanted: &Policy) -> Result<(), Fault> {
    let (link, iam) = (task.link, &task.link.iam);
    let arn = link.policy_arn(&PolicyReference::Customer(task.id.clone())).await?;
    let now = task
        .look(async || default_document(link, &arn).await, |now| now == found, |now| now == wanted)
        .await?;
    if now == Now::Wanted {
        return Ok(());
    }
    let spare = spare_versions(link, &arn).await?;
    let excess = (spare.len() + 2).saturating_sub(VERSIONS_MAX);
    for version in spare.iter().take(excess) {
        delete_version(task, &arn, version).await?;
    }
    let call =
        iam.create_policy_version().policy_arn(&arn).policy_document(wanted.to_text()).set_as_default(true);
    link.tell(task.lag, send!(call), async || Ok(default_document(link, &arn).await? == *wanted)).await
}

/// Versions that are not the default, oldest first.
async fn spare_versions(link: &Link, arn: &str) -> Result<Vec<String>, Fault> {
    let read = super::read_iam::pages(
        link,
        async |marker| Ok(link.iam.list_policy_versions().policy_arn(arn).set_marker(marker).send().await?),
        |page| (page.is_truncated(), page.marker().map(ToOwned::to_owned)),
    )
    .await?;
    let mut spare: Vec<(u64, String)> = read
        .iter()
        .flat_map(|page| page.versions())
        .filter(|version| !version.is_default_version())
        .filter_map(|version| version.version_id())
        // `v12`: numbers are never used twice, so that the smallest is the oldest.
        .map(|id| (id.trim_start_matches('v').parse().unwrap_or(u64::MAX), id.to_owned()))
        .collect();
    spare.sort();
    Ok(spare.into_iter().map(|(_, id)| id).collect())
}

async fn delete_version(task: &Task<'_>, arn: &str, version: &str) -> Result<(), Fault> {
    let call = task.link.iam.delete_policy_version().policy_arn(arn).version_id(version);
    task.link.take(Lag::default(), send!(call)).await
}

/// Trust policy, and description and session length together: `UpdateRole` sets back what it is not given.
async fn update_role(task: &Task<'_>, found: &Core, wanted: &Core) -> Result<(), Fault> {
    let (
        Core::Role { path: _, description, max_session_seconds, trust },
        Core::Role { trust: trust_found, .. },
    ) = (wanted, found)
    else {
        return Err(task.cannot("kind"));
    };
    let (Core::Role { description: d, max_session_seconds: s, .. }, iam, name) =
        (found, &task.link.iam, task.id.name.as_str())
    else {
        return Err(task.cannot("kind"));
    };
    if trust != trust_found {
        let read = async || {
            let answer = task.link.ask(async || Ok(iam.get_role().role_name(name).send().await?)).await?;
            let text = answer.role().and_then(|r| r.assume_role_policy_document()).unwrap_or_default();
            Ok(document(text, &task.link.partition))
        };
        let is_found = |now: &Policy| reads_as(now, trust_found);
        if task.look(read, is_found, |now| now == trust).await? == Now::Found {
            let call = iam.update_assume_role_policy().role_name(name).policy_document(trust.to_text());
            task.link.put(task.lag, send!(call)).await?;
        }
    }
    if (d, s) != (description, max_session_seconds) {
        let call = iam
            .update_role()
            .role_name(name)
            .description(description)
            .max_session_duration(seconds(*max_session_seconds));
        task.link.put(task.lag, send!(call)).await?;
    }
    Ok(())
}

/// Deletes; what is already gone is done.
pub(super) async fn delete(task: &Task<'_>) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, task.id.name.as_str());
    match task.id.kind {
        Kind::User => {
            let call = iam.delete_user().user_name(name);
            link.take(task.lag, send!(call)).await
        }
        Kind::Group => {
            let call = iam.delete_group().group_name(name);
            link.take(task.lag, send!(call)).await
        }
        Kind::Role => {
            let call = iam.delete_role().role_name(name);
            link.take(task.lag, send!(call)).await
        }
        Kind::InstanceProfile => {
            let call = iam.delete_instance_profile().instance_profile_name(name);
            link.take(task.lag, send!(call)).await
        }
        Kind::Policy => delete_policy(task).await,
        Kind::Bucket | sagemaker_kinds!() | Kind::Account => Err(task.cannot("kind")),
    }
}

async fn delete_policy(task: &Task<'_>) -> Result<(), Fault> {
    let link = task.link;
    let gone = |fault: &Fault| fault.sort == Sort::Absent;
    let arn = match link.policy_arn(&PolicyReference::Customer(task.id.clone())).await {
        Err(fault) if gone(&fault) => return Ok(()),
        arn => arn?,
    };
    let spare = match spare_versions(link, &arn).await {
        Err(fault) if gone(&fault) => return Ok(()),
        spare => spare?,
    };
    for version in spare {
        delete_version(task, &arn, &version).await?;
    }
    let call = link.iam.delete_policy().policy_arn(&arn);
    link.take(task.lag, send!(call)).await?;
    link.forget_policy(task.id);
    Ok(())
}
