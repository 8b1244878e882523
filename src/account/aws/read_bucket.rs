//! Buckets: listed in one call, then asked one by one, because S3 has no bulk read. All of a bucket for those
//! a scope answers for; of the others only the tags, which would show an environment's mark.

use aws_sdk_s3::Client;
use aws_sdk_s3::types as s3;
use futures::stream::{self, StreamExt};

use super::client::Link;
use super::error::{Fault, Sort};
use super::lifecycle;
use crate::account::{Blind, Reading, Unread};
use crate::policy::Policy;
use crate::policy::glob;
use crate::state::{
    Core, Encryption, Kind, MARK_TAG, Ownership, PublicAccessBlock, Resource, ResourceId, Scope, Setting,
    SettingKey, Versioning,
};

/// The most S3 gives in one page; a request without a number gets no regions.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>
const PAGE: i32 = 10_000;

/// A bucket as listed: its name, and its region if the list has it.
pub(super) type Listed = (String, Option<String>);

/// Every bucket of the account.
pub(super) async fn list(link: &Link) -> Result<Vec<Listed>, Fault> {
    let client = link.s3(&link.region);
    let read = super::read_iam::pages(
        link,
        async |token| {
            Ok(client.list_buckets().max_buckets(PAGE).set_continuation_token(token).send().await?)
        },
        |page| (page.continuation_token().is_some(), page.continuation_token().map(ToOwned::to_owned)),
    )
    .await?;
    let buckets = read.iter().flat_map(|page| page.buckets());
    Ok(buckets
        .filter_map(|b| Some((b.name()?.to_owned(), b.bucket_region().map(ToOwned::to_owned))))
        .collect())
}

/// What is being gathered of one bucket.
struct Part<'a> {
    link: &'a Link,
    id: ResourceId,
    resource: Resource,
    unread: Vec<Unread>,
}

/// Reads the listed buckets into `reading`.
pub(super) async fn read_all(
    link: &Link,
    scopes: &[&Scope],
    listed: Vec<Listed>,
    reading: &mut Reading,
) -> Result<(), Fault> {
    let parts: Vec<_> = stream::iter(listed)
        .map(|(name, region)| read(link, scopes, name, region))
        .buffer_unordered(link.parallelism)
        .collect()
        .await;
    let mut strange = vec![];
    for part in parts {
        let Some(Part { id, resource, unread, .. }) = part? else { continue };
        if unread.is_empty() || scopes.iter().any(|s| s.declared.contains(&id) || s.retire.contains(&id)) {
            reading.unread.extend(unread);
        } else if !scopes.iter().any(|s| s.ignored.iter().any(|i| glob(&i.address, &id.address()))) {
            strange.push(id.address());
        }
        reading.state.resources.insert(id, resource);
    }
    // Nothing is done to a bucket that nobody declares, so what it would not tell is worth a word and no failure.
    if !strange.is_empty() {
        strange.sort();
        reading.notes.push(format!("{} could not be read: taken for nobody's", strange.join(", ")));
    }
    Ok(())
}

async fn read<'a>(
    link: &'a Link,
    scopes: &[&Scope],
    name: String,
    region: Option<String>,
) -> Result<Option<Part<'a>>, Fault> {
    let id = ResourceId::new(&link.account, Kind::Bucket, &name);
    let region = match region {
        Some(region) => Ok(region),
        None => location(link, &name).await,
    };
    let mut unread = vec![];
    let region = match region {
        Ok(region) => region,
        Err(fault) if fault.sort == Sort::Absent => return Ok(None),
        Err(fault) if fault.is_fatal() => return Err(fault),
        Err(fault) => {
            unread.push(Unread {
                what: Blind::Resource(id.clone()),
                reason: fault.reason("s3:GetBucketLocation"),
            });
            let resource = Resource::new(Core::Bucket { region: link.region.clone() }, []);
            return Ok(Some(Part { link, id, resource, unread }));
        }
    };
    link.learn_region(&name, &region);
    let client = link.s3(&region);
    let mut part = Part { link, id, resource: Resource::new(Core::Bucket { region }, []), unread };
    match part.gather(&client, scopes).await {
        Ok(()) => Ok(Some(part)),
        // Deleted since it was listed.
        Err(fault) if fault.code == "NoSuchBucket" => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Where a bucket is. No constraint means us-east-1; `EU` is the old name of eu-west-1.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>
pub(super) async fn location(link: &Link, bucket: &str) -> Result<String, Fault> {
    let client = link.s3(&link.region);
    let owner = link.account.as_str();
    let answer = link
        .ask(async || {
            Ok(client.get_bucket_location().bucket(bucket).expected_bucket_owner(owner).send().await?)
        })
        .await?;
    Ok(match answer.location_constraint().map(s3::BucketLocationConstraint::as_str) {
        None | Some("" | "null") => "us-east-1".to_owned(),
        Some("EU") => "eu-west-1".to_owned(),
        Some(region) => region.to_owned(),
    })
}

/// The tags of a bucket, AWS's own among them.
pub(super) async fn tags(link: &Link, client: &Client, bucket: &str) -> Result<Vec<s3::Tag>, Fault> {
    let owner = link.account.as_str();
    let answer = link
        .ask(async || {
            Ok(client.get_bucket_tagging().bucket(bucket).expected_bucket_owner(owner).send().await?)
        })
        .await;
    match answer {
        Ok(answer) => Ok(answer.tag_set().to_vec()),
        Err(fault) if fault.sort == Sort::Absent && fault.code != "NoSuchBucket" => Ok(vec![]),
        Err(fault) => Err(fault),
    }
}

/// The bucket policy; none if there is none.
pub(super) async fn policy(link: &Link, client: &Client, bucket: &str) -> Result<Option<Policy>, Fault> {
    let owner = link.account.as_str();
    let answer = link
        .ask(async || {
            Ok(client.get_bucket_policy().bucket(bucket).expected_bucket_owner(owner).send().await?)
        })
        .await;
    match answer {
        Ok(answer) => Ok(answer.policy().map(|text| Policy::from_text(text, link.partition.as_str()))),
        Err(fault) if fault.sort == Sort::Absent && fault.code != "NoSuchBucket" => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Block Public Access of a bucket; none if it has none.
pub(super) async fn public_access_block(
    link: &Link,
    client: &Client,
    bucket: &str,
) -> Result<Option<PublicAccessBlock>, Fault> {
    let owner = link.account.as_str();
    let answer = link.ask(async || {
        Ok(client.get_public_access_block().bucket(bucket).expected_bucket_owner(owner).send().await?)
    });
    let answer = match answer.await {
        Err(fault) if fault.sort == Sort::Absent && fault.code != "NoSuchBucket" => return Ok(None),
        answer => answer?,
    };
    Ok(answer.public_access_block_configuration().map(|block| PublicAccessBlock {
        block_public_acls: block.block_public_acls().unwrap_or(false),
        ignore_public_acls: block.ignore_public_acls().unwrap_or(false),
        block_public_policy: block.block_public_policy().unwrap_or(false),
        restrict_public_buckets: block.restrict_public_buckets().unwrap_or(false),
    }))
}

impl Part<'_> {
    async fn gather(&mut self, client: &Client, scopes: &[&Scope]) -> Result<(), Fault> {
        let (link, name) = (self.link, self.id.name.clone());
        let owner = link.account.as_str();
        let tagged = self
            .look(SettingKey::Tag(String::new()), "s3:GetBucketTagging", tags(link, client, &name))
            .await?;
        let untagged = tagged.as_ref().is_some_and(Vec::is_empty);
        for tag in tagged.unwrap_or_default() {
            self.resource.set(Setting::Tag { key: tag.key().to_owned(), value: tag.value().to_owned() });
        }
        if !super::read::answered(scopes, &self.id, &self.resource) {
            return Ok(());
        }

        let found =
            self.look(SettingKey::BucketPolicy, "s3:GetBucketPolicy", policy(link, client, &name)).await?;
        if let Some(policy) = found.flatten() {
            self.resource.set(Setting::BucketPolicy(policy));
        }

        let ask = public_access_block(link, client, &name);
        let found = self.look(SettingKey::PublicAccessBlock, "s3:GetBucketPublicAccessBlock", ask).await?;
        found.flatten().into_iter().for_each(|block| self.resource.set(Setting::PublicAccessBlock(block)));

        let found = self
            .look(SettingKey::Versioning, "s3:GetBucketVersioning", versioning(link, client, &name))
            .await?;
        if let Some(versioning) = found.flatten() {
            self.resource.set(Setting::Versioning(versioning));
        }

        let ask = link.ask(async || {
            Ok(client
                .get_bucket_ownership_controls()
                .bucket(&name)
                .expected_bucket_owner(owner)
                .send()
                .await?)
        });
        let found = self.look(SettingKey::Ownership, "s3:GetBucketOwnershipControls", ask).await?;
        if let Some(rule) =
            found.as_ref().and_then(|f| f.ownership_controls()).and_then(|c| c.rules().first())
        {
            match rule.object_ownership() {
                s3::ObjectOwnership::BucketOwnerEnforced => self.own(Ownership::BucketOwnerEnforced),
                s3::ObjectOwnership::BucketOwnerPreferred => self.own(Ownership::BucketOwnerPreferred),
                s3::ObjectOwnership::ObjectWriter => self.own(Ownership::ObjectWriter),
                other => self.unknown(SettingKey::Ownership, &format!("`{}`", other.as_str())),
            }
        }

        self.encryption(client).await?;
        self.lifecycle(client).await?;
        if self.may_be_deleted(scopes, untagged) {
            let ask = link.ask(async || {
                let call = client.list_object_versions().bucket(&name).expected_bucket_owner(owner);
                Ok(call.max_keys(1).send().await?)
            });
            let found = self.look(SettingKey::Objects, "s3:ListBucketVersions", ask).await?;
            if found.is_some_and(|f| !f.versions().is_empty() || !f.delete_markers().is_empty()) {
                self.resource.set(Setting::Objects);
            }
        }
        Ok(())
    }

    /// Whether it matters that the bucket is empty: it shall go, or someone else's may have been declared by
    /// mistake.
    fn may_be_deleted(&self, scopes: &[&Scope], untagged: bool) -> bool {
        let retired = scopes.iter().any(|scope| scope.retire.contains(&self.id));
        let declared = scopes.iter().any(|scope| scope.declared.contains(&self.id));
        retired || (declared && untagged && self.resource.tag(MARK_TAG).is_none())
    }

    fn own(&mut self, ownership: Ownership) {
        self.resource.set(Setting::Ownership(ownership));
    }

    /// AWS encrypts every bucket since January 2023; an absent configuration is an emulator's, or very old.
    async fn encryption(&mut self, client: &Client) -> Result<(), Fault> {
        let (link, name) = (self.link, self.id.name.clone());
        let found = encryption_rule(link, client, &name);
        let found = self.look(SettingKey::Encryption, "s3:GetEncryptionConfiguration", found).await?;
        let Some(rule) = found.flatten() else { return Ok(()) };
        let Some(default) = rule.apply_server_side_encryption_by_default() else { return Ok(()) };
        let key = default.kms_master_key_id().map(ToOwned::to_owned);
        let bucket_key = rule.bucket_key_enabled().unwrap_or(false);
        let encryption = match default.sse_algorithm() {
            s3::ServerSideEncryption::Aes256 => Encryption::Aes256,
            s3::ServerSideEncryption::AwsKms => Encryption::Kms { key, bucket_key, dual_layer: false },
            s3::ServerSideEncryption::AwsKmsDsse => Encryption::Kms { key, bucket_key, dual_layer: true },
            other => {
                self.unknown(SettingKey::Encryption, &format!("`{}`", other.as_str()));
                return Ok(());
            }
        };
        self.resource.set(Setting::Encryption(encryption));
        Ok(())
    }

    async fn lifecycle(&mut self, client: &Client) -> Result<(), Fault> {
        let (link, name) = (self.link, self.id.name.clone());
        let found = lifecycle_rules(link, client, &name);
        let found = self.look(SettingKey::Lifecycle, "s3:GetLifecycleConfiguration", found).await?;
        match found.map(|(rules, _)| lifecycle::found(&rules)) {
            Some(Ok(rules)) if !rules.is_empty() => self.resource.set(Setting::Lifecycle(rules)),
            Some(Err(reason)) => {
                self.unread
                    .push(Unread { what: Blind::Setting(self.id.clone(), SettingKey::Lifecycle), reason });
            }
            _ => {}
        }
        Ok(())
    }

    /// One answer: none if there is no such setting, or if it could not be read, which is noted.
    async fn look<T>(
        &mut self,
        key: SettingKey,
        action: &str,
        answer: impl Future<Output = Result<T, Fault>>,
    ) -> Result<Option<T>, Fault> {
        match answer.await {
            Ok(answer) => Ok(Some(answer)),
            Err(fault) if fault.is_fatal() || fault.code == "NoSuchBucket" => Err(fault),
            Err(fault) if fault.sort == Sort::Absent => Ok(None),
            Err(fault) => {
                self.unread.push(Unread {
                    what: Blind::Setting(self.id.clone(), key),
                    reason: fault.reason(action),
                });
                Ok(None)
            }
        }
    }

    fn unknown(&mut self, key: SettingKey, what: &str) {
        let reason = format!("uses {what}, which hatrack does not know");
        self.unread.push(Unread { what: Blind::Setting(self.id.clone(), key), reason });
    }
}

/// Versioning; none if the bucket never had any. moto wraps the answer in an element of its own, which the
/// SDK does not take, so that a stand-in's answer is also read as text.
pub(super) async fn versioning(
    link: &Link,
    client: &Client,
    bucket: &str,
) -> Result<Option<Versioning>, Fault> {
    let owner = link.account.as_str();
    let status = link.ask(async || {
        let answer = client.get_bucket_versioning().bucket(bucket).expected_bucket_owner(owner).send().await;
        let error = match answer {
            Ok(answer) => return Ok(answer.status().map(|s| s.as_str().to_owned())),
            Err(error) => error,
        };
        let raw = error.raw_response().filter(|r| r.status().is_success() && link.has_own_endpoint());
        let text = raw.and_then(|r| r.body().bytes()).map(|b| String::from_utf8_lossy(b).into_owned());
        match text.filter(|t| t.contains("<GetBucketVersioningResponse")) {
            Some(text) => {
                let status = text.split_once("<Status>").and_then(|(_, rest)| rest.split_once("</Status>"));
                Ok(status.map(|(status, _)| status.to_owned()))
            }
            None => Err(Fault::from(error)),
        }
    });
    Ok(match status.await?.as_deref() {
        Some("Enabled") => Some(Versioning::Enabled),
        Some("Suspended") => Some(Versioning::Suspended),
        _ => None,
    })
}

/// The one rule of a bucket's default encryption.
pub(super) async fn encryption_rule(
    link: &Link,
    client: &Client,
    bucket: &str,
) -> Result<Option<s3::ServerSideEncryptionRule>, Fault> {
    let owner = link.account.as_str();
    let answer = link
        .ask(async || {
            Ok(client.get_bucket_encryption().bucket(bucket).expected_bucket_owner(owner).send().await?)
        })
        .await?;
    Ok(answer.server_side_encryption_configuration().and_then(|c| c.rules().first().cloned()))
}

/// The lifecycle rules, and the size below which objects stay where they are, which is set for all rules at
/// once.
pub(super) async fn lifecycle_rules(
    link: &Link,
    client: &Client,
    bucket: &str,
) -> Result<(Vec<s3::LifecycleRule>, Option<s3::TransitionDefaultMinimumObjectSize>), Fault> {
    let owner = link.account.as_str();
    let answer = link
        .ask(async || {
            let call = client.get_bucket_lifecycle_configuration().bucket(bucket);
            Ok(call.expected_bucket_owner(owner).send().await?)
        })
        .await?;
    Ok((answer.rules().to_vec(), answer.transition_default_minimum_object_size().cloned()))
}
