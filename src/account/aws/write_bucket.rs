//! Changing buckets. All changes of one bucket go one after the other, because S3 answers two at once with
//! `OperationAborted`; every call says whose bucket it must be.

use aws_sdk_s3::Client;
use aws_sdk_s3::types as s3;

use super::client::Link;
use super::error::{Fault, Sort};
use super::lifecycle;
use super::read_bucket;
use super::retry::Lag;
use super::write::{Now, Task, tags_of};
use crate::policy::Policy;
use crate::state::{
    Core, Encryption, LifecycleRule, Ownership, PublicAccessBlock, Setting, Settings, Verb, Versioning,
    reads_as,
};

/// A task on a bucket, with the client of its region.
struct BucketTask<'a> {
    task: &'a Task<'a>,
    link: &'a Link,
    client: Client,
    name: &'a str,
    owner: &'a str,
    lag: Lag,
}

/// Performs one operation on a bucket.
pub(super) async fn perform(task: &Task<'_>, verb: &Verb) -> Result<(), Fault> {
    let (link, name) = (task.link, task.id.name.as_str());
    let lock = link.bucket_lock(name);
    let _alone = lock.lock().await;
    let region = match (verb, link.known_region(name)) {
        (Verb::Create { core: Core::Bucket { region }, .. }, _) => region.clone(),
        (Verb::Delete { found: Core::Bucket { region } }, _) => region.clone(),
        (_, Some(region)) => region,
        (_, None) => match read_bucket::location(link, name).await {
            Err(fault) if fault.sort == Sort::Absent && matches!(verb, Verb::Remove { .. }) => return Ok(()),
            region => region?,
        },
    };
    link.learn_region(name, &region);
    let client = link.s3(&region);
    let owner = link.account.as_str();
    let bucket = BucketTask { task, link, client, name, owner, lag: task.lag };
    match verb {
        Verb::Create { settings, .. } => bucket.create(&region, settings).await,
        Verb::Put { found, wanted } => bucket.put(found.as_ref(), wanted).await,
        Verb::Remove { found } => bucket.remove(found).await,
        Verb::Delete { .. } => {
            let call = bucket.client.delete_bucket().bucket(name).expected_bucket_owner(owner);
            link.take(task.lag, send!(call)).await
        }
        Verb::Update { .. } => Err(task.cannot("region")),
        Verb::Rename { .. } => Err(task.cannot("name")),
    }
}

impl BucketTask<'_> {
    /// Creates, with its tags in the same call. In us-east-1 S3 answers a second creation by the owner with
    /// success, so whether it is there already is asked first.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
    async fn create(&self, region: &str, settings: &Settings) -> Result<(), Fault> {
        let (link, client, name) = (self.link, &self.client, self.name);
        let there =
            async || match client.head_bucket().bucket(name).expected_bucket_owner(self.owner).send().await {
                Ok(_) => Ok(true),
                Err(error) => match Fault::from(error) {
                    fault if fault.sort == Sort::Absent => Ok(false),
                    // Another account's: creating it says so in better words.
                    fault if fault.sort == Sort::Denied => Ok(false),
                    fault => Err(fault),
                },
            };
        if link.ask(there).await? {
            return Err(Fault::new(Sort::Exists, "BucketAlreadyOwnedByYou", "the bucket exists"));
        }
        let tags = sdk_tags(settings)?;
        let mut configuration =
            s3::CreateBucketConfiguration::builder().set_tags((!tags.is_empty()).then(|| tags.clone()));
        if region != "us-east-1" {
            configuration = configuration.location_constraint(s3::BucketLocationConstraint::from(region));
        }
        let mut call = client.create_bucket().bucket(name);
        if region != "us-east-1" || !tags.is_empty() {
            call = call.create_bucket_configuration(configuration.build());
        }
        link.tell(self.lag, send!(call), there).await?;
        link.visible(async || {
            client.head_bucket().bucket(name).expected_bucket_owner(self.owner).send().await?;
            Ok(())
        })
        .await?;
        // Older endpoints drop the tags of the create call without a word.
        let found = read_bucket::tags(link, client, name).await?;
        if tags.iter().all(|tag| found.contains(tag)) {
            return Ok(());
        }
        self.put_tags(merged(found, &tags)).await
    }

    async fn put(&self, found: Option<&Setting>, wanted: &Setting) -> Result<(), Fault> {
        match wanted {
            Setting::Tag { key, value } => {
                let tag = s3::Tag::builder().key(key).value(value).build()?;
                let found = self.tags().await?;
                if found.contains(&tag) {
                    return Ok(());
                }
                self.put_tags(merged(found, &[tag])).await
            }
            Setting::BucketPolicy(policy) => self.put_policy(found.and_then(Setting::document), policy).await,
            Setting::PublicAccessBlock(block) => self.put_block(*block).await,
            Setting::Encryption(encryption) => self.put_encryption(encryption).await,
            Setting::Versioning(versioning) => self.put_versioning(*versioning).await,
            Setting::Ownership(ownership) => self.put_ownership(*ownership).await,
            Setting::Lifecycle(rules) => self.put_lifecycle(found, rules).await,
            other => Err(self.task.cannot(&other.key().to_string())),
        }
    }

    async fn remove(&self, found: &Setting) -> Result<(), Fault> {
        let (client, link, none) = (&self.client, self.link, Lag::default());
        match found {
            Setting::Tag { key, .. } => {
                let found = match read_bucket::tags(link, client, self.name).await {
                    Err(fault) if fault.sort == Sort::Absent => return Ok(()),
                    tags => tags?,
                };
                let rest: Vec<s3::Tag> = found.iter().filter(|tag| tag.key() != key).cloned().collect();
                if rest.len() == found.len() {
                    return Ok(());
                }
                self.put_tags(rest).await
            }
            Setting::BucketPolicy(_) => {
                let call = client.delete_bucket_policy().bucket(self.name).expected_bucket_owner(self.owner);
                link.take(none, send!(call)).await
            }
            Setting::PublicAccessBlock(_) => {
                let call =
                    client.delete_public_access_block().bucket(self.name).expected_bucket_owner(self.owner);
                link.take(none, send!(call)).await
            }
            Setting::Encryption(_) => {
                let call =
                    client.delete_bucket_encryption().bucket(self.name).expected_bucket_owner(self.owner);
                link.take(none, send!(call)).await
            }
            Setting::Ownership(_) => {
                let call = client.delete_bucket_ownership_controls().bucket(self.name);
                let call = call.expected_bucket_owner(self.owner);
                link.take(none, send!(call)).await
            }
            Setting::Lifecycle(_) => {
                let call =
                    client.delete_bucket_lifecycle().bucket(self.name).expected_bucket_owner(self.owner);
                link.take(none, send!(call)).await
            }
            other => Err(self.task.cannot(&other.key().to_string())),
        }
    }

    /// The tags now; a bucket made a moment ago may not be known yet.
    async fn tags(&self) -> Result<Vec<s3::Tag>, Fault> {
        let read = async || read_bucket::tags(self.link, &self.client, self.name).await;
        if self.lag.absent { self.link.visible(read).await } else { read().await }
    }

    /// Writes the whole tag set, the only way S3 has; AWS's own tags must stay in it.
    async fn put_tags(&self, tags: Vec<s3::Tag>) -> Result<(), Fault> {
        let (client, link) = (&self.client, self.link);
        if tags.is_empty() {
            let call = client.delete_bucket_tagging().bucket(self.name).expected_bucket_owner(self.owner);
            return link.put(self.lag, send!(call)).await;
        }
        let set = s3::Tagging::builder().set_tag_set(Some(tags)).build()?;
        let call =
            client.put_bucket_tagging().bucket(self.name).expected_bucket_owner(self.owner).tagging(set);
        link.put(self.after_create(), send!(call)).await
    }

    /// A bucket made by this run, or by this very operation, may not be known everywhere yet.
    fn after_create(&self) -> Lag {
        Lag { absent: true, ..self.lag }
    }

    async fn put_policy(&self, found: Option<&Policy>, wanted: &Policy) -> Result<(), Fault> {
        let read = async || match read_bucket::policy(self.link, &self.client, self.name).await {
            Err(fault) if fault.sort == Sort::Absent && self.lag.absent => Ok(None),
            policy => policy,
        };
        let is_found = |now: &Option<Policy>| match (now, found) {
            (Some(now), Some(found)) => reads_as(now, found),
            (now, found) => now.is_none() && found.is_none(),
        };
        if self.task.look(read, is_found, |now| now.as_ref() == Some(wanted)).await? == Now::Wanted {
            return Ok(());
        }
        let call = self.client.put_bucket_policy().bucket(self.name).policy(wanted.to_text());
        let call = call.expected_bucket_owner(self.owner);
        self.link.put(self.lag, send!(call)).await
    }

    async fn put_block(&self, block: PublicAccessBlock) -> Result<(), Fault> {
        let PublicAccessBlock {
            block_public_acls,
            ignore_public_acls,
            block_public_policy,
            restrict_public_buckets,
        } = block;
        let sent = s3::PublicAccessBlockConfiguration::builder()
            .block_public_acls(block_public_acls)
            .ignore_public_acls(ignore_public_acls)
            .block_public_policy(block_public_policy)
            .restrict_public_buckets(restrict_public_buckets)
            .build();
        let call = self.client.put_public_access_block().bucket(self.name).expected_bucket_owner(self.owner);
        let call = call.public_access_block_configuration(sent);
        self.link.put(self.lag, send!(call)).await
    }

    /// Which encryption types uploads may not use belongs to the same rule, and is carried over.
    async fn put_encryption(&self, encryption: &Encryption) -> Result<(), Fault> {
        let blocked = match read_bucket::encryption_rule(self.link, &self.client, self.name).await {
            Ok(rule) => rule.and_then(|r| r.blocked_encryption_types),
            Err(fault) if fault.sort == Sort::Absent => None,
            Err(fault) => return Err(fault),
        };
        let default = s3::ServerSideEncryptionByDefault::builder();
        let (default, bucket_key) = match encryption {
            Encryption::Aes256 => (default.sse_algorithm(s3::ServerSideEncryption::Aes256), None),
            Encryption::Kms { key, bucket_key, dual_layer } => {
                let algorithm = if *dual_layer {
                    s3::ServerSideEncryption::AwsKmsDsse
                } else {
                    s3::ServerSideEncryption::AwsKms
                };
                (default.sse_algorithm(algorithm).set_kms_master_key_id(key.clone()), Some(*bucket_key))
            }
        };
        let rule = s3::ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default.build()?)
            .set_bucket_key_enabled(bucket_key)
            .set_blocked_encryption_types(blocked)
            .build();
        let sent = s3::ServerSideEncryptionConfiguration::builder().rules(rule).build()?;
        let call = self.client.put_bucket_encryption().bucket(self.name).expected_bucket_owner(self.owner);
        let call = call.server_side_encryption_configuration(sent);
        self.link.put(self.lag, send!(call)).await
    }

    async fn put_versioning(&self, versioning: Versioning) -> Result<(), Fault> {
        let status = match versioning {
            Versioning::Enabled => s3::BucketVersioningStatus::Enabled,
            Versioning::Suspended => s3::BucketVersioningStatus::Suspended,
        };
        let sent = s3::VersioningConfiguration::builder().status(status).build();
        let call = self.client.put_bucket_versioning().bucket(self.name).expected_bucket_owner(self.owner);
        let call = call.versioning_configuration(sent);
        self.link.put(self.lag, send!(call)).await
    }

    async fn put_ownership(&self, ownership: Ownership) -> Result<(), Fault> {
        let ownership = match ownership {
            Ownership::BucketOwnerEnforced => s3::ObjectOwnership::BucketOwnerEnforced,
            Ownership::BucketOwnerPreferred => s3::ObjectOwnership::BucketOwnerPreferred,
            Ownership::ObjectWriter => s3::ObjectOwnership::ObjectWriter,
        };
        let rule = s3::OwnershipControlsRule::builder().object_ownership(ownership).build()?;
        let sent = s3::OwnershipControls::builder().rules(rule).build()?;
        let call =
            self.client.put_bucket_ownership_controls().bucket(self.name).expected_bucket_owner(self.owner);
        let call = call.ownership_controls(sent);
        self.link.put(self.lag, send!(call)).await
    }

    /// The size below which objects stay where they are belongs to the same call, and is carried over.
    async fn put_lifecycle(&self, found: Option<&Setting>, wanted: &[LifecycleRule]) -> Result<(), Fault> {
        let found: &[LifecycleRule] = match found {
            Some(Setting::Lifecycle(rules)) => rules,
            _ => &[],
        };
        let read = async || match read_bucket::lifecycle_rules(self.link, &self.client, self.name).await {
            Err(fault) if fault.sort == Sort::Absent => Ok((vec![], None)),
            Err(fault) => Err(fault),
            Ok((rules, size)) => match lifecycle::found(&rules) {
                Ok(rules) => Ok((rules, size)),
                Err(reason) => Err(Fault::invalid("UnknownLifecycle", reason)),
            },
        };
        let now = self.task.look(read, |(now, _)| now == found, |(now, _)| now == wanted).await?;
        if now == Now::Wanted {
            return Ok(());
        }
        let (_, size) = read().await?;
        let rules =
            s3::BucketLifecycleConfiguration::builder().set_rules(Some(lifecycle::sent(wanted)?)).build()?;
        let call =
            self.client.put_bucket_lifecycle_configuration().bucket(self.name).lifecycle_configuration(rules);
        let call = call.expected_bucket_owner(self.owner).set_transition_default_minimum_object_size(size);
        self.link.put(self.lag, send!(call)).await
    }
}

fn sdk_tags(settings: &Settings) -> Result<Vec<s3::Tag>, Fault> {
    tags_of(settings).map(|(key, value)| Ok(s3::Tag::builder().key(key).value(value).build()?)).collect()
}

/// What was found, with the wanted tags in place of those of the same key.
fn merged(found: Vec<s3::Tag>, wanted: &[s3::Tag]) -> Vec<s3::Tag> {
    let kept = found.into_iter().filter(|tag| wanted.iter().all(|w| w.key() != tag.key()));
    kept.chain(wanted.iter().cloned()).collect()
}
