//! Buckets: what is as the language has it of itself is not said.

use serde_json::{Map, Value as Json, json};

use super::statements::policy;
use super::{Body, Raising, key_of};
use crate::state::{
    Core, Encryption, Kind, LifecycleRule, Ownership, PublicAccessBlock, Resource, ResourceId, Setting,
    SettingKey, Transition, Versioning,
};

impl Raising<'_> {
    pub(super) fn bucket(&self, id: &ResourceId, resource: &Resource) -> Result<Body, String> {
        let Core::Bucket { region } = &resource.core else {
            return Err(format!("it is no {}", Kind::Bucket));
        };
        let home = &self.around.scope.region;
        if region != home {
            return Err(format!(
                "it is in {region}, and the environment's buckets are in {home}: adopt it into an environment of its region"
            ));
        }
        let mut keys = self.common(id, resource)?;
        let get = |key: SettingKey| resource.settings.get(&key);
        if let Some(Setting::BucketPolicy(document)) = get(SettingKey::BucketPolicy) {
            keys.push(key_of("policy", policy(document, "its bucket policy")?));
        }
        let block = match get(SettingKey::PublicAccessBlock) {
            Some(Setting::PublicAccessBlock(block)) => *block,
            _ => PublicAccessBlock {
                block_public_acls: false,
                ignore_public_acls: false,
                block_public_policy: false,
                restrict_public_buckets: false,
            },
        };
        if block != PublicAccessBlock::default() {
            keys.push(key_of("public_access_block", switches(block)));
        }
        if let Some(Setting::Encryption(encryption)) = get(SettingKey::Encryption)
            && *encryption != Encryption::Aes256
        {
            keys.push(key_of("encryption", encryption_word(encryption)));
        }
        if let Some(Setting::Versioning(versioning)) = get(SettingKey::Versioning) {
            let word = match versioning {
                Versioning::Enabled => "enabled",
                Versioning::Suspended => "suspended",
            };
            keys.push(key_of("versioning", word));
        }
        // Nothing said of ownership is what S3 did before it knew any.
        let ownership = match get(SettingKey::Ownership) {
            Some(Setting::Ownership(ownership)) => *ownership,
            _ => Ownership::ObjectWriter,
        };
        if ownership != Ownership::BucketOwnerEnforced {
            keys.push(key_of("ownership", ownership_word(ownership)));
        }
        if let Some(Setting::Lifecycle(rules)) = get(SettingKey::Lifecycle) {
            keys.push(key_of("lifecycle", rules.iter().map(lifecycle_rule).collect::<Vec<_>>()));
        }
        Ok(Body::new(id, keys))
    }
}

/// The switches that are off.
pub(super) fn switches(block: PublicAccessBlock) -> Json {
    let PublicAccessBlock {
        block_public_acls,
        ignore_public_acls,
        block_public_policy,
        restrict_public_buckets,
    } = block;
    let all = [
        ("block_public_acls", block_public_acls),
        ("ignore_public_acls", ignore_public_acls),
        ("block_public_policy", block_public_policy),
        ("restrict_public_buckets", restrict_public_buckets),
    ];
    let off = all.into_iter().filter(|(_, on)| !on);
    Json::Object(off.map(|(switch, on)| (switch.to_owned(), on.into())).collect())
}

fn encryption_word(encryption: &Encryption) -> Json {
    match encryption {
        Encryption::Aes256 => "aes256".into(),
        Encryption::Kms { key, bucket_key, dual_layer } => {
            let mut kms = Map::new();
            if let Some(key) = key {
                kms.insert("key".to_owned(), key.as_str().into());
            }
            if *bucket_key == *dual_layer {
                kms.insert("bucket_key".to_owned(), (*bucket_key).into());
            }
            if *dual_layer {
                kms.insert("dual_layer".to_owned(), true.into());
            }
            json!({"kms": kms})
        }
    }
}

fn ownership_word(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::BucketOwnerEnforced => "BucketOwnerEnforced",
        Ownership::BucketOwnerPreferred => "BucketOwnerPreferred",
        Ownership::ObjectWriter => "ObjectWriter",
    }
}

/// A rule without what it does not say.
fn lifecycle_rule(rule: &LifecycleRule) -> Json {
    let LifecycleRule {
        id,
        enabled,
        prefix,
        tags,
        larger_than_bytes,
        smaller_than_bytes,
        expire_days,
        expire_date,
        remove_expired_delete_markers,
        expire_noncurrent_days,
        keep_noncurrent_versions,
        abort_uploads_days,
        transitions,
        noncurrent_transitions,
    } = rule;
    let mut out = Map::new();
    let mut say = |key: &str, value: Option<Json>| {
        out.extend(value.map(|value| (key.to_owned(), value)));
    };
    say("id", Some(id.as_str().into()));
    say("enabled", (!enabled).then(|| false.into()));
    say("prefix", (!prefix.is_empty()).then(|| prefix.as_str().into()));
    let pairs = tags.iter().map(|(key, value)| (key.clone(), Json::from(value.as_str())));
    say("tags", (!tags.is_empty()).then(|| Json::Object(pairs.collect())));
    say("larger_than_bytes", larger_than_bytes.map(Json::from));
    say("smaller_than_bytes", smaller_than_bytes.map(Json::from));
    say("expire_days", expire_days.map(Json::from));
    say("expire_date", expire_date.as_deref().map(Json::from));
    say("remove_expired_delete_markers", remove_expired_delete_markers.then(|| true.into()));
    say("expire_noncurrent_days", expire_noncurrent_days.map(Json::from));
    say("keep_noncurrent_versions", keep_noncurrent_versions.map(Json::from));
    say("abort_uploads_days", abort_uploads_days.map(Json::from));
    let moves = |all: &[Transition]| (!all.is_empty()).then(|| all.iter().map(transition).collect::<Json>());
    say("transitions", moves(transitions));
    say("noncurrent_transitions", moves(noncurrent_transitions));
    Json::Object(out)
}

fn transition(one: &Transition) -> Json {
    let Transition { days, date, storage_class, keep_versions } = one;
    let mut out = Map::new();
    out.extend(days.map(|days| ("days".to_owned(), days.into())));
    out.extend(date.as_deref().map(|date| ("date".to_owned(), date.into())));
    out.insert("storage_class".to_owned(), storage_class.as_str().into());
    out.extend(keep_versions.map(|versions| ("keep_versions".to_owned(), versions.into())));
    Json::Object(out)
}
