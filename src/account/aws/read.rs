//! Reading an account: a few bulk calls side by side for the outline of everything, then single calls only
//! for what a scope answers for.
//!
//! Not read is not absent: a kind of which one page is missing is left out of the state and named in
//! `unread`.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join, join4};
use futures::stream::{self, StreamExt};

use super::client::Link;
use super::error::{Fault, Sort};
use super::read_iam::{self, Details};
use super::{arn, credentials, read_bucket, read_quotas};
use crate::account::{Blind, Caller, ReadRequest, Reading, Unreachable, Unread};
use crate::state::{ACCOUNT_SETTINGS, AwsManaged, Core, Extent, Kind, Resource, ResourceId, Scope, State};

/// Reads the account for the scopes that are its own.
pub(super) async fn read(link: &Link, request: &ReadRequest) -> Result<Reading, Unreachable> {
    let scopes: Vec<&Scope> = request.scopes.iter().filter(|s| s.account == link.account).collect();
    let mut reading = Reading::default();
    reading.callers.push(Caller {
        account: link.account.clone(),
        arn: link.caller.clone(),
        identity: arn::caller(&link.caller),
    });
    let found = gather(link, request, &scopes, &mut reading).await;
    found.map_err(|fault| link.unreachable(&fault))?;
    for action in link.unanswered() {
        reading
            .notes
            .push(format!("the endpoint does not implement {action}: what it would tell was not read"));
    }
    reading.unread.sort_by(|a, b| a.what.cmp(&b.what));
    reading.unread.dedup();
    Ok(reading)
}

async fn gather(
    link: &Link,
    request: &ReadRequest,
    scopes: &[&Scope],
    reading: &mut Reading,
) -> Result<(), Fault> {
    let outline = join4(
        read_iam::details(link),
        read_iam::role_terms(link),
        read_iam::instance_profiles(link),
        read_bucket::list(link),
    );
    let mut notes = vec![];
    let ((details, roles, profiles, buckets), quotas) =
        join(outline, read_quotas::quotas(link, &mut notes)).await;
    let quotas = quotas?;
    reading.notes.append(&mut notes);
    let mut kinds = BTreeSet::new();
    let mut created = Default::default();
    let mut aws_managed = BTreeMap::new();

    let details = seen(
        reading,
        link,
        details,
        &[Kind::Group, Kind::User, Kind::Policy, Kind::Role],
        "iam:GetAccountAuthorizationDetails",
    )?;
    let roles = seen(reading, link, roles, &[Kind::Role], "iam:ListRoles")?;
    if let Some(Details { resources, role_details, user_created, aws_managed: offered }) = details {
        aws_managed = offered;
        kinds.extend([Kind::Group, Kind::User, Kind::Policy]);
        reading.state.resources.extend(resources);
        created = user_created;
        if let Some(terms) = roles {
            let roles = read_iam::roles(link, role_details, &terms).await;
            if let Some(roles) = seen(reading, link, roles, &[Kind::Role], "iam:GetRole")? {
                kinds.insert(Kind::Role);
                reading.state.resources.extend(roles);
            }
        }
    }
    if let Some(found) = seen(reading, link, profiles, &[Kind::InstanceProfile], "iam:ListInstanceProfiles")?
    {
        kinds.insert(Kind::InstanceProfile);
        reading.state.resources.extend(found);
    }
    if let Some(listed) = seen(reading, link, buckets, &[Kind::Bucket], "s3:ListAllMyBuckets")? {
        kinds.insert(Kind::Bucket);
        read_bucket::read_all(link, scopes, listed, reading).await?;
    }
    let regions = sagemaker(link, scopes, reading, &mut kinds).await?;
    let settings = ResourceId::new(&link.account, Kind::Account, ACCOUNT_SETTINGS);
    if scopes.iter().any(|scope| scope.declared.contains(&settings)) {
        super::settings::read(link, reading).await?;
        kinds.insert(Kind::Account);
    }
    aws_managed_in_use(link, &reading.state, &mut aws_managed).await?;
    let extent = Extent { partition: link.partition.clone(), kinds, regions, quotas, aws_managed };
    reading.state.accounts.insert(link.account.clone(), extent);

    policies(link, scopes, reading).await?;
    credentials::read(link, request.credentials, scopes, &created, reading).await
}

/// What SageMaker has in the regions that are asked about; the regions.
#[cfg(feature = "sagemaker")]
async fn sagemaker(
    link: &Link,
    scopes: &[&Scope],
    reading: &mut Reading,
    kinds: &mut BTreeSet<Kind>,
) -> Result<Option<BTreeSet<String>>, Fault> {
    let (found, regions) = super::read_sagemaker::read(link, scopes, reading).await?;
    kinds.extend(found);
    Ok((!regions.is_empty()).then_some(regions))
}

/// Without the SDK's crate nothing can be asked; what is asked about is told as unread.
#[cfg(not(feature = "sagemaker"))]
async fn sagemaker(
    link: &Link,
    scopes: &[&Scope],
    reading: &mut Reading,
    _: &mut BTreeSet<Kind>,
) -> Result<Option<BTreeSet<String>>, Fault> {
    if scopes.iter().any(|scope| scope.sagemaker) {
        reading.unread.extend(
            Kind::SAGEMAKER.map(|kind| Unread {
                what: Blind::Kind(link.account.clone(), kind),
                reason: "this hatrack was built without SageMaker (the feature `sagemaker`, on by default)"
                    .to_owned(),
            }),
        );
    }
    Ok(None)
}

/// A bulk answer; none, and its kinds noted as unread, if the account refused it.
fn seen<T>(
    reading: &mut Reading,
    link: &Link,
    answer: Result<T, Fault>,
    kinds: &[Kind],
    action: &str,
) -> Result<Option<T>, Fault> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(fault) if fault.is_fatal() => Err(fault),
        Err(fault) => {
            let reason = fault.reason(action);
            reading.unread.extend(kinds.iter().map(|kind| Unread {
                what: Blind::Kind(link.account.clone(), *kind),
                reason: reason.clone(),
            }));
            Ok(None)
        }
    }
}

/// AWS sends its own policies that are attached, and does not say whether those that only bound somebody are with them;
/// some emulators send all there are. One that cannot be had is left out, which is not to be taken for unchanged.
async fn aws_managed_in_use(
    link: &Link,
    found: &State,
    aws_managed: &mut BTreeMap<String, AwsManaged>,
) -> Result<(), Fault> {
    let used: BTreeSet<String> = found.aws_managed_used().into_iter().map(|(_, name)| name).collect();
    aws_managed.retain(|name, _| used.contains(name));
    for name in used {
        if aws_managed.contains_key(&name) {
            continue;
        }
        match read_iam::aws_managed_policy(link, &name).await {
            Ok(policy) => aws_managed.extend(policy.map(|policy| (name, policy))),
            Err(fault) if fault.is_fatal() => return Err(fault),
            Err(fault) => tracing::info!("{name}: {}", fault.reason("iam:GetPolicyVersion")),
        }
    }
    Ok(())
}

/// Whether any scope answers for a found resource.
pub(super) fn answered(scopes: &[&Scope], id: &ResourceId, found: &Resource) -> bool {
    scopes.iter().any(|scope| scope.answers_for(id, found))
}

/// No bulk call has the tags of customer managed policies, nor surely their descriptions.
async fn policies(link: &Link, scopes: &[&Scope], reading: &mut Reading) -> Result<(), Fault> {
    let ids: Vec<ResourceId> = reading
        .state
        .resources
        .iter()
        .filter(|(id, found)| id.kind == Kind::Policy && answered(scopes, id, found))
        .map(|(id, _)| id.clone())
        .collect();
    let answers: Vec<_> = stream::iter(ids)
        .map(|id| async move {
            let details = read_iam::policy_details(link, &id).await;
            (id, details)
        })
        .buffer_unordered(link.parallelism)
        .collect()
        .await;
    for (id, details) in answers {
        match details {
            Ok((text, tags)) => {
                let Some(resource) = reading.state.resources.get_mut(&id) else { continue };
                if let Core::Policy { description, .. } = &mut resource.core {
                    *description = text;
                }
                tags.into_iter().for_each(|tag| resource.set(tag));
            }
            Err(fault) if fault.is_fatal() => return Err(fault),
            // Deleted since the outline was read.
            Err(fault) if fault.sort == Sort::Absent => {
                reading.state.resources.remove(&id);
            }
            Err(fault) => {
                let reason = fault.reason("iam:GetPolicy");
                reading.unread.push(Unread { what: Blind::Resource(id), reason });
            }
        }
    }
    Ok(())
}
