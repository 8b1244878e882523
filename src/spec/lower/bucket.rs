//! Buckets: what is not said is as safe as AWS makes it, and said to AWS all the same.

use std::collections::BTreeSet;

use super::Lowering;
use crate::policy::Usage;
use crate::spec::schema::{Bucket, BucketEncryption};
use crate::state::{Core, Encryption, Kind, Ownership, Setting, SettingKey};

impl Lowering<'_> {
    pub(super) fn bucket(&mut self, name: &str, body: &Bucket) {
        let common = body.common();
        let mut holder = self.begin("buckets", Kind::Bucket, name, &common);
        if common.path.is_some() {
            self.say(self.at_key(&holder.key("path"), "a bucket has no path"));
        }
        if body.policy.is_some() {
            let pointer = holder.key("policy");
            let part = Some(SettingKey::BucketPolicy);
            let document = self.document(&holder.id, part, &pointer, Usage::Bucket);
            self.set(&mut holder, &pointer, Setting::BucketPolicy(document));
        }
        let encryption = self.encryption(&holder.key("encryption"), body.encryption.as_ref());
        let block = body.public_access_block.unwrap_or_default();
        let ownership = body.ownership.unwrap_or(Ownership::BucketOwnerEnforced);
        for (key, setting) in [
            ("public_access_block", Setting::PublicAccessBlock(block)),
            ("encryption", Setting::Encryption(encryption)),
            ("ownership", Setting::Ownership(ownership)),
        ] {
            let pointer = holder.key(key);
            // A default was written nowhere: its origin is the bucket's.
            if self.home.node(&pointer).is_some() {
                self.set(&mut holder, &pointer, setting);
            } else {
                holder.settings.push(setting);
            }
        }
        match body.versioning {
            Some(versioning) => {
                let pointer = holder.key("versioning");
                self.set(&mut holder, &pointer, Setting::Versioning(versioning));
            }
            // Versioning never goes back to none, so silence cannot mean a state: it means whatever is there.
            None => {
                self.scope.as_found.insert((holder.id.clone(), SettingKey::Versioning));
            }
        }
        if !body.lifecycle.is_empty() {
            let pointer = holder.key("lifecycle");
            let mut seen = BTreeSet::new();
            for (n, rule) in body.lifecycle.iter().enumerate() {
                if !seen.insert(&rule.id) {
                    let place = format!("{pointer}/{n}/id");
                    self.say(self.at(&place, format!("there are two lifecycle rules `{}`", rule.id)));
                }
            }
            let mut rules = body.lifecycle.clone();
            rules.sort();
            rules.dedup_by(|a, b| a.id == b.id);
            self.set(&mut holder, &pointer, Setting::Lifecycle(rules));
        }
        if !body.keep_statements.is_empty() {
            self.scope.keep_statements.insert(holder.id.clone(), body.keep_statements.clone());
        }
        self.assertions(&body.assert, &holder.key("assert"), Some(&holder.id));
        let region = self.home.info.region.clone();
        self.end(holder, Core::Bucket { region });
    }

    fn encryption(&mut self, pointer: &str, authored: Option<&BucketEncryption>) -> Encryption {
        match authored {
            None | Some(BucketEncryption::Aes256) => Encryption::Aes256,
            Some(BucketEncryption::Kms(kms)) => {
                // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingDSSEncryption.html
                if kms.dual_layer && kms.bucket_key == Some(true) {
                    let place = format!("{pointer}/kms/bucket_key");
                    let message = "S3 has no bucket keys for encryption in two layers";
                    self.say(self.at_key(&place, message).help("drop `bucket_key` or `dual_layer`"));
                }
                Encryption::Kms {
                    key: kms.key.clone(),
                    bucket_key: kms.bucket_key.unwrap_or(!kms.dual_layer),
                    dual_layer: kms.dual_layer,
                }
            }
        }
    }
}
